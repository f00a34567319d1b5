// Small charts of figures over epochs, one line for each arm, with a mark at the epoch shown.
import { el, svg } from "../common/dom.js";

/** @import { Measure } from "./types.d.ts" */

const WIDE = 300; // units of the drawing, stretched to the chart's width
const HIGH = 74;
const PAD = 6;

export class Chart {
  constructor() {
    /** @type {Measure} */
    this.measure = { title: "", note: "", lines: {}, digits: 0, limits: null };
    /** @type {string[]} */
    this.arms = [];
    this.last = 0; // epoch at the right end
    this.low = 0; // end of the scale
    this.span = 1; // from there to its other end
    /** @type {{ epoch: number, measure: Measure } | null} */
    this.written = null; // what the values shown belong to
    this.mark = svg("line", { class: "mark", y1: 0, y2: HIGH, "vector-effect": "non-scaling-stroke" });
    this.title = el("span", { class: "chart-title" });
    this.values = el("span", { class: "chart-values" });
    this.plot = svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", role: "img" });
    this.top = el("span", { class: "limit top" });
    this.bottom = el("span", { class: "limit" });
    this.frame = el("div", { class: "plot" }, this.plot, this.top, this.bottom);
    this.note = el("p", { class: "chart-note" });
    this.node = el(
      "div",
      { class: "chart" },
      el("div", { class: "chart-head" }, this.title, this.values),
      this.frame,
      this.note,
    );
  }

  /**
   * @param {Measure} measure
   * @param {string[]} arms names in the order of the maps
   * @param {number} last the epoch at the right end
   */
  show(measure, arms, last) {
    Object.assign(this, { measure, arms, last });
    this.title.textContent = measure.title;
    this.note.textContent = measure.note;
    const values = arms.flatMap((arm) => (measure.lines[arm] ?? []).map(([, value]) => value));
    const [low, high] = measure.limits ?? [Math.min(0, ...values), Math.max(...values, 0)];
    this.low = low;
    this.span = high - low || 1;
    this.top.textContent = values.length ? high.toFixed(measure.digits) : "";
    this.bottom.textContent = values.length ? low.toFixed(measure.digits) : "";
    const lines = arms.map((arm, i) =>
      svg("polyline", {
        class: `line arm-${i}`,
        points: (measure.lines[arm] ?? []).map(([epoch, value]) => `${this.x(epoch)},${this.y(value)}`).join(" "),
        "vector-effect": "non-scaling-stroke",
      }),
    );
    this.plot.replaceChildren(this.mark, ...lines);
  }

  /** @param {number} epoch */
  x(epoch) {
    return PAD + ((WIDE - 2 * PAD) * epoch) / Math.max(this.last, 1);
  }

  /** @param {number} value */
  y(value) {
    return HIGH - PAD - ((HIGH - 2 * PAD) * (value - this.low)) / this.span;
  }

  /** @param {number} epoch may lie between two */
  markAt(epoch) {
    for (const end of ["x1", "x2"]) this.mark.setAttribute(end, String(this.x(epoch)));
    const whole = Math.round(epoch);
    if (this.written?.epoch === whole && this.written.measure === this.measure) return;
    this.written = { epoch: whole, measure: this.measure };
    const texts = this.arms.map(
      (arm) => valueAt(this.measure.lines[arm] ?? [], whole)?.toFixed(this.measure.digits) ?? "",
    );
    this.values.replaceChildren(
      ...texts.map((text, i) =>
        el("span", { class: `value arm-${i}`, title: this.arms[i] }, el("i", { class: "key" }), text),
      ),
    );
    const spoken = this.arms.map((arm, i) => `${arm} ${texts[i] || "not measured"}`).join(", ");
    this.plot.setAttribute("aria-label", `${this.measure.title} at epoch ${whole}: ${spoken}`);
  }
}

/**
 * The last value holds until the next one, but not beyond what is known so far.
 * @param {[number, number][]} line
 * @param {number} epoch
 */
export function valueAt(line, epoch) {
  if (epoch > (line.at(-1)?.[0] ?? -1)) return undefined;
  return line.findLast(([own]) => own <= epoch)?.[1];
}
