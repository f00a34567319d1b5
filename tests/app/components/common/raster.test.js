import assert from "node:assert/strict";
import { test } from "node:test";
import { drawDots, packColour, reachOf } from "../../../../app/components/common/raster.js";

const [WIDTH, HEIGHT] = [24, 16];
const WHITE = packColour([255, 255, 255]);
const RED = packColour([200, 0, 0]);
const BLUE = packColour([0, 0, 200]);
const STYLE = { ratio: 1, radius: 3, opacity: 1, rim: 0, ground: WHITE };

/**
 * @param {number[][]} places
 * @param {(i: number) => number} colourOf
 * @param {Partial<typeof STYLE>} style
 */
function drawn(places, colourOf, style = {}) {
  const pad = 2 * reachOf(3);
  const pixels = new Int32Array((WIDTH + 2 * pad) * (HEIGHT + 2 * pad)).fill(WHITE);
  const [x, y] = [0, 1].map((axis) => Float32Array.from(places, (place) => place[axis]));
  drawDots({ pixels, width: WIDTH, height: HEIGHT, pad }, x, y, colourOf, { ...STYLE, ...style });
  /** @type {(column: number, row: number) => number[]} */
  const at = (column, row) => {
    const word = pixels[(row + pad) * (WIDTH + 2 * pad) + column + pad];
    return [word & 255, (word >> 8) & 255, (word >> 16) & 255];
  };
  return { at, pixels };
}

test("a dot is full in the middle, mixed at its edge and nowhere else", () => {
  const { at } = drawn([[10.5, 8.5]], () => RED);
  assert.deepEqual(at(10, 8), [200, 0, 0]);
  const [red, green] = at(13, 8);
  assert.ok(red > 200 && red < 255 && green > 0 && green < 255);
  assert.deepEqual(at(15, 8), [255, 255, 255]);
});

test("later dots lie over earlier ones", () => {
  const { at } = drawn(
    [
      [10.5, 8.5],
      [10.5, 8.5],
    ],
    (i) => (i ? BLUE : RED),
  );
  assert.deepEqual(at(10, 8), [0, 0, 200]);
});

test("opacity mixes with what lies behind", () => {
  const { at } = drawn([[10.5, 8.5]], () => RED, { opacity: 0.5 });
  at(10, 8).forEach((part, i) => {
    assert.ok(Math.abs(part - ((RED >> (8 * i)) & 255) / 2 - 255 / 2) <= 1.5);
  });
});

test("a rim in the colour of the ground parts dots that touch", () => {
  const places = [
    [10.5, 8.5],
    [13.5, 8.5],
  ];
  const green = (/** @type {number} */ rim) => drawn(places, () => RED, { rim }).at(10, 8)[1];
  assert.equal(green(0), 0);
  assert.ok(green(1) > 60);
});

test("dots without a place or out of sight change nothing, one across the border is cut", () => {
  const untouched = drawn([], () => RED).pixels;
  assert.deepEqual(
    drawn(
      [
        [Number.NaN, 8],
        [1e9, 8],
        [8, -1e9],
      ],
      () => RED,
    ).pixels,
    untouched,
  );
  assert.deepEqual(drawn([[-1, 8.5]], () => RED).at(0, 8), [200, 0, 0]);
});

test("the ratio multiplies places", () => {
  assert.deepEqual(drawn([[5.25, 4.25]], () => RED, { ratio: 2 }).at(10, 8), [200, 0, 0]);
});
