// One map: a canvas holds the points; everything that follows the pointer lives in an SVG layer above it, so that
// hovering never redraws 60,000 points.
import { button, count, el, svg } from "../common/dom.js";
import { Dots } from "../common/dots.js";
import { boundsOf, Grid } from "./geometry.js";

const REACH = 12; // pixels from the pointer to the point it means
const CLICK = 4; // pixels a press may wander and still be a click
const FRAME = 12; // milliseconds a redraw may take to happen in every frame
const REST = 140; // milliseconds without movement after which a slow redraw happens
const MORPH = 700; // milliseconds of the way from one arm's map to the other's
const STEP = 1.35; // zoom of one press on + or -
const STAR = "M0-9.500 2.700-3.300 9.400-2.700 4.300 1.700 5.800 8.300 0 4.800-5.800 8.300-4.300 1.700-9.400-2.700-2.700-3.300Z";

export class MapView {
  /** owner: { allowed(row), hover(row, map), pick(row), brush(rows, mode), tool(), moved(map) } */
  constructor(owner) {
    this.owner = owner;
    this.position = null;
    this.range = null;
    this.layers = [];
    this.drawn = null; // the range and size of the picture on screen
    this.cost = Infinity; // milliseconds of the last redraw
    this.build();
    this.watch = new ResizeObserver(() => this.resize());
    this.watch.observe(this.stage);
  }

  build() {
    this.title = el("h3", { class: "title clip", dir: "auto" });
    this.note = el("span", { class: "note" });
    this.swap = el("div", { class: "segments swap", role: "group", "aria-label": "Arm shown", hidden: true });
    const tools = el(
      "div",
      { class: "tools" },
      button("Zoom in", { symbol: "plus", onclick: () => this.zoom(STEP) }),
      button("Zoom out", { symbol: "minus", onclick: () => this.zoom(1 / STEP) }),
      button("Show the whole map", { symbol: "reset", class: "reset", onclick: () => this.reset() }),
      button("Save as PNG", { symbol: "save", onclick: () => this.save() }),
    );
    this.canvas = el("canvas", { class: "points" });
    this.dots = new Dots(this.canvas);
    this.outline = svg("path", { class: "outline" });
    this.marks = svg("g");
    this.focusRing = svg("g", { class: "ring focus-ring" }, ...ringOf(9), svg("path", { d: "M0-15V-9M0 9v6M-15 0h6M9 0h6", class: "line" }));
    this.hoverRing = svg("g", { class: "ring hover-ring" }, ...ringOf(6));
    this.layer = svg("svg", { class: "layer", "aria-hidden": "true" });
    this.layer.append(this.outline, this.focusRing, this.marks, this.hoverRing);
    this.card = el("div", { class: "card", hidden: true, "aria-hidden": "true" });
    this.hint = el("div", { class: "hint", hidden: true, text: "Click the map, or hold Ctrl, to zoom by scrolling" });
    this.state = el("div", { class: "state" });
    this.stage = el("div", { class: "stage", tabindex: "0", role: "application" });
    this.stage.append(this.canvas, this.layer, this.hint, this.state, this.card);
    this.caption = el("figcaption", { dir: "auto" });
    this.node = el(
      "figure",
      { class: "map" },
      el("header", {}, this.title, this.swap, this.note, tools),
      this.stage,
      this.caption,
    );
    this.node.drawing = () => this.drawing();
    this.listen();
  }

  label({ name, caption }, switches) {
    this.swap.replaceChildren(...switches);
    this.swap.hidden = !switches.length;
    this.title.hidden = Boolean(switches.length);
    this.title.textContent = name;
    this.title.title = name;
    this.caption.textContent = caption;
    this.caption.hidden = !caption;
    this.stage.setAttribute(
      "aria-label",
      `Map of ${name}. Arrow keys move between items, Enter selects one, plus and minus zoom, 0 shows all.`,
    );
  }

  say(message) {
    this.state.textContent = message;
    this.state.hidden = !message;
  }

  // ---- what is drawn -------------------------------------------------------------------------------------------

  setPosition(position) {
    if (this.target === position) return;
    this.target = this.position = position;
    this.stale = true;
    this.bounds = boundsOf(position);
    this.grid = this.bounds && new Grid(position, this.bounds);
    let shown = 0;
    for (const x of position.x) if (Number.isFinite(x)) shown++;
    this.shown = shown;
    const n = position.x.length;
    this.note.textContent = shown === n ? `${count(n)} items` : `${count(shown)} of ${count(n)} items`;
    this.say(!n ? "There are no items to show." : this.bounds ? "" : "No item has a position on this map yet.");
    this.fit();
  }

  /** Move every point from where it is to `target`, and settle there. */
  morph(target) {
    const from = this.position;
    const goal = boundsOf(target);
    if (!this.bounds || !goal || matchMedia("(prefers-reduced-motion: reduce)").matches) return this.setPosition(target);
    const [start, begin] = [performance.now(), this.bounds];
    this.target = target;
    this.grid = null; // nothing to point at on the way
    const step = () => {
      if (this.target !== target || this.destroyed) return;
      const t = Math.min(1, (performance.now() - start) / MORPH);
      if (t === 1) {
        this.target = null;
        return this.setPosition(target);
      }
      const share = t * t * (3 - 2 * t);
      const mix = (a, b) => a + (b - a) * share;
      this.position = { x: target.x.map((x, i) => mix(from.x[i], x)), y: target.y.map((y, i) => mix(from.y[i], y)) };
      this.fit(Object.fromEntries(Object.keys(goal).map((side) => [side, mix(begin[side], goal[side])])));
      this.draw();
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  /** layers: [{ rows, colours, opacity }], later ones on top. Nothing happens when `key` is that of the last call. */
  paint(key, layers, size) {
    if (this.painted === key) return;
    this.painted = key;
    [this.layers, this.size] = [layers(), size];
    this.draw();
  }

  draw() {
    const [width, height] = [this.stage.clientWidth, this.stage.clientHeight];
    this.canvas.classList.toggle("drawn", Boolean(this.bounds && width));
    if (!this.bounds || !width) return;
    const before = performance.now();
    paintLayers(this.dots, this, width, height);
    this.canvas.style.transform = "";
    this.stale = false;
    this.drawn = { ...this.range, scale: this.scale, width, height };
    this.cost = performance.now() - before;
    this.place();
  }

  // ---- pan and zoom --------------------------------------------------------------------------------------------

  /** Show everything, at one scale for both axes: distances on a map mean something in all directions alike. */
  fit(bounds = this.bounds) {
    if (!bounds) return;
    const { x0, x1, y0, y1 } = bounds;
    this.setRange((x0 + x1) / 2, (y0 + y1) / 2, this.whole(bounds));
    this.fitted = true;
  }

  setRange(cx, cy, scale) {
    const [w, h] = [(this.stage.clientWidth * scale) / 2, (this.stage.clientHeight * scale) / 2];
    this.scale = scale;
    this.range = { x0: cx - w, x1: cx + w, y0: cy - h, y1: cy + h };
    this.fitted = false;
    this.schedule();
    if (!this.following) this.owner.moved(this);
  }

  /** The part shown, in terms of the whole map: its middle, 0 to 1 along both axes, and the magnification. */
  window() {
    if (!this.range) return null;
    const { x0, x1, y0, y1 } = this.bounds;
    const [cx, cy] = [(this.range.x0 + this.range.x1) / 2, (this.range.y0 + this.range.y1) / 2];
    return { x: (cx - x0) / (x1 - x0 || 1), y: (cy - y0) / (y1 - y0 || 1), zoom: this.whole() / this.scale };
  }

  /** Show that part of this map. */
  show(window) {
    if (!window || !this.bounds) return;
    const { x0, x1, y0, y1 } = this.bounds;
    this.following = true;
    this.setRange(x0 + window.x * (x1 - x0), y0 + window.y * (y1 - y0), this.whole() / window.zoom);
    this.following = false;
  }

  /** The scale at which everything is seen. */
  whole({ x0, x1, y0, y1 } = this.bounds) {
    return Math.max((x1 - x0) / (this.stage.clientWidth || 1), (y1 - y0) / (this.stage.clientHeight || 1)) * 1.08;
  }

  reset() {
    this.fit();
  }

  zoom(factor, px = this.stage.clientWidth / 2, py = this.stage.clientHeight / 2) {
    if (!this.range) return;
    const [x, y] = this.toData(px, py);
    const whole = Math.max(this.bounds.x1 - this.bounds.x0, this.bounds.y1 - this.bounds.y0) / this.stage.clientHeight;
    const scale = Math.min(whole * 8, Math.max(whole / 5000, this.scale / factor));
    const [cx, cy] = [(this.range.x0 + this.range.x1) / 2, (this.range.y0 + this.range.y1) / 2];
    this.setRange(x + (cx - x) * (scale / this.scale), y + (cy - y) * (scale / this.scale), scale);
  }

  pan(dx, dy) {
    const { x0, x1, y0, y1 } = this.range;
    this.setRange((x0 + x1) / 2 - dx * this.scale, (y0 + y1) / 2 + dy * this.scale, this.scale);
  }

  resize() {
    if (!this.range || !this.stage.clientWidth) return;
    if (this.fitted) this.fit();
    else this.setRange((this.range.x0 + this.range.x1) / 2, (this.range.y0 + this.range.y1) / 2, this.scale);
  }

  /** At most one update a frame, however many events come. */
  schedule() {
    if (this.destroyed) return;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.place();
      if (this.isDrawn()) return;
      clearTimeout(this.idle);
      if (!this.drawn || this.cost < FRAME) return this.draw();
      // Too many points to redraw in time: move the picture as it is, and redraw when the hand rests.
      this.shift();
      this.idle = setTimeout(() => this.draw(), REST);
    });
  }

  /** Whether the picture on screen is the one wanted: a page that settles tells of sizes that are no news. */
  isDrawn() {
    const { drawn, range, stage, stale } = this;
    if (!drawn || stale) return false;
    const sides = Object.keys(range).every((side) => drawn[side] === range[side]);
    return sides && drawn.width === stage.clientWidth && drawn.height === stage.clientHeight;
  }

  /** Stretch the picture from the range it was drawn for to the present one. */
  shift() {
    const zoom = this.drawn.scale / this.scale;
    const [left, top] = this.toPixel(this.drawn.x0, this.drawn.y1);
    this.canvas.style.transform = `translate(${left}px, ${top}px) scale(${zoom})`;
  }

  toPixel(x, y) {
    return [(x - this.range.x0) / this.scale, (this.range.y1 - y) / this.scale];
  }

  toData(px, py) {
    return [this.range.x0 + px * this.scale, this.range.y1 - py * this.scale];
  }

  // ---- rings, stars, card --------------------------------------------------------------------------------------

  setFocus(row) {
    this.focusRow = row;
    this.place();
  }

  setQueries(queries) {
    this.queries = queries.filter((query) => query.at && query.at.every(Number.isFinite));
    this.marks.replaceChildren(
      ...this.queries.map((query) => {
        const text = svg("text", { x: 13, y: 4 });
        text.textContent = `${query.label.length > 40 ? `${query.label.slice(0, 40)}…` : query.label} (approximate)`;
        return svg("g", { class: "query" }, svg("path", { d: STAR }), text);
      }),
    );
    this.place();
  }

  showHover(row, content) {
    this.hoverRow = row;
    this.card.replaceChildren(...(row >= 0 ? content : []));
    this.place();
  }

  place() {
    if (!this.range) return;
    const at = (row) => this.position.x[row] !== undefined && this.toPixel(this.position.x[row], this.position.y[row]);
    for (const [ring, row] of [[this.focusRing, this.focusRow], [this.hoverRing, this.hoverRow]]) {
      const pixel = row >= 0 && at(row);
      const seen = pixel && pixel.every(Number.isFinite);
      ring.style.display = seen ? "" : "none";
      if (seen) ring.setAttribute("transform", `translate(${pixel})`);
    }
    this.queries?.forEach(({ at: [x, y] }, i) => {
      const [mark, pixel] = [this.marks.children[i], this.toPixel(x, y)];
      mark.setAttribute("transform", `translate(${pixel})`);
      const text = mark.lastChild;
      const before = pixel[0] + 17 + text.getComputedTextLength() > this.stage.clientWidth;
      text.setAttribute("x", before ? -13 : 13);
      text.setAttribute("text-anchor", before ? "end" : "start");
    });
    this.placeCard();
  }

  placeCard() {
    const pixel = this.hoverRow >= 0 && this.card.children.length && this.toPixel(this.position.x[this.hoverRow], this.position.y[this.hoverRow]);
    const [width, height] = [this.stage.clientWidth, this.stage.clientHeight];
    const seen = pixel && pixel[0] >= 0 && pixel[0] <= width && pixel[1] >= 0 && pixel[1] <= height;
    this.card.hidden = !seen;
    if (!seen) return;
    const { offsetWidth: w, offsetHeight: h } = this.card;
    const left = pixel[0] + 16 + w < width ? pixel[0] + 16 : Math.max(4, pixel[0] - 16 - w);
    const top = Math.min(Math.max(4, pixel[1] - h / 2), Math.max(4, height - h - 4));
    this.card.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  // ---- pointer and keyboard ------------------------------------------------------------------------------------

  listen() {
    const stage = this.stage;
    stage.addEventListener("pointerdown", (event) => this.press(event));
    stage.addEventListener("pointermove", (event) => this.move(event));
    stage.addEventListener("pointerup", (event) => this.release(event));
    stage.addEventListener("pointercancel", () => this.cancel());
    stage.addEventListener("pointerleave", () => this.owner.hover(-1, this));
    stage.addEventListener("dblclick", () => this.rowAt < 0 && this.reset());
    stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    stage.addEventListener("keydown", (event) => this.key(event));
  }

  pixelOf(event) {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left - this.stage.clientLeft, event.clientY - box.top - this.stage.clientTop];
  }

  find(pixel) {
    if (!this.grid) return -1;
    const allowed = (row) => this.owner.allowed(row, this);
    return this.grid.nearest(...this.toData(...pixel), REACH * this.scale, allowed);
  }

  press(event) {
    if (event.button !== 0 || !this.range) return;
    event.preventDefault();
    this.stage.classList.add("pressed"); // the focus ring is for those who came by keyboard
    this.stage.focus({ preventScroll: true });
    this.stage.setPointerCapture(event.pointerId);
    const tool = event.altKey ? "lasso" : this.owner.tool();
    const pixel = this.pixelOf(event);
    this.drag = { tool, start: pixel, last: pixel, path: [pixel], moved: false };
  }

  move(event) {
    if (!this.range) return;
    const pixel = this.pixelOf(event);
    const drag = this.drag;
    if (!drag) {
      this.rowAt = this.find(pixel);
      this.stage.classList.toggle("over", this.rowAt >= 0);
      this.owner.hover(this.rowAt, this);
      return;
    }
    drag.moved ||= Math.hypot(pixel[0] - drag.start[0], pixel[1] - drag.start[1]) > CLICK;
    if (!drag.moved) return;
    this.owner.hover(-1, this);
    if (drag.tool === "pan") this.pan(pixel[0] - drag.last[0], pixel[1] - drag.last[1]);
    else this.trace(pixel);
    drag.last = pixel;
  }

  /** Grow the lasso or stretch the box. */
  trace(pixel) {
    const { tool, start, path } = this.drag;
    if (tool === "box") this.drag.path = [start, [pixel[0], start[1]], pixel, [start[0], pixel[1]]];
    else path.push(pixel);
    this.outline.setAttribute("d", `M${this.drag.path.map((corner) => corner.join(" ")).join("L")}Z`);
  }

  release(event) {
    const drag = this.drag;
    this.cancel();
    if (!drag) return;
    if (!drag.moved) {
      const row = this.find(this.pixelOf(event));
      if (row >= 0) this.owner.pick(row);
    } else if (drag.tool !== "pan" && this.grid) {
      const allowed = (row) => this.owner.allowed(row, this);
      const rows = this.grid.inside(drag.path.map((corner) => this.toData(...corner)), allowed);
      this.owner.brush(rows, event.shiftKey ? "add" : "replace");
    }
  }

  /** Drop a drag under way; true when there was one. */
  cancel() {
    const busy = Boolean(this.drag?.moved);
    this.drag = null;
    this.outline.setAttribute("d", "");
    return busy;
  }

  wheel(event) {
    const engaged = event.ctrlKey || event.metaKey || this.stage.matches(":focus");
    if (!engaged) {
      this.hint.hidden = false;
      clearTimeout(this.hintTimer);
      this.hintTimer = setTimeout(() => (this.hint.hidden = true), 1200);
      return;
    }
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    this.zoom(Math.exp(-Math.max(-240, Math.min(240, pixels)) * (event.ctrlKey ? 0.008 : 0.0025)), ...this.pixelOf(event));
  }

  key(event) {
    this.stage.classList.remove("pressed");
    if (!this.grid) return;
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (event.ctrlKey || event.metaKey || !this.range) return;
    if (event.key in steps) this.owner.hover(this.neighbour(...steps[event.key]), this);
    else if (event.key === "Enter" && this.hoverRow >= 0) this.owner.pick(this.hoverRow);
    else if (event.key === "+" || event.key === "=") this.zoom(STEP);
    else if (event.key === "-") this.zoom(1 / STEP);
    else if (event.key === "0") this.reset();
    else return;
    event.preventDefault();
  }

  /** The next visible item in a direction, from the one hovered (else focused, else the middle of the map). */
  neighbour(dx, dy) {
    const { x, y } = this.position;
    const { x0, x1, y0, y1 } = this.range;
    const from = [this.hoverRow, this.focusRow].find((row) => row >= 0) ?? -1;
    const [cx, cy] = from >= 0 ? [x[from], y[from]] : [(x0 + x1) / 2, (y0 + y1) / 2];
    let [best, least] = [from, Infinity];
    this.grid.visit(x0, x1, y0, y1, (row) => {
      const ahead = (x[row] - cx) * dx + (y[row] - cy) * dy;
      const aside = Math.abs((x[row] - cx) * dy - (y[row] - cy) * dx);
      if (row === from || ahead <= 3 * this.scale || aside > ahead || !this.owner.allowed(row, this)) return;
      if (ahead + 2 * aside < least) [best, least] = [row, ahead + 2 * aside];
    });
    return best;
  }

  /** What is on screen, for a figure; null before anything is. */
  drawing() {
    if (!this.drawn || !this.bounds) return null;
    const { drawn, layers, position, size } = this;
    return { ...drawn, layers, position, size, name: this.title.textContent, picture: () => this.picture() };
  }

  /** The map at twice its size on screen, on a canvas of its own. */
  picture() {
    const canvas = document.createElement("canvas");
    paintLayers(new Dots(canvas, 2), this, this.drawn.width, this.drawn.height);
    return canvas;
  }

  save() {
    if (!this.drawn) return;
    const name = this.title.textContent.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60);
    el("a", { href: this.picture().toDataURL(), download: `map-${name}.png` }).click();
  }

  destroy() {
    this.destroyed = true;
    this.watch.disconnect();
    clearTimeout(this.hintTimer);
    clearTimeout(this.idle);
    if (this.frame) cancelAnimationFrame(this.frame);
  }
}

function paintLayers(dots, { layers, position, range, scale, size, stage }, width, height) {
  dots.clear(width, height, getComputedStyle(stage).backgroundColor, size / 2);
  for (const { rows, colours, opacity } of layers) {
    const x = Float32Array.from(rows, (row) => (position.x[row] - range.x0) / scale);
    const y = Float32Array.from(rows, (row) => (range.y1 - position.y[row]) / scale);
    dots.add(x, y, colours, { radius: size / 2, opacity });
  }
  dots.show();
}

/** A ring that shows on any ground: a wide halo in the ground's colour under a line. */
function ringOf(radius) {
  return [svg("circle", { r: radius, class: "halo" }), svg("circle", { r: radius, class: "line" })];
}
