import assert from "node:assert/strict";
import { test } from "node:test";
import { numberOf } from "../../../../app/components/twin_map/legend.js";

test("a number of each arm where they differ, a range where there are more than two", () => {
  assert.equal(numberOf([412], undefined), "412");
  assert.equal(numberOf([412, 412], undefined), "412");
  assert.equal(numberOf([1412, 398], undefined), "1,412 · 398");
  assert.equal(numberOf([412, 398], [4, 3]), "4 / 412 · 3 / 398");
  assert.equal(numberOf([412, 398, 380], undefined), "380 to 412");
  assert.equal(numberOf([7, 7, 7], [1, 2, 3]), "1 to 3 / 7");
});
