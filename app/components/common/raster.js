// Round dots written pixel by pixel into a picture: many times as fast as asking the canvas, or WebGL without a
// graphics card, for each of them.

const PHASES = 4; // places within a pixel, along either axis, that a dot can take
const OPAQUE = 0xff000000 | 0;
const [RED_BLUE, GREEN] = [0xff00ff, 0xff00]; // of a pixel as a word, little end first as everywhere today

/**
 * A picture with a margin of `pad` pixels on all sides, so that no dot needs clipping.
 * @typedef {object} Raster
 * @property {Int32Array} pixels row by row, margin included
 * @property {number} width without the margin
 * @property {number} height without the margin
 * @property {number} pad
 */

/**
 * Which pixels a dot covers, as offsets from its own, and how much of each (1 to 256).
 * @typedef {{ offsets: Int32Array, shares: Int32Array }} Stencil
 */

/**
 * A pixel's word.
 * @param {[number, number, number]} rgb 0 to 255
 */
export const packColour = ([red, green, blue]) => OPAQUE | (blue << 16) | (green << 8) | red;

/**
 * Pixels that a dot reaches from its middle.
 * @param {number} radius in pixels
 */
export const reachOf = (radius) => Math.ceil(radius + 1.5);

/**
 * A dot at each (x, y), later ones over earlier ones; one whose place is NaN is left out. All lengths in pixels.
 *
 * colourOf: the word of the i-th dot. rim: width of an edge, in the colour of the ground, that keeps dots that touch
 * apart.
 * @param {Raster} raster
 * @param {Float32Array} x
 * @param {Float32Array} y
 * @param {(i: number) => number} colourOf
 * @param {{ ratio: number, radius: number, opacity: number, rim: number, ground: number }} style ratio: what x and y
 *   are multiplied with
 */
export function drawDots(raster, x, y, colourOf, { ratio, radius, opacity, rim, ground }) {
  const { pixels, width, height, pad } = raster;
  const wide = width + 2 * pad;
  const disc = stencils(radius, wide, (distance) => opacity * clamp(radius + 0.5 - distance));
  const half = rim / 2;
  const edge = rim
    ? stencils(radius, wide, (distance) => 0.55 * clamp(half + 0.5 - Math.abs(distance - radius)))
    : null;
  const out = pad / 2; // dots whose middle is out of sight, but not their edge
  for (let i = 0; i < x.length; i++) {
    const px = x[i] * ratio;
    const py = y[i] * ratio;
    if (!(px >= -out && px < width + out && py >= -out && py < height + out)) continue;
    const column = Math.floor(px);
    const row = Math.floor(py);
    const phase = Math.floor((py - row) * PHASES) * PHASES + Math.floor((px - column) * PHASES);
    const at = (row + pad) * wide + column + pad;
    stamp(pixels, at, disc[phase], colourOf(i));
    if (edge) stamp(pixels, at, edge[phase], ground);
  }
}

/**
 * Mix a colour into pixels, two of its three parts with one multiplication.
 * @param {Int32Array} pixels
 * @param {number} at
 * @param {Stencil} stencil
 * @param {number} word
 */
function stamp(pixels, at, { offsets, shares }, word) {
  const redBlue = word & RED_BLUE;
  const green = word & GREEN;
  for (let k = 0; k < offsets.length; k++) {
    const place = at + offsets[k];
    const old = pixels[place];
    const share = shares[k];
    const rest = 256 - share;
    const rb = ((Math.imul(old & RED_BLUE, rest) + Math.imul(redBlue, share)) >>> 8) & RED_BLUE;
    const g = ((Math.imul(old & GREEN, rest) + Math.imul(green, share)) >>> 8) & GREEN;
    pixels[place] = OPAQUE | rb | g;
  }
}

/** @param {number} share */
const clamp = (share) => Math.min(1, Math.max(0, share));

/**
 * One stencil for every place within a pixel that a dot can have.
 * @param {number} radius
 * @param {number} wide pixels to a row
 * @param {(distance: number) => number} cover share of a pixel that is covered at this distance from the middle
 * @returns {Stencil[]}
 */
function stencils(radius, wide, cover) {
  const reach = reachOf(radius);
  return Array.from({ length: PHASES * PHASES }, (_, phase) => {
    const [cx, cy] = [phase % PHASES, Math.floor(phase / PHASES)].map((step) => (step + 0.5) / PHASES - 0.5);
    /** @type {number[]} */
    const offsets = [];
    /** @type {number[]} */
    const shares = [];
    for (let y = -reach; y <= reach; y++) {
      for (let x = -reach; x <= reach; x++) {
        const share = Math.round(256 * cover(Math.hypot(x - cx, y - cy)));
        if (!share) continue;
        offsets.push(y * wide + x);
        shares.push(share);
      }
    }
    return { offsets: Int32Array.from(offsets), shares: Int32Array.from(shares) };
  });
}
