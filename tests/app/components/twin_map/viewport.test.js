import assert from "node:assert/strict";
import { test } from "node:test";
import { Viewport } from "../../../../app/components/twin_map/viewport.js";

const BOUNDS = { x0: -10, x1: 30, y0: 5, y1: 15 };

/**
 * @param {number} clientWidth
 * @param {number} clientHeight
 */
function viewportOf(clientWidth, clientHeight, bounds = BOUNDS) {
  const viewport = new Viewport({ clientWidth, clientHeight });
  viewport.bounds = bounds;
  viewport.fit();
  return viewport;
}

/**
 * @param {number[]} actual
 * @param {number[]} expected
 */
function assertClose(actual, expected) {
  actual.forEach((value, i) => {
    assert.ok(
      Math.abs(value - expected[i]) < 1e-6 * Math.max(1, Math.abs(expected[i])),
      `${actual} is not ${expected}`,
    );
  });
}

test("the whole map fits with a margin, in the middle, at one scale", () => {
  const viewport = viewportOf(400, 300);
  assertClose([viewport.scale], [(40 / 400) * 1.08]);
  assertClose(viewport.toPixel(10, 10), [200, 150]);
  assert.ok(viewport.toPixel(-10, 15)[0] > 0 && viewport.toPixel(30, 5)[0] < 400);
  assert.ok(viewport.fitted);
});

// Tall, wide and square stages; wide, tall and square maps.
const SIZES = [
  [800, 100],
  [100, 800],
  [300, 300],
];
const MAPS = [BOUNDS, { x0: 0, x1: 1, y0: 0, y1: 50 }, { x0: 0, x1: 1, y0: 0, y1: 1 }];

for (const [width, height] of SIZES) {
  for (const bounds of MAPS) {
    test(`zoom ends at an eighth and at 5000 times the whole, ${width} x ${height}, ${JSON.stringify(bounds)}`, () => {
      const viewport = viewportOf(width, height, bounds);
      const whole = viewport.scale;
      for (let i = 0; i < 100; i++) viewport.zoom(1 / 1.35, width / 2, height / 2);
      assertClose([viewport.scale], [8 * whole]);
      for (let i = 0; i < 100; i++) viewport.zoom(1.35, width / 2, height / 2);
      assertClose([viewport.scale], [whole / 5000]);
    });
  }
}

test("a zoom from the whole map by one step is that step, however narrow the stage", () => {
  const viewport = viewportOf(40, 800);
  const whole = viewport.scale;
  viewport.zoom(1 / 1.35, 20, 400);
  assertClose([viewport.scale], [whole * 1.35]);
});

test("the point under the pointer stays where it is", () => {
  const viewport = viewportOf(400, 300);
  const before = viewport.toData(70, 250);
  viewport.zoom(3, 70, 250);
  assertClose(viewport.toData(70, 250), before);
  assert.ok(!viewport.fitted);
});

test("panning moves what is shown with the pointer", () => {
  const viewport = viewportOf(400, 300);
  const before = viewport.toData(100, 100);
  viewport.pan(30, -20);
  assertClose(viewport.toPixel(...before), [130, 80]);
});

test("pixels and data units are each other's inverse", () => {
  const viewport = viewportOf(400, 300);
  assertClose(viewport.toData(...viewport.toPixel(3, 7)), [3, 7]);
});

test("another map shows the same part of itself", () => {
  const [leader, follower] = [viewportOf(400, 300), viewportOf(400, 300, { x0: 0, x1: 2, y0: 0, y1: 2 })];
  leader.zoom(4, 100, 100);
  assert.ok(leader.part);
  follower.showPart(leader.part);
  assert.ok(follower.part);
  const { x, y, zoom } = leader.part;
  assertClose([follower.part.x, follower.part.y, follower.part.zoom], [x, y, zoom]);
  assertClose([zoom], [4]);
});

test("a change of size keeps the whole map, or the middle and scale, in sight", () => {
  const stage = { clientWidth: 400, clientHeight: 300 };
  const viewport = new Viewport(stage);
  viewport.bounds = BOUNDS;
  viewport.fit();
  stage.clientWidth = 200;
  viewport.resize();
  assertClose([viewport.scale], [(40 / 200) * 1.08]);
  viewport.zoom(2, 50, 50);
  const [scale, { x, y }] = [viewport.scale, viewport.middle];
  stage.clientHeight = 500;
  viewport.resize();
  assertClose([viewport.scale, viewport.middle.x, viewport.middle.y], [scale, x, y]);
});

test("without points nothing is shown, and nothing fails", () => {
  const viewport = new Viewport({ clientWidth: 10, clientHeight: 10 });
  viewport.fit();
  viewport.zoom(2, 1, 1);
  assert.equal(viewport.range, null);
  assert.equal(viewport.part, null);
});

test("a part is shown whole with room around it, and no closer than zooming goes", () => {
  const viewport = viewportOf(400, 300);
  viewport.frame({ x0: 0, x1: 4, y0: 6, y1: 7 });
  const { x0, x1, y0, y1 } = viewport.shown;
  assert.ok(x0 < 0 && x1 > 4 && x1 - x0 < 6 && y0 < 6 && y1 > 7);
  assertClose([viewport.middle.x, viewport.middle.y], [2, 6.5]);
  viewport.frame({ x0: 0, x1: 1e-9, y0: 6, y1: 6 });
  assertClose([viewport.scale], [((40 / 400) * 1.08) / 5000]);
});
