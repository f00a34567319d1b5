import assert from "node:assert/strict";
import { test } from "node:test";
import { boundsOf, contains, Grid } from "../../../../app/components/twin_map/geometry.js";

/** Repeatable numbers from 0 to 1. */
function randomNumbers() {
  let state = 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

const random = randomNumbers();
const N = 500;
const position = {
  x: Float32Array.from({ length: N }, random),
  y: Float32Array.from({ length: N }, () => 3 * random()),
};
position.x[7] = Number.NaN;
const bounds = boundsOf(position) ?? assert.fail();
const grid = new Grid(position, bounds);
const all = () => true;
const rows = [...Array(N).keys()].filter((row) => row !== 7);

test("bounds hold finite points only and are never flat", () => {
  const nan = Number.NaN;
  const of = (/** @type {number[]} */ x, /** @type {number[]} */ y) =>
    boundsOf({ x: new Float32Array(x), y: new Float32Array(y) });
  assert.deepEqual(of([1, nan, 3], [5, 9, 2]), { x0: 1, x1: 3, y0: 2, y1: 5 });
  assert.deepEqual(of([2, 2], [4, 4]), { x0: 1, x1: 3, y0: 3, y1: 5 });
  assert.equal(of([nan], [1]), null);
  assert.equal(of([], []), null);
});

test("the nearest point is that of a search of all, and -1 out of reach", () => {
  for (let i = 0; i < 200; i++) {
    const [x, y] = [1.2 * random() - 0.1, 3.2 * random() - 0.1];
    const distance = (/** @type {number} */ row) => (position.x[row] - x) ** 2 + (position.y[row] - y) ** 2;
    const best = rows.reduce((a, b) => (distance(b) < distance(a) ? b : a));
    assert.equal(grid.nearest(x, y, 0.1, all), Math.sqrt(distance(best)) <= 0.1 ? best : -1);
  }
});

test("points that are not allowed are passed over", () => {
  const [x, y] = [position.x[3], position.y[3]];
  assert.equal(grid.nearest(x, y, 0.5, all), 3);
  assert.notEqual(
    grid.nearest(x, y, 0.5, (row) => row !== 3),
    3,
  );
});

test("a lasso holds the points of a search of all", () => {
  /** @type {[number, number][]} */
  const polygon = [
    [0.1, 0.2],
    [0.9, 0.5],
    [0.5, 2.8],
    [0.4, 1],
  ];
  const expected = rows.filter((row) => contains(polygon, position.x[row], position.y[row]));
  assert.ok(expected.length > 20);
  assert.deepEqual(
    [...grid.inside(polygon, all)].sort((a, b) => a - b),
    expected,
  );
});

test("a polygon that crosses itself follows the even-odd rule", () => {
  /** @type {[number, number][]} */
  const bow = [
    [0, 0],
    [2, 2],
    [2, 0],
    [0, 2],
  ];
  assert.ok(contains(bow, 0.3, 1));
  assert.ok(!contains(bow, 1, 0.3));
});

test("the next point lies ahead more than aside; at the end one stays", () => {
  const line = { x: new Float32Array([0, 1, 2, 1.2]), y: new Float32Array([0, 0, 0, 5]) };
  const box = { x0: -1, x1: 3, y0: -1, y1: 6 };
  const cross = new Grid(line, boundsOf(line) ?? assert.fail());
  assert.equal(cross.next(0, [1, 0], box, 0.1, all), 1);
  assert.equal(cross.next(1, [1, 0], box, 0.1, all), 2);
  assert.equal(cross.next(2, [1, 0], box, 0.1, all), 2);
  assert.equal(cross.next(2, [-1, 0], box, 1.5, all), 0);
  assert.equal(cross.next(1, [0, 1], box, 0.1, all), 3);
  assert.equal(cross.next(-1, [1, 0], { x0: 0, x1: 1, y0: -1, y1: 1 }, 0.1, all), 1);
});

test("a box holds a point or none, as a search of all says", () => {
  for (let i = 0; i < 200; i++) {
    const [x0, y0, side] = [1.4 * random() - 0.2, 3.4 * random() - 0.2, 0.2 * random()];
    const box = { x0, x1: x0 + side, y0, y1: y0 + side };
    const { x, y } = position;
    const inside = rows.some((row) => x[row] >= box.x0 && x[row] <= box.x1 && y[row] >= box.y0 && y[row] <= box.y1);
    assert.equal(grid.holdsAny(box), inside);
  }
  assert.equal(grid.holdsAny({ x0: 5, x1: 6, y0: 0, y1: 1 }), false);
});
