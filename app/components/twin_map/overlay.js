// What lies above the points of a map and follows the pointer: rings, stars, the outline of a lasso, a card.
// It is SVG and HTML, so that hovering never redraws 60,000 points.
import { el, svg } from "../common/dom.js";
import { shorten } from "../common/format.js";

/** @import { Positions } from "../common/types.d.ts" */
/** @import { Corner, PlacedQuery } from "./types.d.ts" */
/** @import { Viewport } from "./viewport.js" */

const STAR =
  "M0-9.500 2.700-3.300 9.400-2.700 4.300 1.700 5.800 8.300 0 4.800-5.800 8.300-4.300 1.700-9.400-2.700-2.700-3.300Z";
const CROSS = "M0-15V-9M0 9v6M-15 0h6M9 0h6";

export class Overlay {
  /** @param {Viewport} viewport */
  constructor(viewport) {
    this.viewport = viewport;
    /** @type {Positions | null} */
    this.position = null;
    this.focusRow = -1;
    this.hoverRow = -1;
    /** @type {{ at: Corner, mark: SVGGElement, text: SVGTextElement }[]} */
    this.queries = [];
    this.outline = svg("path", { class: "outline" });
    this.marks = svg("g");
    this.focusRing = svg("g", { class: "ring focus-ring" }, ...ringOf(9), svg("path", { d: CROSS, class: "line" }));
    this.hoverRing = svg("g", { class: "ring hover-ring" }, ...ringOf(6));
    const parts = [this.outline, this.focusRing, this.marks, this.hoverRing];
    this.layer = svg("svg", { class: "layer", "aria-hidden": "true" }, ...parts);
    this.card = el("div", { class: "card", hidden: true, "aria-hidden": "true" });
  }

  /** @param {number} row the item chosen, or -1 */
  setFocus(row) {
    this.focusRow = row;
    this.place();
  }

  /** @param {PlacedQuery[]} queries */
  setQueries(queries) {
    this.queries = queries.flatMap(({ label, at }) => {
      if (!at?.every(Number.isFinite)) return [];
      const text = svg("text", { x: 13, y: 4 });
      text.textContent = `${shorten(label, 41)} (approximate)`;
      return [{ at, text, mark: svg("g", { class: "query" }, svg("path", { d: STAR }), text) }];
    });
    this.marks.replaceChildren(...this.queries.map(({ mark }) => mark));
    this.place();
  }

  /**
   * @param {number} row the item under the pointer, or -1
   * @param {Node[]} content of its card
   */
  setHover(row, content) {
    this.hoverRow = row;
    this.card.replaceChildren(...(row >= 0 ? content : []));
    this.place();
  }

  /** @param {Corner[]} corners in pixels; none: no outline */
  setOutline(corners) {
    this.outline.setAttribute("d", corners.length ? `M${corners.map((corner) => corner.join(" ")).join("L")}Z` : "");
  }

  /** Put everything where its item is on screen. */
  place() {
    if (!this.viewport.range) return;
    this.placeRing(this.focusRing, this.focusRow);
    this.placeRing(this.hoverRing, this.hoverRow);
    for (const query of this.queries) this.placeQuery(query);
    this.placeCard();
  }

  /**
   * Where an item is on screen; null when it is nowhere.
   * @param {number} row
   */
  pixelOf(row) {
    if (row < 0 || !this.position) return null;
    const pixel = this.viewport.toPixel(this.position.x[row], this.position.y[row]);
    return pixel.every(Number.isFinite) ? pixel : null;
  }

  /**
   * @param {SVGGElement} ring
   * @param {number} row
   */
  placeRing(ring, row) {
    const pixel = this.pixelOf(row);
    ring.style.display = pixel ? "" : "none";
    if (pixel) ring.setAttribute("transform", `translate(${pixel})`);
  }

  /** @param {{ at: Corner, mark: SVGGElement, text: SVGTextElement }} query */
  placeQuery({ at, mark, text }) {
    const pixel = this.viewport.toPixel(...at);
    mark.setAttribute("transform", `translate(${pixel})`);
    const before = pixel[0] + 17 + text.getComputedTextLength() > this.viewport.stage.clientWidth;
    text.setAttribute("x", before ? "-13" : "13");
    text.setAttribute("text-anchor", before ? "end" : "start");
  }

  placeCard() {
    const pixel = this.card.children.length ? this.pixelOf(this.hoverRow) : null;
    const { clientWidth: width, clientHeight: height } = this.viewport.stage;
    const isSeen = pixel && pixel[0] >= 0 && pixel[0] <= width && pixel[1] >= 0 && pixel[1] <= height;
    this.card.hidden = !isSeen;
    if (!isSeen) return;
    const { offsetWidth: w, offsetHeight: h } = this.card;
    const left = pixel[0] + 16 + w < width ? pixel[0] + 16 : Math.max(4, pixel[0] - 16 - w);
    const top = Math.min(Math.max(4, pixel[1] - h / 2), Math.max(4, height - h - 4));
    this.card.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }
}

/**
 * A ring that shows on any ground: a wide halo in the ground's colour under a line.
 * @param {number} radius
 */
function ringOf(radius) {
  return [svg("circle", { r: radius, class: "halo" }), svg("circle", { r: radius, class: "line" })];
}
