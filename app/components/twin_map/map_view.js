// One map: its points on a canvas, and when they are drawn again.
import { button } from "../common/controls.js";
import { el } from "../common/dom.js";
import { answerDrawingRequests } from "../common/drawing_request.js";
import { formatCount } from "../common/format.js";
import { PointCanvas } from "../common/point_canvas.js";
import { boundsOf, Grid } from "./geometry.js";
import { Gestures, STEP } from "./gestures.js";
import { ease, mixBoxes, mixPositions } from "./morph.js";
import { Overlay } from "./overlay.js";
import { Viewport } from "./viewport.js";

/** @import { Box, Drawing, Layer, Positions } from "../common/types.d.ts" */
/** @import { Arm, Corner, Part, SelectMode, Tool } from "./types.d.ts" */

const FRAME = 12; // milliseconds a redraw may take to happen in every frame
const REST = 140; // milliseconds without movement after which a slow redraw happens
const MORPH = 700; // milliseconds of the way from one arm's map to the other's

/**
 * What a map asks of and reports to those who made it.
 * @typedef {object} MapOwner
 * @property {(row: number, map: MapView) => boolean} allowed whether an item can be pointed at
 * @property {(row: number, map: MapView) => void} hover row: -1 for none
 * @property {(row: number) => void} pick
 * @property {(rows: Set<number>, mode: SelectMode) => void} brush
 * @property {() => Tool} tool what a drag does
 * @property {(map: MapView) => void} moved the user has changed which part is shown
 */

export class MapView {
  /** @param {MapOwner} owner */
  constructor(owner) {
    this.owner = owner;
    this.arm = 0;
    /** @type {Positions | null} */
    this.position = null; // as drawn
    /** @type {Positions | null} */
    this.target = null; // where the points are or are going
    /** @type {Grid | null} */
    this.grid = null; // null while there is nothing to point at
    /** @type {Layer[]} */
    this.layers = [];
    this.size = 0; // diameter of a dot in CSS pixels
    this.painted = ""; // key of the layers
    /** @type {(Box & { scale: number, width: number, height: number }) | null} */
    this.drawn = null; // the range and size of the picture on screen
    this.stale = true; // whether that picture has other positions
    this.cost = Infinity; // milliseconds of the last redraw
    this.following = false; // whether another map leads
    this.destroyed = false;
    /** @type {number | null} */
    this.pending = null; // the update that the next frame makes
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.idle = undefined;
    this.title = el("h3", { class: "title clip", dir: "auto" });
    this.note = el("span", { class: "note" });
    this.swap = el("div", { class: "segments swap", role: "group", "aria-label": "Arm shown", hidden: true });
    this.canvas = el("canvas", { class: "points" });
    this.dots = new PointCanvas(this.canvas);
    this.lost = this.wayBack();
    this.state = el("div", { class: "state" });
    this.stage = el("div", { class: "stage", tabindex: "0", role: "application" });
    this.viewport = new Viewport(this.stage);
    this.overlay = new Overlay(this.viewport);
    this.gestures = new Gestures(this);
    this.stage.append(this.canvas, this.overlay.layer, this.state, this.overlay.card, this.lost);
    this.caption = el("figcaption", { dir: "auto" });
    const header = el("header", {}, this.title, this.swap, this.note, this.tools());
    this.node = el("figure", { class: "map" }, header, this.stage, this.caption);
    answerDrawingRequests(this.node, () => this.drawing());
    this.watch = new ResizeObserver(() => this.resize());
    this.watch.observe(this.stage);
  }

  /** Shown where no point is on screen. */
  wayBack() {
    const onpointerdown = (/** @type {Event} */ event) => event.stopPropagation(); // it begins no drag
    const fit = button("Show the whole map", { text: "Fit", class: "fit", onpointerdown, onclick: () => this.reset() });
    return el("div", { class: "lost", hidden: true }, el("span", { text: "No item is in sight here." }), fit);
  }

  tools() {
    return el(
      "div",
      { class: "tools" },
      button("Zoom in", { symbol: "plus", onclick: () => this.zoom(STEP) }),
      button("Zoom out", { symbol: "minus", onclick: () => this.zoom(1 / STEP) }),
      button("Show the whole map", { symbol: "reset", class: "reset", onclick: () => this.reset() }),
      button("Save as PNG", { symbol: "save", class: "save", onclick: () => this.save() }),
    );
  }

  /**
   * @param {Arm} arm
   * @param {Node[]} switches to other arms
   */
  label({ name, caption }, switches) {
    this.swap.replaceChildren(...switches);
    this.swap.hidden = !switches.length;
    this.title.hidden = Boolean(switches.length);
    this.title.textContent = name;
    this.title.title = name;
    this.caption.textContent = caption;
    this.caption.hidden = !caption;
    const keys = "Arrow keys move between items, Enter selects one, plus and minus zoom, 0 shows all.";
    this.stage.setAttribute("aria-label", `Map of ${name}. ${keys}`);
  }

  // ---- what is drawn -------------------------------------------------------------------------------------------

  /** @param {Positions} position */
  setPosition(position) {
    if (this.target === position) return;
    this.target = position;
    this.move(position);
    this.stale = true;
    const bounds = boundsOf(position);
    this.viewport.bounds = bounds;
    this.grid = bounds && new Grid(position, bounds);
    const n = position.x.length;
    const placed = position.x.reduce((sum, x) => sum + (Number.isFinite(x) ? 1 : 0), 0);
    this.note.textContent =
      placed === n ? `${formatCount(n)} items` : `${formatCount(placed)} of ${formatCount(n)} items`;
    this.state.textContent = bounds
      ? ""
      : n
        ? "No item has a position on this map yet."
        : "There are no items to show.";
    this.state.hidden = Boolean(bounds);
    this.reset();
  }

  /** @param {Positions} position */
  move(position) {
    this.position = position;
    this.overlay.position = position;
  }

  /**
   * Move every point from where it is to `target`, and settle there.
   * @param {Positions} target
   */
  morph(target) {
    const from = this.position;
    const [begin, goal] = [this.viewport.bounds, boundsOf(target)];
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (!from || !begin || !goal || calm) return this.setPosition(target);
    const start = performance.now();
    this.target = target;
    this.grid = null;
    const step = () => {
      if (this.target !== target || this.destroyed) return;
      const time = Math.min(1, (performance.now() - start) / MORPH);
      if (time === 1) {
        this.target = null;
        return this.setPosition(target);
      }
      const share = ease(time);
      this.move(mixPositions(from, target, share));
      this.viewport.fit(mixBoxes(begin, goal, share));
      this.changed();
      this.draw();
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  /**
   * Nothing happens when `key` is that of the last call.
   * @param {string} key
   * @param {() => Layer[]} layers later ones on top
   * @param {number} size diameter of a dot in CSS pixels
   */
  paint(key, layers, size) {
    if (this.painted === key) return;
    this.painted = key;
    [this.layers, this.size] = [layers(), size];
    this.draw();
  }

  draw() {
    const { range, scale, bounds } = this.viewport;
    const { clientWidth: width, clientHeight: height } = this.stage;
    this.canvas.classList.toggle("drawn", Boolean(bounds && width));
    if (!bounds || !range || !width) return;
    const before = performance.now();
    this.drawPoints(this.dots, width, height);
    this.canvas.style.transform = "";
    this.stale = false;
    this.drawn = { ...range, scale, width, height };
    this.cost = performance.now() - before;
    this.overlay.place();
  }

  /**
   * @param {PointCanvas} dots
   * @param {number} width
   * @param {number} height
   */
  drawPoints(dots, width, height) {
    const { position, viewport, size } = this;
    const { x0, y1 } = viewport.shown;
    const most = Math.max(0, ...this.layers.map(({ grow }) => grow));
    dots.clear(width, height, getComputedStyle(this.stage).backgroundColor, size / 2 + most);
    for (const { rows, colours, opacity, grow } of this.layers) {
      if (!position) break;
      const x = Float32Array.from(rows, (row) => (position.x[row] - x0) / viewport.scale);
      const y = Float32Array.from(rows, (row) => (y1 - position.y[row]) / viewport.scale);
      dots.add(x, y, colours, { radius: size / 2 + grow, opacity });
    }
    dots.show();
  }

  // ---- pan and zoom --------------------------------------------------------------------------------------------

  /** Show everything. */
  reset() {
    if (!this.viewport.bounds) return;
    this.viewport.fit();
    this.changed();
  }

  /**
   * @param {number} factor
   * @param {Corner} pixel stays where it is
   */
  zoom(factor, pixel = [this.stage.clientWidth / 2, this.stage.clientHeight / 2]) {
    if (!this.viewport.range) return;
    this.viewport.zoom(factor, ...pixel);
    this.changed();
  }

  /**
   * @param {number} dx
   * @param {number} dy
   */
  pan(dx, dy) {
    this.viewport.pan(dx, dy);
    this.changed();
  }

  /** @param {Part | null} part */
  showPart(part) {
    if (!part || !this.viewport.bounds) return;
    this.following = true;
    this.viewport.showPart(part);
    this.changed();
    this.following = false;
  }

  /**
   * Show the part with these items.
   * @param {Iterable<number>} rows
   */
  frame(rows) {
    const { position, viewport } = this;
    if (!position || !viewport.bounds) return;
    const box = boundsOf({
      x: Float32Array.from(rows, (row) => position.x[row]),
      y: Float32Array.from(rows, (row) => position.y[row]),
    });
    if (!box) return;
    this.following = true;
    viewport.frame(box);
    this.changed();
    this.following = false;
  }

  resize() {
    if (!this.viewport.range || !this.stage.clientWidth) return;
    this.viewport.resize();
    this.changed();
  }

  /** Another part is shown. */
  changed() {
    this.schedule();
    if (!this.following) this.owner.moved(this);
  }

  /** At most one update a frame, however many events come. */
  schedule() {
    if (this.destroyed) return;
    this.pending ??= requestAnimationFrame(() => {
      this.pending = null;
      this.overlay.place();
      this.lost.hidden = !this.grid || this.grid.holdsAny(this.viewport.shown);
      if (this.isDrawn()) return;
      clearTimeout(this.idle);
      if (!this.drawn || this.cost < FRAME) return this.draw();
      // Too many points to redraw in time: move the picture as it is, and redraw when the hand rests.
      this.stretch(this.drawn);
      this.idle = setTimeout(() => this.draw(), REST);
    });
  }

  /** Whether the picture on screen is the one wanted: a page that settles reports sizes that have not changed. */
  isDrawn() {
    const { drawn, stage, stale } = this;
    if (!drawn || stale) return false;
    const { x0, x1, y0, y1 } = this.viewport.shown;
    const isSameRange = drawn.x0 === x0 && drawn.x1 === x1 && drawn.y0 === y0 && drawn.y1 === y1;
    return isSameRange && drawn.width === stage.clientWidth && drawn.height === stage.clientHeight;
  }

  /**
   * Stretch the picture from the range it was drawn for to the present one.
   * @param {Box & { scale: number }} drawn
   */
  stretch(drawn) {
    const [left, top] = this.viewport.toPixel(drawn.x0, drawn.y1);
    this.canvas.style.transform = `translate(${left}px, ${top}px) scale(${drawn.scale / this.viewport.scale})`;
  }

  // ---- pictures to take away -----------------------------------------------------------------------------------

  /** @returns {Drawing | null} */
  drawing() {
    const { drawn, layers, position, size } = this;
    if (!drawn || !position || !this.viewport.bounds) return null;
    return { ...drawn, layers, position, size, name: this.title.textContent ?? "", picture: () => this.picture(drawn) };
  }

  /**
   * The map at twice its size on screen, on a canvas of its own.
   * @param {{ width: number, height: number }} size
   */
  picture({ width, height }) {
    const canvas = document.createElement("canvas");
    this.drawPoints(new PointCanvas(canvas, 2), width, height);
    return canvas;
  }

  save() {
    if (!this.drawn) return;
    const name = (this.title.textContent ?? "").replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60);
    el("a", { href: this.picture(this.drawn).toDataURL(), download: `map-${name}.png` }).click();
  }

  /** Leave the page. */
  destroy() {
    this.destroyed = true;
    this.watch.disconnect();
    clearTimeout(this.idle);
    if (this.pending) cancelAnimationFrame(this.pending);
    this.node.remove();
  }
}
