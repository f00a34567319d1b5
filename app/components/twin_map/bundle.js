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

// app/components/common/version_cache.js
var VersionCache = class {
  /** @param {number} capacity versions that are kept; beyond them the oldest goes */
  constructor(capacity) {
    this.capacity = capacity;
    this.values = /* @__PURE__ */ new Map();
    this.waiting = /* @__PURE__ */ new Map();
  }
  /**
   * @param {string} version
   * @param {() => Value} make called only where the version is new
   */
  add(version, make) {
    if (this.values.has(version)) return;
    this.values.set(version, make());
    if (this.values.size > this.capacity) this.values.delete(
      /** @type {string} */
      this.values.keys().next().value
    );
    for (const callback of this.waiting.get(version) ?? []) callback();
    this.waiting.delete(version);
  }
  /**
   * The value of a version, or null, and then `callback` runs once it is here.
   * @param {string} version
   * @param {() => void} callback
   */
  find(version, callback) {
    const value = this.values.get(version);
    if (value !== void 0) return value;
    const callbacks = this.waiting.get(version) ?? /* @__PURE__ */ new Set();
    this.waiting.set(version, callbacks.add(callback));
    return null;
  }
};

// app/components/twin_map/points.js
var pointsCache = new VersionCache(4);
function decodePoints(table) {
  const ids = columnOf(table, "id");
  const rows = /* @__PURE__ */ new Map();
  for (let row = 0; row < ids.length; row++) rows.set(ids[row], row);
  const maps = [];
  while (table.getChild(`x${maps.length}`)) maps.push(positionsOf(table, maps.length));
  return {
    n: ids.length,
    ids,
    rows,
    slots: table.getChild("slot")?.toArray() ?? null,
    names: table.getChild("name"),
    maps,
    column: (name) => columnOf(table, name)
  };
}
function positionsOf(table, arm) {
  const [x, y] = ["x", "y"].map((axis) => (
    /** @type {Float32Array} */
    columnOf(table, axis + arm)
  ));
  return { x, y };
}
function columnOf(table, name) {
  const column = table.getChild(name);
  if (!column) throw new Error(`The points have no column ${name}.`);
  return column.toArray();
}
var valuesOf = (points, field, arm) => points.column(field.columns[Math.min(arm, field.columns.length - 1)]);
function describeItem(points, fields, row, arm) {
  const name = points.names?.get(row);
  const lines = fields.map((field) => (
    /** @type {[string, string]} */
    [field.title, textOf(points, field, row, arm)]
  ));
  return [["Item", `#${points.ids[row]}${name ? ` · ${name}` : ""}`], ...lines];
}
function textOf(points, field, row, arm) {
  const value = valuesOf(points, field, arm)[row];
  if (field.kind === "continuous") return Number.isFinite(value) ? value.toPrecision(3) : "unknown";
  return value < 0 ? "unknown" : field.categories[value];
}
function findRows(points, fields, text) {
  const wanted = fields.flatMap((field) => {
    if (field.kind !== "categorical" || field.columns.length > 1) return [];
    const codes = field.categories.flatMap((category, code) => category.toLowerCase().includes(text) ? [code] : []);
    return [{ codes: new Set(codes), column: valuesOf(points, field, 0) }];
  });
  const rows = /* @__PURE__ */ new Set();
  for (let row = 0; row < points.n; row++) {
    const name = points.names?.get(row);
    const called = typeof name === "string" && name.toLowerCase().includes(text) || `#${points.ids[row]}` === text;
    if (called || wanted.some(({ codes, column }) => codes.has(column[row]))) rows.add(row);
  }
  return rows;
}

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
var originOf = (event) => (
  /** @type {HTMLElement} */
  event.composedPath()[0]
);

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

// app/components/common/format.js
var formatCount = (n) => n.toLocaleString("en-US");
var shorten = (text, length) => text.length > length ? `${text.slice(0, length - 1)}…` : text;

// app/components/common/palette.js
var LIGHT = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#d55e00",
  "#56b4e9",
  "#6b4fa0",
  "#8a8a00",
  "#7a4a21",
  "#333f50",
  "#5fc2a8",
  "#a6192e",
  "#9fb8d9",
  "#c9a2d6",
  "#3d6b35",
  "#f0b891",
  "#00a6b8",
  "#8f6f9c",
  "#b5b35c",
  "#b0506f"
];
var DARK = [
  "#3d9be0",
  "#f0ad28",
  "#1fc494",
  "#e08fbd",
  "#f0743c",
  "#86cdf7",
  "#a78bea",
  "#e6dc4a",
  "#c08a5c",
  "#d7dce3",
  "#8ee0c8",
  "#e8566b",
  "#5f7fae",
  "#7d5a94",
  "#7fae6d",
  "#f6d2b5",
  "#27b6c8",
  "#c8a6d4",
  "#9a9a3f",
  "#c66f8e"
];
var GREY = { light: "#b4b9c1", dark: "#5b636e" };
var VIRIDIS = [
  "#440154",
  "#482878",
  "#3e4989",
  "#31688e",
  "#26828e",
  "#1f9e89",
  "#35b779",
  "#6ece58",
  "#b5de2b",
  "#fde725"
];
function furtherColour(i, dark) {
  const shade = [0, 12, -12][i % 3] + (dark ? 62 : 42);
  return `hsl(${Math.round(i * 137.5) % 360} 55% ${shade}%)`;
}
var SELECTED = { light: "#e6007e", dark: "#ff5cb8" };
var selectedColour = (dark) => dark ? SELECTED.dark : SELECTED.light;
var grey = (dark) => dark ? GREY.dark : GREY.light;
function scaleOf(dark) {
  const stops = dark ? VIRIDIS.slice(2) : VIRIDIS.slice(0, 9);
  return stops.map((colour, i) => [i / (stops.length - 1), colour]);
}
var SHADES = 96;
function colourScale([low, high], dark) {
  const stops = scaleOf(dark).map(([, colour]) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16)));
  const shades = Array.from({ length: SHADES }, (_, i) => {
    const at = i / (SHADES - 1) * (stops.length - 1);
    const [a, b] = [stops[Math.floor(at)], stops[Math.ceil(at)]];
    return `rgb(${a.map((value, c) => Math.round(value + (b[c] - value) * (at % 1))).join(",")})`;
  });
  const last = SHADES - 1;
  return (value) => Number.isFinite(value) ? shades[Math.min(last, Math.max(0, Math.round((value - low) / (high - low || 1) * last)))] : grey(dark);
}

// app/components/common/sprites.js
function pageUrl(path) {
  return new URL(path.replace(/^\//, ""), document.baseURI).href;
}
var MOST_DECODED = 24;
var files = /* @__PURE__ */ new Map();
var decoded = /* @__PURE__ */ new Map();
function sheetBitmap(atlas, index) {
  const key = `${atlas.url}#${index}`;
  const bitmap = decoded.get(key) ?? fetchSheet(key, atlas, index).then((file) => createImageBitmap(file));
  decoded.delete(key);
  decoded.set(key, bitmap);
  bitmap.catch(() => decoded.delete(key));
  if (decoded.size > MOST_DECODED) decoded.delete(
    /** @type {string} */
    decoded.keys().next().value
  );
  return bitmap;
}
function fetchSheet(key, atlas, index) {
  const known = files.get(key);
  if (known) return known;
  const { start, end } = sheetBytes(atlas, index);
  const headers = { Range: `bytes=${start}-${end - 1}` };
  const file = fetch(pageUrl(atlas.url), { headers }).then(async (reply) => {
    if (!reply.ok) throw new Error(`${reply.status} for ${atlas.url}`);
    const body = await reply.blob();
    return new Blob([reply.status === 206 ? body : body.slice(start, end)], { type: atlas.mimetype });
  });
  file.catch(() => files.delete(key));
  files.set(key, file);
  return file;
}
var sheetBytes = (atlas, index) => ({ start: atlas.ends[index - 1] ?? 0, end: atlas.ends[index] });
function placeOf(atlas, slot) {
  const [width, height] = atlas.tile;
  const place = slot % atlas.perSheet;
  return {
    sheet: Math.floor(slot / atlas.perSheet),
    x: place % atlas.columns * width,
    y: Math.floor(place / atlas.columns) * height
  };
}
function thumbnail(atlas, slot, side) {
  if (!atlas || !(slot >= 0)) return null;
  const [width, height] = atlas.tile;
  const scale = side / Math.max(width, height);
  const canvas = el("canvas", { class: "picture", width, height, "aria-hidden": "true" });
  canvas.style.width = `${width * scale}px`;
  canvas.style.height = `${height * scale}px`;
  canvas.style.imageRendering = scale > 1 ? "pixelated" : "auto";
  const { sheet, x, y } = placeOf(atlas, slot);
  sheetBitmap(atlas, sheet).then(
    (bitmap) => contextOf(canvas).drawImage(bitmap, x, y, width, height, 0, 0, width, height),
    () => canvas.classList.add("missing")
  );
  return canvas;
}

// app/components/common/css_colour.js
var probe;
function rgbOf(colour) {
  probe ??= contextOf(Object.assign(document.createElement("canvas"), { width: 1, height: 1 }), {
    willReadFrequently: true
  });
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}

// app/components/common/theme.js
function readTheme(host) {
  const style = getComputedStyle(host);
  const background = style.getPropertyValue("--st-background-color").trim() || "#ffffff";
  return { background, dark: luminance(rgbOf(background)) < 0.4 };
}
var luminance = ([r, g, b]) => (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;

// app/components/common/legend_groups.js
function groupCategories(field, codes, dark, all = false) {
  const k = field.categories.length;
  const counts = codes.map((column) => tally(column, k));
  const palette = dark ? DARK : LIGHT;
  const used = field.categories.map((_, code) => code).filter((code) => largest(counts, code) > 0);
  const common = all ? new Set(used) : commonest(used, counts, palette.length);
  const groups = [];
  const groupOf = new Int16Array(k + 1).fill(-1);
  const add = (label, colour, members) => {
    for (const code of members) groupOf[code] = groups.length;
    groups.push({ label, colour, counts: counts.map((count) => members.reduce((sum, code) => sum + count[code], 0)) });
  };
  for (const code of used.filter((own) => common.has(own))) {
    const own = k <= palette.length ? code : groups.length;
    const colour = palette[own] ?? furtherColour(own - palette.length, dark);
    add(field.categories[code], field.colours?.[field.categories[code]] ?? colour, [code]);
  }
  const rare = used.filter((code) => !common.has(code));
  if (rare.length) add(`${rare.length} other`, grey(dark), rare);
  if (counts.some((count) => count[k] > 0)) add("Unknown", grey(dark), [k]);
  return { groups, groupOf, folded: rare.length };
}
function commonest(used, counts, room) {
  if (used.length <= room) return new Set(used);
  const sorted = [...used].sort((a, b) => largest(counts, b) - largest(counts, a));
  return new Set(sorted.slice(0, room - 1));
}
var largest = (counts, code) => Math.max(...counts.map((count) => count[code]));
function tally(codes, k) {
  const counts = new Uint32Array(k + 1);
  for (let i = 0; i < codes.length; i++) counts[codes[i] < 0 ? k : codes[i]]++;
  return counts;
}

// app/components/common/paint_order.js
function scatteredOrder(n) {
  let step = Math.max(1, Math.round(n * 0.618));
  while (greatestDivisor(step, n) > 1) step++;
  return Uint32Array.from({ length: n }, (_, i) => i * step % n);
}
var greatestDivisor = (a, b) => b ? greatestDivisor(b, a % b) : a;

// app/components/twin_map/colouring.js
var OUTLINE = 2.2;
var SWELL = 0.4;
var Colouring = class {
  constructor() {
    this.key = "";
    this.dark = false;
    this.arms = 0;
    this.field = null;
    this.values = [];
    this.grouping = null;
    this.hiddenByField = /* @__PURE__ */ new Map();
    this.listed = /* @__PURE__ */ new Set();
  }
  /**
   * Colour by a field; null: all grey.
   * @param {Points} points
   * @param {Field | null} field
   * @param {{ version: string, arms: number, dark: boolean }} ground version: of the points
   */
  use(points, field, { version, arms, dark }) {
    const all = field !== null && this.listed.has(field.name);
    const key = [version, field?.name, dark, arms, all].join();
    if (this.key === key) return;
    Object.assign(this, { key, field, arms, dark });
    this.values = field ? Array.from({ length: arms }, (_, arm) => valuesOf(points, field, arm)) : [];
    this.grouping = field?.kind === "categorical" ? groupCategories(field, this.values, dark, all) : null;
  }
  /** The hidden groups of the present field. */
  get hidden() {
    const name = this.field?.name ?? "";
    const hidden = this.hiddenByField.get(name) ?? /* @__PURE__ */ new Set();
    this.hiddenByField.set(name, hidden);
    return hidden;
  }
  /**
   * @param {Grouping} grouping
   * @param {number} row
   * @param {number} arm
   */
  groupAt({ groupOf }, row, arm) {
    const code = this.values[arm][row];
    return groupOf[code < 0 ? groupOf.length - 1 : code];
  }
  /** @type {(row: number, arm: number) => boolean} */
  isVisible(row, arm) {
    const { grouping, hidden } = this;
    return !grouping || !hidden.size || !hidden.has(this.groupAt(grouping, row, arm));
  }
  /** Whether all categories of the present field are listed. */
  get isListed() {
    return this.field !== null && this.listed.has(this.field.name);
  }
  /** List all categories of the present field, or fold the rarest again. */
  toggleList() {
    const name = this.field?.name ?? "";
    if (!this.listed.delete(name)) this.listed.add(name);
    this.hidden.clear();
  }
  /**
   * Hide a group, or show it again.
   * @param {number} group
   */
  toggle(group) {
    if (!this.hidden.delete(group)) this.hidden.add(group);
  }
  /**
   * Show a group alone, or all again where it is alone.
   * @param {number} group
   */
  isolate(group) {
    const groups = this.grouping?.groups ?? [];
    const hidden = this.hidden;
    const alone = !hidden.has(group) && hidden.size === groups.length - 1;
    hidden.clear();
    if (alone) return;
    groups.forEach((_, i) => {
      if (i !== group) hidden.add(i);
    });
  }
  /**
   * Unselected items faintly behind, selected ones in front with an outline in a colour of their own, which they also
   * fill where they would be grey; or all alike when nothing is selected.
   * @param {number} n items in all
   * @param {Set<number>} selected
   * @param {number} arm
   * @returns {Layer[]}
   */
  layers(n, selected, arm) {
    const back = [];
    const front = [];
    for (const row of scatteredOrder(n)) {
      if (this.isVisible(row, arm)) (selected.has(row) ? front : back).push(row);
    }
    const full = 0.85 * Math.min(1, (2e3 / n) ** 0.22);
    const colours = this.coloursOf(back, arm);
    if (!selected.size) return [{ rows: back, opacity: full, colours, grow: 0 }];
    return [
      { rows: back, opacity: 0.15 * full, colours, grow: 0 },
      { rows: front, opacity: 1, colours: selectedColour(this.dark), grow: OUTLINE },
      { rows: front, opacity: 1, colours: this.withoutGrey(front, arm), grow: SWELL }
    ];
  }
  /**
   * Colours of selected items, none of which is grey.
   * @param {number[]} rows
   * @param {number} arm
   */
  withoutGrey(rows, arm) {
    const [colours, dull, own] = [this.coloursOf(rows, arm), grey(this.dark), selectedColour(this.dark)];
    if (typeof colours === "string") return own;
    return colours.map((colour) => colour === dull ? own : colour);
  }
  /**
   * @param {number[]} rows
   * @param {number} arm
   */
  coloursOf(rows, arm) {
    const { field, grouping, dark } = this;
    if (grouping) return rows.map((row) => grouping.groups[this.groupAt(grouping, row, arm)].colour);
    if (field?.kind !== "continuous") return grey(dark);
    const colour = colourScale(field.limits, dark);
    return rows.map((row) => colour(this.values[arm][row]));
  }
  /**
   * For each group, the selected items in each arm.
   * @param {Grouping} grouping
   * @param {Set<number>} selected
   */
  countSelected(grouping, selected) {
    const counts = grouping.groups.map(() => new Array(this.arms).fill(0));
    for (const row of selected) {
      for (let arm = 0; arm < this.arms; arm++) counts[this.groupAt(grouping, row, arm)][arm]++;
    }
    return counts;
  }
};

// app/components/twin_map/histogram.js
var BARS = 11;
var HEIGHT = 34;
function binRows(values, [low, high]) {
  const bins = Array.from({ length: BARS }, () => (
    /** @type {number[]} */
    []
  ));
  for (let row = 0; row < values.length; row++) {
    bins[Math.round((values[row] - low) / (high - low) * (BARS - 1))]?.push(row);
  }
  return bins;
}
var Histogram = class {
  /** @param {{ brush(rows: Set<number>, mode: SelectMode): void }} owner */
  constructor(owner) {
    this.owner = owner;
    this.version = "";
    this.rows = [];
    this.range = null;
    this.title = el("span", { class: "strip-title" });
    this.bars = el("div", { class: "bars", role: "group" });
    this.parts = [];
    this.node = el(
      "div",
      { class: "strip", hidden: true },
      this.title,
      button("Select the least changed", { text: "least", class: "end", onclick: () => this.takeEnd(0) }),
      this.bars,
      button("Select the most changed", { text: "most", class: "end", onclick: () => this.takeEnd(-1) })
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
      const centre = low + (high - low) * i / (BARS - 1);
      const text = `${field.title} ${centre.toFixed(1)}: ${formatCount(rows.length)} items`;
      return this.bar(i, text, rows.length ? Math.max(2, HEIGHT * rows.length / most) : 0);
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
    const onpointerdown = (event) => this.press(event, i);
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
      this.parts[i].taken.style.height = `${rows.length ? 100 * taken / rows.length : 0}%`;
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
};

// app/components/twin_map/legend.js
var Legend = class {
  /** @param {{ toggle(group: number): void, isolate(group: number): void, toggleList(): void }} owner */
  constructor(owner) {
    this.owner = owner;
    this.groups = null;
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
      this.node.replaceChildren(...isListed ? this.list(nodes) : [this.more(folded, groups.length), ...nodes]);
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
      }
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
        title: `${group.label}
Click hides, double click shows it alone`,
        onclick: (event) => event.shiftKey ? this.owner.isolate(i) : this.owner.toggle(i),
        ondblclick: () => this.owner.isolate(i)
      },
      swatch,
      el("span", { class: "clip name", dir: "auto", text: group.label }),
      number
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
      `${field.title}: ${low.toFixed(digits)} to ${high.toFixed(digits)}. ${field.note}`
    );
    this.node.replaceChildren(
      el("span", { class: "end", text: low.toFixed(digits) }),
      bar,
      el("span", { class: "end", text: high.toFixed(digits) }),
      el("span", { class: "note clip", text: field.note, title: field.note })
    );
  }
};
function numberOf(counts, selected) {
  if (counts.length > 2) return selected ? `${rangeOf(selected)} / ${rangeOf(counts)}` : rangeOf(counts);
  const texts = counts.map(
    (n, arm) => selected ? `${formatCount(selected[arm])} / ${formatCount(n)}` : formatCount(n)
  );
  return [...new Set(texts)].join(" · ");
}
function rangeOf(counts) {
  return [.../* @__PURE__ */ new Set([Math.min(...counts), Math.max(...counts)])].map(formatCount).join(" to ");
}

// app/components/common/drawing_request.js
var TYPE = "uncollapse-drawing";
function answerDrawingRequests(element, drawing) {
  element.addEventListener(TYPE, (event) => {
    event.drawing = drawing();
  });
}

// app/components/common/raster.js
var PHASES = 4;
var OPAQUE = 4278190080 | 0;
var [RED_BLUE, GREEN] = [16711935, 65280];
var packColour = ([red, green, blue]) => OPAQUE | blue << 16 | green << 8 | red;
var reachOf = (radius) => Math.ceil(radius + 1.5);
function drawDots(raster, x, y, colourOf, { ratio, radius, opacity, rim, ground }) {
  const { pixels, width, height, pad } = raster;
  const wide = width + 2 * pad;
  const disc = stencils(radius, wide, (distance) => opacity * clamp(radius + 0.5 - distance));
  const half = rim / 2;
  const edge = rim ? stencils(radius, wide, (distance) => 0.55 * clamp(half + 0.5 - Math.abs(distance - radius))) : null;
  const out = pad / 2;
  for (let i = 0; i < x.length; i++) {
    const px = x[i] * ratio;
    const py = y[i] * ratio;
    if (!(px >= -out && px < width + out && py >= -out && py < height + out)) continue;
    const column = Math.floor(px);
    const row = Math.floor(py);
    const phase = Math.floor((py - row) * PHASES) * PHASES + Math.floor((px - column) * PHASES);
    const at = (row + pad) * wide + column + pad;
    stamp(pixels, at, disc[phase], colourOf(i));
    if (edge) stamp(pixels, at, edge[phase], ground);
  }
}
function stamp(pixels, at, { offsets, shares }, word) {
  const redBlue = word & RED_BLUE;
  const green = word & GREEN;
  for (let k = 0; k < offsets.length; k++) {
    const place = at + offsets[k];
    const old = pixels[place];
    const share = shares[k];
    const rest = 256 - share;
    const rb = Math.imul(old & RED_BLUE, rest) + Math.imul(redBlue, share) >>> 8 & RED_BLUE;
    const g = Math.imul(old & GREEN, rest) + Math.imul(green, share) >>> 8 & GREEN;
    pixels[place] = OPAQUE | rb | g;
  }
}
var clamp = (share) => Math.min(1, Math.max(0, share));
function stencils(radius, wide, cover) {
  const reach = reachOf(radius);
  return Array.from({ length: PHASES * PHASES }, (_, phase) => {
    const [cx, cy] = [phase % PHASES, Math.floor(phase / PHASES)].map((step) => (step + 0.5) / PHASES - 0.5);
    const offsets = [];
    const shares = [];
    for (let y = -reach; y <= reach; y++) {
      for (let x = -reach; x <= reach; x++) {
        const share = Math.round(256 * cover(Math.hypot(x - cx, y - cy)));
        if (!share) continue;
        offsets.push(y * wide + x);
        shares.push(share);
      }
    }
    return { offsets: Int32Array.from(offsets), shares: Int32Array.from(shares) };
  });
}

// app/components/common/point_canvas.js
var PointCanvas = class {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {number | null} ratio pixels of the canvas to a CSS pixel; null: what the screen has, up to 2
   */
  constructor(canvas, ratio = null) {
    this.canvas = canvas;
    this.fixedRatio = ratio;
    this.context = contextOf(canvas, { alpha: false });
    this.words = /* @__PURE__ */ new Map();
    this.ratio = 1;
    this.ground = 0;
    this.pad = 0;
    this.image = new ImageData(1, 1);
    this.pixels = new Int32Array(this.image.data.buffer);
  }
  /**
   * Begin anew.
   * @param {number} width in CSS pixels
   * @param {number} height in CSS pixels
   * @param {string} ground its colour
   * @param {number} radius the largest there will be, in CSS pixels
   */
  clear(width, height, ground, radius) {
    this.ratio = this.fixedRatio ?? Math.min(devicePixelRatio || 1, 2);
    const [w, h] = [width, height].map((side) => Math.max(1, Math.round(side * this.ratio)));
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
    this.pad = 2 * reachOf(radius * this.ratio);
    const [wide, high] = [w + 2 * this.pad, h + 2 * this.pad];
    if (this.image.width !== wide || this.image.height !== high) {
      this.image = new ImageData(wide, high);
      this.pixels = new Int32Array(this.image.data.buffer);
    }
    this.ground = this.wordOf(ground);
    this.pixels.fill(this.ground);
  }
  /**
   * A dot at each (x, y), later ones over earlier ones; one whose place is NaN is left out. Lengths in CSS pixels.
   * @param {Float32Array} x
   * @param {Float32Array} y
   * @param {string | string[]} colours one CSS colour for each dot, or the same for all
   * @param {{ radius: number, opacity: number, rim?: number }} style rim: see `drawDots`
   */
  add(x, y, colours, { radius, opacity, rim = 0 }) {
    const { pixels, pad, ratio, ground } = this;
    const { width, height } = this.canvas;
    const same = typeof colours === "string" ? this.wordOf(colours) : 0;
    const colourOf = typeof colours === "string" ? () => same : (i) => this.wordOf(colours[i]);
    const style = { ratio, radius: radius * ratio, opacity, rim: rim * ratio, ground };
    drawDots({ pixels, width, height, pad }, x, y, colourOf, style);
  }
  /** Put what was drawn on the screen. */
  show() {
    this.context.putImageData(this.image, -this.pad, -this.pad);
  }
  /** @param {string} colour */
  wordOf(colour) {
    let word = this.words.get(colour);
    if (word === void 0) {
      word = packColour(rgbOf(colour));
      this.words.set(colour, word);
    }
    return word;
  }
};

// app/components/twin_map/geometry.js
function boundsOf({ x, y }) {
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) continue;
    x0 = Math.min(x0, x[i]);
    x1 = Math.max(x1, x[i]);
    y0 = Math.min(y0, y[i]);
    y1 = Math.max(y1, y[i]);
  }
  if (x0 > x1) return null;
  const flat = Math.max(x1 - x0, y1 - y0) < 1e-9;
  return flat ? { x0: x0 - 1, x1: x1 + 1, y0: y0 - 1, y1: y1 + 1 } : { x0, x1, y0, y1 };
}
var Grid = class {
  /**
   * @param {Positions} position
   * @param {Box} bounds of all its finite points
   */
  constructor(position, bounds) {
    this.position = position;
    this.bounds = bounds;
    const n = position.x.length;
    this.side = Math.max(1, Math.ceil(Math.sqrt(n / 4)));
    this.start = new Uint32Array(this.side * this.side + 1);
    const cell = new Int32Array(n).map((_, i) => this.cellOf(position.x[i], position.y[i]));
    for (const c of cell) if (c >= 0) this.start[c + 1]++;
    for (let c = 0; c < this.side * this.side; c++) this.start[c + 1] += this.start[c];
    const next = this.start.slice();
    this.rows = new Uint32Array(this.start[this.side * this.side]);
    cell.forEach((c, row) => {
      if (c >= 0) this.rows[next[c]++] = row;
    });
  }
  /** @type {(value: number, low: number, high: number) => number} */
  index(value, low, high) {
    return Math.min(this.side - 1, Math.max(0, Math.floor((value - low) / (high - low || 1) * this.side)));
  }
  /** @type {(x: number, y: number) => number} */
  cellOf(x, y) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) return -1;
    const { x0, x1, y0, y1 } = this.bounds;
    return this.index(y, y0, y1) * this.side + this.index(x, x0, x1);
  }
  /**
   * Visits the rows of every cell that meets the box.
   * @param {Box} box
   * @param {(row: number) => void} action
   */
  visit(box, action) {
    const { x0, x1, y0, y1 } = this.bounds;
    if (box.x1 < x0 || box.x0 > x1 || box.y1 < y0 || box.y0 > y1) return;
    const [first, last] = [this.index(box.x0, x0, x1), this.index(box.x1, x0, x1)];
    for (let r = this.index(box.y0, y0, y1); r <= this.index(box.y1, y0, y1); r++) {
      const end = this.start[r * this.side + last + 1];
      for (let i = this.start[r * this.side + first]; i < end; i++) action(this.rows[i]);
    }
  }
  /**
   * Whether any point lies in the box.
   * @param {Box} box
   */
  holdsAny(box) {
    const { x, y } = this.position;
    let found = false;
    this.visit(box, (row) => {
      found ||= x[row] >= box.x0 && x[row] <= box.x1 && y[row] >= box.y0 && y[row] <= box.y1;
    });
    return found;
  }
  /**
   * The row nearest to (x, y) within `reach`, among those that `allowed` admits; -1 when there is none.
   * @param {number} x
   * @param {number} y
   * @param {number} reach
   * @param {(row: number) => boolean} allowed
   */
  nearest(x, y, reach, allowed) {
    let best = -1;
    let least = reach * reach;
    this.visit({ x0: x - reach, x1: x + reach, y0: y - reach, y1: y + reach }, (row) => {
      const distance = (this.position.x[row] - x) ** 2 + (this.position.y[row] - y) ** 2;
      if (distance <= least && allowed(row)) [best, least] = [row, distance];
    });
    return best;
  }
  /**
   * The rows inside a polygon.
   * @param {Corner[]} polygon
   * @param {(row: number) => boolean} allowed
   * @returns {Set<number>}
   */
  inside(polygon, allowed) {
    const found = /* @__PURE__ */ new Set();
    const xs = polygon.map((corner) => corner[0]);
    const ys = polygon.map((corner) => corner[1]);
    const box = { x0: Math.min(...xs), x1: Math.max(...xs), y0: Math.min(...ys), y1: Math.max(...ys) };
    this.visit(box, (row) => {
      if (allowed(row) && contains(polygon, this.position.x[row], this.position.y[row])) found.add(row);
    });
    return found;
  }
  /**
   * The next row in a direction: little aside for what is ahead; `from` itself when there is none.
   * @param {number} from a row, or -1: from the middle of the box
   * @param {Corner} direction of length 1, along an axis
   * @param {Box} box in which to look
   * @param {number} least distance ahead, so that points on top of each other do not hold one up
   * @param {(row: number) => boolean} allowed
   */
  next(from, [dx, dy], box, least, allowed) {
    const { x, y } = this.position;
    const [cx, cy] = from >= 0 ? [x[from], y[from]] : [(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2];
    let [best, cost] = [from, Infinity];
    this.visit(box, (row) => {
      const ahead = (x[row] - cx) * dx + (y[row] - cy) * dy;
      const aside = Math.abs((x[row] - cx) * dy - (y[row] - cy) * dx);
      if (row === from || ahead <= least || aside > ahead || !allowed(row)) return;
      if (ahead + 2 * aside < cost) [best, cost] = [row, ahead + 2 * aside];
    });
    return best;
  }
};
function contains(polygon, x, y) {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i];
    const [xj, yj] = polygon[j];
    if (yi > y !== yj > y && x < (xj - xi) * (y - yi) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

// app/components/twin_map/gestures.js
var STEP = 1.35;
var REACH = 12;
var CLICK = 4;
var DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
var Gestures = class {
  /** @param {MapView} map */
  constructor(map) {
    this.map = map;
    this.stage = map.stage;
    this.rowAtPointer = -1;
    this.drag = null;
    const { stage } = this;
    stage.addEventListener("pointerdown", (event) => this.press(event));
    stage.addEventListener("pointermove", (event) => this.move(event));
    stage.addEventListener("pointerup", (event) => this.release(event));
    stage.addEventListener("pointercancel", () => this.cancel());
    stage.addEventListener("pointerleave", () => map.owner.hover(-1, map));
    stage.addEventListener("dblclick", () => this.rowAtPointer < 0 && map.reset());
    stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    stage.addEventListener("keydown", (event) => this.key(event));
  }
  /**
   * @param {MouseEvent} event
   * @returns {Corner}
   */
  pixelOf(event) {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left - this.stage.clientLeft, event.clientY - box.top - this.stage.clientTop];
  }
  /** @param {number} row */
  isAllowed(row) {
    return this.map.owner.allowed(row, this.map);
  }
  /** @param {Corner} pixel */
  find(pixel) {
    const { grid, viewport } = this.map;
    if (!grid) return -1;
    return grid.nearest(...viewport.toData(...pixel), REACH * viewport.scale, (row) => this.isAllowed(row));
  }
  /** @param {PointerEvent} event */
  press(event) {
    if (event.button !== 0 || !this.map.viewport.range) return;
    event.preventDefault();
    this.stage.classList.add("pressed");
    this.stage.focus({ preventScroll: true });
    this.stage.setPointerCapture(event.pointerId);
    const tool = event.altKey ? "lasso" : this.map.owner.tool();
    const pixel = this.pixelOf(event);
    this.drag = { tool, start: pixel, last: pixel, path: [pixel], moved: false };
  }
  /** @param {PointerEvent} event */
  move(event) {
    const { map, drag } = this;
    if (!map.viewport.range) return;
    const pixel = this.pixelOf(event);
    if (!drag) {
      this.rowAtPointer = this.find(pixel);
      this.stage.classList.toggle("over", this.rowAtPointer >= 0);
      map.owner.hover(this.rowAtPointer, map);
      return;
    }
    drag.moved ||= Math.hypot(pixel[0] - drag.start[0], pixel[1] - drag.start[1]) > CLICK;
    if (!drag.moved) return;
    map.owner.hover(-1, map);
    if (drag.tool === "pan") {
      map.pan(pixel[0] - drag.last[0], pixel[1] - drag.last[1]);
    } else {
      drag.path = outlineOf(drag, pixel);
      map.overlay.setOutline(drag.path);
    }
    drag.last = pixel;
  }
  /** @param {PointerEvent} event */
  release(event) {
    const { map, drag } = this;
    this.cancel();
    if (!drag) return;
    if (!drag.moved) {
      const row = this.find(this.pixelOf(event));
      if (row >= 0) map.owner.pick(row);
    } else if (drag.tool !== "pan" && map.grid) {
      const polygon = drag.path.map((corner) => map.viewport.toData(...corner));
      const rows = map.grid.inside(polygon, (row) => this.isAllowed(row));
      map.owner.brush(rows, event.shiftKey ? "add" : "replace");
    }
  }
  /** Drop a drag under way; true when there was one. */
  cancel() {
    const busy = Boolean(this.drag?.moved);
    this.drag = null;
    this.map.overlay.setOutline([]);
    return busy;
  }
  /** @param {WheelEvent} event */
  wheel(event) {
    if (!this.map.viewport.range) return;
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    const speed = event.ctrlKey ? 8e-3 : 25e-4;
    this.map.zoom(Math.exp(-Math.max(-240, Math.min(240, pixels)) * speed), this.pixelOf(event));
  }
  /** @param {KeyboardEvent} event */
  key(event) {
    const { map } = this;
    this.stage.classList.remove("pressed");
    if (!map.grid || event.ctrlKey || event.metaKey || !map.viewport.range) return;
    const hovered = map.overlay.hoverRow;
    if (event.key in DIRECTIONS) map.owner.hover(this.next(DIRECTIONS[event.key]), map);
    else if (event.key === "Enter" && hovered >= 0) map.owner.pick(hovered);
    else if (event.key === "+" || event.key === "=") map.zoom(STEP);
    else if (event.key === "-") map.zoom(1 / STEP);
    else if (event.key === "0") map.reset();
    else return;
    event.preventDefault();
  }
  /**
   * The next visible item in a direction, from the one hovered (else chosen, else the middle of what is shown).
   * @param {Corner} direction
   */
  next(direction) {
    const { grid, overlay, viewport } = this.map;
    const from = [overlay.hoverRow, overlay.focusRow].find((row) => row >= 0) ?? -1;
    if (!grid) return from;
    return grid.next(from, direction, viewport.shown, 3 * viewport.scale, (row) => this.isAllowed(row));
  }
};
function outlineOf({ tool, start, path }, pixel) {
  if (tool === "box") return [start, [pixel[0], start[1]], pixel, [start[0], pixel[1]]];
  return [...path, pixel];
}

// app/components/twin_map/morph.js
var mix = (a, b, share) => a + (b - a) * share;
var ease = (time) => time * time * (3 - 2 * time);
var mixPositions = (from, to, share) => ({
  x: to.x.map((x, i) => mix(from.x[i], x, share)),
  y: to.y.map((y, i) => mix(from.y[i], y, share))
});
var mixBoxes = (from, to, share) => ({
  x0: mix(from.x0, to.x0, share),
  x1: mix(from.x1, to.x1, share),
  y0: mix(from.y0, to.y0, share),
  y1: mix(from.y1, to.y1, share)
});

// app/components/twin_map/overlay.js
var STAR = "M0-9.500 2.700-3.300 9.400-2.700 4.300 1.700 5.800 8.300 0 4.800-5.800 8.300-4.300 1.700-9.400-2.700-2.700-3.300Z";
var CROSS = "M0-15V-9M0 9v6M-15 0h6M9 0h6";
var Overlay = class {
  /** @param {Viewport} viewport */
  constructor(viewport) {
    this.viewport = viewport;
    this.position = null;
    this.focusRow = -1;
    this.hoverRow = -1;
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
    this.card.replaceChildren(...row >= 0 ? content : []);
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
};
function ringOf(radius) {
  return [svg("circle", { r: radius, class: "halo" }), svg("circle", { r: radius, class: "line" })];
}

// app/components/twin_map/viewport.js
var MARGIN = 1.08;
var ROOM = 1.15;
var FARTHEST = 8;
var NEAREST = 5e3;
var Viewport = class {
  /** @param {{ clientWidth: number, clientHeight: number }} stage what the map is shown on, in CSS pixels */
  constructor(stage) {
    this.stage = stage;
    this.bounds = null;
    this.range = null;
    this.scale = 1;
    this.fitted = false;
  }
  get middle() {
    const { x0, x1, y0, y1 } = this.shown;
    return { x: (x0 + x1) / 2, y: (y0 + y1) / 2 };
  }
  /** The range, once there is one. */
  get shown() {
    if (!this.range) throw new Error("Nothing is shown yet.");
    return this.range;
  }
  /**
   * The scale at which all of a box is seen.
   * @param {Box} bounds
   */
  scaleOf({ x0, x1, y0, y1 }) {
    const { clientWidth, clientHeight } = this.stage;
    return Math.max((x1 - x0) / (clientWidth || 1), (y1 - y0) / (clientHeight || 1)) * MARGIN;
  }
  /**
   * Show all of a box.
   * @param {Box | null} bounds
   */
  fit(bounds = this.bounds) {
    if (!bounds) return;
    const { x0, x1, y0, y1 } = bounds;
    this.show((x0 + x1) / 2, (y0 + y1) / 2, this.scaleOf(bounds));
    this.fitted = true;
  }
  /**
   * Show a part of the map with some room around it, within the limits of zooming.
   * @param {Box} box
   */
  frame(box) {
    if (!this.bounds) return;
    const scale = Math.max(this.scaleOf(box) * ROOM, this.scaleOf(this.bounds) / NEAREST);
    this.show((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2, scale);
  }
  /**
   * @param {number} cx
   * @param {number} cy
   * @param {number} scale
   */
  show(cx, cy, scale) {
    const [w, h] = [this.stage.clientWidth * scale / 2, this.stage.clientHeight * scale / 2];
    this.scale = scale;
    this.range = { x0: cx - w, x1: cx + w, y0: cy - h, y1: cy + h };
    this.fitted = false;
  }
  /**
   * The part shown, which another map can show of itself; null before anything is.
   * @returns {Part | null}
   */
  get part() {
    if (!this.range || !this.bounds) return null;
    const { x0, x1, y0, y1 } = this.bounds;
    const { x, y } = this.middle;
    return { x: (x - x0) / (x1 - x0 || 1), y: (y - y0) / (y1 - y0 || 1), zoom: this.scaleOf(this.bounds) / this.scale };
  }
  /** @param {Part} part */
  showPart({ x, y, zoom }) {
    if (!this.bounds) return;
    const { x0, x1, y0, y1 } = this.bounds;
    this.show(x0 + x * (x1 - x0), y0 + y * (y1 - y0), this.scaleOf(this.bounds) / zoom);
  }
  /**
   * Magnify; the point at a pixel stays where it is.
   * @param {number} factor
   * @param {number} px
   * @param {number} py
   */
  zoom(factor, px, py) {
    if (!this.range || !this.bounds) return;
    const whole = this.scaleOf(this.bounds);
    const scale = Math.min(whole * FARTHEST, Math.max(whole / NEAREST, this.scale / factor));
    const [x, y] = this.toData(px, py);
    const middle = this.middle;
    const ratio = scale / this.scale;
    this.show(x + (middle.x - x) * ratio, y + (middle.y - y) * ratio, scale);
  }
  /**
   * Move what is shown by so many pixels.
   * @param {number} dx
   * @param {number} dy
   */
  pan(dx, dy) {
    const { x, y } = this.middle;
    this.show(x - dx * this.scale, y + dy * this.scale, this.scale);
  }
  /** After a change of the stage's size. */
  resize() {
    if (this.fitted) this.fit();
    else this.show(this.middle.x, this.middle.y, this.scale);
  }
  /**
   * @param {number} x
   * @param {number} y
   * @returns {Corner}
   */
  toPixel(x, y) {
    const { x0, y1 } = this.shown;
    return [(x - x0) / this.scale, (y1 - y) / this.scale];
  }
  /**
   * @param {number} px
   * @param {number} py
   * @returns {Corner}
   */
  toData(px, py) {
    const { x0, y1 } = this.shown;
    return [x0 + px * this.scale, y1 - py * this.scale];
  }
};

// app/components/twin_map/map_view.js
var FRAME = 12;
var REST = 140;
var MORPH = 700;
var MapView = class {
  /** @param {MapOwner} owner */
  constructor(owner) {
    this.owner = owner;
    this.arm = 0;
    this.position = null;
    this.target = null;
    this.grid = null;
    this.layers = [];
    this.size = 0;
    this.painted = "";
    this.drawn = null;
    this.stale = true;
    this.cost = Infinity;
    this.following = false;
    this.destroyed = false;
    this.pending = null;
    this.idle = void 0;
    this.title = el("h3", { class: "title clip", dir: "auto" });
    this.note = el("span", { class: "note" });
    this.swap = el("div", { class: "segments swap", role: "group", "aria-label": "Arm shown", hidden: true });
    this.canvas = el("canvas", { class: "points" });
    this.dots = new PointCanvas(this.canvas);
    this.lost = this.wayBack();
    this.state = el("div", { class: "state" });
    this.stage = el("div", { class: "stage", tabindex: "0", role: "application" });
    this.viewport = new Viewport(this.stage);
    this.overlay = new Overlay(this.viewport);
    this.gestures = new Gestures(this);
    this.stage.append(this.canvas, this.overlay.layer, this.state, this.overlay.card, this.lost);
    this.caption = el("figcaption", { dir: "auto" });
    const header = el("header", {}, this.title, this.swap, this.note, this.tools());
    this.node = el("figure", { class: "map" }, header, this.stage, this.caption);
    answerDrawingRequests(this.node, () => this.drawing());
    this.watch = new ResizeObserver(() => this.resize());
    this.watch.observe(this.stage);
  }
  /** Shown where no point is on screen. */
  wayBack() {
    const onpointerdown = (event) => event.stopPropagation();
    const fit = button("Show the whole map", { text: "Fit", class: "fit", onpointerdown, onclick: () => this.reset() });
    return el("div", { class: "lost", hidden: true }, el("span", { text: "No item is in sight here." }), fit);
  }
  tools() {
    return el(
      "div",
      { class: "tools" },
      button("Zoom in", { symbol: "plus", onclick: () => this.zoom(STEP) }),
      button("Zoom out", { symbol: "minus", onclick: () => this.zoom(1 / STEP) }),
      button("Show the whole map", { symbol: "reset", class: "reset", onclick: () => this.reset() }),
      button("Save as PNG", { symbol: "save", class: "save", onclick: () => this.save() })
    );
  }
  /**
   * @param {Arm} arm
   * @param {Node[]} switches to other arms
   */
  label({ name, caption }, switches) {
    this.swap.replaceChildren(...switches);
    this.swap.hidden = !switches.length;
    this.title.hidden = Boolean(switches.length);
    this.title.textContent = name;
    this.title.title = name;
    this.caption.textContent = caption;
    this.caption.hidden = !caption;
    const keys = "Arrow keys move between items, Enter selects one, plus and minus zoom, 0 shows all.";
    this.stage.setAttribute("aria-label", `Map of ${name}. ${keys}`);
  }
  // ---- what is drawn -------------------------------------------------------------------------------------------
  /** @param {Positions} position */
  setPosition(position) {
    if (this.target === position) return;
    this.target = position;
    this.move(position);
    this.stale = true;
    const bounds = boundsOf(position);
    this.viewport.bounds = bounds;
    this.grid = bounds && new Grid(position, bounds);
    const n = position.x.length;
    const placed = position.x.reduce((sum, x) => sum + (Number.isFinite(x) ? 1 : 0), 0);
    this.note.textContent = placed === n ? `${formatCount(n)} items` : `${formatCount(placed)} of ${formatCount(n)} items`;
    this.state.textContent = bounds ? "" : n ? "No item has a position on this map yet." : "There are no items to show.";
    this.state.hidden = Boolean(bounds);
    this.reset();
  }
  /** @param {Positions} position */
  move(position) {
    this.position = position;
    this.overlay.position = position;
  }
  /**
   * Move every point from where it is to `target`, and settle there.
   * @param {Positions} target
   */
  morph(target) {
    const from = this.position;
    const [begin, goal] = [this.viewport.bounds, boundsOf(target)];
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (!from || !begin || !goal || calm) return this.setPosition(target);
    const start = performance.now();
    this.target = target;
    this.grid = null;
    const step = () => {
      if (this.target !== target || this.destroyed) return;
      const time = Math.min(1, (performance.now() - start) / MORPH);
      if (time === 1) {
        this.target = null;
        return this.setPosition(target);
      }
      const share = ease(time);
      this.move(mixPositions(from, target, share));
      this.viewport.fit(mixBoxes(begin, goal, share));
      this.changed();
      this.draw();
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }
  /**
   * Nothing happens when `key` is that of the last call.
   * @param {string} key
   * @param {() => Layer[]} layers later ones on top
   * @param {number} size diameter of a dot in CSS pixels
   */
  paint(key, layers, size) {
    if (this.painted === key) return;
    this.painted = key;
    [this.layers, this.size] = [layers(), size];
    this.draw();
  }
  draw() {
    const { range, scale, bounds } = this.viewport;
    const { clientWidth: width, clientHeight: height } = this.stage;
    this.canvas.classList.toggle("drawn", Boolean(bounds && width));
    if (!bounds || !range || !width) return;
    const before = performance.now();
    this.drawPoints(this.dots, width, height);
    this.canvas.style.transform = "";
    this.stale = false;
    this.drawn = { ...range, scale, width, height };
    this.cost = performance.now() - before;
    this.overlay.place();
  }
  /**
   * @param {PointCanvas} dots
   * @param {number} width
   * @param {number} height
   */
  drawPoints(dots, width, height) {
    const { position, viewport, size } = this;
    const { x0, y1 } = viewport.shown;
    const most = Math.max(0, ...this.layers.map(({ grow }) => grow));
    dots.clear(width, height, getComputedStyle(this.stage).backgroundColor, size / 2 + most);
    for (const { rows, colours, opacity, grow } of this.layers) {
      if (!position) break;
      const x = Float32Array.from(rows, (row) => (position.x[row] - x0) / viewport.scale);
      const y = Float32Array.from(rows, (row) => (y1 - position.y[row]) / viewport.scale);
      dots.add(x, y, colours, { radius: size / 2 + grow, opacity });
    }
    dots.show();
  }
  // ---- pan and zoom --------------------------------------------------------------------------------------------
  /** Show everything. */
  reset() {
    if (!this.viewport.bounds) return;
    this.viewport.fit();
    this.changed();
  }
  /**
   * @param {number} factor
   * @param {Corner} pixel stays where it is
   */
  zoom(factor, pixel = [this.stage.clientWidth / 2, this.stage.clientHeight / 2]) {
    if (!this.viewport.range) return;
    this.viewport.zoom(factor, ...pixel);
    this.changed();
  }
  /**
   * @param {number} dx
   * @param {number} dy
   */
  pan(dx, dy) {
    this.viewport.pan(dx, dy);
    this.changed();
  }
  /** @param {Part | null} part */
  showPart(part) {
    if (!part || !this.viewport.bounds) return;
    this.following = true;
    this.viewport.showPart(part);
    this.changed();
    this.following = false;
  }
  /**
   * Show the part with these items.
   * @param {Iterable<number>} rows
   */
  frame(rows) {
    const { position, viewport } = this;
    if (!position || !viewport.bounds) return;
    const box = boundsOf({
      x: Float32Array.from(rows, (row) => position.x[row]),
      y: Float32Array.from(rows, (row) => position.y[row])
    });
    if (!box) return;
    this.following = true;
    viewport.frame(box);
    this.changed();
    this.following = false;
  }
  resize() {
    if (!this.viewport.range || !this.stage.clientWidth) return;
    this.viewport.resize();
    this.changed();
  }
  /** Another part is shown. */
  changed() {
    this.schedule();
    if (!this.following) this.owner.moved(this);
  }
  /** At most one update a frame, however many events come. */
  schedule() {
    if (this.destroyed) return;
    this.pending ??= requestAnimationFrame(() => {
      this.pending = null;
      this.overlay.place();
      this.lost.hidden = !this.grid || this.grid.holdsAny(this.viewport.shown);
      if (this.isDrawn()) return;
      clearTimeout(this.idle);
      if (!this.drawn || this.cost < FRAME) return this.draw();
      this.stretch(this.drawn);
      this.idle = setTimeout(() => this.draw(), REST);
    });
  }
  /** Whether the picture on screen is the one wanted: a page that settles reports sizes that have not changed. */
  isDrawn() {
    const { drawn, stage, stale } = this;
    if (!drawn || stale) return false;
    const { x0, x1, y0, y1 } = this.viewport.shown;
    const isSameRange = drawn.x0 === x0 && drawn.x1 === x1 && drawn.y0 === y0 && drawn.y1 === y1;
    return isSameRange && drawn.width === stage.clientWidth && drawn.height === stage.clientHeight;
  }
  /**
   * Stretch the picture from the range it was drawn for to the present one.
   * @param {Box & { scale: number }} drawn
   */
  stretch(drawn) {
    const [left, top] = this.viewport.toPixel(drawn.x0, drawn.y1);
    this.canvas.style.transform = `translate(${left}px, ${top}px) scale(${drawn.scale / this.viewport.scale})`;
  }
  // ---- pictures to take away -----------------------------------------------------------------------------------
  /** @returns {Drawing | null} */
  drawing() {
    const { drawn, layers, position, size } = this;
    if (!drawn || !position || !this.viewport.bounds) return null;
    return { ...drawn, layers, position, size, name: this.title.textContent ?? "", picture: () => this.picture(drawn) };
  }
  /**
   * The map at twice its size on screen, on a canvas of its own.
   * @param {{ width: number, height: number }} size
   */
  picture({ width, height }) {
    const canvas = document.createElement("canvas");
    this.drawPoints(new PointCanvas(canvas, 2), width, height);
    return canvas;
  }
  save() {
    if (!this.drawn) return;
    const name = (this.title.textContent ?? "").replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60);
    el("a", { href: this.picture(this.drawn).toDataURL(), download: `map-${name}.png` }).click();
  }
  /** Leave the page. */
  destroy() {
    this.destroyed = true;
    this.watch.disconnect();
    clearTimeout(this.idle);
    if (this.pending) cancelAnimationFrame(this.pending);
    this.node.remove();
  }
};

// app/components/twin_map/selection.js
var PENDING = 8;
var Selection = class {
  constructor() {
    this.rows = /* @__PURE__ */ new Set();
    this.changes = 0;
    this.reported = [];
  }
  get size() {
    return this.rows.size;
  }
  /** @param {Set<number>} rows */
  replace(rows) {
    this.rows = rows;
    this.changes++;
  }
  /**
   * The mask to report to Python.
   * @param {number} n items in all
   */
  report(n) {
    const mask = encodeMask(this.rows, n);
    this.reported = [...this.reported.slice(1 - PENDING), mask];
    return mask;
  }
  /**
   * Take over Python's selection, unless it echoes what the user did.
   * @param {string} mask
   * @param {number} n
   * @param {boolean} asked whether Python says that it is no echo
   */
  adopt(mask, n, asked) {
    const echo = asked ? -1 : this.reported.indexOf(mask);
    if (echo < 0) this.replace(decodeMask(mask, n));
    this.reported.splice(0, echo + 1);
  }
};
function encodeMask(rows, n) {
  if (!rows.size) return "";
  const bytes = new Uint8Array(Math.ceil(n / 8));
  for (const row of rows) bytes[row >> 3] |= 1 << (row & 7);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}
function decodeMask(mask, n) {
  const rows = /* @__PURE__ */ new Set();
  const text = atob(mask);
  for (let row = 0; row < n; row++) {
    if (text.charCodeAt(row >> 3) >> (row & 7) & 1) rows.add(row);
  }
  return rows;
}

// app/components/twin_map/toolbar.js
var TOOLS = { pan: "Move the map", lasso: "Lasso: select items on both maps", box: "Box: select items on both maps" };
var Toolbar = class {
  /**
   * @param {ToolbarOwner} owner
   * @param {Node} legend
   */
  constructor(owner, legend) {
    this.owner = owner;
    this.titles = "";
    this.pickColour = el("select", {
      "aria-label": "Colour by",
      onchange: () => owner.setColour(this.pickColour.value)
    });
    const names = (
      /** @type {Tool[]} */
      Object.keys(TOOLS)
    );
    this.tools = names.map((tool) => ({
      tool,
      node: button(TOOLS[tool], { symbol: tool, "data-tool": tool, onclick: () => owner.setTool(tool) })
    }));
    const link = { symbol: (
      /** @type {const} */
      "link"
    ), "aria-pressed": "false", onclick: () => owner.toggleLink() };
    this.link = button("Zoom both maps together", link);
    this.linker = el("div", { class: "segments linker" }, this.link);
    this.search = el("input", {
      type: "search",
      placeholder: "Find a label  /",
      "aria-label": "Find items by label, name or number; Enter selects them. Key: /",
      onkeydown: (event) => this.searchKey(event),
      oninput: () => this.search.removeAttribute("aria-invalid")
    });
    this.summary = el("span", { class: "summary" });
    this.zoom = button("Zoom to selection", {
      symbol: "search",
      text: "Zoom to selection",
      class: "zoom",
      onclick: () => owner.zoomToSelection()
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
      el("div", { class: "selection" }, this.summary, this.zoom, this.clear)
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
};

// app/components/twin_map/twin_map.js
var FEW = 2;
var TYPING = "textarea, select, input:not([type=checkbox], [type=radio])";
function firstColour([first, second]) {
  const sizes = [first, second].map((field) => field?.kind === "categorical" ? field.categories.length : 0);
  return (sizes[1] && sizes[0] > LIGHT.length && sizes[1] < sizes[0] ? second : first)?.name ?? null;
}
var TwinMap = class {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.send = { state: () => {
    }, trigger: () => {
    } };
    this.view = null;
    this.shown = null;
    this.selection = new Selection();
    this.colouring = new Colouring();
    this.colour = null;
    this.focus = -1;
    this.hovered = -1;
    this.leader = null;
    this.tool = "pan";
    this.front = 0;
    this.maps = [];
    this.linked = false;
    this.destroyed = false;
    this.legend = new Legend({
      toggle: (group) => this.toggle(group),
      isolate: (group) => this.isolate(group),
      toggleList: () => this.toggleList()
    });
    this.histogram = new Histogram({ brush: (rows, mode) => this.brush(rows, mode) });
    this.toolbar = new Toolbar(this, this.legend.node);
    this.live = el("div", { class: "sr-only", "aria-live": "polite" });
    this.stages = el("div", { class: "maps" });
    this.message = el("div", { class: "message", text: "Loading the maps…" });
    const parts = [this.toolbar.node, this.message, this.stages, this.histogram.node, this.live];
    this.node = el("section", { class: "uncollapse twin-map", "aria-label": "Maps" }, ...parts);
    host.append(this.node);
    this.setTool(this.tool);
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey);
    this.media = matchMedia("(prefers-color-scheme: dark)");
    this.onTheme = () => requestAnimationFrame(() => this.refresh());
    this.media.addEventListener("change", this.onTheme);
  }
  // ---- what Python sends ---------------------------------------------------------------------------------------
  /**
   * Called at every script run; changes only what differs.
   * @param {View} view
   * @param {Send} send
   */
  update(view, send) {
    this.send = send;
    this.view = view;
    this.refresh();
  }
  refresh() {
    const { view } = this;
    if (this.destroyed || !view) return;
    const points = pointsCache.find(view.version, () => this.refresh());
    if (!points) return;
    this.message.hidden = true;
    this.adopt(view, points);
    this.layOut(view, points);
    this.toolbar.linker.hidden = this.maps.length < 2;
    this.showHistogram(view, points);
    this.paint();
  }
  /**
   * Take over Python's colour, selection and item where they changed since its last message.
   * @param {View} view
   * @param {Points} points
   */
  adopt(view, points) {
    const before = this.shown?.view;
    const others = before?.idsVersion !== view.idsVersion;
    if (others) {
      this.selection.replace(/* @__PURE__ */ new Set());
      [this.focus, this.hovered] = [-1, -1];
    }
    this.shown = { view, points };
    const names = view.fields.map((field) => field.name);
    if (before?.colour !== view.colour) this.colour = view.colour;
    if (!this.colour || !names.includes(this.colour)) this.colour = firstColour(view.fields);
    if (view.selected !== null && (before?.selected !== view.selected || others)) {
      this.selection.adopt(view.selected, points.n, before?.asked !== view.asked);
    }
    if (before?.focus !== view.focus || others) this.focus = points.rows.get(view.focus ?? NaN) ?? -1;
    this.toolbar.showFields(view.fields, this.colour);
  }
  /**
   * The right number of maps, each with its arm's name, positions and marks.
   * @param {View} view
   * @param {Points} points
   */
  layOut(view, points) {
    const { arms, single, height } = view;
    if (this.front >= arms.length) this.front = 0;
    const shown = single ? [this.front] : arms.map((_, arm) => arm);
    for (const extra of this.maps.splice(shown.length)) extra.destroy();
    while (this.maps.length < shown.length) {
      const map = new MapView(this.listener());
      this.maps.push(map);
      this.stages.append(map.node);
    }
    this.stages.classList.toggle("single", single);
    this.stages.classList.toggle("many", shown.length > FEW);
    this.maps.forEach((map, i) => {
      this.dress(map, shown[i], view);
      map.stage.style.setProperty("--height", height);
      map.setPosition(points.maps[map.arm]);
      map.overlay.setFocus(this.focus);
    });
  }
  /**
   * Everything about a map that depends on its arm, but the points.
   * @param {MapView} map
   * @param {number} arm
   * @param {View} view
   */
  dress(map, arm, { arms, single, queries }) {
    map.arm = arm;
    const switches = arms.map(({ name }, other) => {
      const pressed = String(other === arm);
      return button(`Show ${name} (t)`, {
        text: name,
        class: "clip",
        "aria-pressed": pressed,
        onclick: () => this.flip(other)
      });
    });
    map.label(arms[arm], single && arms.length > 1 ? switches : []);
    map.overlay.setQueries(queries.map(({ label, places }) => ({ label, at: places[arm] })));
  }
  /**
   * Move the points of the single map to their places on another arm's map.
   * @param {number} arm
   */
  flip(arm) {
    if (arm === this.front || !this.shown) return;
    const { view, points } = this.shown;
    this.front = arm;
    const [map] = this.maps;
    this.hover(-1, map);
    this.dress(map, arm, view);
    this.paint();
    map.morph(points.maps[arm]);
    this.announce(`Showing ${view.arms[arm].name}`);
  }
  listener() {
    const owner = {
      allowed: (row, map) => this.colouring.isVisible(row, map.arm),
      hover: (row, map) => this.hover(row, map),
      pick: (row) => this.pick(row),
      brush: (rows, mode) => this.brush(rows, mode),
      tool: () => this.tool,
      moved: (map) => this.linked && this.follow(map)
    };
    return owner;
  }
  // ---- drawing -------------------------------------------------------------------------------------------------
  /**
   * @param {View} view
   * @param {Points} points
   */
  showHistogram(view, points) {
    const field = view.arms.length > 1 ? view.fields.find((own) => own.name === view.strip) : void 0;
    if (field?.kind === "continuous") this.histogram.show(field, view.version, () => valuesOf(points, field, 0));
    else this.histogram.hide();
  }
  paint() {
    if (!this.shown) return;
    const { view, points } = this.shown;
    const { selection, colouring } = this;
    const { dark } = readTheme(this.node);
    this.node.classList.toggle("dark", dark);
    const field = view.fields.find((own) => own.name === this.colour) ?? null;
    colouring.use(points, field, { version: view.version, arms: view.arms.length, dark });
    const size = Math.max(2.4, Math.min(7, 24 / Math.log10(Math.max(20, points.n)) - 2.4));
    const key = [colouring.key, [...colouring.hidden].join(" "), selection.changes];
    for (const map of this.maps) {
      const layers = () => colouring.layers(points.n, selection.rows, map.arm);
      map.paint([map.arm, ...key].join("|"), layers, size);
    }
    this.showLegend();
    this.histogram.showSelected(selection.rows);
    this.toolbar.showCounts(selection.size, points.n);
  }
  showLegend() {
    const { grouping, field, hidden, dark } = this.colouring;
    const { rows, size } = this.selection;
    if (grouping) {
      const selected = size ? this.colouring.countSelected(grouping, rows) : null;
      this.legend.showGroups(grouping, hidden, selected, this.colouring.isListed);
    } else if (field?.kind === "continuous") this.legend.showScale(field, scaleOf(dark));
    this.legend.node.hidden = !field;
  }
  // ---- what the user does --------------------------------------------------------------------------------------
  /** @param {string} name */
  setColour(name) {
    this.colour = name;
    this.paint();
    this.send.trigger("colour", name);
    this.announce(`Coloured by ${this.colouring.field?.title}`);
  }
  /** @param {number} group */
  toggle(group) {
    this.colouring.toggle(group);
    this.paint();
  }
  /** @param {number} group */
  isolate(group) {
    this.colouring.isolate(group);
    this.paint();
  }
  toggleList() {
    this.colouring.toggleList();
    this.paint();
  }
  /** @param {Tool} tool */
  setTool(tool) {
    this.tool = tool;
    this.node.dataset.tool = tool;
    this.toolbar.showTool(tool);
  }
  /**
   * @param {number} row or -1
   * @param {MapView} leader
   */
  hover(row, leader) {
    if (!this.shown || row === this.hovered && leader === this.leader) return;
    [this.hovered, this.leader] = [row, leader];
    const hasCard = (map) => row >= 0 && (map === leader || this.maps.length <= FEW);
    for (const map of this.maps) map.overlay.setHover(row, hasCard(map) ? this.preview(row, map.arm) : []);
    if (row < 0) return;
    const { view, points } = this.shown;
    this.announce(
      describeItem(points, view.fields, row, leader.arm).map((line) => line.join(" ")).join(", ")
    );
  }
  /**
   * @param {number} row
   * @param {number} arm
   * @returns {Node[]}
   */
  preview(row, arm) {
    if (!this.shown) return [];
    const { view, points } = this.shown;
    const picture = thumbnail(view.atlas, points.slots?.[row] ?? -1, 84);
    const lines = describeItem(points, view.fields, row, arm).map(([title, value]) => {
      const text = el("dd", { class: "clip", dir: "auto", text: value });
      return el("div", { class: "line" }, el("dt", { class: "clip", text: title }), text);
    });
    return [...picture ? [picture] : [], el("dl", {}, ...lines)];
  }
  /** @param {number} row or -1 */
  pick(row) {
    if (!this.shown) return;
    const { points } = this.shown;
    this.focus = row;
    for (const map of this.maps) map.overlay.setFocus(row);
    this.send.trigger("picked", { id: row < 0 ? null : points.ids[row] });
    this.announce(row < 0 ? "No item chosen" : `Item ${points.ids[row]} chosen`);
  }
  /**
   * @param {Set<number>} rows
   * @param {SelectMode} mode
   */
  brush(rows, mode) {
    if (!this.shown) return;
    const { view, points } = this.shown;
    this.selection.replace(mode === "add" ? /* @__PURE__ */ new Set([...this.selection.rows, ...rows]) : rows);
    this.paint();
    const mask = this.selection.report(points.n);
    this.send.state("selection", { mask, ids: view.idsVersion, at: performance.now() });
    this.announce(`${formatCount(this.selection.size)} of ${formatCount(points.n)} items selected`);
  }
  clear() {
    this.brush(/* @__PURE__ */ new Set(), "replace");
  }
  zoomToSelection() {
    for (const map of this.maps) map.frame(this.selection.rows);
    this.announce("Showing the selected items");
  }
  /**
   * @param {string} text
   * @param {SelectMode} mode
   */
  search(text, mode) {
    if (!this.shown) return false;
    const rows = findRows(this.shown.points, this.shown.view.fields, text);
    if (rows.size) this.brush(rows, mode);
    else this.announce("Nothing found");
    return rows.size > 0;
  }
  toggleLink() {
    this.linked = !this.linked;
    this.toolbar.showLink(this.linked);
    if (this.linked) this.follow(this.maps[0]);
    this.announce(this.linked ? "The maps zoom together" : "Each map zooms on its own");
  }
  /**
   * The other maps show the same part of themselves as `leader`.
   * @param {MapView} leader
   */
  follow(leader) {
    const { part } = leader.viewport;
    for (const map of this.maps) if (map !== leader) map.showPart(part);
  }
  /** @param {string} text */
  announce(text) {
    this.live.textContent = text;
  }
  /** @param {KeyboardEvent} event */
  key(event) {
    const from = originOf(event);
    const typing = from instanceof HTMLElement && (from.isContentEditable || from.matches(TYPING));
    if (typing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !this.shown) return;
    const { view } = this.shown;
    if (event.key === "t" && view.arms.length > 1) {
      if (view.single) this.flip((this.front + 1) % view.arms.length);
      else if (view.arms.length === 2) this.send.trigger("swap", true);
    } else if (event.key === "/") {
      event.preventDefault();
      this.toolbar.search.focus();
    } else if (event.key === "Escape") this.escape();
  }
  /** Drops one thing: a drag under way, else the selection, else the item chosen. */
  escape() {
    if (this.maps.map((map) => map.gestures.cancel()).some(Boolean)) return;
    if (this.selection.size) this.clear();
    else if (this.focus >= 0) this.pick(-1);
  }
  destroy() {
    this.destroyed = true;
    document.removeEventListener("keydown", this.onKey);
    this.media.removeEventListener("change", this.onTheme);
    for (const map of this.maps) map.destroy();
    this.node.remove();
  }
};

// app/components/twin_map/index.js
var mounts = new Mounts((host) => new TwinMap(host));
function twinMap({ data, parentElement, setStateValue, setTriggerValue }) {
  if (data.role === "points") return pointsCache.add(data.version, () => decodePoints(data.table));
  mounts.at(parentElement).update(data, { state: setStateValue, trigger: setTriggerValue });
  return mounts.cleanUp(parentElement, (map) => map.destroy());
}
export {
  twinMap as default
};
