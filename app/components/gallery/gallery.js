import { icon } from "../common/controls.js";
import { el, focusedBeside, originOf } from "../common/dom.js";
import { isText } from "../common/format.js";
import { pageUrl, thumbnail } from "../common/sprites.js";
import { distanceOf, movementOf, otherScoreText, scoreOf, scoreText, verdictOf } from "./hit_text.js";

/** @import { Atlas, Trigger } from "../common/types.d.ts" */
/** @import { Arm, Data, Hit, Query } from "./types.d.ts" */

const SIDE = 84; // CSS pixels of a tile's picture
const FAR = "Farther from its nearest item than 99 % of the items are from theirs: what is nearest may mean little";

export class Gallery {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.shown = ""; // the data as text
    /** @type {Atlas | null} */
    this.atlas = null;
    /** @type {HTMLElement[]} */
    this.grids = []; // for each arm
    /** @type {Trigger} */
    this.trigger = () => {};
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
    this.node.classList.toggle("bare", !data.atlas); // no pictures at all: tiles carry names in their place
    const names = data.arms.flatMap((arm) => arm.hits ?? []).map((hit) => hit.name ?? "");
    this.node.classList.toggle("reading", !data.atlas && names.some(isText));
    this.grids = data.arms.map((arm) => this.grid(arm, data.query));
    const columns = data.arms.map((arm, i) => this.column(arm, this.grids[i], data.arms[1 - i]));
    this.node.replaceChildren(
      data.query
        ? this.query(data.query)
        : el("p", { class: "empty", text: "Click an item on a map to see its nearest neighbours here." }),
      el("div", { class: "columns", hidden: !data.query }, ...columns),
    );
    this.makeReachable();
    if (focused) this.focus(focused.column, 0); // a new query: keep the keyboard in the same arm, at its nearest item
  }

  /** @param {Query} query */
  query(query) {
    const facts = [query.label, query.sublabel === null ? null : `mode ${query.sublabel}`].filter(
      (fact) => fact !== null,
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
          hidden: !facts.length,
        }),
      ),
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
        other && el("span", { class: "score other", text: otherScoreText(other.name, scoreOf(other.hits ?? [])) }),
      ),
      el("div", { class: "far", text: "Far from everything", title: FAR, hidden: !arm.far }),
      el("div", { class: "note clip", dir: "auto", text: arm.note, title: arm.note, hidden: !arm.note }),
      grid,
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
      ...arm.hits.map((hit) => this.tile(hit, arm)),
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
        title: [`Item #${hit.id}`, hit.name, hit.label, hit.sublabel, verdictOf(hit), movement?.long]
          .filter(Boolean)
          .join("\n"),
        "aria-label": [
          `Rank ${hit.rank}`,
          `item ${hit.id}`,
          hit.name,
          `distance ${distanceOf(hit)}`,
          `class ${hit.label}`,
          hit.sublabel && `mode ${hit.sublabel}`,
          verdictOf(hit),
          movement?.long,
        ]
          .filter(Boolean)
          .join(", "),
        onclick: () => this.trigger("picked", hit.id),
      },
      el(
        "span",
        { class: "top" },
        el("span", { class: "rank", text: `#${hit.rank}` }),
        el("span", { class: "distance", text: distanceOf(hit) }),
      ),
      el(
        "span",
        { class: "frame" },
        this.picture(hit, SIDE),
        outcome && el("span", { class: "mark" }, icon(hit.sameClass ? "tick" : "cross")),
        hit.sameMode === null
          ? null
          : el("span", { class: `mode-mark ${hit.sameMode ? "same" : "other"}`, text: hit.sameMode ? "=" : "≠" }),
      ),
      el("span", { class: "name clip", dir: "auto", text: hit.label || "no class" }),
      el(
        "span",
        { class: "details" },
        hit.sublabel === null ? null : modeOf(hit.sublabel),
        hit.subcluster === null
          ? null
          : el("span", {
              class: "sub clip",
              dir: "auto",
              text: hit.subcluster,
              title: `Sub-cluster ${hit.subcluster}`,
            }),
      ),
      movement && el("span", { class: `movement ${movement.kind}`, text: movement.short }),
    );
  }

  /**
   * @param {Hit | Query} item
   * @param {number} side
   */
  picture(item, side) {
    if (!item.image) {
      const name = "name" in item ? item.name : null;
      const short = name && /\s/.test(name) ? name : name?.split("/").at(-1); // a path's last part
      const called = short || (item.id === null ? "no image" : `#${item.id}`);
      return (
        thumbnail(this.atlas, item.slot, side) ??
        el("span", { class: "picture missing clip", dir: "auto", text: called })
      );
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
    /** @type {NodeListOf<HTMLElement> | undefined} */
    const tiles = this.grids[column]?.querySelectorAll("button.tile");
    return [...(tiles ?? [])];
  }

  /** @param {Element | null} node */
  where(node) {
    for (let column = 0; column < this.grids.length; column++) {
      const index = this.tiles(column).indexOf(/** @type {HTMLElement} */ (node));
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
    /** @type {Record<string, () => unknown>} */
    const moves = {
      ArrowRight: () =>
        ((index + 1) % wide && this.focus(column, index + 1)) || this.cross(column + 1, tiles[index], "left"),
      ArrowLeft: () => (index % wide && this.focus(column, index - 1)) || this.cross(column - 1, tiles[index], "right"),
      ArrowDown: () => this.focus(column, Math.min(index + wide, tiles.length - 1)),
      ArrowUp: () => this.focus(column, index - wide),
      Home: () => this.focus(column, 0),
      End: () => this.focus(column, tiles.length - 1),
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
    const gap = (/** @type {HTMLElement} */ tile) => Math.abs(tile.getBoundingClientRect().top - top);
    const nearest = Math.min(...tiles.map(gap));
    const line = tiles.filter((tile) => gap(tile) < nearest + 1);
    this.focus(column, tiles.indexOf(side === "left" ? line[0] : line[line.length - 1]));
  }
}

/**
 * Tiles in the first line.
 * @param {HTMLElement[]} tiles
 */
function widthOf(tiles) {
  const next = tiles.findIndex((tile) => tile.offsetTop > tiles[0].offsetTop);
  return next < 0 ? tiles.length : next;
}

/**
 * The word goes where there is little room.
 * @param {string} mode
 */
function modeOf(mode) {
  const name = el("span", { class: "mode clip", dir: "auto", text: mode });
  name.prepend(el("span", { class: "word", text: "mode " }));
  return name;
}
