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

// app/components/common/format.js
var isText = (name) => name.length > 40;

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

// app/components/gallery/hit_text.js
function distanceOf({ distance }) {
  if (!Number.isFinite(distance)) return "–";
  if (distance < 1e-6) return "0";
  return distance < 1e-3 ? distance.toExponential(2) : distance.toPrecision(3);
}
function verdictOf(hit) {
  if (hit.sameClass === null) return null;
  const mode = hit.sameMode === null ? "" : hit.sameMode ? ", same mode" : ", another mode";
  return (hit.sameClass ? "same class" : "another class") + mode;
}
function movementOf({ compared, rank, otherRank }, otherName) {
  if (!compared) return null;
  const there = otherName ? `in ${otherName}` : "in the other arm";
  if (otherRank === null) return { kind: "only", short: "only here", long: `not among the neighbours ${there}` };
  const kind = otherRank === rank ? "still" : "moved";
  return { kind, short: `#${rank} → #${otherRank}`, long: `#${rank} here, #${otherRank} ${there}` };
}
function scoreOf(hits) {
  return { classes: share(hits.map((hit) => hit.sameClass)), modes: share(hits.map((hit) => hit.sameMode)) };
}
function share(outcomes) {
  const known = outcomes.filter((outcome) => outcome !== null);
  return known.length ? { right: known.filter(Boolean).length, of: known.length } : null;
}
function scoreText({ classes, modes }) {
  const parts = classes ? [`${classes.right} of ${classes.of} same class`] : [];
  if (modes) parts.push(`${modes.right} of ${modes.of} same mode`);
  return parts.map((part, i) => i < parts.length - 1 ? `${part}, ` : part);
}
function otherScoreText(name, { classes, modes }) {
  const parts = [classes, modes].flatMap((part) => part ? [part.right] : []);
  return parts.length ? `${name}: ${parts.join(" and ")}` : "";
}

// app/components/gallery/gallery.js
var SIDE = 84;
var FAR = "Farther from its nearest item than 99 % of the items are from theirs: what is nearest may mean little";
var Gallery = class {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.shown = "";
    this.atlas = null;
    this.grids = [];
    this.trigger = () => {
    };
    this.node = el("section", { class: "uncollapse gallery", "aria-label": "Nearest neighbours" });
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
    const focused = this.where(focusedBeside(this.node));
    this.atlas = data.atlas;
    this.node.classList.toggle("bare", !data.atlas);
    const names = data.arms.flatMap((arm) => arm.hits ?? []).map((hit) => hit.name ?? "");
    this.node.classList.toggle("reading", !data.atlas && names.some(isText));
    this.grids = data.arms.map((arm) => this.grid(arm, data.query));
    const columns = data.arms.map((arm, i) => this.column(arm, this.grids[i], data.arms[1 - i]));
    this.node.replaceChildren(
      data.query ? this.query(data.query) : el("p", { class: "empty", text: "Click an item on a map to see its nearest neighbours here." }),
      el("div", { class: "columns", hidden: !data.query }, ...columns)
    );
    this.makeReachable();
    if (focused) this.focus(focused.column, 0);
  }
  /** @param {Query} query */
  query(query) {
    const facts = [query.label, query.sublabel === null ? null : `mode ${query.sublabel}`].filter(
      (fact) => fact !== null
    );
    return el(
      "header",
      { class: "query" },
      this.picture(query, 64),
      el(
        "div",
        { class: "about" },
        el("div", { class: "eyebrow", text: "Query" }),
        el("div", { class: "title clip", dir: "auto", text: query.title, title: query.title }),
        el("div", {
          class: "clip facts",
          dir: "auto",
          text: facts.join(" · "),
          title: facts.join(" · "),
          hidden: !facts.length
        })
      )
    );
  }
  /**
   * @param {Arm} arm
   * @param {HTMLElement} grid
   * @param {Arm | undefined} other
   */
  column(arm, grid, other) {
    return el(
      "div",
      { class: "column" },
      el(
        "div",
        { class: "head" },
        el("h3", { class: "clip", dir: "auto", text: arm.name, title: arm.name }),
        el("span", { class: "score" }, ...scoreText(scoreOf(arm.hits ?? [])).map((text) => el("span", { text }))),
        other && el("span", { class: "score other", text: otherScoreText(other.name, scoreOf(other.hits ?? [])) })
      ),
      el("div", { class: "far", text: "Far from everything", title: FAR, hidden: !arm.far }),
      el("div", { class: "note clip", dir: "auto", text: arm.note, title: arm.note, hidden: !arm.note }),
      grid
    );
  }
  /**
   * @param {Arm} arm
   * @param {Query | null} query
   */
  grid(arm, query) {
    if (arm.hits === null) {
      const bones = Array.from({ length: 10 }, () => el("div", { class: "tile bone" }));
      return el("div", { class: "tiles", "aria-busy": "true", "aria-label": "Loading neighbours" }, ...bones);
    }
    if (!arm.hits.length) return el("p", { class: "empty", text: query ? "There are no neighbours to show." : "" });
    const label = `Neighbours in ${arm.name}. Arrow keys move, Enter makes an item the query.`;
    return el(
      "div",
      { class: "tiles", role: "group", "aria-label": label },
      ...arm.hits.map((hit) => this.tile(hit, arm))
    );
  }
  /**
   * @param {Hit} hit
   * @param {Arm} arm
   */
  tile(hit, arm) {
    const outcome = hit.sameClass === null ? "" : hit.sameClass ? "same" : "other";
    const movement = movementOf(hit, arm.otherName);
    return el(
      "button",
      {
        type: "button",
        class: `tile ${outcome}`,
        tabindex: "-1",
        "data-id": hit.id,
        title: [`Item #${hit.id}`, hit.name, hit.label, hit.sublabel, verdictOf(hit), movement?.long].filter(Boolean).join("\n"),
        "aria-label": [
          `Rank ${hit.rank}`,
          `item ${hit.id}`,
          hit.name,
          `distance ${distanceOf(hit)}`,
          `class ${hit.label}`,
          hit.sublabel && `mode ${hit.sublabel}`,
          verdictOf(hit),
          movement?.long
        ].filter(Boolean).join(", "),
        onclick: () => this.trigger("picked", hit.id)
      },
      el(
        "span",
        { class: "top" },
        el("span", { class: "rank", text: `#${hit.rank}` }),
        el("span", { class: "distance", text: distanceOf(hit) })
      ),
      el(
        "span",
        { class: "frame" },
        this.picture(hit, SIDE),
        outcome && el("span", { class: "mark" }, icon(hit.sameClass ? "tick" : "cross")),
        hit.sameMode === null ? null : el("span", { class: `mode-mark ${hit.sameMode ? "same" : "other"}`, text: hit.sameMode ? "=" : "≠" })
      ),
      el("span", { class: "name clip", dir: "auto", text: hit.label || "no class" }),
      el(
        "span",
        { class: "details" },
        hit.sublabel === null ? null : modeOf(hit.sublabel),
        hit.subcluster === null ? null : el("span", {
          class: "sub clip",
          dir: "auto",
          text: hit.subcluster,
          title: `Sub-cluster ${hit.subcluster}`
        })
      ),
      movement && el("span", { class: `movement ${movement.kind}`, text: movement.short })
    );
  }
  /**
   * @param {Hit | Query} item
   * @param {number} side
   */
  picture(item, side) {
    if (!item.image) {
      const name = "name" in item ? item.name : null;
      const short = name && /\s/.test(name) ? name : name?.split("/").at(-1);
      const called = short || (item.id === null ? "no image" : `#${item.id}`);
      return thumbnail(this.atlas, item.slot, side) ?? el("span", { class: "picture missing clip", dir: "auto", text: called });
    }
    const src = item.image.startsWith("data:") ? item.image : pageUrl(item.image);
    const image = el("img", { class: "picture", alt: "", loading: "lazy", decoding: "async", src });
    image.style.maxWidth = `${side}px`;
    image.style.maxHeight = `${side}px`;
    image.onload = () => {
      if (Math.max(image.naturalWidth, image.naturalHeight) > side) return;
      image.style.imageRendering = "pixelated";
      image.style[image.naturalWidth >= image.naturalHeight ? "width" : "height"] = `${side}px`;
    };
    return image;
  }
  // ---- keyboard: one tab stop, arrows move among tiles and from one arm to the other ---------------------------
  /**
   * @param {number} column
   * @returns {HTMLElement[]}
   */
  tiles(column) {
    const tiles = this.grids[column]?.querySelectorAll("button.tile");
    return [...tiles ?? []];
  }
  /** @param {Element | null} node */
  where(node) {
    for (let column = 0; column < this.grids.length; column++) {
      const index = this.tiles(column).indexOf(
        /** @type {HTMLElement} */
        node
      );
      if (index >= 0) return { column, index };
    }
    return null;
  }
  makeReachable() {
    const first = this.grids.map((_, column) => this.tiles(column)[0]).find(Boolean);
    if (first) first.tabIndex = 0;
  }
  /**
   * @param {number} column
   * @param {number} index
   */
  focus(column, index) {
    const tile = this.tiles(column)[index];
    if (!tile) return false;
    for (let other = 0; other < this.grids.length; other++) for (const own of this.tiles(other)) own.tabIndex = -1;
    tile.tabIndex = 0;
    tile.focus();
    return true;
  }
  /** @param {KeyboardEvent} event */
  key(event) {
    const at = this.where(originOf(event));
    if (!at || event.ctrlKey || event.metaKey || event.altKey) return;
    const tiles = this.tiles(at.column);
    const wide = widthOf(tiles);
    const { column, index } = at;
    const moves = {
      ArrowRight: () => (index + 1) % wide && this.focus(column, index + 1) || this.cross(column + 1, tiles[index], "left"),
      ArrowLeft: () => index % wide && this.focus(column, index - 1) || this.cross(column - 1, tiles[index], "right"),
      ArrowDown: () => this.focus(column, Math.min(index + wide, tiles.length - 1)),
      ArrowUp: () => this.focus(column, index - wide),
      Home: () => this.focus(column, 0),
      End: () => this.focus(column, tiles.length - 1)
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]();
  }
  /**
   * To the tile of the neighbouring arm in the same line, at the side one comes from.
   * @param {number} column
   * @param {HTMLElement} from
   * @param {"left" | "right"} side
   */
  cross(column, from, side) {
    const tiles = this.tiles(column);
    if (!tiles.length) return;
    const top = from.getBoundingClientRect().top;
    const gap = (tile) => Math.abs(tile.getBoundingClientRect().top - top);
    const nearest = Math.min(...tiles.map(gap));
    const line = tiles.filter((tile) => gap(tile) < nearest + 1);
    this.focus(column, tiles.indexOf(side === "left" ? line[0] : line[line.length - 1]));
  }
};
function widthOf(tiles) {
  const next = tiles.findIndex((tile) => tile.offsetTop > tiles[0].offsetTop);
  return next < 0 ? tiles.length : next;
}
function modeOf(mode) {
  const name = el("span", { class: "mode clip", dir: "auto", text: mode });
  name.prepend(el("span", { class: "word", text: "mode " }));
  return name;
}

// app/components/gallery/index.js
var mounts = new Mounts((host) => new Gallery(host));
function gallery({ data, parentElement, setTriggerValue }) {
  mounts.at(parentElement).update(data, setTriggerValue);
}
export {
  gallery as default
};
