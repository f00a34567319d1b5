import { el, focusedBeside, originOf } from "../common/dom.js";
import { isText } from "../common/format.js";
import { Mounts } from "../common/mounts.js";
import { thumbnail } from "../common/sprites.js";

/** @import { Atlas, ComponentCall, Trigger } from "../common/types.d.ts" */

/** @typedef {{ id: number, name: string, kind: string }} Tile */
/** @typedef {{ title: string, size: string, note: string, tiles: Tile[] }} Strip */
/** @typedef {{ name: string, note: string, strips: Strip[] }} Arm */
/** @typedef {{ arms: Arm[], atlas: Atlas | null, slots: Record<string, number>, chosen: number | null }} Data */

const SIDE = 52; // CSS pixels of a tile's picture

class Strips {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.shown = ""; // the data as text
    /** @type {Data} */
    this.data = { arms: [], atlas: null, slots: {}, chosen: null };
    /** @type {Trigger} */
    this.trigger = () => {};
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
    const tiles = [.../** @type {NodeListOf<HTMLElement>} */ (this.node.querySelectorAll("button.tile"))];
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
      el("p", { class: "note", text: arm.note, hidden: !arm.note }),
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
        el("span", { class: "made clip", dir: "auto", text: strip.note, title: strip.note }),
      ),
      el(
        "div",
        {
          class: "tiles",
          role: "group",
          "aria-label": `${strip.title}, from the middle outwards. Arrow keys move, Enter shows neighbours.`,
        },
        ...strip.tiles.map((tile, k) => this.tile(tile, `${place} ${k}`)),
      ),
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
        onclick: () => this.trigger("picked", tile.id),
      },
      picture ?? el("span", { class: "clip", dir: "auto", text: tile.name || `#${tile.id}` }),
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
    const target =
      this.tileAt(column, row + down, place + right) ?? (right ? this.tileAt(column + right, row, 0) : null);
    if (!target) return;
    at.tabIndex = -1;
    target.tabIndex = 0;
    target.focus();
  }

  /** @type {(column: number, row: number, place: number) => HTMLElement | null} */
  tileAt(column, row, place) {
    return this.node.querySelector(`[data-place="${column} ${row} ${place}"]`);
  }
}

const mounts = new Mounts((host) => new Strips(host));

/** @param {ComponentCall<Data>} call */
export default function strips({ data, parentElement, setTriggerValue }) {
  mounts.at(parentElement).update(data, setTriggerValue);
}
