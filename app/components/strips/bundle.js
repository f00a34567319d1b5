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
function contextOf(canvas, settings = {}) {
  const context = canvas.getContext("2d", settings);
  if (!context) throw new Error("The browser gives no canvas to draw on.");
  return context;
}
var originOf = (event) => (
  /** @type {HTMLElement} */
  event.composedPath()[0]
);
function focusedBeside(node) {
  const root = (
    /** @type {Document | ShadowRoot} */
    node.getRootNode()
  );
  return (
    /** @type {HTMLElement | null} */
    root.activeElement
  );
}

// app/components/common/format.js
var isText = (name) => name.length > 40;

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

// app/components/strips/index.js
var SIDE = 52;
var Strips = class {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.shown = "";
    this.data = { arms: [], atlas: null, slots: {}, chosen: null };
    this.trigger = () => {
    };
    this.node = el("section", { class: "uncollapse strips", "aria-label": "Sub-clusters with examples" });
    this.node.addEventListener("keydown", (event) => this.key(event));
    host.append(this.node);
  }
  /**
   * @param {Data} data
   * @param {Trigger} trigger
   */
  update(data, trigger) {
    this.trigger = trigger;
    const key = JSON.stringify(data);
    if (this.shown === key) return;
    this.shown = key;
    this.data = data;
    const focused = focusedBeside(this.node)?.dataset.place;
    this.node.replaceChildren(el("div", { class: "columns" }, ...data.arms.map((arm, i) => this.column(arm, i))));
    const tiles = [.../** @type {NodeListOf<HTMLElement>} */
    this.node.querySelectorAll("button.tile")];
    const first = tiles.find((tile) => tile.dataset.place === focused);
    if (tiles.length) (first ?? tiles[0]).tabIndex = 0;
    first?.focus();
  }
  /**
   * @param {Arm} arm
   * @param {number} i
   */
  column(arm, i) {
    return el(
      "div",
      { class: "column" },
      el("div", { class: "arm clip", dir: "auto", text: arm.name, title: arm.name }),
      ...arm.strips.map((strip, j) => this.strip(strip, `${i} ${j}`)),
      arm.strips.length ? null : el("p", { class: "empty", text: "No sub-cluster is large enough to be shown." }),
      el("p", { class: "note", text: arm.note, hidden: !arm.note })
    );
  }
  /**
   * @param {Strip} strip
   * @param {string} place column and row
   */
  strip(strip, place) {
    return el(
      "div",
      { class: "strip" },
      el(
        "div",
        { class: "head" },
        el("span", { class: "title", text: strip.title }),
        el("span", { class: "size", text: strip.size }),
        el("span", { class: "made clip", dir: "auto", text: strip.note, title: strip.note })
      ),
      el(
        "div",
        {
          class: "tiles",
          role: "group",
          "aria-label": `${strip.title}, from the middle outwards. Arrow keys move, Enter shows neighbours.`
        },
        ...strip.tiles.map((tile, k) => this.tile(tile, `${place} ${k}`))
      )
    );
  }
  /**
   * @param {Tile} tile
   * @param {string} place column, row and place in the row
   */
  tile(tile, place) {
    const picture = thumbnail(this.data.atlas, this.data.slots[tile.id] ?? -1, SIDE);
    const chosen = tile.id === this.data.chosen ? "chosen" : "";
    return el(
      "button",
      {
        type: "button",
        class: `tile ${picture ? "" : isText(tile.name) ? "bare reading" : "bare"} ${chosen}`,
        tabindex: "-1",
        "data-id": tile.id,
        "data-place": place,
        title: [`Item #${tile.id}`, tile.name, tile.kind].filter(Boolean).join("\n"),
        "aria-label": [`Item ${tile.id}`, tile.name, tile.kind].filter(Boolean).join(", "),
        onclick: () => this.trigger("picked", tile.id)
      },
      picture ?? el("span", { class: "clip", dir: "auto", text: tile.name || `#${tile.id}` })
    );
  }
  // ---- keyboard: one tab stop; left and right along a strip, up and down between strips ------------------------
  /** @param {KeyboardEvent} event */
  key(event) {
    const at = originOf(event);
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!at.dataset?.place || !step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const [column, row, place] = at.dataset.place.split(" ").map(Number);
    const [down, right] = step;
    const target = this.tileAt(column, row + down, place + right) ?? (right ? this.tileAt(column + right, row, 0) : null);
    if (!target) return;
    at.tabIndex = -1;
    target.tabIndex = 0;
    target.focus();
  }
  /** @type {(column: number, row: number, place: number) => HTMLElement | null} */
  tileAt(column, row, place) {
    return this.node.querySelector(`[data-place="${column} ${row} ${place}"]`);
  }
};
var mounts = new Mounts((host) => new Strips(host));
function strips({ data, parentElement, setTriggerValue }) {
  mounts.at(parentElement).update(data, setTriggerValue);
}
export {
  strips as default
};
