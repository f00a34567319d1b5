// The legend: one chip for each category, or a colour bar. A click hides, a double click isolates. Where there are more
// categories than colours, the rarest are one chip until all are asked for: then they can be searched and scrolled.
import { button } from "../common/controls.js";
import { el } from "../common/dom.js";
import { formatCount } from "../common/format.js";

/** @import { ContinuousField, Group, Grouping } from "../common/types.d.ts" */

export class Legend {
  /** @param {{ toggle(group: number): void, isolate(group: number): void, toggleList(): void }} owner */
  constructor(owner) {
    this.owner = owner;
    /** @type {Group[] | null} */
    this.groups = null; // shown
    /** @type {{ node: HTMLElement, number: HTMLElement }[]} */
    this.chips = [];
    this.node = el("div", { class: "legend" });
  }

  /**
   * @param {Grouping} grouping
   * @param {Set<number>} hidden
   * @param {number[][] | null} selected for each group the selected items in each arm; null: nothing is selected
   * @param {boolean} isListed whether all categories are listed because the user asked for it
   */
  showGroups({ groups, folded }, hidden, selected, isListed) {
    if (this.groups !== groups) {
      this.groups = groups;
      this.chips = groups.map((group, i) => this.chip(group, i));
      const nodes = this.chips.map((chip) => chip.node);
      this.node.classList.toggle("listed", isListed);
      this.node.replaceChildren(...(isListed ? this.list(nodes) : [this.more(folded, groups.length), ...nodes]));
      this.node.setAttribute("role", "group");
      this.node.setAttribute("aria-label", "Legend. Click hides a category, double click shows it alone.");
    }
    groups.forEach((group, i) => {
      const { node, number } = this.chips[i];
      node.setAttribute("aria-pressed", String(!hidden.has(i)));
      number.textContent = numberOf(group.counts, selected?.[i]);
    });
  }

  /**
   * All chips, to be searched and scrolled.
   * @param {HTMLElement[]} nodes
   */
  list(nodes) {
    const find = el("input", {
      type: "search",
      class: "find",
      placeholder: `Find among ${formatCount(nodes.length)}`,
      "aria-label": "Find a category of the legend",
      oninput: () => {
        const text = find.value.trim().toLowerCase();
        nodes.forEach((node, i) => {
          node.hidden = !this.groups?.[i].label.toLowerCase().includes(text);
        });
      },
    });
    const fold = button("Fold the rarest", { text: "Fold", class: "more", onclick: () => this.owner.toggleList() });
    return [el("div", { class: "bar-of-list" }, find, fold), el("div", { class: "chips", tabindex: "-1" }, ...nodes)];
  }

  /**
   * @param {number} folded
   * @param {number} shown groups, one of which is the folded
   */
  more(folded, shown) {
    const text = `List all ${formatCount(shown - 1 + folded)}`;
    const onclick = () => this.owner.toggleList();
    return folded ? button("List every category", { text, class: "more", onclick }) : "";
  }

  /**
   * @param {Group} group
   * @param {number} i
   */
  chip(group, i) {
    const swatch = el("span", { class: "swatch" });
    swatch.style.background = group.colour;
    const number = el("span", { class: "number" });
    const node = el(
      "button",
      {
        type: "button",
        class: "chip",
        title: `${group.label}\nClick hides, double click shows it alone`,
        onclick: (/** @type {MouseEvent} */ event) => (event.shiftKey ? this.owner.isolate(i) : this.owner.toggle(i)),
        ondblclick: () => this.owner.isolate(i),
      },
      swatch,
      el("span", { class: "clip name", dir: "auto", text: group.label }),
      number,
    );
    return { node, number };
  }

  /**
   * @param {ContinuousField} field
   * @param {[number, string][]} stops
   */
  showScale(field, stops) {
    this.groups = null;
    this.node.classList.remove("listed");
    const [low, high] = field.limits;
    const bar = el("span", { class: "bar" });
    bar.style.background = `linear-gradient(to right, ${stops.map(([at, colour]) => `${colour} ${at * 100}%`).join(", ")})`;
    const digits = high - low >= 10 ? 0 : 2;
    this.node.setAttribute("role", "img");
    this.node.setAttribute(
      "aria-label",
      `${field.title}: ${low.toFixed(digits)} to ${high.toFixed(digits)}. ${field.note}`,
    );
    this.node.replaceChildren(
      el("span", { class: "end", text: low.toFixed(digits) }),
      bar,
      el("span", { class: "end", text: high.toFixed(digits) }),
      el("span", { class: "note clip", text: field.note, title: field.note }),
    );
  }
}

/**
 * "412", "47 / 412", or the arms' numbers where they differ: "412 · 398" for two, "380 to 412" for more.
 * @param {number[]} counts
 * @param {number[] | undefined} selected
 */
export function numberOf(counts, selected) {
  if (counts.length > 2) return selected ? `${rangeOf(selected)} / ${rangeOf(counts)}` : rangeOf(counts);
  const texts = counts.map((n, arm) =>
    selected ? `${formatCount(selected[arm])} / ${formatCount(n)}` : formatCount(n),
  );
  return [...new Set(texts)].join(" · ");
}

/** @param {number[]} counts */
function rangeOf(counts) {
  return [...new Set([Math.min(...counts), Math.max(...counts)])].map(formatCount).join(" to ");
}
