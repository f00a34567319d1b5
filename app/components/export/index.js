import { button, el } from "../common/dom.js";
import { figureOf, toPng } from "./figure.js";

class Export {
  constructor(host) {
    this.said = el("div", { class: "said", role: "status" });
    this.body = el("div", { class: "body" });
    this.node = el("section", { class: "uncollapse export" }, this.body, this.said);
    host.append(this.node);
  }

  update(data) {
    this.data = data;
    if (this.role === data.role) return;
    this.role = data.role;
    this.body.replaceChildren(...this[data.role]());
  }

  say(text) {
    this.said.textContent = text;
  }

  // ---- the page's address --------------------------------------------------------------------------------------

  link() {
    this.field = el("input", { type: "text", readonly: true, hidden: true, "aria-label": "Address of this page" });
    return [button("Copy the address of what is on screen", { symbol: "link", text: "Copy link", onclick: () => this.copy() }), this.field];
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

  maps() {
    return this.choices("Maps", "the maps", (format) => this.saveMaps(format));
  }

  choices(label, what, save) {
    const choice = (format) => button(`Save ${what} as ${format.toUpperCase()}`, { text: format.toUpperCase(), onclick: () => save(format) });
    return [el("div", { class: "label", text: label }), choice("png"), choice("svg")];
  }

  async saveMaps(format) {
    const host = document.querySelector(`.st-key-${CSS.escape(this.data.of)}`);
    const maps = host ? deep(host, ".twin-map figure").map((figure) => figure.drawing()) : [];
    if (!maps.length || !maps.every(Boolean)) return this.say("The maps are not drawn yet.");
    this.say("Drawing");
    try {
      const { node, isBitmap } = figureOf(maps, legendOf(deep(host, ".twin-map .legend .chip")), styleOf(this.node));
      await this.download(node, format);
      const note = "Saved. With so many points the SVG holds them as a bitmap; names and legend are text.";
      this.say(format === "svg" && isBitmap ? note : "Saved.");
    } catch {
      this.say("The maps could not be drawn as a file.");
    }
  }

  async download(node, format) {
    const drawing = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(node))}`;
    const href = format === "svg" ? drawing : await toPng(drawing, { width: node.getAttribute("width"), height: node.getAttribute("height") });
    el("a", { href, download: `${this.data.file}.${format}` }).click();
  }

  // ---- a chart, which Vega has drawn as SVG --------------------------------------------------------------------

  chart() {
    return this.choices(this.data.label, `the chart ${this.data.label}`, (format) => this.saveChart(format));
  }

  async saveChart(format) {
    const drawn = document.querySelector(`.st-key-${CSS.escape(this.data.of)} svg.marks`);
    if (!drawn) return this.say("The chart is not drawn yet.");
    try {
      const node = drawn.cloneNode(true);
      node.style.backgroundColor = styleOf(this.node).ground; // its letters are made for this ground
      await this.download(node, format);
      this.say("Saved.");
    } catch {
      this.say("The chart could not be drawn as a file.");
    }
  }
}

/** The clipboard where the page may use it; else, as on plain http, by way of a selected field. */
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

/** Below a node, inside components too. */
function deep(node, selector) {
  const found = [...node.querySelectorAll(selector)];
  for (const inner of node.querySelectorAll("*")) if (inner.shadowRoot) found.push(...deep(inner.shadowRoot, selector));
  return found;
}

const legendOf = (chips) =>
  chips.map((chip) => [chip.title.split("\n")[0], getComputedStyle(chip.querySelector(".swatch")).backgroundColor]);

function styleOf(node) {
  const style = getComputedStyle(node);
  const [text, ground] = ["--text", "--ground"].map((name) => style.getPropertyValue(name).trim());
  return { text, ground, font: style.fontFamily };
}

const offered = new WeakMap();

export default function ({ data, parentElement }) {
  if (!offered.has(parentElement)) offered.set(parentElement, new Export(parentElement));
  offered.get(parentElement).update(data);
}
