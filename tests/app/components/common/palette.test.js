import assert from "node:assert/strict";
import { test } from "node:test";
import { colourScale, DARK, grey, LIGHT, scaleOf } from "../../../../app/components/common/palette.js";

/** @param {string} hex */
const rgb = (hex) => `rgb(${[1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16)).join(",")})`;

for (const dark of [false, true]) {
  test(`the scale goes from its first stop to its last (dark: ${dark})`, () => {
    const stops = scaleOf(dark);
    assert.deepEqual([stops[0][0], stops[stops.length - 1][0]], [0, 1]);
    const colour = colourScale([2, 4], dark);
    assert.equal(colour(2), rgb(stops[0][1]));
    assert.equal(colour(4), rgb(stops[stops.length - 1][1]));
  });
}

test("values beyond the limits take the ends, NaN is grey, one value has a colour", () => {
  const colour = colourScale([0, 1], false);
  assert.equal(colour(-5), colour(0));
  assert.equal(colour(5), colour(1));
  assert.equal(colour(Number.NaN), grey(false));
  assert.match(colourScale([3, 3], false)(3), /^rgb/);
});

test("no colour comes twice", () => {
  for (const palette of [LIGHT, DARK]) assert.equal(new Set(palette).size, palette.length);
});
