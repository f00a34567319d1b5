import assert from "node:assert/strict";
import { test } from "node:test";
import { layOutFigure } from "../../../../app/components/export/figure_layout.js";

const map = (/** @type {number} */ n) => ({
  width: 300,
  height: 200,
  layers: [{ rows: new Array(n).fill(0), colours: "#000", opacity: 1, grow: 0 }],
});
const measure = (/** @type {string} */ text) => 10 * text.length;

test("maps lie side by side, the legend under them", () => {
  const layout = layOutFigure(
    [map(5), map(5)],
    [
      ["even", "red"],
      ["odd", "blue"],
    ],
    measure,
  );
  assert.equal(layout.width, 16 + 300 + 16 + 300 + 16);
  assert.deepEqual(
    layout.places.map(({ x }) => x),
    [16, 332],
  );
  assert.deepEqual(
    layout.entries.map(({ name, x }) => [name, x]),
    [
      ["even", 16],
      ["odd", 16 + 15 + 40 + 20],
    ],
  );
  assert.ok(layout.entries.every(({ y }) => y > layout.places[1].y + 200 && y < layout.height));
});

test("more than three maps lie in rows of three", () => {
  const { places, width, height } = layOutFigure(new Array(5).fill(map(1)), [], measure);
  assert.deepEqual(
    places.map(({ x }) => x),
    [16, 332, 648, 16, 332],
  );
  assert.ok(places[3].y >= places[0].y + 200 && places[3].y === places[4].y);
  assert.ok(width >= 648 + 300 && height >= places[4].y + 200);
});

test("a legend that is too wide goes on in the next line", () => {
  /** @type {[string, string][]} */
  const legend = Array.from({ length: 6 }, (_, i) => [`category ${i}`, "red"]);
  const { entries, height } = layOutFigure([map(1)], legend, measure);
  assert.equal(new Set(entries.map(({ y }) => y)).size, 3);
  assert.ok(entries.every(({ x }) => x + 15 + 100 <= 316));
  assert.ok(height > entries[5].y);
  assert.equal(layOutFigure([map(1)], [], measure).entries.length, 0);
});

test("more than 20,000 points become a bitmap", () => {
  assert.ok(!layOutFigure([map(10000), map(10000)], [], measure).isBitmap);
  assert.ok(layOutFigure([map(10000), map(10001)], [], measure).isBitmap);
});
