// Which part of a map is on screen.

/** @import { Box } from "../common/types.d.ts" */
/** @import { Corner, Part } from "./types.d.ts" */

const MARGIN = 1.08; // of the whole map, so that no point lies on the edge
const ROOM = 1.15; // around a part of it
const FARTHEST = 8; // how many times smaller than the whole map one can zoom out
const NEAREST = 5000; // and how many times larger in

/** One scale for both axes: distances on a map mean something in all directions alike. */
export class Viewport {
  /** @param {{ clientWidth: number, clientHeight: number }} stage what the map is shown on, in CSS pixels */
  constructor(stage) {
    this.stage = stage;
    /** @type {Box | null} */
    this.bounds = null; // of the whole map, in data units
    /** @type {Box | null} */
    this.range = null; // what is shown, in data units
    this.scale = 1; // data units to a CSS pixel
    this.fitted = false; // whether the whole map is shown, and is to be after a change of size
  }

  get middle() {
    const { x0, x1, y0, y1 } = this.shown;
    return { x: (x0 + x1) / 2, y: (y0 + y1) / 2 };
  }

  /** The range, once there is one. */
  get shown() {
    if (!this.range) throw new Error("Nothing is shown yet.");
    return this.range;
  }

  /**
   * The scale at which all of a box is seen.
   * @param {Box} bounds
   */
  scaleOf({ x0, x1, y0, y1 }) {
    const { clientWidth, clientHeight } = this.stage;
    return Math.max((x1 - x0) / (clientWidth || 1), (y1 - y0) / (clientHeight || 1)) * MARGIN;
  }

  /**
   * Show all of a box.
   * @param {Box | null} bounds
   */
  fit(bounds = this.bounds) {
    if (!bounds) return;
    const { x0, x1, y0, y1 } = bounds;
    this.show((x0 + x1) / 2, (y0 + y1) / 2, this.scaleOf(bounds));
    this.fitted = true;
  }

  /**
   * Show a part of the map with some room around it, within the limits of zooming.
   * @param {Box} box
   */
  frame(box) {
    if (!this.bounds) return;
    const scale = Math.max(this.scaleOf(box) * ROOM, this.scaleOf(this.bounds) / NEAREST);
    this.show((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2, scale);
  }

  /**
   * @param {number} cx
   * @param {number} cy
   * @param {number} scale
   */
  show(cx, cy, scale) {
    const [w, h] = [(this.stage.clientWidth * scale) / 2, (this.stage.clientHeight * scale) / 2];
    this.scale = scale;
    this.range = { x0: cx - w, x1: cx + w, y0: cy - h, y1: cy + h };
    this.fitted = false;
  }

  /**
   * The part shown, which another map can show of itself; null before anything is.
   * @returns {Part | null}
   */
  get part() {
    if (!this.range || !this.bounds) return null;
    const { x0, x1, y0, y1 } = this.bounds;
    const { x, y } = this.middle;
    return { x: (x - x0) / (x1 - x0 || 1), y: (y - y0) / (y1 - y0 || 1), zoom: this.scaleOf(this.bounds) / this.scale };
  }

  /** @param {Part} part */
  showPart({ x, y, zoom }) {
    if (!this.bounds) return;
    const { x0, x1, y0, y1 } = this.bounds;
    this.show(x0 + x * (x1 - x0), y0 + y * (y1 - y0), this.scaleOf(this.bounds) / zoom);
  }

  /**
   * Magnify; the point at a pixel stays where it is.
   * @param {number} factor
   * @param {number} px
   * @param {number} py
   */
  zoom(factor, px, py) {
    if (!this.range || !this.bounds) return;
    const whole = this.scaleOf(this.bounds);
    const scale = Math.min(whole * FARTHEST, Math.max(whole / NEAREST, this.scale / factor));
    const [x, y] = this.toData(px, py);
    const middle = this.middle;
    const ratio = scale / this.scale;
    this.show(x + (middle.x - x) * ratio, y + (middle.y - y) * ratio, scale);
  }

  /**
   * Move what is shown by so many pixels.
   * @param {number} dx
   * @param {number} dy
   */
  pan(dx, dy) {
    const { x, y } = this.middle;
    this.show(x - dx * this.scale, y + dy * this.scale, this.scale);
  }

  /** After a change of the stage's size. */
  resize() {
    if (this.fitted) this.fit();
    else this.show(this.middle.x, this.middle.y, this.scale);
  }

  /**
   * @param {number} x
   * @param {number} y
   * @returns {Corner}
   */
  toPixel(x, y) {
    const { x0, y1 } = this.shown;
    return [(x - x0) / this.scale, (y1 - y) / this.scale];
  }

  /**
   * @param {number} px
   * @param {number} py
   * @returns {Corner}
   */
  toData(px, py) {
    const { x0, y1 } = this.shown;
    return [x0 + px * this.scale, y1 - py * this.scale];
  }
}
