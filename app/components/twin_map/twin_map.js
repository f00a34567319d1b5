// The maps of several arms, which share colours, selection and the item chosen.
import { button } from "../common/controls.js";
import { el, originOf } from "../common/dom.js";
import { formatCount } from "../common/format.js";
import { LIGHT, scaleOf } from "../common/palette.js";
import { thumbnail } from "../common/sprites.js";
import { readTheme } from "../common/theme.js";
import { Colouring } from "./colouring.js";
import { Histogram } from "./histogram.js";
import { Legend } from "./legend.js";
import { MapView } from "./map_view.js";
import { describeItem, findRows, pointsCache, valuesOf } from "./points.js";
import { Selection } from "./selection.js";
import { Toolbar } from "./toolbar.js";

/** @import { Field, Trigger } from "../common/types.d.ts" */
/** @import { Points, SelectMode, Tool, View } from "./types.d.ts" */

/** @typedef {{ state: Trigger, trigger: Trigger }} Send */

const FEW = 2; // maps that are large enough for a card on each
const TYPING = "textarea, select, input:not([type=checkbox], [type=radio])";

/**
 * The field to colour by at first: modes, but classes where there are more modes than colours.
 * @param {Field[]} fields
 */
function firstColour([first, second]) {
  const sizes = [first, second].map((field) => (field?.kind === "categorical" ? field.categories.length : 0));
  return (sizes[1] && sizes[0] > LIGHT.length && sizes[1] < sizes[0] ? second : first)?.name ?? null;
}

export class TwinMap {
  /** @param {HTMLElement} host */
  constructor(host) {
    /** @type {Send} */
    this.send = { state: () => {}, trigger: () => {} };
    /** @type {View | null} */
    this.view = null; // what is wanted
    /** @type {{ view: View, points: Points } | null} */
    this.shown = null; // what is shown: wanted, and its points have come
    this.selection = new Selection();
    this.colouring = new Colouring();
    /** @type {string | null} */
    this.colour = null; // name of the field
    this.focus = -1;
    this.hovered = -1;
    /** @type {MapView | null} */
    this.leader = null; // the map under the pointer
    /** @type {Tool} */
    this.tool = "pan";
    this.front = 0; // the arm shown when there is a single map
    /** @type {MapView[]} */
    this.maps = [];
    this.linked = false; // whether the maps zoom together
    this.destroyed = false;
    this.legend = new Legend({
      toggle: (group) => this.toggle(group),
      isolate: (group) => this.isolate(group),
      toggleList: () => this.toggleList(),
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
    this.onKey = (/** @type {KeyboardEvent} */ event) => this.key(event);
    document.addEventListener("keydown", this.onKey);
    // Streamlit calls again when its theme changes; the system's own switch may come without a call.
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
      this.selection.replace(new Set());
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
        onclick: () => this.flip(other),
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
    /** @type {import("./map_view.js").MapOwner} */
    const owner = {
      allowed: (row, map) => this.colouring.isVisible(row, map.arm),
      hover: (row, map) => this.hover(row, map),
      pick: (row) => this.pick(row),
      brush: (rows, mode) => this.brush(rows, mode),
      tool: () => this.tool,
      moved: (map) => this.linked && this.follow(map),
    };
    return owner;
  }

  // ---- drawing -------------------------------------------------------------------------------------------------

  /**
   * @param {View} view
   * @param {Points} points
   */
  showHistogram(view, points) {
    const field = view.arms.length > 1 ? view.fields.find((own) => own.name === view.strip) : undefined;
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
    if (!this.shown || (row === this.hovered && leader === this.leader)) return;
    [this.hovered, this.leader] = [row, leader];
    const hasCard = (/** @type {MapView} */ map) => row >= 0 && (map === leader || this.maps.length <= FEW);
    for (const map of this.maps) map.overlay.setHover(row, hasCard(map) ? this.preview(row, map.arm) : []);
    if (row < 0) return;
    const { view, points } = this.shown;
    this.announce(
      describeItem(points, view.fields, row, leader.arm)
        .map((line) => line.join(" "))
        .join(", "),
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
    return [...(picture ? [picture] : []), el("dl", {}, ...lines)];
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
    this.selection.replace(mode === "add" ? new Set([...this.selection.rows, ...rows]) : rows);
    this.paint();
    const mask = this.selection.report(points.n);
    // The time makes Python notice that the user draws the same selection again.
    this.send.state("selection", { mask, ids: view.idsVersion, at: performance.now() });
    this.announce(`${formatCount(this.selection.size)} of ${formatCount(points.n)} items selected`);
  }

  clear() {
    this.brush(new Set(), "replace");
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
      // With two maps side by side the page decides what it means.
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
}
