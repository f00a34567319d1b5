// How the items spread over a figure, as bars that select: a drag takes a range, a click or Enter one bar.
import { button, count, el } from "../common/dom.js";

const BARS = 11; // shares of ten neighbours: 0, 0.1, ..., 1
const HEIGHT = 34; // CSS pixels of the highest bar

export class Strip {
  /** owner: { brush(rows, mode) } */
  constructor(owner) {
    this.owner = owner;
    this.title = el("span", { class: "strip-title" });
    this.bars = el("div", { class: "bars", role: "group" });
    this.node = el(
      "div",
      { class: "strip", hidden: true },
      this.title,
      button("Select the least changed", { text: "least", class: "end", onclick: () => this.takeEnd(1) }),
      this.bars,
      button("Select the most changed", { text: "most", class: "end", onclick: () => this.takeEnd(-1) }),
    );
    this.bars.addEventListener("keydown", (event) => this.key(event));
    this.bars.addEventListener("pointermove", (event) => this.drag(event));
    this.bars.addEventListener("pointerup", (event) => this.release(event));
    this.bars.addEventListener("pointercancel", () => this.mark((this.from = null)));
  }

  /** values(): one number a row, NaN is in no bar; asked for once a version, so that the bars keep the focus. */
  show(field, version, values) {
    this.node.hidden = !field;
    if (!field || this.version === version) return;
    this.version = version;
    const [low, high] = field.limits;
    this.rows = Array.from({ length: BARS }, () => []);
    values().forEach((value, row) => {
      const bar = Math.round(((value - low) / (high - low)) * (BARS - 1));
      this.rows[bar]?.push(row);
    });
    const most = Math.max(1, ...this.rows.map((rows) => rows.length));
    this.title.textContent = field.title;
    this.title.title = field.note;
    this.bars.setAttribute("aria-label", `${field.title}: ${field.note}. Drag over the bars to select items.`);
    this.bars.replaceChildren(
      ...this.rows.map((rows, i) => {
        const centre = low + ((high - low) * i) / (BARS - 1);
        const text = `${field.title} ${centre.toFixed(1)}: ${count(rows.length)} items`;
        const inner = el("span", { class: "taken" });
        const bar = el("span", { class: "full" }, inner);
        bar.style.height = `${rows.length ? Math.max(2, (HEIGHT * rows.length) / most) : 0}px`;
        return el(
          "button",
          { type: "button", class: "strip-bar", "data-bar": i, tabindex: i ? -1 : 0, title: text, "aria-label": text, onpointerdown: (event) => this.press(event, i) },
          bar,
        );
      }),
    );
  }

  /** Shade the share of every bar that is selected. */
  select(selected) {
    this.rows?.forEach((rows, i) => {
      const taken = selected.size ? rows.filter((row) => selected.has(row)).length : 0;
      this.bars.children[i].querySelector(".taken").style.height = `${rows.length ? (100 * taken) / rows.length : 0}%`;
    });
  }

  takeEnd(step) {
    const filled = this.rows.filter((rows) => rows.length);
    if (filled.length) this.owner.brush(new Set(filled.at(step > 0 ? 0 : -1)), "replace");
  }

  take(from, to, mode) {
    const [first, last] = from < to ? [from, to] : [to, from];
    this.owner.brush(new Set(this.rows.slice(first, last + 1).flat()), mode);
  }

  press(event, bar) {
    if (event.button !== 0) return;
    this.bars.setPointerCapture(event.pointerId);
    this.from = this.to = bar;
    this.mark();
  }

  drag(event) {
    if (this.from == null) return;
    this.to = [...this.bars.children].findLastIndex((bar, i) => !i || bar.getBoundingClientRect().left <= event.clientX);
    this.mark();
  }

  release(event) {
    if (this.from == null) return;
    this.take(this.from, this.to, event.shiftKey ? "add" : "replace");
    this.bars.children[this.to].focus({ preventScroll: true });
    this.mark((this.from = null));
  }

  /** The bars under a drag. */
  mark() {
    const within = (i) => this.from != null && i >= Math.min(this.from, this.to) && i <= Math.max(this.from, this.to);
    [...this.bars.children].forEach((bar, i) => bar.classList.toggle("marked", within(i)));
  }

  key(event) {
    const bar = Number(event.composedPath()[0].dataset?.bar);
    const steps = { ArrowRight: 1, ArrowLeft: -1 };
    if (Number.isNaN(bar) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") this.take(bar, bar, event.shiftKey ? "add" : "replace");
    else if (steps[event.key]) this.bars.children[bar + steps[event.key]]?.focus();
    else return;
    event.preventDefault();
  }
}
