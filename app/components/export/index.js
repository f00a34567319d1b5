import { button, el } from "../common/dom.js";

const VECTORS = 20000; // points up to which an SVG draws each; more would choke whoever opens it
const BAR = 44; // pixels for the arms' names
const LEGEND = 70;

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
    this.body.replaceChildren(...(data.role === "link" ? this.link() : this.maps()));
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
    const save = (format) => button(`Save the maps as ${format.toUpperCase()}`, { text: format.toUpperCase(), onclick: () => this.save(format) });
    return [el("div", { class: "label", text: "Maps" }), save("png"), save("svg")];
  }

  async save(format) {
    const host = document.querySelector(`.st-key-${CSS.escape(this.data.of)}`);
    const maps = host ? deep(host, ".twin-map figure").filter((map) => map.querySelector(".plot")?.data) : [];
    if (!maps.length || !globalThis.Plotly) return this.say("The maps are not drawn yet.");
    this.say("Drawing");
    try {
      const { figure, points } = together(maps, deep(host, ".twin-map .legend .chip"), getComputedStyle(this.node), format);
      const { width, height } = figure.layout;
      const image = await globalThis.Plotly.toImage(figure, { format, width, height, scale: format === "png" ? 2 : 1 });
      el("a", { href: image, download: `${this.data.file}.${format}` }).click();
      const isBitmap = format === "svg" && points > VECTORS;
      this.say(isBitmap ? "Saved. With so many points the SVG holds them as a bitmap; names and legend are text." : "Saved.");
    } catch {
      this.say("The maps could not be drawn as a file.");
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

/** What the maps show, side by side in one figure with names and legend. */
function together(maps, chips, style, format) {
  const plots = maps.map((map) => map.querySelector(".plot"));
  const points = plots.reduce((sum, plot) => sum + plot.data.reduce((n, trace) => n + trace.x.length, 0), 0);
  const type = format === "svg" && points <= VECTORS ? "scatter" : "scattergl";
  const [text, ground] = [style.getPropertyValue("--text").trim(), style.getPropertyValue("--ground").trim()];
  const share = 1 / plots.length;
  const layout = {
    width: plots.reduce((sum, plot) => sum + plot.layout.width, 0),
    height: plots[0].layout.height + BAR + (chips.length ? LEGEND : 0),
    margin: { l: 8, r: 8, t: BAR, b: chips.length ? LEGEND : 8 },
    paper_bgcolor: ground,
    plot_bgcolor: ground,
    font: { color: text, size: 13 },
    showlegend: chips.length > 0,
    legend: { orientation: "h", y: -0.03, yanchor: "top", itemsizing: "constant" },
    annotations: maps.map((map, i) => ({
      text: `<b>${harmless(map.querySelector("h3.title").textContent)}</b>`,
      x: i * share, y: 1, yshift: 26, xref: "paper", yref: "paper", xanchor: "left", showarrow: false, font: { size: 16 },
    })),
  };
  const data = plots.flatMap((plot, i) => {
    const n = i ? `${i + 1}` : "";
    const [from, to] = [i * share, (i + 1) * share - (i + 1 < plots.length ? 0.01 : 0)];
    layout[`xaxis${n}`] = { visible: false, range: plot.layout.xaxis.range, domain: [from, to], anchor: `y${n}` };
    layout[`yaxis${n}`] = { visible: false, range: plot.layout.yaxis.range, anchor: `x${n}`, scaleanchor: `x${n}` };
    return plot.data.map(({ x, y, marker }) => ({ type, mode: "markers", x, y, marker, xaxis: `x${n}`, yaxis: `y${n}`, showlegend: false }));
  });
  const legend = chips.map((chip) => ({
    type: "scatter", mode: "markers", x: [null], y: [null],
    name: harmless(chip.title.split("\n")[0]),
    marker: { color: getComputedStyle(chip.querySelector(".swatch")).backgroundColor, size: 9 },
  }));
  return { figure: { data: [...data, ...legend], layout }, points };
}

/** plotly takes text for HTML. */
function harmless(text) {
  const short = text.length > 40 ? `${text.slice(0, 39)}…` : text;
  return short.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

const offered = new WeakMap();

export default function ({ data, parentElement }) {
  if (!offered.has(parentElement)) offered.set(parentElement, new Export(parentElement));
  offered.get(parentElement).update(data);
}
