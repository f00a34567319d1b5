import { button, icon } from "../common/controls.js";
import { el, originOf } from "../common/dom.js";
import { formatCount } from "../common/format.js";
import { groupCategories } from "../common/legend_groups.js";
import { scatteredOrder } from "../common/paint_order.js";
import { grey } from "../common/palette.js";
import { readTheme } from "../common/theme.js";
import { ArmMap } from "./arm_map.js";
import { Chart } from "./chart.js";
import { Clock } from "./clock.js";
import { boundsOf, epochsOf, filmsOf, framesCache } from "./frames.js";

/** @import { Trigger } from "../common/types.d.ts" */
/** @import { Bounds, Film, Frames, View } from "./types.d.ts" */

/**
 * What is shown, and what follows from it.
 * @typedef {object} Shown
 * @property {View} view
 * @property {Frames} frames
 * @property {number[]} epochs
 * @property {Film[]} films
 * @property {Bounds} bounds
 * @property {Uint32Array} order in which items are painted
 */

const STEPS = new Map([
  ["ArrowRight", 1],
  ["ArrowUp", 1],
  ["ArrowLeft", -1],
  ["ArrowDown", -1],
  ["PageUp", 5],
  ["PageDown", -5],
]);

export class Player {
  /** @param {HTMLElement} host */
  constructor(host) {
    /** @type {View | null} */
    this.wanted = null;
    /** @type {Shown | null} */
    this.shown = null; // wanted, and its frames have come
    /** @type {string | null} */
    this.colour = null; // name of the field
    /** @type {Trigger} */
    this.send = () => {};
    /** @type {ArmMap[]} */
    this.armMaps = [];
    /** @type {Chart[]} */
    this.measureCharts = [];
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.clock = new Clock(
      { moved: () => this.draw(), played: (playing) => this.showPlaying(playing), isCalm: () => this.calm.matches },
      { request: (tick) => requestAnimationFrame(tick), cancel: (handle) => cancelAnimationFrame(handle) },
    );
    this.playButton = button("Play", {
      symbol: "play",
      class: "play",
      onclick: () => this.shown && this.clock.toggle(),
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
      this.spoken,
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
      () => this.wanted?.version === view.version && this.update(this.wanted, send),
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
      epochs.findLastIndex((own) => own <= epoch),
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
    const flat = view.arms.some((arm) => arm.projected)
      ? "Seen along two directions that stay the same from the first epoch to the last, at one scale: a distance on " +
        "screen is the true one or less. A UMAP map would blow a collapsed class up again."
      : "The embedding has two dimensions: what you see is the embedding itself, not a projection.";
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
      }),
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
      return /** @type {[string, string]} */ ([field.title, code < 0 ? "unknown" : field.categories[code]]);
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
}

/**
 * @param {View} view
 * @param {Frames} frames
 * @returns {Shown}
 */
function shownOf(view, frames) {
  const epochs = epochsOf(view.arms);
  const films = filmsOf(frames, view.arms, epochs);
  return { view, frames, epochs, films, bounds: boundsOf(frames.places), order: scatteredOrder(frames.n) };
}

/**
 * Whether the items can be coloured by a field of this name.
 * @param {View} view
 * @param {string | null} name
 */
const has = (view, name) => view.fields.some((field) => field.name === name);
