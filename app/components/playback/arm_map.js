// One arm's map: a canvas of points, a bar that shows the scale, and a card for the item under the pointer.
import { el } from "../common/dom.js";
import { PointCanvas } from "../common/point_canvas.js";

/** @import { Bounds, Film } from "./types.d.ts" */

const DOT = { radius: 2.6, opacity: 0.85, rim: 0.8 };
const REACH = 9; // pixels within which the pointer means an item
const MARGIN = 14;

export class ArmMap {
  /**
   * @param {number} place of the arm among the arms
   * @param {(row: number) => [string, string][]} describe lines [title, value] of an item's card
   */
  constructor(place, describe) {
    this.describe = describe;
    /** @type {Film | null} */
    this.film = null;
    /** @type {Bounds} */
    this.bounds = { x: 0, y: 0, wide: 1, tall: 1 };
    this.order = new Uint32Array();
    this.ground = "";
    /** @type {string[]} */
    this.colours = []; // in that order, as are x and y
    this.x = new Float32Array(); // CSS pixels
    this.y = new Float32Array();
    this.width = 0;
    this.height = 0;
    this.zoom = 1; // CSS pixels to a data unit
    /** @type {number | null} */
    this.time = null;
    this.canvas = el("canvas", { role: "img" });
    this.dots = new PointCanvas(this.canvas);
    this.bar = el("span", { class: "scale-bar", "aria-hidden": "true" });
    this.scaleText = el("span");
    this.scale = el("div", { class: "scale", "aria-hidden": "true" }, this.bar, this.scaleText);
    this.card = el("dl", { class: "card", hidden: true });
    this.box = el("div", { class: "stage" }, this.canvas, this.scale, this.card);
    this.title = el("h4", { class: "title clip", dir: "auto" });
    this.note = el("span", { class: "note" });
    const line = el("i", { class: "key", "aria-hidden": "true" });
    this.node = el("figure", { class: `arm-${place}` }, el("header", {}, line, this.title, this.note), this.box);
    this.box.addEventListener("pointermove", (event) => this.point(event));
    this.box.addEventListener("pointerleave", () => {
      this.card.hidden = true;
    });
    this.watch = new ResizeObserver(() => this.resize());
    this.watch.observe(this.box);
  }

  /**
   * @param {{ film: Film, bounds: Bounds, colours: string[], order: Uint32Array, height: number, ground: string }} what
   *   colours: one CSS colour for each item; order: in which items are painted
   */
  show({ film, bounds, colours, order, height, ground }) {
    Object.assign(this, { film, bounds, order, ground });
    this.title.textContent = film.name;
    this.box.style.height = `${height}px`;
    this.colours = Array.from(order, (row) => colours[row]);
    [this.x, this.y] = [new Float32Array(order.length), new Float32Array(order.length)];
    this.resize();
  }

  resize() {
    if (!this.film || !this.box.clientWidth) return;
    [this.width, this.height] = [this.box.clientWidth, this.box.clientHeight];
    const { wide, tall } = this.bounds;
    this.zoom = Math.min((this.width / 2 - MARGIN) / wide, (this.height / 2 - MARGIN) / tall);
    const length = niceLength(70 / this.zoom);
    this.bar.style.width = `${length * this.zoom}px`;
    this.scaleText.textContent = `distance ${length}`;
    if (this.time !== null) this.draw(this.time);
  }

  /** @param {number} time place on the slider, a fraction being between two epochs */
  draw(time) {
    this.time = time;
    if (!this.width || !this.film) return;
    const { at, frames } = this.film;
    const before = Math.floor(time);
    const [a, b] = [frames[at[before]], frames[at[Math.min(before + 1, at.length - 1)]]];
    const share = time - before;
    const { x, y, order, zoom, bounds } = this;
    order.forEach((row, place) => {
      const [across, up] = [2 * row, 2 * row + 1].map((i) => a[i] + (b[i] - a[i]) * share);
      x[place] = this.width / 2 + (across - bounds.x) * zoom;
      y[place] = this.height / 2 - (up - bounds.y) * zoom;
    });
    this.dots.clear(this.width, this.height, this.ground, DOT.radius);
    this.dots.add(x, y, this.colours, DOT);
    this.dots.show();
    this.card.hidden = true;
  }

  /**
   * Say how much of the embedding is seen, and of which epoch.
   * @param {Film} film
   * @param {number} place on the slider
   * @param {number} epoch
   * @param {string} text the epoch in words
   */
  remark(film, place, epoch, text) {
    const share = film.shares[film.at[place]];
    const own = film.epochs[film.at[place]];
    const seen = share === null ? "all items at one point" : `${Math.round(100 * share)} % of the variance seen`;
    const late = own < epoch ? ` (epoch ${own})` : "";
    this.note.textContent = (film.projected || share === null ? seen : "the embedding itself") + late;
    this.canvas.setAttribute("aria-label", `Map of ${film.name}, ${text.toLowerCase()}, ${seen}`);
  }

  /** @param {PointerEvent} event */
  point(event) {
    const box = this.box.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let [best, nearest] = [-1, REACH * REACH];
    this.order.forEach((row, place) => {
      const square = (this.x[place] - x) ** 2 + (this.y[place] - y) ** 2;
      if (square < nearest) [best, nearest] = [row, square];
    });
    this.card.hidden = best < 0;
    if (best < 0) return;
    this.card.replaceChildren(
      ...this.describe(best).flatMap(([name, value]) => [
        el("dt", { text: name }),
        el("dd", { class: "clip", dir: "auto", text: value }),
      ]),
    );
    this.card.style.left = `${Math.min(x + 12, this.width - this.card.offsetWidth - 4)}px`;
    this.card.style.top = `${Math.max(4, y - this.card.offsetHeight - 8)}px`;
  }

  destroy() {
    this.watch.disconnect();
  }
}

/**
 * 1, 2 or 5 times a power of ten, at most `length`.
 * @param {number} length
 */
export function niceLength(length) {
  const power = 10 ** Math.floor(Math.log10(length));
  const step = [5, 2, 1].find((factor) => factor * power <= length) ?? 1;
  return Number((step * power).toPrecision(1));
}
