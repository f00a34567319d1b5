// The categories of a field as groups of a legend.
import { DARK, furtherColour, grey, LIGHT } from "./palette.js";

/** @import { CategoricalField, Grouping } from "./types.d.ts" */

/**
 * One group for each category, the rarest beyond the palette folded into one, and "Unknown" where there are such
 * items.
 * @param {CategoricalField} field
 * @param {ArrayLike<number>[]} codes for each arm, one code for each item
 * @param {boolean} dark
 * @param {boolean} all none is folded; colours beyond the palette are less easily told apart
 * @returns {Grouping}
 */
export function groupCategories(field, codes, dark, all = false) {
  const k = field.categories.length;
  const counts = codes.map((column) => tally(column, k));
  const palette = dark ? DARK : LIGHT;
  const used = field.categories.map((_, code) => code).filter((code) => largest(counts, code) > 0);
  const common = all ? new Set(used) : commonest(used, counts, palette.length);
  /** @type {Grouping["groups"]} */
  const groups = [];
  const groupOf = new Int16Array(k + 1).fill(-1);
  /** @type {(label: string, colour: string, members: number[]) => void} */
  const add = (label, colour, members) => {
    for (const code of members) groupOf[code] = groups.length;
    groups.push({ label, colour, counts: counts.map((count) => members.reduce((sum, code) => sum + count[code], 0)) });
  };
  for (const code of used.filter((own) => common.has(own))) {
    // The colour follows the category, not its place among those present, so that it stays from map to map.
    const own = k <= palette.length ? code : groups.length;
    const colour = palette[own] ?? furtherColour(own - palette.length, dark);
    add(field.categories[code], field.colours?.[field.categories[code]] ?? colour, [code]);
  }
  const rare = used.filter((code) => !common.has(code));
  if (rare.length) add(`${rare.length} other`, grey(dark), rare);
  if (counts.some((count) => count[k] > 0)) add("Unknown", grey(dark), [k]);
  return { groups, groupOf, folded: rare.length };
}

/**
 * The codes that get a colour of their own: all, or the commonest that leave one colour for the others.
 * @param {number[]} used
 * @param {Uint32Array[]} counts
 * @param {number} room
 */
function commonest(used, counts, room) {
  if (used.length <= room) return new Set(used);
  const sorted = [...used].sort((a, b) => largest(counts, b) - largest(counts, a));
  return new Set(sorted.slice(0, room - 1));
}

/**
 * Items of a code in the arm that has most.
 * @param {Uint32Array[]} counts
 * @param {number} code
 */
const largest = (counts, code) => Math.max(...counts.map((count) => count[code]));

/**
 * How often each code occurs; the last entry counts -1.
 * @param {ArrayLike<number>} codes
 * @param {number} k
 */
function tally(codes, k) {
  const counts = new Uint32Array(k + 1);
  for (let i = 0; i < codes.length; i++) counts[codes[i] < 0 ? k : codes[i]]++;
  return counts;
}
