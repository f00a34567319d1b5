// app/components/common/dom.js
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === void 0 || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (name === "text") node.textContent = String(value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== void 0 && child !== false));
  return node;
}
function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}
function contextOf(canvas, settings = {}) {
  const context = canvas.getContext("2d", settings);
  if (!context) throw new Error("The browser gives no canvas to draw on.");
  return context;
}

// app/components/common/controls.js
var ICONS = {
  pan: "M8 1.5v13M1.5 8h13M8 1.5 6.2 3.3M8 1.5l1.8 1.8M8 14.5l-1.8-1.8M8 14.5l1.8-1.8M1.5 8l1.8-1.8M1.5 8l1.8 1.8M14.5 8l-1.8-1.8M14.5 8l-1.8 1.8",
  lasso: "M8 2.5c3.6 0 6.5 1.9 6.5 4.3S11.600 11 8 11c-.9 0-1.700-.1-2.500-.3M5.500 10.700C3.200 10 1.500 8.500 1.500 6.800c0-2.400 2.900-4.300 6.500-4.300M5.500 10.700a1.300 1.300 0 1 1-2.200-.6M4.200 12.300c.3 1 .2 1.700-.6 2.200",
  box: "M2.500 2.500h2M7 2.500h2M11.500 2.500h2v2M13.500 7v2M13.500 11.500v2h-2M9 13.500H7M4.500 13.500h-2v-2M2.500 9V7M2.500 4.500v-2",
  plus: "M8 3.500v9M3.500 8h9",
  minus: "M3.500 8h9",
  reset: "M2.500 6V2.500H6M13.500 6V2.500H10M2.500 10v3.500H6M13.500 10v3.500H10",
  save: "M8 2.500v7.500M5 7.300l3 3 3-3M2.800 13.300h10.400",
  close: "M4 4l8 8M12 4l-8 8",
  link: "M6.800 9.200a2.700 2.700 0 0 0 3.800 0l2.400-2.400a2.700 2.700 0 0 0-3.800-3.800L8 4.200M9.200 6.800a2.700 2.700 0 0 0-3.800 0L3 9.200A2.700 2.700 0 0 0 6.800 13L8 11.800",
  play: "M4.500 2.500v11l9-5.500z",
  pause: "M5 3v10M11 3v10",
  tick: "M3 8.500l3.200 3.200L13 4.800",
  cross: "M4.200 4.200l7.600 7.600M11.800 4.200l-7.600 7.600",
  paste: "M5.500 3h-2v10.500h9V3h-2M5.500 2h5v2.500h-5zM6 8h4M6 10.500h4",
  search: "M7 2.500a4.500 4.500 0 1 1 0 9 4.500 4.500 0 0 1 0-9M10.300 10.300l3.400 3.400"
};
function icon(name) {
  return svg("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
}
function button(label, { symbol, text, ...attributes } = {}) {
  return el(
    "button",
    { type: "button", "aria-label": label, title: label, ...attributes },
    symbol && icon(symbol),
    text && el("span", { text })
  );
}

// app/components/common/drawing_request.js
var TYPE = "uncollapse-drawing";
var DrawingRequest = class extends Event {
  constructor() {
    super(TYPE);
    this.drawing = null;
  }
};
function requestDrawing(element) {
  const request = new DrawingRequest();
  element.dispatchEvent(request);
  return request.drawing;
}

// app/components/common/mounts.js
var Mounts = class {
  /** @param {(host: HTMLElement) => Instance} create */
  constructor(create) {
    this.create = create;
    this.instances = /* @__PURE__ */ new WeakMap();
  }
  /**
   * The element's instance, made at the first call.
   * @param {HTMLElement} host
   */
  at(host) {
    const instance = this.instances.get(host) ?? this.create(host);
    this.instances.set(host, instance);
    return instance;
  }
  /**
   * What Streamlit is to call when a call's work is over. It also does so when a newer call overtakes one: only
   * leaving the page counts.
   * @param {HTMLElement} host
   * @param {(instance: Instance) => void} destroy
   */
  cleanUp(host, destroy) {
    return () => {
      setTimeout(() => {
        const instance = this.instances.get(host);
        if (host.isConnected || !instance) return;
        destroy(instance);
        this.instances.delete(host);
      });
    };
  }
};

// app/components/common/css_colour.js
var probe;
var hexes = /* @__PURE__ */ new Map();
function rgbOf(colour) {
  probe ??= contextOf(Object.assign(document.createElement("canvas"), { width: 1, height: 1 }), {
    willReadFrequently: true
  });
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}
function hexOf(colour) {
  let hex = hexes.get(colour);
  if (hex === void 0) {
    hex = `#${rgbOf(colour).map((part) => part.toString(16).padStart(2, "0")).join("")}`;
    hexes.set(colour, hex);
  }
  return hex;
}

// app/components/common/format.js
var shorten = (text, length) => text.length > length ? `${text.slice(0, length - 1)}…` : text;

// app/components/export/figure_layout.js
var MAX_VECTORS = 2e4;
var ROW = 3;
var [GAP, HEAD, LINE] = [16, 44, 24];
var [SWATCH, AFTER] = [15, 20];
function layOutFigure(maps, legend, measure) {
  const columns = Math.min(ROW, maps.length);
  const cell = {
    width: Math.max(...maps.map((map) => map.width)) + GAP,
    height: HEAD + Math.max(...maps.map((map) => map.height))
  };
  const places = maps.map((_, i) => ({
    x: GAP + i % columns * cell.width,
    y: HEAD + Math.floor(i / columns) * cell.height
  }));
  const width = GAP + columns * cell.width;
  const bottom = Math.ceil(maps.length / columns) * cell.height + GAP;
  const rows = legendRows(legend, width - 2 * GAP, measure);
  const points = maps.flatMap(({ layers }) => layers).reduce((sum, layer) => sum + layer.rows.length, 0);
  return {
    width,
    height: bottom + rows.length * LINE,
    places,
    isBitmap: points > MAX_VECTORS,
    entries: rows.flatMap(
      (row, i) => row.map((entry) => ({ ...entry, x: GAP + entry.x, y: bottom + (i + 0.5) * LINE }))
    )
  };
}
function legendRows(legend, width, measure) {
  const rows = [];
  let x = Infinity;
  for (const [name, colour] of legend) {
    const wide = SWATCH + measure(name.slice(0, 40)) + AFTER;
    if (x + wide > width) {
      rows.push([]);
      x = 0;
    }
    rows[rows.length - 1].push({ name, colour, x });
    x += wide;
  }
  return rows;
}

// app/components/export/figure.js
var FONT = 13;
function figureOf(maps, legend, { text, ground, font }) {
  const ruler = contextOf(document.createElement("canvas"));
  ruler.font = `${FONT}px ${font}`;
  const layout = layOutFigure(maps, legend, (name) => ruler.measureText(name).width);
  const { width, height, isBitmap } = layout;
  const node = svg("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}` });
  node.append(svg("rect", { width, height, fill: hexOf(ground) }));
  const letters = { fill: hexOf(text), "font-family": font };
  maps.forEach((map, i) => {
    const place = layout.places[i];
    node.append(words(map.name, place.x, place.y - 16, { ...letters, "font-size": 16, "font-weight": 600 }));
    node.append(panel(map, place, hexOf(text), isBitmap));
  });
  for (const { name, colour, x, y } of layout.entries) {
    node.append(svg("circle", { cx: x + 5, cy: y, r: 4.5, fill: hexOf(colour) }));
    node.append(words(name, x + 15, y + 4.5, { ...letters, "font-size": FONT }));
  }
  return { node, width, height, isBitmap };
}
function panel(map, place, stroke, isBitmap) {
  const { width, height } = map;
  const points = isBitmap ? [svg("image", { href: map.picture().toDataURL(), width, height })] : circles(map);
  const frame = svg("rect", { width, height, fill: "none", stroke, "stroke-opacity": 0.3 });
  return svg("svg", { ...place, width, height, viewBox: `0 0 ${width} ${height}` }, ...points, frame);
}
function circles({ layers, position, size, scale, x0, y1 }) {
  return layers.map(({ rows, colours, opacity, grow }) => {
    const group = svg("g", { "fill-opacity": opacity.toFixed(3) });
    rows.forEach((row, i) => {
      const [x, y] = [(position.x[row] - x0) / scale, (y1 - position.y[row]) / scale];
      if (!Number.isFinite(x + y)) return;
      const fill = hexOf(typeof colours === "string" ? colours : colours[i]);
      group.append(svg("circle", { class: "point", cx: x.toFixed(2), cy: y.toFixed(2), r: size / 2 + grow, fill }));
    });
    return group;
  });
}
function words(text, x, y, attributes) {
  const node = svg("text", { x, y, ...attributes });
  node.textContent = shorten(text, 40);
  return node;
}
async function toPng(drawing, { width, height }) {
  const image = Object.assign(new Image(), { src: drawing });
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
  contextOf(canvas).drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL();
}

// app/components/export/index.js
var Export = class {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.role = "";
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
    const choice = (format) => button(`Save ${what} as ${format.toUpperCase()}`, { text: format.toUpperCase(), onclick: () => save(format) });
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
    const drawn = document.querySelector(`.st-key-${CSS.escape(this.source.of)} svg.marks`);
    if (!drawn) return this.say("The chart is not drawn yet.");
    try {
      const node = (
        /** @type {SVGSVGElement} */
        drawn.cloneNode(true)
      );
      node.style.backgroundColor = styleOf(this.node).ground;
      const [width, height] = ["width", "height"].map((side) => Number(node.getAttribute(side)));
      await this.download(node, { width, height }, format);
      this.say("Saved.");
    } catch {
      this.say("The chart could not be drawn as a file.");
    }
  }
};
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
function deep(node, selector) {
  const found = [.../** @type {NodeListOf<HTMLElement>} */
  node.querySelectorAll(selector)];
  for (const inner of node.querySelectorAll("*")) if (inner.shadowRoot) found.push(...deep(inner.shadowRoot, selector));
  return found;
}
var legendOf = (chips) => chips.map((chip) => {
  const swatch = chip.querySelector(".swatch") ?? chip;
  return [chip.title.split("\n")[0], getComputedStyle(swatch).backgroundColor];
});
function styleOf(node) {
  const style = getComputedStyle(node);
  const [text, ground] = ["--text", "--ground"].map((name) => style.getPropertyValue(name).trim());
  return { text, ground, font: style.fontFamily };
}
var mounts = new Mounts((host) => new Export(host));
function exports({ data, parentElement }) {
  mounts.at(parentElement).update(data);
}
export {
  exports as default
};
