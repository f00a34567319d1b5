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

// app/components/playback/frames.js
var framesCache = new VersionCache(8);
function decodeFrames({ items, places }) {
  const ids = columnOf(items, "id");
  return {
    n: ids.length,
    ids,
    names: items.getChild("name"),
    column: (name) => columnOf(items, name),
    places: (
      /** @type {Float32Array} */
      columnOf(places, "places")
    )
  };
}
function columnOf(table, name) {
  const column = table.getChild(name);
  if (!column) throw new Error(`The table has no column ${name}.`);
  return column.toArray();
}
var epochsOf = (arms) => [...new Set(arms.flatMap((arm) => arm.epochs))].sort((a, b) => a - b);
function filmsOf({ n, places }, arms, epochs) {
  let from = 0;
  return arms.map((arm) => {
    const frames = arm.epochs.map((_, i) => places.subarray(from + 2 * n * i, from + 2 * n * (i + 1)));
    from += 2 * n * frames.length;
    const at = epochs.map(
      (epoch) => Math.max(
        0,
        arm.epochs.findLastIndex((own) => own <= epoch)
      )
    );
    return { ...arm, frames, at };
  });
}
function boundsOf(places) {
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (let i = 0; i < places.length; i++) {
    const axis = i & 1;
    if (places[i] < low[axis]) low[axis] = places[i];
    if (places[i] > high[axis]) high[axis] = places[i];
  }
  return {
    x: (low[0] + high[0]) / 2,
    y: (low[1] + high[1]) / 2,
    wide: Math.max((high[0] - low[0]) / 2, 1e-6),
    tall: Math.max((high[1] - low[1]) / 2, 1e-6)
  };
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
function furtherColour(i, dark) {
  const shade = [0, 12, -12][i % 3] + (dark ? 62 : 42);
  return `hsl(${Math.round(i * 137.5) % 360} 55% ${shade}%)`;
}
var grey = (dark) => dark ? GREY.dark : GREY.light;

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

// app/components/playback/arm_map.js
var DOT = { radius: 2.6, opacity: 0.85, rim: 0.8 };
var REACH = 9;
var MARGIN = 14;
var ArmMap = class {
  /**
   * @param {number} place of the arm among the arms
   * @param {(row: number) => [string, string][]} describe lines [title, value] of an item's card
   */
  constructor(place, describe) {
    this.describe = describe;
    this.film = null;
    this.bounds = { x: 0, y: 0, wide: 1, tall: 1 };
    this.order = new Uint32Array();
    this.ground = "";
    this.colours = [];
    this.x = new Float32Array();
    this.y = new Float32Array();
    this.width = 0;
    this.height = 0;
    this.zoom = 1;
    this.time = null;
    this.canvas = el("canvas", { role: "img" });
    this.dots = new PointCanvas(this.canvas);
    this.bar = el("span", { class: "scale-bar", "aria-hidden": "true" });
    this.scaleText = el("span");
    this.scale = el("div", { class: "scale", "aria-hidden": "true" }, this.bar, this.scaleText);
    this.card = el("dl", { class: "card", hidden: true });
    this.box = el("div", { class: "stage" }, this.canvas, this.scale, this.card);
    this.title = el("h4", { class: "title clip", dir: "auto" });
    this.note = el("span", { class: "note" });
    const line = el("i", { class: "key", "aria-hidden": "true" });
    this.node = el("figure", { class: `arm-${place}` }, el("header", {}, line, this.title, this.note), this.box);
    this.box.addEventListener("pointermove", (event) => this.point(event));
    this.box.addEventListener("pointerleave", () => {
      this.card.hidden = true;
    });
    this.watch = new ResizeObserver(() => this.resize());
    this.watch.observe(this.box);
  }
  /**
   * @param {{ film: Film, bounds: Bounds, colours: string[], order: Uint32Array, height: number, ground: string }} what
   *   colours: one CSS colour for each item; order: in which items are painted
   */
  show({ film, bounds, colours, order, height, ground }) {
    Object.assign(this, { film, bounds, order, ground });
    this.title.textContent = film.name;
    this.box.style.height = `${height}px`;
    this.colours = Array.from(order, (row) => colours[row]);
    [this.x, this.y] = [new Float32Array(order.length), new Float32Array(order.length)];
    this.resize();
  }
  resize() {
    if (!this.film || !this.box.clientWidth) return;
    [this.width, this.height] = [this.box.clientWidth, this.box.clientHeight];
    const { wide, tall } = this.bounds;
    this.zoom = Math.min((this.width / 2 - MARGIN) / wide, (this.height / 2 - MARGIN) / tall);
    const length = niceLength(70 / this.zoom);
    this.bar.style.width = `${length * this.zoom}px`;
    this.scaleText.textContent = `distance ${length}`;
    if (this.time !== null) this.draw(this.time);
  }
  /** @param {number} time place on the slider, a fraction being between two epochs */
  draw(time) {
    this.time = time;
    if (!this.width || !this.film) return;
    const { at, frames } = this.film;
    const before = Math.floor(time);
    const [a, b] = [frames[at[before]], frames[at[Math.min(before + 1, at.length - 1)]]];
    const share = time - before;
    const { x, y, order, zoom, bounds } = this;
    order.forEach((row, place) => {
      const [across, up] = [2 * row, 2 * row + 1].map((i) => a[i] + (b[i] - a[i]) * share);
      x[place] = this.width / 2 + (across - bounds.x) * zoom;
      y[place] = this.height / 2 - (up - bounds.y) * zoom;
    });
    this.dots.clear(this.width, this.height, this.ground, DOT.radius);
    this.dots.add(x, y, this.colours, DOT);
    this.dots.show();
    this.card.hidden = true;
  }
  /**
   * Say how much of the embedding is seen, and of which epoch.
   * @param {Film} film
   * @param {number} place on the slider
   * @param {number} epoch
   * @param {string} text the epoch in words
   */
  remark(film, place, epoch, text) {
    const share = film.shares[film.at[place]];
    const own = film.epochs[film.at[place]];
    const seen = share === null ? "all items at one point" : `${Math.round(100 * share)} % of the variance seen`;
    const late = own < epoch ? ` (epoch ${own})` : "";
    this.note.textContent = (film.projected || share === null ? seen : "the embedding itself") + late;
    this.canvas.setAttribute("aria-label", `Map of ${film.name}, ${text.toLowerCase()}, ${seen}`);
  }
  /** @param {PointerEvent} event */
  point(event) {
    const box = this.box.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let [best, nearest] = [-1, REACH * REACH];
    this.order.forEach((row, place) => {
      const square = (this.x[place] - x) ** 2 + (this.y[place] - y) ** 2;
      if (square < nearest) [best, nearest] = [row, square];
    });
    this.card.hidden = best < 0;
    if (best < 0) return;
    this.card.replaceChildren(
      ...this.describe(best).flatMap(([name, value]) => [
        el("dt", { text: name }),
        el("dd", { class: "clip", dir: "auto", text: value })
      ])
    );
    this.card.style.left = `${Math.min(x + 12, this.width - this.card.offsetWidth - 4)}px`;
    this.card.style.top = `${Math.max(4, y - this.card.offsetHeight - 8)}px`;
  }
  destroy() {
    this.watch.disconnect();
  }
};
function niceLength(length) {
  const power = 10 ** Math.floor(Math.log10(length));
  const step = [5, 2, 1].find((factor) => factor * power <= length) ?? 1;
  return Number((step * power).toPrecision(1));
}

// app/components/playback/chart.js
var WIDE = 300;
var HIGH = 74;
var PAD = 6;
var Chart = class {
  constructor() {
    this.measure = { title: "", note: "", lines: {}, digits: 0, limits: null };
    this.arms = [];
    this.last = 0;
    this.low = 0;
    this.span = 1;
    this.written = null;
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
      this.note
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
    const lines = arms.map(
      (arm, i) => svg("polyline", {
        class: `line arm-${i}`,
        points: (measure.lines[arm] ?? []).map(([epoch, value]) => `${this.x(epoch)},${this.y(value)}`).join(" "),
        "vector-effect": "non-scaling-stroke"
      })
    );
    this.plot.replaceChildren(this.mark, ...lines);
  }
  /** @param {number} epoch */
  x(epoch) {
    return PAD + (WIDE - 2 * PAD) * epoch / Math.max(this.last, 1);
  }
  /** @param {number} value */
  y(value) {
    return HIGH - PAD - (HIGH - 2 * PAD) * (value - this.low) / this.span;
  }
  /** @param {number} epoch may lie between two */
  markAt(epoch) {
    for (const end of ["x1", "x2"]) this.mark.setAttribute(end, String(this.x(epoch)));
    const whole = Math.round(epoch);
    if (this.written?.epoch === whole && this.written.measure === this.measure) return;
    this.written = { epoch: whole, measure: this.measure };
    const texts = this.arms.map(
      (arm) => valueAt(this.measure.lines[arm] ?? [], whole)?.toFixed(this.measure.digits) ?? ""
    );
    this.values.replaceChildren(
      ...texts.map(
        (text, i) => el("span", { class: `value arm-${i}`, title: this.arms[i] }, el("i", { class: "key" }), text)
      )
    );
    const spoken = this.arms.map((arm, i) => `${arm} ${texts[i] || "not measured"}`).join(", ");
    this.plot.setAttribute("aria-label", `${this.measure.title} at epoch ${whole}: ${spoken}`);
  }
};
function valueAt(line, epoch) {
  if (epoch > (line.at(-1)?.[0] ?? -1)) return void 0;
  return line.findLast(([own]) => own <= epoch)?.[1];
}

// app/components/playback/clock.js
var TOTAL = 12e3;
var LONGEST = 700;
var SHORTEST = 90;
var STEP = 220;
var Clock = class {
  /**
   * @param {ClockOwner} owner
   * @param {{ request(tick: (now: number) => void): number, cancel(handle: number): void }} frames of the screen
   */
  constructor(owner, frames) {
    this.owner = owner;
    this.frames = frames;
    this.time = 0;
    this.last = 0;
    this.playing = false;
    this.moving = null;
  }
  /** Where it will come to rest. */
  get target() {
    return this.moving ? this.moving.to : this.time;
  }
  /** @param {number} place */
  jump(place) {
    this.stop();
    this.time = place;
    this.owner.moved();
  }
  /**
   * Move there in one sweep.
   * @param {number} place
   */
  goTo(place) {
    this.stop();
    if (this.owner.isCalm() || Math.abs(place - this.time) < 1e-6) this.jump(place);
    else this.move(place, STEP);
  }
  /** @param {number} places to go on by, from the epoch shown or headed for */
  step(places) {
    const here = Math.round(this.playing ? this.time : this.target);
    this.goTo(Math.min(this.last, Math.max(0, here + places)));
  }
  /** Play on to the end, from the start where it is over, or pause at an epoch. */
  toggle() {
    if (this.playing) return this.goTo(Math.round(this.time));
    if (this.time >= this.last) this.time = 0;
    const each = Math.min(LONGEST, Math.max(SHORTEST, TOTAL / Math.max(this.last, 1)));
    this.setPlaying(true);
    this.move(this.last, each * (this.last - this.time));
  }
  /**
   * @param {number} to
   * @param {number} lasting in milliseconds
   */
  move(to, lasting) {
    const from = this.time;
    let began = null;
    const tick = (now) => {
      began ??= now;
      const share = lasting > 0 ? Math.min(1, (now - began) / lasting) : 1;
      const time = from + (to - from) * share;
      this.time = this.owner.isCalm() && share < 1 ? Math.floor(time) : time;
      if (share >= 1) this.stop();
      else this.moving = { to, frame: this.frames.request(tick) };
      this.owner.moved();
    };
    this.moving = { to, frame: this.frames.request(tick) };
  }
  stop() {
    if (this.moving) this.frames.cancel(this.moving.frame);
    this.moving = null;
    if (this.playing) this.setPlaying(false);
  }
  /** @param {boolean} playing */
  setPlaying(playing) {
    this.playing = playing;
    this.owner.played(playing);
  }
};

// app/components/playback/player.js
var STEPS = /* @__PURE__ */ new Map([
  ["ArrowRight", 1],
  ["ArrowUp", 1],
  ["ArrowLeft", -1],
  ["ArrowDown", -1],
  ["PageUp", 5],
  ["PageDown", -5]
]);
var Player = class {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.wanted = null;
    this.shown = null;
    this.colour = null;
    this.send = () => {
    };
    this.armMaps = [];
    this.measureCharts = [];
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.clock = new Clock(
      { moved: () => this.draw(), played: (playing) => this.showPlaying(playing), isCalm: () => this.calm.matches },
      { request: (tick) => requestAnimationFrame(tick), cancel: (handle) => cancelAnimationFrame(handle) }
    );
    this.playButton = button("Play", {
      symbol: "play",
      class: "play",
      onclick: () => this.shown && this.clock.toggle()
    });
    this.slider = el("input", { type: "range", min: 0, step: 1, "aria-label": "Epoch" });
    this.slider.addEventListener("input", () => this.shown && this.clock.goTo(Number(this.slider.value)));
    this.readout = el("output", { class: "readout" });
    this.select = el("select", { "aria-label": "Colour by", onchange: () => this.recolour(this.select.value) });
    this.colourBy = el("label", { class: "colour" }, el("span", { text: "Colour" }), this.select);
    this.legend = el("ul", { class: "legend", "aria-label": "Colours" });
    this.maps = el("div", { class: "maps" });
    this.charts = el("div", { class: "charts" });
    this.foot = el("p", { class: "foot" });
    this.spoken = el("div", { class: "sr-only", "aria-live": "polite" });
    this.node = el(
      "section",
      { class: "uncollapse playback", "aria-label": "Training played back" },
      el("div", { class: "controls" }, this.playButton, this.slider, this.readout),
      el("div", { class: "toolbar" }, this.colourBy, this.legend),
      this.maps,
      this.charts,
      this.foot,
      this.spoken
    );
    this.node.addEventListener("keydown", (event) => this.key(event));
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.onScheme = () => requestAnimationFrame(() => this.shown && this.dress(this.shown));
    this.scheme.addEventListener("change", this.onScheme);
    host.append(this.node);
  }
  /**
   * Called at every script run; changes only what differs.
   * @param {View} view
   * @param {Trigger} send
   */
  update(view, send) {
    this.wanted = view;
    this.send = send;
    const frames = framesCache.find(
      view.version,
      () => this.wanted?.version === view.version && this.update(this.wanted, send)
    );
    if (!frames) return;
    const before = this.shown;
    const isNew = before?.view.version !== view.version;
    const { target } = this.clock;
    const isFollowing = view.follow && (!before || target >= before.epochs.length - 1);
    const epoch = before ? before.epochs[Math.round(target)] : 0;
    if (before?.view.colour !== view.colour && has(view, view.colour)) this.colour = view.colour;
    const shown = before && !isNew ? { ...before, view } : shownOf(view, frames);
    this.shown = shown;
    if (isNew) this.layOut(shown, epoch);
    this.select.value = this.colour ?? "";
    this.showMeasures(shown);
    this.dress(shown);
    const last = shown.epochs.length - 1;
    if (!isNew || !isFollowing) this.draw();
    else if (before) this.clock.goTo(last);
    else this.clock.jump(last);
  }
  // ---- what does not move ------------------------------------------------------------------------------------
  /**
   * The right number of maps, at an epoch.
   * @param {Shown} shown
   * @param {number} epoch
   */
  layOut({ view, epochs, films }, epoch) {
    this.clock.last = epochs.length - 1;
    this.clock.time = Math.max(
      0,
      epochs.findLastIndex((own) => own <= epoch)
    );
    this.slider.max = String(this.clock.last);
    if (!has(view, this.colour)) this.colour = view.fields[0]?.name ?? null;
    this.select.replaceChildren(...view.fields.map((field) => el("option", { value: field.name, text: field.title })));
    this.colourBy.hidden = view.fields.length < 2;
    while (this.armMaps.length < films.length) {
      this.armMaps.push(new ArmMap(this.armMaps.length, (row) => this.describe(row)));
    }
    for (const extra of this.armMaps.splice(films.length)) extra.destroy();
    this.maps.replaceChildren(...this.armMaps.map((map) => map.node));
  }
  /** @param {string} name */
  recolour(name) {
    this.colour = name;
    this.send("colour", name);
    if (this.shown) this.dress(this.shown);
    this.draw();
  }
  /**
   * Colours and what else depends on the theme.
   * @param {Shown} shown
   */
  dress({ view, frames, films, bounds, order }) {
    const { dark, background: ground } = readTheme(this.node);
    this.node.classList.toggle("dark", dark);
    const colours = this.coloursOf(view, frames, dark);
    const { height } = view;
    this.armMaps.forEach((map, i) => {
      map.show({ film: films[i], bounds, colours, order, height, ground });
    });
    const sample = view.shown < view.total ? `${formatCount(view.shown)} of ` : "";
    const flat = view.arms.some((arm) => arm.projected) ? "Seen along two directions that stay the same from the first epoch to the last, at one scale: a distance on screen is the true one or less. A UMAP map would blow a collapsed class up again." : "The embedding has two dimensions: what you see is the embedding itself, not a projection.";
    const keys = "Space plays and pauses, arrow keys step.";
    this.foot.textContent = `${sample}${formatCount(view.total)} items that are evaluated. ${flat} ${keys}`;
  }
  /**
   * One colour for each item, and the legend of them.
   * @param {View} view
   * @param {Frames} frames
   * @param {boolean} dark
   * @returns {string[]}
   */
  coloursOf(view, frames, dark) {
    const field = view.fields.find((own) => own.name === this.colour);
    if (!field) return new Array(frames.n).fill(grey(dark));
    const codes = frames.column(field.columns[0]);
    const { groups, groupOf } = groupCategories(field, [codes], dark);
    this.legend.replaceChildren(
      ...groups.map(({ label, colour }) => {
        const swatch = el("span", { class: "swatch" });
        swatch.style.background = colour;
        return el("li", {}, swatch, el("span", { class: "clip", dir: "auto", text: label, title: label }));
      })
    );
    const unknown = groupOf[groupOf.length - 1];
    return Array.from(codes, (code) => groups[code < 0 ? unknown : groupOf[code]].colour);
  }
  /** @param {Shown} shown */
  showMeasures({ view, epochs }) {
    const names = view.arms.map((arm) => arm.name);
    const { measures } = view;
    const ends = measures.flatMap((own) => names.map((name) => own.lines[name]?.at(-1)?.[0] ?? 0));
    const last = Math.max(view.epochs ?? 0, epochs[epochs.length - 1], ...ends);
    while (this.measureCharts.length < measures.length) this.measureCharts.push(new Chart());
    this.measureCharts.length = measures.length;
    this.measureCharts.forEach((chart, i) => {
      chart.show(measures[i], names, last);
    });
    this.charts.replaceChildren(...this.measureCharts.map((chart) => chart.node));
    this.charts.hidden = !measures.length;
  }
  /**
   * @param {number} row
   * @returns {[string, string][]}
   */
  describe(row) {
    if (!this.shown) return [];
    const { view, frames } = this.shown;
    const name = frames.names?.get(row);
    const lines = view.fields.map((field) => {
      const code = frames.column(field.columns[0])[row];
      return (
        /** @type {[string, string]} */
        [field.title, code < 0 ? "unknown" : field.categories[code]]
      );
    });
    return [["Item", name ? `${name} (#${frames.ids[row]})` : `#${frames.ids[row]}`], ...lines];
  }
  // ---- what moves ------------------------------------------------------------------------------------------------
  draw() {
    if (!this.shown) return;
    const { view, epochs } = this.shown;
    const { time, playing } = this.clock;
    const before = Math.floor(time);
    const next = Math.min(before + 1, epochs.length - 1);
    const epoch = epochs[before] + (epochs[next] - epochs[before]) * (time - before);
    const near = Math.round(time);
    for (const map of this.armMaps) map.draw(time);
    for (const chart of this.measureCharts) chart.markAt(epoch);
    const last = view.epochs ?? epochs[epochs.length - 1];
    const text = epochs[near] === 0 ? "Before training" : `Epoch ${epochs[near]} of ${last}`;
    this.slider.value = String(near);
    this.slider.setAttribute("aria-valuetext", text);
    if (this.readout.textContent !== text) this.readout.textContent = text;
    this.shown.films.forEach((film, i) => {
      this.armMaps[i].remark(film, near, epochs[near], text);
    });
    this.node.dataset.epoch = String(epochs[near]);
    this.node.dataset.playing = String(playing);
  }
  /** @param {boolean} playing */
  showPlaying(playing) {
    const label = playing ? "Pause" : "Play";
    this.playButton.setAttribute("aria-label", label);
    this.playButton.title = `${label} (space)`;
    this.playButton.replaceChildren(icon(playing ? "pause" : "play"));
    this.node.dataset.playing = String(playing);
    if (!playing) this.spoken.textContent = this.readout.textContent;
  }
  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || originOf(event) === this.select || !this.shown) return;
    const step = STEPS.get(event.key);
    if (event.key === " ") this.clock.toggle();
    else if (event.key === "Home") this.clock.goTo(0);
    else if (event.key === "End") this.clock.goTo(this.clock.last);
    else if (step) this.clock.step(step);
    else return;
    event.preventDefault();
  }
  destroy() {
    this.clock.stop();
    this.scheme.removeEventListener("change", this.onScheme);
    for (const map of this.armMaps) map.destroy();
    this.node.remove();
  }
};
function shownOf(view, frames) {
  const epochs = epochsOf(view.arms);
  const films = filmsOf(frames, view.arms, epochs);
  return { view, frames, epochs, films, bounds: boundsOf(frames.places), order: scatteredOrder(frames.n) };
}
var has = (view, name) => view.fields.some((field) => field.name === name);

// app/components/playback/index.js
var mounts = new Mounts((host) => new Player(host));
function playback({ data, parentElement, setTriggerValue }) {
  if (data.role === "places") return framesCache.add(data.version, () => decodeFrames(data));
  mounts.at(parentElement).update(data, setTriggerValue);
  return mounts.cleanUp(parentElement, (player) => player.destroy());
}
export {
  playback as default
};
