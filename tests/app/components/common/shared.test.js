import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { answerDrawingRequests, requestDrawing } from "../../../../app/components/common/drawing_request.js";
import { formatCount, shorten } from "../../../../app/components/common/format.js";
import { Mounts } from "../../../../app/components/common/mounts.js";
import { scatteredOrder } from "../../../../app/components/common/paint_order.js";
import { placeOf, sheetBytes } from "../../../../app/components/common/sprites.js";
import { luminance } from "../../../../app/components/common/theme.js";
import { VersionCache } from "../../../../app/components/common/version_cache.js";

test("counts and shortened texts", () => {
  assert.equal(formatCount(60000), "60,000");
  assert.equal(shorten("abcdef", 6), "abcdef");
  assert.equal(shorten("abcdefg", 6), "abcde…");
});

test("the paint order holds every item once, neighbours far apart", () => {
  for (const n of [0, 1, 2, 10, 1000])
    assert.deepEqual(
      [...scatteredOrder(n)].sort((a, b) => a - b),
      [...Array(n).keys()],
    );
  const order = scatteredOrder(1000);
  for (let i = 1; i < 1000; i++) assert.ok(Math.abs(order[i] - order[i - 1]) > 100);
});

test("a version is decoded once, and those who wait hear of it", () => {
  const cache = new VersionCache(2);
  const [make, arrived] = [mock.fn(() => ({})), mock.fn()];
  assert.equal(cache.find("a", arrived), null);
  assert.equal(cache.find("a", arrived), null);
  cache.add("a", make);
  cache.add("a", make);
  assert.equal(make.mock.callCount(), 1);
  assert.equal(arrived.mock.callCount(), 1);
  assert.equal(cache.find("a", arrived), make.mock.calls[0].result);
});

test("beyond its capacity the oldest version goes", () => {
  const cache = new VersionCache(2);
  for (const version of ["a", "b", "c"]) cache.add(version, () => version);
  assert.deepEqual(
    ["a", "b", "c"].map((version) => cache.find(version, () => {})),
    [null, "b", "c"],
  );
});

test("an element has one instance until it leaves the page", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const host = /** @type {HTMLElement} */ (/** @type {unknown} */ ({ isConnected: true }));
  const mounts = new Mounts(() => ({}));
  const [first, destroy] = [mounts.at(host), mock.fn()];
  mounts.cleanUp(host, destroy)();
  mock.timers.tick(1);
  assert.equal(mounts.at(host), first);
  Object.assign(host, { isConnected: false });
  mounts.cleanUp(host, destroy)();
  mounts.cleanUp(host, destroy)();
  mock.timers.tick(1);
  assert.deepEqual(
    destroy.mock.calls.map((call) => call.arguments),
    [[first]],
  );
  assert.notEqual(mounts.at(host), first);
  mock.timers.reset();
});

test("a map answers a request for its drawing, whichever bundle it comes from", () => {
  const element = new EventTarget();
  assert.equal(requestDrawing(element), null);
  const drawing = /** @type {any} */ ({ name: "standard" });
  answerDrawingRequests(element, () => drawing);
  assert.equal(requestDrawing(element), drawing);
  const foreign = Object.assign(new Event("uncollapse-drawing"), { drawing: null });
  element.dispatchEvent(foreign);
  assert.equal(foreign.drawing, drawing);
});

test("a slot lies in its sheet, row by row", () => {
  /** @type {import("../../../../app/components/common/types.d.ts").Atlas} */
  const atlas = { url: "", ends: [100, 250], mimetype: "image/png", tile: [28, 20], columns: 3, perSheet: 6 };
  assert.deepEqual(placeOf(atlas, 0), { sheet: 0, x: 0, y: 0 });
  assert.deepEqual(placeOf(atlas, 10), { sheet: 1, x: 28, y: 20 });
  assert.deepEqual(sheetBytes(atlas, 0), { start: 0, end: 100 });
  assert.deepEqual(sheetBytes(atlas, 1), { start: 100, end: 250 });
});

test("luminance runs from black to white, green the brightest part", () => {
  assert.equal(luminance([0, 0, 0]), 0);
  assert.ok(Math.abs(luminance([255, 255, 255]) - 1) < 1e-9);
  assert.ok(luminance([0, 255, 0]) > luminance([255, 0, 0]));
});
