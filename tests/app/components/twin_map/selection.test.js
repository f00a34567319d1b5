import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeMask, encodeMask, Selection } from "../../../../app/components/twin_map/selection.js";

test("a mask has one bit for each row, little-endian: as numpy packs it", () => {
  assert.equal(encodeMask(new Set([0, 9]), 10), Buffer.from([1, 2]).toString("base64"));
  assert.equal(encodeMask(new Set(), 10), "");
});

test("a mask comes back, however long", () => {
  const rows = new Set(Array.from({ length: 30000 }, (_, i) => 7 * i).filter((row) => row % 3));
  assert.deepEqual(decodeMask(encodeMask(rows, 210000), 210000), rows);
  assert.deepEqual(decodeMask("", 10), new Set());
  assert.deepEqual(decodeMask(encodeMask(new Set([2, 9]), 10), 5), new Set([2]));
});

test("Python's selection is taken over, the echo of the user's own is not", () => {
  const selection = new Selection();
  selection.replace(new Set([1]));
  const first = selection.report(8);
  selection.replace(new Set([2]));
  const second = selection.report(8);
  const { changes } = selection;
  selection.adopt(first, 8, false); // late: the user has gone on
  assert.deepEqual(selection.rows, new Set([2]));
  assert.equal(selection.changes, changes);
  selection.adopt(second, 8, false);
  assert.deepEqual(selection.rows, new Set([2]));
  selection.adopt(first, 8, false); // no echo any more
  assert.deepEqual(selection.rows, new Set([1]));
  assert.equal(selection.changes, changes + 1);
});

test("what Python asks for is taken over even where the user once selected the same", () => {
  const selection = new Selection();
  selection.replace(new Set([1, 2]));
  const mask = selection.report(8);
  selection.replace(new Set());
  selection.report(8);
  selection.adopt(mask, 8, true);
  assert.deepEqual([...selection.rows], [1, 2]);
});
