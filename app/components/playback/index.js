import { grey, groupCategories } from "../common/colours.js";
import { button, count, el, icon } from "../common/dom.js";
import { scattered } from "../common/dots.js";
import { readTheme } from "../common/theme.js";
import { Chart } from "./charts.js";
import { boundsOf, epochsOf, filmsOf, findReel, keepReel } from "./reel.js";
import { Stage } from "./stage.js";

const WHOLE = 12000; // milliseconds that a long training takes to play
const LONGEST = 700; // between two epochs of a short one
const SHORTEST = 90;
const STEP = 220; // milliseconds of a step by key or slider

class Player {
  constructor(host) {
    this.node = el("section", { class: "uncollapse playback", "aria-label": "Training played back" });
    this.playButton = button("Play", { symbol: "play", class: "play", onclick: () => this.toggle() });
    this.slider = el("input", { type: "range", min: 0, step: 1, "aria-label": "Epoch" });
    this.slider.addEventListener("input", () => this.goTo(Number(this.slider.value)));
    this.readout = el("output", { class: "readout" });
    this.select = el("select", { "aria-label": "Colour by", onchange: () => this.recolour(this.select.value) });
    this.colourBy = el("label", { class: "colour" }, el("span", { text: "Colour" }), this.select);
    this.legend = el("ul", { class: "legend", "aria-label": "Colours" });
    this.maps = el("div", { class: "maps" });
    this.charts = el("div", { class: "charts" });
    this.foot = el("p", { class: "foot" });
    this.spoken = el("div", { class: "sr-only", "aria-live": "polite" });
    this.node.append(
      el("div", { class: "controls" }, this.playButton, this.slider, this.readout),
      el("div", { class: "toolbar" }, this.colourBy, this.legend),
      this.maps,
      this.charts,
      this.foot,
      this.spoken,
    );
    this.stages = [];
    this.figures = [];
    this.time = null; // place on the slider; a fraction is between two epochs
    this.playing = false;
    this.node.addEventListener("keydown", (event) => this.key(event));
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.onScheme = () => requestAnimationFrame(() => this.reel && this.dress());
    this.scheme.addEventListener("change", this.onScheme);
    host.append(this.node);
  }

  update(view) {
    this.wanted = view;
    const reel = findReel(view.version, () => this.update(this.wanted));
    if (!reel || reel !== findReel(this.wanted.version, () => {})) return;
    const first = this.time === null;
    const followed = view.follow && (first || this.target() >= this.epochs.length - 1);
    const epoch = first ? 0 : this.epochs[Math.round(this.target())];
    const changed = this.shown !== view.version;
    if (view.colour && !this.colour) this.colour = view.colour;
    this.view = view;
    if (changed) {
      this.shown = view.version;
      this.reel = reel;
      this.epochs = epochsOf(view.arms);
      this.films = filmsOf(reel, view.arms, this.epochs);
      this.bounds = boundsOf(reel.places);
      this.order = scattered(reel.n);
      this.slider.max = this.epochs.length - 1;
      this.fillSelect();
      while (this.stages.length < this.films.length) {
        this.stages.push(new Stage(this.stages.length, (row) => this.describe(row)));
      }
      for (const extra of this.stages.splice(this.films.length)) extra.destroy();
      this.maps.replaceChildren(...this.stages.map((stage) => stage.node));
      this.time = Math.max(0, this.epochs.findLastIndex((own) => own <= epoch));
    }
    this.showMeasures();
    this.dress();
    if (changed && followed) this.goTo(this.epochs.length - 1, { at: first });
    else this.draw();
  }

  // ---- what does not move ------------------------------------------------------------------------------------

  fillSelect() {
    const { fields } = this.view;
    if (!fields.some((field) => field.name === this.colour)) this.colour = fields[0]?.name ?? null;
    this.select.replaceChildren(...fields.map((field) => el("option", { value: field.name, text: field.title })));
    this.select.value = this.colour;
    this.colourBy.hidden = fields.length < 2;
  }

  recolour(name) {
    this.colour = name;
    this.dress();
    this.draw();
  }

  /** Colours and what else depends on the theme. */
  dress() {
    const theme = readTheme(this.node);
    this.node.classList.toggle("dark", theme.dark);
    const colours = this.coloursOf(theme.dark);
    this.stages.forEach((stage, i) =>
      stage.show({
        film: this.films[i],
        bounds: this.bounds,
        colours,
        order: this.order,
        height: this.view.height,
        ground: theme.background,
      }),
    );
    const sample = this.view.shown < this.view.total ? `${count(this.view.shown)} of ` : "";
    const flat = this.view.arms.some((arm) => arm.projected)
      ? "Seen along two directions that stay the same from the first epoch to the last, at one scale: a distance on screen "
        + "is the true one or less. A UMAP map would blow a collapsed class up again."
      : "The embedding has two dimensions: what you see is the embedding itself, not a projection.";
    this.foot.textContent = `${sample}${count(this.view.total)} items that are evaluated. ${flat} `
      + "Space plays and pauses, arrow keys step.";
  }

  coloursOf(dark) {
    const field = this.view.fields.find((one) => one.name === this.colour);
    if (!field) return new Array(this.reel.n).fill(grey(dark));
    const codes = this.reel.column(field.columns[0]);
    const { groups, groupOf } = groupCategories(field, [codes], dark);
    this.legend.replaceChildren(...groups.map((group) => {
      const swatch = el("span", { class: "swatch" });
      swatch.style.background = group.colour;
      return el("li", {}, swatch, el("span", { class: "clip", dir: "auto", text: group.label, title: group.label }));
    }));
    const unknown = groupOf[groupOf.length - 1];
    return Array.from(codes, (code) => groups[code < 0 ? unknown : groupOf[code]].colour);
  }

  showMeasures() {
    const names = this.view.arms.map((arm) => arm.name);
    const shown = this.view.measures;
    const ends = shown.flatMap((one) => names.map((name) => one.lines[name]?.at(-1)?.[0] ?? 0));
    const last = Math.max(this.view.epochs ?? 0, this.epochs.at(-1), ...ends);
    while (this.figures.length < shown.length) this.figures.push(new Chart());
    this.figures.length = shown.length;
    this.figures.forEach((figure, i) => figure.show(shown[i], names, last));
    this.charts.replaceChildren(...this.figures.map((figure) => figure.node));
    this.charts.hidden = !shown.length;
  }

  describe(row) {
    const name = this.reel.names?.get(row);
    const lines = this.view.fields.map((field) => {
      const code = this.reel.column(field.columns[0])[row];
      return [field.title, code < 0 ? "unknown" : field.categories[code]];
    });
    return [["Item", name ? `${name} (#${this.reel.ids[row]})` : `#${this.reel.ids[row]}`], ...lines];
  }

  // ---- what moves ------------------------------------------------------------------------------------------------

  draw() {
    const { time, epochs } = this;
    const before = Math.floor(time);
    const next = Math.min(before + 1, epochs.length - 1);
    const epoch = epochs[before] + (epochs[next] - epochs[before]) * (time - before);
    const near = Math.round(time);
    for (const stage of this.stages) stage.draw(time);
    for (const figure of this.figures) figure.markAt(epoch);
    const whole = epochs[near];
    const last = this.view.epochs ?? epochs.at(-1);
    const text = whole === 0 ? "Before training" : `Epoch ${whole} of ${last}`;
    this.slider.value = near;
    this.slider.setAttribute("aria-valuetext", text);
    if (this.readout.textContent !== text) this.readout.textContent = text;
    this.films.forEach((film, i) => {
      const share = film.shares[film.at[near]];
      const own = film.epochs[film.at[near]];
      const seen = share === null ? "all items at one point" : `${Math.round(100 * share)} % of the variance seen`;
      const late = own < whole ? ` (epoch ${own})` : "";
      this.stages[i].note.textContent = (film.projected || share === null ? seen : "the embedding itself") + late;
      this.stages[i].canvas.setAttribute("aria-label", `Map of ${film.name}, ${text.toLowerCase()}, ${seen}`);
    });
    this.node.dataset.epoch = whole;
    this.node.dataset.playing = this.playing;
  }

  /** Where the film is going, or is. */
  target() {
    return this.moving ? this.moving.to : this.time;
  }

  /** Move there in one sweep; at: without one. */
  goTo(place, { at = false } = {}) {
    this.stop();
    if (at || this.calm.matches || Math.abs(place - this.time) < 1e-6) {
      this.time = place;
      return this.draw();
    }
    this.move(place, STEP);
  }

  toggle() {
    if (this.playing) {
      this.stop();
      return this.goTo(Math.round(this.time));
    }
    const last = this.epochs.length - 1;
    if (this.time >= last) this.time = 0;
    const each = Math.min(LONGEST, Math.max(SHORTEST, WHOLE / Math.max(last, 1)));
    this.setPlaying(true);
    this.move(last, each * (last - this.time));
  }

  move(to, lasting) {
    const from = this.time;
    let began = null;
    this.moving = { to };
    const tick = (now) => {
      began ??= now;
      const share = lasting > 0 ? Math.min(1, (now - began) / lasting) : 1;
      const time = from + (to - from) * share;
      this.time = this.calm.matches && share < 1 ? Math.floor(time) : time;
      if (share >= 1) this.stop();
      else this.moving.frame = requestAnimationFrame(tick);
      this.draw();
    };
    this.moving.frame = requestAnimationFrame(tick);
  }

  stop() {
    if (this.moving) cancelAnimationFrame(this.moving.frame);
    this.moving = null;
    if (this.playing) this.setPlaying(false);
  }

  setPlaying(playing) {
    this.playing = playing;
    const label = playing ? "Pause" : "Play";
    this.playButton.setAttribute("aria-label", label);
    this.playButton.title = `${label} (space)`;
    this.playButton.replaceChildren(icon(label.toLowerCase()));
    this.node.dataset.playing = playing;
    if (!playing) this.spoken.textContent = this.readout.textContent;
  }

  key(event) {
    const from = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || from === this.select || !this.epochs) return;
    const last = this.epochs.length - 1;
    const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5 };
    if (event.key === " ") this.toggle();
    else if (event.key === "Home") this.goTo(0);
    else if (event.key === "End") this.goTo(last);
    else if (steps[event.key]) {
      const here = Math.round(this.playing ? this.time : this.target());
      this.goTo(Math.min(last, Math.max(0, here + steps[event.key])));
    } else return;
    event.preventDefault();
  }

  destroy() {
    this.stop();
    this.scheme.removeEventListener("change", this.onScheme);
    for (const stage of this.stages) stage.destroy();
    this.node.remove();
  }
}

const players = new WeakMap();

export default function ({ data, parentElement }) {
  if (data.role === "places") return keepReel(data);
  if (!players.has(parentElement)) players.set(parentElement, new Player(parentElement));
  const player = players.get(parentElement);
  player.update(data);
  return () =>
    // Streamlit also runs the clean-up of a call that a newer one overtook: only leaving the page counts.
    setTimeout(() => {
      if (parentElement.isConnected) return;
      player.destroy();
      players.delete(parentElement);
    });
}
