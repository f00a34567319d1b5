import { button } from "../common/controls.js";
import { el } from "../common/dom.js";
import { requestDrawing } from "../common/drawing_request.js";
import { Mounts } from "../common/mounts.js";
import { figureOf, toPng } from "./figure.js";

/** @import { ComponentCall } from "../common/types.d.ts" */

/** @typedef {"png" | "svg"} Format */
/** @typedef {{ role: "link" } | { role: "maps" | "chart", of: string, file: string, label?: string }} Data */
/** @typedef {{ of: string, file: string, label?: string }} Source of: key of the container; file: name without ending */

class Export {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.role = ""; // what is offered
    /** @type {Source} */
    this.source = { of: "", file: "" };
    this.field = el("input", { type: "text", readonly: true, hidden: true, "aria-label": "Address of this page" });
    this.status = el("div", { class: "said", role: "status" });
    this.body = el("div", { class: "body" });
    this.node = el("section", { class: "uncollapse export" }, this.body, this.status);
    host.append(this.node);
  }

  /** @param {Data} data */
  update(data) {
    if (data.role !== "link") this.source = data;
    if (this.role === data.role) return;
    this.role = data.role;
    this.body.replaceChildren(...this.offers(data));
  }

  /**
   * @param {Data} data
   * @returns {Node[]}
   */
  offers(data) {
    if (data.role === "maps") return this.choices("Maps", "the maps", (format) => this.saveMaps(format));
    if (data.role === "link") return this.link();
    const label = data.label ?? "";
    return this.choices(label, `the chart ${label}`, (format) => this.saveChart(format));
  }

  /** @param {string} text */
  say(text) {
    this.status.textContent = text;
  }

  // ---- the page's address --------------------------------------------------------------------------------------

  link() {
    const label = "Copy the address of what is on screen";
    return [button(label, { symbol: "link", text: "Copy link", onclick: () => this.copy() }), this.field];
  }

  async copy() {
    const address = location.href;
    if (await copied(address, this.field)) {
      this.field.hidden = true;
      return this.say("Link copied. It opens this study, these arms and this item or class.");
    }
    this.field.value = address;
    this.field.hidden = false;
    this.field.select();
    this.say("The browser does not let this page copy. Press Ctrl+C.");
  }

  // ---- the maps ------------------------------------------------------------------------------------------------

  /**
   * @param {string} label
   * @param {string} what
   * @param {(format: Format) => void} save
   */
  choices(label, what, save) {
    const choice = (/** @type {Format} */ format) =>
      button(`Save ${what} as ${format.toUpperCase()}`, { text: format.toUpperCase(), onclick: () => save(format) });
    return [el("div", { class: "label", text: label }), choice("png"), choice("svg")];
  }

  /** @param {Format} format */
  async saveMaps(format) {
    const host = document.querySelector(`.st-key-${CSS.escape(this.source.of)}`);
    const maps = host ? deep(host, ".twin-map figure").map(requestDrawing) : [];
    if (!host || !maps.length || !maps.every((map) => map !== null)) return this.say("The maps are not drawn yet.");
    this.say("Drawing");
    try {
      const legend = legendOf(deep(host, ".twin-map .legend .chip"));
      const { node, width, height, isBitmap } = figureOf(maps, legend, styleOf(this.node));
      await this.download(node, { width, height }, format);
      const note = "Saved. With so many points the SVG holds them as a bitmap; names and legend are text.";
      this.say(format === "svg" && isBitmap ? note : "Saved.");
    } catch {
      this.say("The maps could not be drawn as a file.");
    }
  }

  /**
   * @param {SVGSVGElement} node
   * @param {{ width: number, height: number }} size
   * @param {Format} format
   */
  async download(node, size, format) {
    const drawing = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(node))}`;
    const href = format === "svg" ? drawing : await toPng(drawing, size);
    el("a", { href, download: `${this.source.file}.${format}` }).click();
  }

  // ---- a chart, which Vega has drawn as SVG --------------------------------------------------------------------

  /** @param {Format} format */
  async saveChart(format) {
    /** @type {SVGSVGElement | null} */
    const drawn = document.querySelector(`.st-key-${CSS.escape(this.source.of)} svg.marks`);
    if (!drawn) return this.say("The chart is not drawn yet.");
    try {
      const node = /** @type {SVGSVGElement} */ (drawn.cloneNode(true));
      node.style.backgroundColor = styleOf(this.node).ground; // its letters are made for this ground
      const [width, height] = ["width", "height"].map((side) => Number(node.getAttribute(side)));
      await this.download(node, { width, height }, format);
      this.say("Saved.");
    } catch {
      this.say("The chart could not be drawn as a file.");
    }
  }
}

/**
 * The clipboard where the page may use it; else, as on plain http, by way of a selected field.
 * @param {string} text
 * @param {HTMLInputElement} field
 */
async function copied(text, field) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    [field.hidden, field.value] = [false, text];
    field.select();
    return document.execCommand("copy");
  }
}

/**
 * Below a node, inside components too.
 * @param {ParentNode} node
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
function deep(node, selector) {
  const found = [.../** @type {NodeListOf<HTMLElement>} */ (node.querySelectorAll(selector))];
  for (const inner of node.querySelectorAll("*")) if (inner.shadowRoot) found.push(...deep(inner.shadowRoot, selector));
  return found;
}

/**
 * Names and colours of the maps' legend.
 * @param {HTMLElement[]} chips
 * @returns {[string, string][]}
 */
const legendOf = (chips) =>
  chips.map((chip) => {
    const swatch = chip.querySelector(".swatch") ?? chip;
    return [chip.title.split("\n")[0], getComputedStyle(swatch).backgroundColor];
  });

/** @param {Element} node */
function styleOf(node) {
  const style = getComputedStyle(node);
  const [text, ground] = ["--text", "--ground"].map((name) => style.getPropertyValue(name).trim());
  return { text, ground, font: style.fontFamily };
}

const mounts = new Mounts((host) => new Export(host));

/** @param {ComponentCall<Data>} call */
export default function exports({ data, parentElement }) {
  mounts.at(parentElement).update(data);
}
