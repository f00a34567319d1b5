// One arm's map: a canvas of points, a bar that shows the scale, and a card for the item under the pointer.
import { Dots } from "../common/dots.js";
import { el } from "../common/dom.js";

const DOT = { radius: 2.6, opacity: 0.85, rim: 0.8 };
const REACH = 9; // pixels within which the pointer means an item
const MARGIN = 14;

export class Stage {
  /** place: of the arm among the arms. describe(row): what the card says of an item, as [name, value] pairs. */
  constructor(place, describe) {
    this.describe = describe;
    this.canvas = el("canvas", { role: "img" });
    this.dots = new Dots(this.canvas);
    this.bar = el("span", { class: "scale-bar", "aria-hidden": "true" });
    this.scale = el("div", { class: "scale", "aria-hidden": "true" }, this.bar, (this.scaleText = el("span")));
    this.card = el("dl", { class: "card", hidden: true });
    this.box = el("div", { class: "stage" }, this.canvas, this.scale, this.card);
    this.title = el("h4", { class: "title clip", dir: "auto" });
    this.note = el("span", { class: "note" });
    const line = el("i", { class: "key", "aria-hidden": "true" });
    this.node = el("figure", { class: `arm-${place}` }, el("header", {}, line, this.title, this.note), this.box);
    this.box.addEventListener("pointermove", (event) => this.point(event));
    this.box.addEventListener("pointerleave", () => (this.card.hidden = true));
    this.watch = new ResizeObserver(() => this.resize());
    this.watch.observe(this.box);
  }

  /** film: frames and which to show; colours: one CSS colour per item; order: in which items are painted. */
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
    if (this.time !== undefined) this.draw(this.time);
  }

  /** time: place on the slider, a fraction being between two epochs. */
  draw(time) {
    this.time = time;
    if (!this.width) return;
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

  point(event) {
    if (!this.x) return;
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

/** 1, 2 or 5 times a power of ten, at most `length`. */
function niceLength(length) {
  const power = 10 ** Math.floor(Math.log10(length));
  const step = [5, 2, 1].find((factor) => factor * power <= length) ?? 1;
  return Number((step * power).toPrecision(1));
}
