// The controls above the maps.
import { button } from "../common/controls.js";
import { el } from "../common/dom.js";
import { formatCount } from "../common/format.js";

/** @import { Field } from "../common/types.d.ts" */
/** @import { SelectMode, Tool } from "./types.d.ts" */

/** @type {Record<Tool, string>} */
const TOOLS = { pan: "Move the map", lasso: "Lasso: select items on both maps", box: "Box: select items on both maps" };

/**
 * @typedef {object} ToolbarOwner
 * @property {(name: string) => void} setColour
 * @property {(tool: Tool) => void} setTool
 * @property {() => void} toggleLink
 * @property {(text: string, mode: SelectMode) => boolean} search whether anything was found
 * @property {() => void} clear
 * @property {() => void} zoomToSelection
 */

export class Toolbar {
  /**
   * @param {ToolbarOwner} owner
   * @param {Node} legend
   */
  constructor(owner, legend) {
    this.owner = owner;
    this.titles = ""; // of the fields to colour by, to see when they change
    this.pickColour = el("select", {
      "aria-label": "Colour by",
      onchange: () => owner.setColour(this.pickColour.value),
    });
    const names = /** @type {Tool[]} */ (Object.keys(TOOLS));
    this.tools = names.map((tool) => ({
      tool,
      node: button(TOOLS[tool], { symbol: tool, "data-tool": tool, onclick: () => owner.setTool(tool) }),
    }));
    const link = { symbol: /** @type {const} */ ("link"), "aria-pressed": "false", onclick: () => owner.toggleLink() };
    this.link = button("Zoom both maps together", link);
    this.linker = el("div", { class: "segments linker" }, this.link);
    this.search = el("input", {
      type: "search",
      placeholder: "Find a label  /",
      "aria-label": "Find items by label, name or number; Enter selects them. Key: /",
      onkeydown: (event) => this.searchKey(event),
      oninput: () => this.search.removeAttribute("aria-invalid"),
    });
    this.summary = el("span", { class: "summary" });
    this.zoom = button("Zoom to selection", {
      symbol: "search",
      text: "Zoom to selection",
      class: "zoom",
      onclick: () => owner.zoomToSelection(),
    });
    this.clear = button("Clear the selection (Esc)", { symbol: "close", class: "clear", onclick: () => owner.clear() });
    this.node = el(
      "div",
      { class: "toolbar" },
      el("label", { class: "colour" }, el("span", { text: "Colour by" }), this.pickColour),
      el("div", { class: "segments", role: "group", "aria-label": "Pointer" }, ...this.tools.map(({ node }) => node)),
      this.linker,
      this.search,
      legend,
      el("div", { class: "selection" }, this.summary, this.zoom, this.clear),
    );
  }

  /**
   * @param {Field[]} fields
   * @param {string | null} chosen
   */
  showFields(fields, chosen) {
    const titles = JSON.stringify(fields.map(({ name, title }) => [name, title]));
    if (this.titles !== titles) {
      this.titles = titles;
      this.pickColour.replaceChildren(...fields.map(({ name, title }) => el("option", { value: name, text: title })));
      this.pickColour.disabled = fields.length < 2;
    }
    if (chosen) this.pickColour.value = chosen;
  }

  /** @param {Tool} chosen */
  showTool(chosen) {
    for (const { tool, node } of this.tools) node.setAttribute("aria-pressed", String(tool === chosen));
  }

  /** @param {boolean} linked */
  showLink(linked) {
    this.link.setAttribute("aria-pressed", String(linked));
  }

  /**
   * @param {number} selected
   * @param {number} n
   */
  showCounts(selected, n) {
    const text = selected ? `${formatCount(selected)} / ${formatCount(n)} selected` : `${formatCount(n)} items`;
    this.summary.textContent = text;
    this.clear.hidden = !selected;
    this.zoom.hidden = !selected;
  }

  /** @param {KeyboardEvent} event */
  searchKey(event) {
    const text = this.search.value.trim().toLowerCase();
    if (event.key === "Escape") {
      this.search.value = "";
      this.search.blur();
    } else if (event.key === "Enter" && text) {
      const found = this.owner.search(text, event.shiftKey ? "add" : "replace");
      this.search.toggleAttribute("aria-invalid", !found);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
