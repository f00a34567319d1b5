// One arm's map: a canvas of points, a bar that shows the scale, and a card for the item under the pointer.
import { el } from "../common/dom.js";

const DOT = 2.6; // radius in CSS pixels
const REACH = 9; // pixels within which the pointer means an item
const MARGIN = 14;

export class Stage {
  /** place: of the arm among the arms. describe(row): what the card says of an item, as [name, value] pairs. */
  constructor(place, describe) {
    this.describe = describe;
    this.canvas = el("canvas", { role: "img" });
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
    this.sprites = new Map();
    this.watch = new ResizeObserver(() => this.resize());
    this.watch.observe(this.box);
  }

  /** film: frames and which to show; colours: one CSS colour per item; order: in which items are painted. */
  show({ film, bounds, colours, order, height, ground }) {
    Object.assign(this, { film, bounds, colours, order, ground });
    this.title.textContent = film.name;
    this.box.style.height = `${height}px`;
    this.sprites.clear();
    this.xy = new Float32Array(2 * order.length);
    this.resize();
  }

  resize() {
    if (!this.film || !this.box.clientWidth) return;
    this.ratio = Math.min(devicePixelRatio || 1, 2);
    [this.width, this.height] = [this.box.clientWidth, this.box.clientHeight];
    this.canvas.width = this.width * this.ratio;
    this.canvas.height = this.height * this.ratio;
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
    const { xy, zoom, bounds, ratio } = this;
    for (let i = 0; i < xy.length; i += 2) {
      xy[i] = this.width / 2 + (a[i] + (b[i] - a[i]) * share - bounds.x) * zoom;
      xy[i + 1] = this.height / 2 - (a[i + 1] + (b[i + 1] - a[i + 1]) * share - bounds.y) * zoom;
    }
    const context = this.canvas.getContext("2d");
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    for (const row of this.order) {
      const sprite = this.sprite(this.colours[row]);
      const half = sprite.width / 2;
      context.drawImage(sprite, xy[2 * row] * ratio - half, xy[2 * row + 1] * ratio - half);
    }
    this.card.hidden = true;
  }

  /** A dot drawn once per colour: stamping it is several times as fast as drawing circles. */
  sprite(colour) {
    const known = this.sprites.get(colour);
    if (known) return known;
    const radius = DOT * this.ratio;
    const side = Math.ceil(2 * radius + 4);
    const sprite = Object.assign(document.createElement("canvas"), { width: side, height: side });
    const context = sprite.getContext("2d");
    context.beginPath();
    context.arc(side / 2, side / 2, radius, 0, 2 * Math.PI);
    context.globalAlpha = 0.85;
    context.fillStyle = colour;
    context.fill();
    context.globalAlpha = 0.55;
    context.lineWidth = 0.8 * this.ratio;
    context.strokeStyle = this.ground;
    context.stroke();
    this.sprites.set(colour, sprite);
    return sprite;
  }

  point(event) {
    if (!this.xy) return;
    const box = this.box.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let [best, nearest] = [-1, REACH * REACH];
    for (let row = 0; row < this.order.length; row++) {
      const square = (this.xy[2 * row] - x) ** 2 + (this.xy[2 * row + 1] - y) ** 2;
      if (square < nearest) [best, nearest] = [row, square];
    }
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
