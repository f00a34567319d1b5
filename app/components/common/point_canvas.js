// Thousands of round dots on a canvas; a page may hold any number of them.
import { rgbOf } from "./css_colour.js";
import { contextOf } from "./dom.js";
import { drawDots, packColour, reachOf } from "./raster.js";

export class PointCanvas {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {number | null} ratio pixels of the canvas to a CSS pixel; null: what the screen has, up to 2
   */
  constructor(canvas, ratio = null) {
    this.canvas = canvas;
    this.fixedRatio = ratio;
    this.context = contextOf(canvas, { alpha: false });
    /** @type {Map<string, number>} */
    this.words = new Map(); // CSS colour -> pixel
    this.ratio = 1;
    this.ground = 0;
    this.pad = 0;
    this.image = new ImageData(1, 1);
    this.pixels = new Int32Array(this.image.data.buffer);
  }

  /**
   * Begin anew.
   * @param {number} width in CSS pixels
   * @param {number} height in CSS pixels
   * @param {string} ground its colour
   * @param {number} radius the largest there will be, in CSS pixels
   */
  clear(width, height, ground, radius) {
    this.ratio = this.fixedRatio ?? Math.min(devicePixelRatio || 1, 2);
    const [w, h] = [width, height].map((side) => Math.max(1, Math.round(side * this.ratio)));
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
    this.pad = 2 * reachOf(radius * this.ratio);
    const [wide, high] = [w + 2 * this.pad, h + 2 * this.pad];
    if (this.image.width !== wide || this.image.height !== high) {
      this.image = new ImageData(wide, high);
      this.pixels = new Int32Array(this.image.data.buffer);
    }
    this.ground = this.wordOf(ground);
    this.pixels.fill(this.ground);
  }

  /**
   * A dot at each (x, y), later ones over earlier ones; one whose place is NaN is left out. Lengths in CSS pixels.
   * @param {Float32Array} x
   * @param {Float32Array} y
   * @param {string | string[]} colours one CSS colour for each dot, or the same for all
   * @param {{ radius: number, opacity: number, rim?: number }} style rim: see `drawDots`
   */
  add(x, y, colours, { radius, opacity, rim = 0 }) {
    const { pixels, pad, ratio, ground } = this;
    const { width, height } = this.canvas;
    const same = typeof colours === "string" ? this.wordOf(colours) : 0;
    const colourOf = typeof colours === "string" ? () => same : (/** @type {number} */ i) => this.wordOf(colours[i]);
    const style = { ratio, radius: radius * ratio, opacity, rim: rim * ratio, ground };
    drawDots({ pixels, width, height, pad }, x, y, colourOf, style);
  }

  /** Put what was drawn on the screen. */
  show() {
    this.context.putImageData(this.image, -this.pad, -this.pad);
  }

  /** @param {string} colour */
  wordOf(colour) {
    let word = this.words.get(colour);
    if (word === undefined) {
      word = packColour(rgbOf(colour));
      this.words.set(colour, word);
    }
    return word;
  }
}
