import { el } from "../common/dom.js";
import { thumbnail } from "../common/sprites.js";

const SIDE = 52; // CSS pixels of a tile's picture

class Strips {
  constructor(host) {
    this.node = el("section", { class: "uncollapse strips", "aria-label": "Sub-clusters with examples" });
    this.node.addEventListener("keydown", (event) => this.key(event));
    host.append(this.node);
  }

  update(data, trigger) {
    this.trigger = trigger;
    const key = JSON.stringify(data);
    if (this.shown === key) return;
    this.shown = key;
    this.data = data;
    const focused = this.node.getRootNode().activeElement?.dataset?.place;
    this.node.replaceChildren(...data.arms.map((arm, i) => this.column(arm, i)));
    const tiles = [...this.node.querySelectorAll("button.tile")];
    const first = tiles.find((tile) => tile.dataset.place === focused);
    if (tiles.length) (first ?? tiles[0]).tabIndex = 0;
    first?.focus();
  }

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
        { class: "tiles", role: "group", "aria-label": `${strip.title}, from the middle outwards. Arrow keys move, Enter shows neighbours.` },
        ...strip.tiles.map((tile, k) => this.tile(tile, `${place} ${k}`)),
      ),
    );
  }

  tile(tile, place) {
    const picture = thumbnail(this.data.atlas, this.data.slots[tile.id] ?? -1, SIDE);
    return el(
      "button",
      {
        type: "button",
        class: `tile ${picture ? "" : "bare"} ${tile.id === this.data.chosen ? "chosen" : ""}`,
        tabindex: "-1",
        "data-id": tile.id,
        "data-place": place,
        title: `Item #${tile.id}\n${tile.name}`,
        "aria-label": `Item ${tile.id}, ${tile.name}`,
        onclick: () => this.trigger("picked", tile.id),
      },
      picture ?? el("span", { class: "clip", dir: "auto", text: tile.name }),
    );
  }

  // ---- keyboard: one tab stop; left and right along a strip, up and down between strips ------------------------

  key(event) {
    const at = event.composedPath()[0];
    const steps = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
    if (!at.dataset?.place || !steps[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const [column, row, place] = at.dataset.place.split(" ").map(Number);
    const [down, right] = steps[event.key];
    const target = this.node.querySelector(`[data-place="${column} ${row + down} ${place + right}"]`)
      ?? (right ? this.node.querySelector(`[data-place="${column + right} ${row} 0"]`) : null);
    if (!target) return;
    at.tabIndex = -1;
    target.tabIndex = 0;
    target.focus();
  }
}

const all = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  if (!all.has(parentElement)) all.set(parentElement, new Strips(parentElement));
  all.get(parentElement).update(data, setTriggerValue);
}
