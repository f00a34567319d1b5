import assert from "node:assert/strict";
import { test } from "node:test";
import { niceLength } from "../../../../app/components/playback/arm_map.js";
import { valueAt } from "../../../../app/components/playback/chart.js";
import { boundsOf, epochsOf, filmsOf } from "../../../../app/components/playback/frames.js";

const arm = (/** @type {string} */ name, /** @type {number[]} */ epochs) => ({
  name,
  epochs,
  shares: [],
  projected: false,
});
const arms = [arm("standard", [0, 2]), arm("nearest", [0, 1, 2])];

test("each arm's frames are cut out in order, its newest shown at each epoch", () => {
  const places = Float32Array.from({ length: 2 * 3 * 5 }, (_, i) => i);
  const frames = { n: 3, ids: [], names: null, column: () => [], places };
  const epochs = epochsOf(arms);
  assert.deepEqual(epochs, [0, 1, 2]);
  const [standard, nearest] = filmsOf(frames, arms, epochs);
  assert.deepEqual(
    standard.frames.map((frame) => frame[0]),
    [0, 6],
  );
  assert.deepEqual(
    nearest.frames.map((frame) => frame[0]),
    [12, 18, 24],
  );
  assert.deepEqual(standard.at, [0, 0, 1]);
  assert.deepEqual(nearest.at, [0, 1, 2]);
});

test("one box holds all places and is never flat", () => {
  assert.deepEqual(boundsOf(new Float32Array([0, 1, 4, 1, 2, 9])), { x: 2, y: 5, wide: 2, tall: 4 });
  assert.deepEqual(boundsOf(new Float32Array([3, 3])), { x: 3, y: 3, wide: 1e-6, tall: 1e-6 });
});

test("a value holds until the next one, but not beyond the last", () => {
  /** @type {[number, number][]} */
  const line = [
    [1, 10],
    [3, 30],
  ];
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((epoch) => valueAt(line, epoch)),
    [undefined, 10, 10, 30, undefined],
  );
  assert.equal(valueAt([], 0), undefined);
});

test("scale bars are 1, 2 or 5 times a power of ten", () => {
  assert.deepEqual([0.0123, 1, 4.9, 5, 99].map(niceLength), [0.01, 1, 2, 5, 50]);
});
