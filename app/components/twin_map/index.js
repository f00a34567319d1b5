import { button, count, el } from "../common/dom.js";
import { thumbnail } from "../common/sprites.js";
import { scattered } from "../common/dots.js";
import { readTheme } from "../common/theme.js";
import { colourScale, grey, groupCategories, scaleOf } from "../common/colours.js";
import { Legend } from "./legend.js";
import { MapView } from "./map.js";
import { decodeMask, encodeMask, findPoints, keepPoints } from "./points.js";
import { Strip } from "./strip.js";

const TOOLS = { pan: "Move the map", lasso: "Lasso: select items on both maps", box: "Box: select items on both maps" };

class TwinMap {
  constructor(host) {
    this.host = host;
    this.hidden = new Map(); // field name -> set of hidden groups
    this.selected = new Set(); // rows
    this.brushed = 0; // counts changes of the selection
    this.focus = -1;
    this.hovered = -1;
    this.tool = "pan";
    this.front = 0; // the arm shown when there is a single map
    this.maps = [];
    this.sent = []; // selections sent to Python whose echo has not come back yet
    this.linked = false; // whether the maps zoom together
    this.legend = new Legend({ toggle: (i) => this.toggle(i), isolate: (i) => this.isolate(i) });
    this.strip = new Strip({ brush: (rows, mode) => this.brush(rows, mode) });
    this.build();
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey);
    this.watchTheme();
  }

  build() {
    this.pickColour = el("select", { "aria-label": "Colour by", onchange: () => this.setColour(this.pickColour.value) });
    this.tools = Object.fromEntries(
      Object.entries(TOOLS).map(([tool, label]) => [
        tool,
        button(label, { symbol: tool, "data-tool": tool, onclick: () => this.setTool(tool) }),
      ]),
    );
    this.link = button("Zoom both maps together", { symbol: "link", "aria-pressed": "false", onclick: () => this.linkZoom() });
    this.search = el("input", {
      type: "search",
      placeholder: "Find a label  /",
      "aria-label": "Find items by label, name or number; Enter selects them. Key: /",
      onkeydown: (event) => this.searchKey(event),
      oninput: () => this.search.removeAttribute("aria-invalid"),
    });
    this.summary = el("span", { class: "summary" });
    this.clearButton = button("Clear the selection (Esc)", { symbol: "close", class: "clear", onclick: () => this.clear() });
    this.live = el("div", { class: "sr-only", "aria-live": "polite" });
    this.stages = el("div", { class: "maps" });
    this.message = el("div", { class: "message", text: "Loading the maps…" });
    this.node = el(
      "section",
      { class: "uncollapse twin-map", "aria-label": "Maps" },
      el(
        "div",
        { class: "toolbar" },
        el("label", { class: "colour" }, el("span", { text: "Colour by" }), this.pickColour),
        el("div", { class: "segments", role: "group", "aria-label": "Pointer" }, ...Object.values(this.tools)),
        el("div", { class: "segments linker" }, this.link),
        this.search,
        this.legend.node,
        el("div", { class: "selection" }, this.summary, this.clearButton),
      ),
      this.strip.node,
      this.message,
      this.stages,
      this.live,
    );
    this.host.append(this.node);
    this.setTool(this.tool);
  }

  // ---- what Python says ----------------------------------------------------------------------------------------

  /** Called at every script run; changes only what differs. */
  update(view, send) {
    this.send = send;
    this.view = view;
    this.refresh();
  }

  refresh() {
    if (this.destroyed) return;
    const { view } = this;
    const points = findPoints(view.version, () => this.refresh());
    if (!points) return;
    this.message.hidden = true;
    this.theme = readTheme(this.node);
    this.node.classList.toggle("dark", this.theme.dark);
    this.adopt(view, points);
    this.layOut();
    this.link.parentElement.hidden = this.maps.length < 2;
    const change = view.arms.length > 1 ? this.fields.get(view.strip) : null;
    this.strip.show(change, view.version, () => this.column(change, 0));
    this.refreshColours();
    this.paint();
  }

  /** Take over Python's colour, selection and focus where they changed since its last word. */
  adopt(view, points) {
    const before = this.told ?? {};
    const others = before.idsVersion !== view.idsVersion;
    if (others) [this.selected, this.focus, this.hovered, this.brushed] = [new Set(), -1, -1, this.brushed + 1];
    this.points = points;
    this.fields = new Map(view.fields.map((field) => [field.name, field]));
    if (before.colour !== view.colour && this.fields.has(view.colour)) this.colour = view.colour;
    if (!this.fields.has(this.colour)) this.colour = view.fields[0]?.name ?? null;
    if (view.selected !== null && (before.selected !== view.selected || others)) {
      const echo = this.sent.indexOf(view.selected);
      if (echo < 0) [this.selected, this.brushed] = [decodeMask(view.selected, points.n), this.brushed + 1];
      this.sent.splice(0, echo + 1); // an echo of what the user did is old news
    }
    if (before.focus !== view.focus || others) {
      this.focus = points.rows.get(view.focus) ?? -1;
    }
    this.told = view;
    this.fillSelect(view.fields);
  }

  fillSelect(fields) {
    const names = JSON.stringify(fields.map(({ name, title }) => [name, title]));
    if (this.names !== names) {
      this.names = names;
      this.pickColour.replaceChildren(...fields.map(({ name, title }) => el("option", { value: name, text: title })));
      this.pickColour.disabled = fields.length < 2;
    }
    if (this.colour) this.pickColour.value = this.colour;
  }

  /** The right number of maps, each with its arm's name, positions and marks. */
  layOut() {
    const { arms, single, height } = this.view;
    if (this.front >= arms.length) this.front = 0;
    const shown = single ? [this.front] : arms.map((_, arm) => arm);
    while (this.maps.length > shown.length) this.maps.pop().remove();
    while (this.maps.length < shown.length) {
      const map = new MapView(this.listener());
      map.remove = () => (map.destroy(), map.node.remove());
      this.maps.push(map);
      this.stages.append(map.node);
    }
    this.stages.classList.toggle("single", single);
    this.maps.forEach((map, i) => {
      this.dress(map, shown[i]);
      map.stage.style.height = `${height}px`;
      map.setPosition(this.points.maps[map.arm]);
      map.setFocus(this.focus);
    });
  }

  /** Everything about a map that depends on its arm, but the points. */
  dress(map, arm) {
    const { arms, single, queries } = this.view;
    map.arm = arm;
    map.label(arms[arm], single && arms.length > 1 ? this.switches(arm) : []);
    map.setQueries(queries.map((query) => ({ label: query.label, at: arm ? query.right : query.left })));
  }

  switches(shown) {
    return this.view.arms.map(({ name }, arm) =>
      button(`Show ${name} (t)`, { text: name, class: "clip", "aria-pressed": String(arm === shown), onclick: () => this.flip(arm) }),
    );
  }

  /** The single map turns into the other arm's, point by point. */
  flip(arm) {
    if (arm === this.front) return;
    this.front = arm;
    const [map] = this.maps;
    this.hover(-1, map);
    this.dress(map, arm);
    this.paint();
    map.morph(this.points.maps[arm]);
    this.announce(`Showing ${this.view.arms[arm].name}`);
  }

  listener() {
    return {
      allowed: (row, map) => this.visible(row, map.arm),
      hover: (row, map) => this.hover(row, map),
      pick: (row) => this.pick(row),
      brush: (rows, mode) => this.brush(rows, mode),
      tool: () => this.tool,
      moved: (map) => this.linked && this.follow(map),
    };
  }

  // ---- colours and legend --------------------------------------------------------------------------------------

  get field() {
    return this.fields.get(this.colour);
  }

  get arms() {
    return this.view.arms.map((_, arm) => arm);
  }

  column(field, arm) {
    return this.points.column(field.columns[Math.min(arm, field.columns.length - 1)]);
  }

  refreshColours() {
    const key = [this.view.version, this.colour, this.theme.dark, this.view.arms.length].join();
    if (this.coloursKey === key) return;
    this.coloursKey = key;
    this.codes = this.field ? this.arms.map((arm) => this.column(this.field, arm)) : [];
    this.grouping = this.field?.kind === "categorical" ? groupCategories(this.field, this.codes, this.theme.dark) : null;
  }

  get hiddenGroups() {
    if (!this.hidden.has(this.colour)) this.hidden.set(this.colour, new Set());
    return this.hidden.get(this.colour);
  }

  groupAt(row, arm) {
    const code = this.codes[arm][row];
    return this.grouping.groupOf[code < 0 ? this.grouping.groupOf.length - 1 : code];
  }

  visible(row, arm) {
    return !this.grouping || !this.hiddenGroups.size || !this.hiddenGroups.has(this.groupAt(row, arm));
  }

  setColour(name) {
    this.colour = name;
    this.refreshColours();
    this.paint();
    this.announce(`Coloured by ${this.field.title}`);
  }

  toggle(group) {
    const hidden = this.hiddenGroups;
    if (!hidden.delete(group)) hidden.add(group);
    this.paint();
  }

  isolate(group) {
    const hidden = this.hiddenGroups;
    const alone = !hidden.has(group) && hidden.size === this.grouping.groups.length - 1;
    hidden.clear();
    if (!alone) this.grouping.groups.forEach((_, i) => i !== group && hidden.add(i));
    this.paint();
  }

  // ---- drawing -------------------------------------------------------------------------------------------------

  paint() {
    const size = Math.max(2.4, Math.min(7, 24 / Math.log10(Math.max(20, this.points.n)) - 2.4));
    const key = [this.coloursKey, [...this.hiddenGroups].join(" "), this.brushed];
    for (const map of this.maps) map.paint([map.arm, ...key].join("|"), () => this.layers(map.arm), size);
    this.showLegend();
  }

  /** Unselected items faintly behind, selected ones in front; or all alike when nothing is selected. */
  layers(arm) {
    const [back, front] = [[], []];
    for (const row of scattered(this.points.n)) {
      if (this.visible(row, arm)) (this.selected.has(row) ? front : back).push(row);
    }
    const full = 0.85 * Math.min(1, (2000 / this.points.n) ** 0.22); // crowds stay readable
    const layer = (rows, opacity) => ({ rows, opacity, colours: this.coloursOf(rows, arm) });
    return this.selected.size ? [layer(back, 0.15 * full), layer(front, Math.max(0.75, full))] : [layer(back, full)];
  }

  coloursOf(rows, arm) {
    if (!this.field) return grey(this.theme.dark);
    if (this.grouping) return rows.map((row) => this.grouping.groups[this.groupAt(row, arm)].colour);
    const colour = colourScale(this.field.limits, this.theme.dark);
    return rows.map((row) => colour(this.codes[arm][row]));
  }

  showLegend() {
    if (this.grouping) {
      this.legend.showGroups(this.grouping.groups, this.hiddenGroups, this.selected.size ? this.countSelected() : null);
    } else if (this.field) {
      this.legend.showScale(this.field, scaleOf(this.theme.dark));
    }
    this.legend.node.hidden = !this.field;
    this.strip.select(this.selected);
    this.summary.textContent = this.selected.size
      ? `${count(this.selected.size)} / ${count(this.points.n)} selected`
      : `${count(this.points.n)} items`;
    this.clearButton.hidden = !this.selected.size;
  }

  countSelected() {
    const counts = this.grouping.groups.map(() => this.arms.map(() => 0));
    for (const row of this.selected) for (const arm of this.arms) counts[this.groupAt(row, arm)][arm]++;
    return counts;
  }

  // ---- what the user does --------------------------------------------------------------------------------------

  setTool(tool) {
    this.tool = tool;
    this.node.dataset.tool = tool;
    for (const [name, node] of Object.entries(this.tools)) node.setAttribute("aria-pressed", String(name === tool));
  }

  hover(row, leader) {
    if (row === this.hovered && leader === this.leader) return;
    [this.hovered, this.leader] = [row, leader];
    for (const map of this.maps) map.showHover(row, row >= 0 ? this.preview(row, map.arm) : []);
    if (row >= 0) this.announce(this.describe(row, leader.arm).map((line) => line.join(" ")).join(", "));
  }

  /** [title, value] lines about an item in one arm. */
  describe(row, arm) {
    const value = (field) => {
      const code = this.column(field, arm)[row];
      if (field.kind === "continuous") return Number.isFinite(code) ? code.toPrecision(3) : "unknown";
      return code < 0 ? "unknown" : field.categories[code];
    };
    const name = this.points.names?.get(row);
    return [["Item", `#${this.points.ids[row]}${name ? ` · ${name}` : ""}`], ...this.view.fields.map((field) => [field.title, value(field)])];
  }

  preview(row, arm) {
    const picture = thumbnail(this.view.atlas, this.points.slots?.[row] ?? -1, 84);
    const lines = this.describe(row, arm).map(([title, value]) =>
      el("div", { class: "line" }, el("dt", { class: "clip", text: title }), el("dd", { class: "clip", dir: "auto", text: value })),
    );
    return [picture, el("dl", {}, ...lines)].filter(Boolean);
  }

  pick(row) {
    this.focus = row;
    for (const map of this.maps) map.setFocus(row);
    this.send.trigger("picked", { id: row < 0 ? null : this.points.ids[row], colour: this.colour });
    this.announce(row < 0 ? "No item chosen" : `Item ${this.points.ids[row]} chosen`);
  }

  brush(rows, mode) {
    this.select(mode === "add" ? new Set([...this.selected, ...rows]) : rows);
    this.report();
  }

  clear() {
    this.select(new Set());
    this.report();
  }

  select(rows) {
    this.selected = rows;
    this.brushed++;
    this.paint();
  }

  report() {
    const mask = encodeMask(this.selected, this.points.n);
    this.sent = [...this.sent.slice(-7), mask];
    // The time makes Python notice that the user draws the same selection again.
    this.send.state("selection", { mask, ids: this.view.idsVersion, colour: this.colour, at: performance.now() });
    this.announce(`${count(this.selected.size)} of ${count(this.points.n)} items selected`);
  }

  linkZoom() {
    this.linked = !this.linked;
    this.link.setAttribute("aria-pressed", String(this.linked));
    if (this.linked) this.follow(this.maps[0]);
    this.announce(this.linked ? "The maps zoom together" : "Each map zooms on its own");
  }

  /** The other maps show the same part of themselves as `leader`. */
  follow(leader) {
    const window = leader.window();
    for (const map of this.maps) if (map !== leader) map.show(window);
  }

  searchKey(event) {
    if (event.key === "Escape") {
      this.search.value = "";
      this.search.blur();
    } else if (event.key !== "Enter" || !this.search.value.trim()) return;
    else {
      const rows = this.matching(this.search.value.trim().toLowerCase());
      if (rows.size) this.brush(rows, event.shiftKey ? "add" : "replace");
      else this.announce("Nothing found");
      this.search.toggleAttribute("aria-invalid", !rows.size);
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** Rows of which a class, mode or name holds the text; or the one of that number. */
  matching(text) {
    const told = this.view.fields.filter((field) => field.kind === "categorical" && field.columns.length === 1);
    const wanted = told.map((field) => {
      const codes = new Set(field.categories.keys().filter((i) => field.categories[i].toLowerCase().includes(text)));
      return { codes, column: this.column(field, 0) };
    });
    const rows = new Set();
    for (let row = 0; row < this.points.n; row++) {
      const called = this.points.names?.get(row)?.toLowerCase().includes(text) || `#${this.points.ids[row]}` === text;
      if (called || wanted.some(({ codes, column }) => codes.has(column[row]))) rows.add(row);
    }
    return rows;
  }

  announce(text) {
    this.live.textContent = text;
  }

  key(event) {
    const from = event.composedPath()[0];
    const typing = from instanceof HTMLElement && (from.isContentEditable || from.matches("textarea, select, input:not([type=checkbox], [type=radio])"));
    if (typing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !this.points) return;
    if (event.key === "t" && this.view.arms.length > 1) return this.turn();
    if (event.key === "/") return event.preventDefault(), this.search.focus();
    if (event.key !== "Escape") return;
    if (this.maps.map((map) => map.cancel()).some(Boolean)) return;
    if (this.selected.size) this.clear();
    else if (this.focus >= 0) this.pick(-1);
  }

  /** The key t: the single map flips here; with two maps side by side the page decides what it means. */
  turn() {
    if (this.view.single) this.flip(1 - this.front);
    else this.send.trigger("turned", true);
  }

  /** Streamlit calls again when its theme changes; the system's own switch may come without a call. */
  watchTheme() {
    this.media = matchMedia("(prefers-color-scheme: dark)");
    this.onTheme = () => requestAnimationFrame(() => this.view && this.refresh());
    this.media.addEventListener("change", this.onTheme);
  }

  destroy() {
    this.destroyed = true;
    document.removeEventListener("keydown", this.onKey);
    this.media.removeEventListener("change", this.onTheme);
    for (const map of this.maps) map.destroy();
    this.node.remove();
  }
}

const mounted = new WeakMap();

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  if (data.role === "points") return keepPoints(data.version, data.table);
  if (!mounted.has(parentElement)) mounted.set(parentElement, new TwinMap(parentElement));
  const map = mounted.get(parentElement);
  map.update(data, { state: setStateValue, trigger: setTriggerValue });
  return () =>
    // Streamlit also runs the clean-up of a call that a newer one overtook: only leaving the page counts.
    setTimeout(() => {
      if (parentElement.isConnected) return;
      map.destroy();
      mounted.delete(parentElement);
    });
}
