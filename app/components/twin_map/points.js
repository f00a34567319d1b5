// The points as they arrive from Python, decoded once for each version and shared by all maps of the page.
import { VersionCache } from "../common/version_cache.js";

/** @import { ArrowTable, Field, Positions } from "../common/types.d.ts" */
/** @import { Points } from "./types.d.ts" */

/** @type {VersionCache<Points>} */
export const pointsCache = new VersionCache(4);

/**
 * @param {ArrowTable} table
 * @returns {Points}
 */
export function decodePoints(table) {
  const ids = columnOf(table, "id");
  /** @type {Map<number, number>} */
  const rows = new Map();
  for (let row = 0; row < ids.length; row++) rows.set(ids[row], row);
  /** @type {Positions[]} */
  const maps = [];
  while (table.getChild(`x${maps.length}`)) maps.push(positionsOf(table, maps.length));
  return {
    n: ids.length,
    ids,
    rows,
    slots: table.getChild("slot")?.toArray() ?? null,
    names: table.getChild("name"),
    maps,
    column: (name) => columnOf(table, name),
  };
}

/**
 * @param {ArrowTable} table
 * @param {number} arm
 * @returns {Positions}
 */
function positionsOf(table, arm) {
  const [x, y] = ["x", "y"].map((axis) => /** @type {Float32Array} */ (columnOf(table, axis + arm)));
  return { x, y };
}

/**
 * @param {ArrowTable} table
 * @param {string} name
 */
function columnOf(table, name) {
  const column = table.getChild(name);
  if (!column) throw new Error(`The points have no column ${name}.`);
  return column.toArray();
}

/**
 * A field's codes or values in one arm.
 * @param {Points} points
 * @param {Field} field
 * @param {number} arm
 */
export const valuesOf = (points, field, arm) => points.column(field.columns[Math.min(arm, field.columns.length - 1)]);

/**
 * Lines [title, value] about an item in one arm.
 * @param {Points} points
 * @param {Field[]} fields
 * @param {number} row
 * @param {number} arm
 * @returns {[string, string][]}
 */
export function describeItem(points, fields, row, arm) {
  const name = points.names?.get(row);
  const lines = fields.map((field) => /** @type {[string, string]} */ ([field.title, textOf(points, field, row, arm)]));
  return [["Item", `#${points.ids[row]}${name ? ` · ${name}` : ""}`], ...lines];
}

/** @type {(points: Points, field: Field, row: number, arm: number) => string} */
function textOf(points, field, row, arm) {
  const value = valuesOf(points, field, arm)[row];
  if (field.kind === "continuous") return Number.isFinite(value) ? value.toPrecision(3) : "unknown";
  return value < 0 ? "unknown" : field.categories[value];
}

/**
 * Rows of which a class, mode or name holds the text; or the one of that number. What differs between the arms, such
 * as sub-clusters, is not searched.
 * @param {Points} points
 * @param {Field[]} fields
 * @param {string} text in lower case
 */
export function findRows(points, fields, text) {
  const wanted = fields.flatMap((field) => {
    if (field.kind !== "categorical" || field.columns.length > 1) return [];
    const codes = field.categories.flatMap((category, code) => (category.toLowerCase().includes(text) ? [code] : []));
    return [{ codes: new Set(codes), column: valuesOf(points, field, 0) }];
  });
  /** @type {Set<number>} */
  const rows = new Set();
  for (let row = 0; row < points.n; row++) {
    const name = points.names?.get(row);
    const called = (typeof name === "string" && name.toLowerCase().includes(text)) || `#${points.ids[row]}` === text;
    if (called || wanted.some(({ codes, column }) => codes.has(column[row]))) rows.add(row);
  }
  return rows;
}
