// Thousands of round dots on a canvas, written pixel by pixel: many times as fast as asking the canvas, or WebGL
// without a graphics card, for each of them, and a page may hold any number of maps.
import { rgbOf } from "./colours.js";

const PHASES = 4; // places within a pixel, along either axis, that a dot can take
const OPAQUE = 0xff000000 | 0;
const [RED_BLUE, GREEN] = [0xff00ff, 0xff00]; // of a pixel as a word, little end first as everywhere today

export class Dots {
  /** ratio: pixels of the canvas to a CSS pixel; what the screen has where silent. */
  constructor(canvas, ratio = null) {
    this.canvas = canvas;
    this.fixed = ratio;
    this.context = canvas.getContext("2d", { alpha: false });
    this.words = new Map(); // CSS colour -> pixel
  }

  /** Begin anew: width and height in CSS pixels, the colour of the ground, and the largest radius there will be. */
  clear(width, height, ground, radius) {
    this.ratio = this.fixed ?? Math.min(devicePixelRatio || 1, 2);
    const [w, h] = [width, height].map((side) => Math.max(1, Math.round(side * this.ratio)));
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
    this.pad = 2 * reachOf(radius * this.ratio); // around what is seen, so that no dot needs clipping
    const [wide, high] = [w + 2 * this.pad, h + 2 * this.pad];
    if (this.image?.width !== wide || this.image.height !== high) {
      this.image = new ImageData(wide, high);
      this.pixels = new Int32Array(this.image.data.buffer);
    }
    this.ground = this.wordOf(ground);
    this.pixels.fill(this.ground);
  }

  /**
   * A dot at each (x, y), in CSS pixels, later ones over earlier ones; one whose place is NaN is left out.
   *
   * colours: one CSS colour per dot, or the same for all. radius, rim: in CSS pixels; the rim, in the colour of the
   * ground, keeps dots that touch apart.
   */
  add(x, y, colours, { radius, opacity, rim = 0 }) {
    const [r, wide] = [radius * this.ratio, this.image.width];
    const disc = stencils(r, wide, (distance) => opacity * clamp(r + 0.5 - distance));
    const half = (rim * this.ratio) / 2;
    const edge = rim ? stencils(r, wide, (distance) => 0.55 * clamp(half + 0.5 - Math.abs(distance - r))) : null;
    const { ratio, canvas, pad } = this;
    const out = pad / 2; // dots whose middle is out of sight, but not their edge
    const same = typeof colours === "string" ? this.wordOf(colours) : null;
    for (let i = 0; i < x.length; i++) {
      const px = x[i] * ratio;
      const py = y[i] * ratio;
      if (!(px >= -out && px < canvas.width + out && py >= -out && py < canvas.height + out)) continue;
      const column = Math.floor(px);
      const row = Math.floor(py);
      const phase = Math.floor((py - row) * PHASES) * PHASES + Math.floor((px - column) * PHASES);
      const at = (row + pad) * wide + column + pad;
      stamp(this.pixels, at, disc[phase], same ?? this.wordOf(colours[i]));
      if (edge) stamp(this.pixels, at, edge[phase], this.ground);
    }
  }

  /** Put what was drawn on the screen. */
  show() {
    this.context.putImageData(this.image, -this.pad, -this.pad);
  }

  wordOf(colour) {
    let word = this.words.get(colour);
    if (word === undefined) {
      const [r, g, b] = rgbOf(colour);
      this.words.set(colour, (word = OPAQUE | (b << 16) | (g << 8) | r));
    }
    return word;
  }
}

/** Mix a colour into pixels, two of its three parts with one multiplication. */
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

const clamp = (share) => Math.min(1, Math.max(0, share));
const reachOf = (radius) => Math.ceil(radius + 1.5);

/** Which pixels around a dot's own it covers, and how much (1 to 256), for every place within a pixel it can have. */
function stencils(radius, wide, cover) {
  const reach = reachOf(radius);
  return Array.from({ length: PHASES * PHASES }, (_, phase) => {
    const [cx, cy] = [phase % PHASES, Math.floor(phase / PHASES)].map((step) => (step + 0.5) / PHASES - 0.5);
    const [offsets, shares] = [[], []];
    for (let y = -reach; y <= reach; y++) {
      for (let x = -reach; x <= reach; x++) {
        const share = Math.round(256 * cover(Math.hypot(x - cx, y - cy)));
        if (share) [offsets.push(y * wide + x), shares.push(share)];
      }
    }
    return { offsets: Int32Array.from(offsets), shares: Int32Array.from(shares) };
  });
}

/** A fixed order in which no class lies on top of all others. */
export function scattered(n) {
  let step = Math.max(1, Math.round(n * 0.618));
  const common = (a, b) => (b ? common(b, a % b) : a);
  while (common(step, n) > 1) step++;
  return Uint32Array.from({ length: n }, (_, i) => (i * step) % n);
}
