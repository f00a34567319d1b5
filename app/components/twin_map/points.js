// The points as they arrive from Python, decoded once for each version and shared by all maps of the page.
import { findKept, keep } from "../common/kept.js";

const MOST_KEPT = 4;

export const keepPoints = (version, table) => keep(version, () => decode(table), MOST_KEPT);

/** The points of `version`, or null, and then `callback` runs once they are here. */
export const findPoints = findKept;

function decode(table) {
  const column = (name) => table.getChild(name)?.toArray() ?? null;
  const ids = column("id");
  const rows = new Map();
  ids.forEach((id, row) => rows.set(id, row));
  const maps = [["lx", "ly"], ["rx", "ry"]]
    .map(([x, y]) => ({ x: column(x), y: column(y) }))
    .filter((map) => map.x);
  return { n: ids.length, ids, rows, slots: column("slot"), names: table.getChild("name"), maps, column };
}

/** One bit for each row, little-endian, as base64; "" when there is none. Mirrors encode_selection in Python. */
export function encodeMask(rows, n) {
  if (!rows.size) return "";
  const bytes = new Uint8Array(Math.ceil(n / 8));
  for (const row of rows) bytes[row >> 3] |= 1 << (row & 7);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

export function decodeMask(mask, n) {
  const rows = new Set();
  const text = atob(mask);
  for (let row = 0; row < n; row++) {
    if ((text.charCodeAt(row >> 3) >> (row & 7)) & 1) rows.add(row);
  }
  return rows;
}
