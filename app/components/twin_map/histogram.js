// How the items spread over a figure, as bars that select: a drag takes a range, a click or Enter one bar.
import { button } from "../common/controls.js";
import { el, originOf } from "../common/dom.js";
import { formatCount } from "../common/format.js";

/** @import { ContinuousField } from "../common/types.d.ts" */
/** @import { SelectMode } from "./types.d.ts" */

const BARS = 11; // shares of ten neighbours: 0, 0.1, ..., 1
const HEIGHT = 34; // CSS pixels of the highest bar

/**
 * The rows in each bar; a value beyond the limits, or NaN, is in none.
 * @param {ArrayLike<number>} values one a row
 * @param {[number, number]} limits the middles of the first and the last bar
 */
export function binRows(values, [low, high]) {
  const bins = Array.from({ length: BARS }, () => /** @type {number[]} */ ([]));
  for (let row = 0; row < values.length; row++) {
    bins[Math.round(((values[row] - low) / (high - low)) * (BARS - 1))]?.push(row);
  }
  return bins;
}

export class Histogram {
  /** @param {{ brush(rows: Set<number>, mode: SelectMode): void }} owner */
  constructor(owner) {
    this.owner = owner;
    this.version = ""; // of the values shown
    /** @type {number[][]} */
    this.rows = []; // of each bar
    /** @type {{ from: number, to: number } | null} */
    this.range = null; // bars under a drag
    this.title = el("span", { class: "strip-title" });
    this.bars = el("div", { class: "bars", role: "group" });
    /** @type {{ node: HTMLElement, taken: HTMLElement }[]} */
    this.parts = []; // of each bar
    this.node = el(
      "div",
      { class: "strip", hidden: true },
      this.title,
      button("Select the least changed", { text: "least", class: "end", onclick: () => this.takeEnd(0) }),
      this.bars,
      button("Select the most changed", { text: "most", class: "end", onclick: () => this.takeEnd(-1) }),
    );
    this.bars.addEventListener("keydown", (event) => this.key(event));
    this.bars.addEventListener("pointermove", (event) => this.drag(event));
    this.bars.addEventListener("pointerup", (event) => this.release(event));
    this.bars.addEventListener("pointercancel", () => this.mark(null));
  }

  hide() {
    this.node.hidden = true;
  }

  /**
   * @param {ContinuousField} field
   * @param {string} version
   * @param {() => ArrayLike<number>} values called once a version, so that the bars keep the focus
   */
  show(field, version, values) {
    this.node.hidden = false;
    if (this.version === version) return;
    this.version = version;
    const [low, high] = field.limits;
    this.rows = binRows(values(), field.limits);
    const most = Math.max(1, ...this.rows.map((rows) => rows.length));
    this.title.textContent = field.title;
    this.title.title = field.note;
    this.bars.setAttribute("aria-label", `${field.title}: ${field.note}. Drag over the bars to select items.`);
    this.parts = this.rows.map((rows, i) => {
      const centre = low + ((high - low) * i) / (BARS - 1);
      const text = `${field.title} ${centre.toFixed(1)}: ${formatCount(rows.length)} items`;
      return this.bar(i, text, rows.length ? Math.max(2, (HEIGHT * rows.length) / most) : 0);
    });
    this.bars.replaceChildren(...this.parts.map(({ node }) => node));
  }

  /**
   * @param {number} i
   * @param {string} text
   * @param {number} height in CSS pixels
   */
  bar(i, text, height) {
    const taken = el("span", { class: "taken" });
    const full = el("span", { class: "full" }, taken);
    full.style.height = `${height}px`;
    const onpointerdown = (/** @type {PointerEvent} */ event) => this.press(event, i);
    const names = { "data-bar": i, tabindex: i ? -1 : 0, title: text, "aria-label": text };
    return { taken, node: el("button", { type: "button", class: "strip-bar", ...names, onpointerdown }, full) };
  }

  /**
   * Shade the share of every bar that is selected.
   * @param {Set<number>} selected
   */
  showSelected(selected) {
    this.rows.forEach((rows, i) => {
      const taken = selected.size ? rows.filter((row) => selected.has(row)).length : 0;
      this.parts[i].taken.style.height = `${rows.length ? (100 * taken) / rows.length : 0}%`;
    });
  }

  /** @param {number} place of a bar among those that hold anything */
  takeEnd(place) {
    const rows = this.rows.filter((own) => own.length).at(place);
    if (rows) this.owner.brush(new Set(rows), "replace");
  }

  /** @type {(from: number, to: number, mode: SelectMode) => void} */
  take(from, to, mode) {
    const [first, last] = from < to ? [from, to] : [to, from];
    this.owner.brush(new Set(this.rows.slice(first, last + 1).flat()), mode);
  }

  /**
   * @param {PointerEvent} event
   * @param {number} bar
   */
  press(event, bar) {
    if (event.button !== 0) return;
    this.bars.setPointerCapture(event.pointerId);
    this.mark({ from: bar, to: bar });
  }

  /** @param {PointerEvent} event */
  drag(event) {
    if (!this.range) return;
    const to = this.parts.findLastIndex(({ node }, i) => !i || node.getBoundingClientRect().left <= event.clientX);
    this.mark({ from: this.range.from, to });
  }

  /** @param {PointerEvent} event */
  release(event) {
    if (!this.range) return;
    const { from, to } = this.range;
    this.take(from, to, event.shiftKey ? "add" : "replace");
    this.parts[to].node.focus({ preventScroll: true });
    this.mark(null);
  }

  /** @param {{ from: number, to: number } | null} range */
  mark(range) {
    this.range = range;
    this.parts.forEach(({ node }, i) => {
      const isMarked = range && i >= Math.min(range.from, range.to) && i <= Math.max(range.from, range.to);
      node.classList.toggle("marked", Boolean(isMarked));
    });
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const bar = Number(originOf(event).dataset?.bar);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (Number.isNaN(bar) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") this.take(bar, bar, event.shiftKey ? "add" : "replace");
    else if (step) this.parts[bar + step]?.node.focus();
    else return;
    event.preventDefault();
  }
}
