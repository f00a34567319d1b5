// Which colour each item has, and which are hidden by way of the legend.
import { groupCategories } from "../common/legend_groups.js";
import { scatteredOrder } from "../common/paint_order.js";
import { colourScale, grey, selectedColour } from "../common/palette.js";
import { valuesOf } from "./points.js";

/** @import { Field, Grouping, Layer } from "../common/types.d.ts" */
/** @import { Points } from "./types.d.ts" */

const OUTLINE = 2.2; // pixels by which the outline of what is selected is larger than a dot
const SWELL = 0.4; // and the dot within it

export class Colouring {
  constructor() {
    this.key = ""; // differs where a colour may differ
    this.dark = false;
    this.arms = 0;
    /** @type {Field | null} */
    this.field = null;
    /** @type {ArrayLike<number>[]} */
    this.values = []; // for each arm
    /** @type {Grouping | null} */
    this.grouping = null; // of a categorical field
    /** @type {Map<string, Set<number>>} */
    this.hiddenByField = new Map(); // field name -> hidden groups
    /** @type {Set<string>} */
    this.listed = new Set(); // names of the fields whose categories are all groups of their own
  }

  /**
   * Colour by a field; null: all grey.
   * @param {Points} points
   * @param {Field | null} field
   * @param {{ version: string, arms: number, dark: boolean }} ground version: of the points
   */
  use(points, field, { version, arms, dark }) {
    const all = field !== null && this.listed.has(field.name);
    const key = [version, field?.name, dark, arms, all].join();
    if (this.key === key) return;
    Object.assign(this, { key, field, arms, dark });
    this.values = field ? Array.from({ length: arms }, (_, arm) => valuesOf(points, field, arm)) : [];
    this.grouping = field?.kind === "categorical" ? groupCategories(field, this.values, dark, all) : null;
  }

  /** The hidden groups of the present field. */
  get hidden() {
    const name = this.field?.name ?? "";
    const hidden = this.hiddenByField.get(name) ?? new Set();
    this.hiddenByField.set(name, hidden);
    return hidden;
  }

  /**
   * @param {Grouping} grouping
   * @param {number} row
   * @param {number} arm
   */
  groupAt({ groupOf }, row, arm) {
    const code = this.values[arm][row];
    return groupOf[code < 0 ? groupOf.length - 1 : code];
  }

  /** @type {(row: number, arm: number) => boolean} */
  isVisible(row, arm) {
    const { grouping, hidden } = this;
    return !grouping || !hidden.size || !hidden.has(this.groupAt(grouping, row, arm));
  }

  /** Whether all categories of the present field are listed. */
  get isListed() {
    return this.field !== null && this.listed.has(this.field.name);
  }

  /** List all categories of the present field, or fold the rarest again. */
  toggleList() {
    const name = this.field?.name ?? "";
    if (!this.listed.delete(name)) this.listed.add(name);
    this.hidden.clear(); // numbers of groups mean others now
  }

  /**
   * Hide a group, or show it again.
   * @param {number} group
   */
  toggle(group) {
    if (!this.hidden.delete(group)) this.hidden.add(group);
  }

  /**
   * Show a group alone, or all again where it is alone.
   * @param {number} group
   */
  isolate(group) {
    const groups = this.grouping?.groups ?? [];
    const hidden = this.hidden;
    const alone = !hidden.has(group) && hidden.size === groups.length - 1;
    hidden.clear();
    if (alone) return;
    groups.forEach((_, i) => {
      if (i !== group) hidden.add(i);
    });
  }

  /**
   * Unselected items faintly behind, selected ones in front with an outline in a colour of their own, which they also
   * fill where they would be grey; or all alike when nothing is selected.
   * @param {number} n items in all
   * @param {Set<number>} selected
   * @param {number} arm
   * @returns {Layer[]}
   */
  layers(n, selected, arm) {
    /** @type {number[]} */
    const back = [];
    /** @type {number[]} */
    const front = [];
    for (const row of scatteredOrder(n)) {
      if (this.isVisible(row, arm)) (selected.has(row) ? front : back).push(row);
    }
    const full = 0.85 * Math.min(1, (2000 / n) ** 0.22); // crowds stay readable
    const colours = this.coloursOf(back, arm);
    if (!selected.size) return [{ rows: back, opacity: full, colours, grow: 0 }];
    return [
      { rows: back, opacity: 0.15 * full, colours, grow: 0 },
      { rows: front, opacity: 1, colours: selectedColour(this.dark), grow: OUTLINE },
      { rows: front, opacity: 1, colours: this.withoutGrey(front, arm), grow: SWELL },
    ];
  }

  /**
   * Colours of selected items, none of which is grey.
   * @param {number[]} rows
   * @param {number} arm
   */
  withoutGrey(rows, arm) {
    const [colours, dull, own] = [this.coloursOf(rows, arm), grey(this.dark), selectedColour(this.dark)];
    if (typeof colours === "string") return own;
    return colours.map((colour) => (colour === dull ? own : colour));
  }

  /**
   * @param {number[]} rows
   * @param {number} arm
   */
  coloursOf(rows, arm) {
    const { field, grouping, dark } = this;
    if (grouping) return rows.map((row) => grouping.groups[this.groupAt(grouping, row, arm)].colour);
    if (field?.kind !== "continuous") return grey(dark);
    const colour = colourScale(field.limits, dark);
    return rows.map((row) => colour(this.values[arm][row]));
  }

  /**
   * For each group, the selected items in each arm.
   * @param {Grouping} grouping
   * @param {Set<number>} selected
   */
  countSelected(grouping, selected) {
    const counts = grouping.groups.map(() => new Array(this.arms).fill(0));
    for (const row of selected) {
      for (let arm = 0; arm < this.arms; arm++) counts[this.groupAt(grouping, row, arm)][arm]++;
    }
    return counts;
  }
}
