// What is selected, which the user and Python change in turn.

const PENDING = 8; // reports whose echo may still come

export class Selection {
  constructor() {
    /** @type {Set<number>} */
    this.rows = new Set();
    this.changes = 0; // counts them, to tell pictures of different selections apart
    /** @type {string[]} */
    this.reported = []; // masks sent to Python whose echo has not come back yet
  }

  get size() {
    return this.rows.size;
  }

  /** @param {Set<number>} rows */
  replace(rows) {
    this.rows = rows;
    this.changes++;
  }

  /**
   * The mask to report to Python.
   * @param {number} n items in all
   */
  report(n) {
    const mask = encodeMask(this.rows, n);
    this.reported = [...this.reported.slice(1 - PENDING), mask];
    return mask;
  }

  /**
   * Take over Python's selection, unless it echoes what the user did.
   * @param {string} mask
   * @param {number} n
   * @param {boolean} asked whether Python says that it is no echo
   */
  adopt(mask, n, asked) {
    const echo = asked ? -1 : this.reported.indexOf(mask);
    if (echo < 0) this.replace(decodeMask(mask, n));
    this.reported.splice(0, echo + 1);
  }
}

/**
 * One bit for each row, little-endian, as base64; "" when none is set. Mirrors encode_selection in Python.
 * @param {Set<number>} rows
 * @param {number} n
 */
export function encodeMask(rows, n) {
  if (!rows.size) return "";
  const bytes = new Uint8Array(Math.ceil(n / 8));
  for (const row of rows) bytes[row >> 3] |= 1 << (row & 7);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

/**
 * @param {string} mask
 * @param {number} n
 */
export function decodeMask(mask, n) {
  /** @type {Set<number>} */
  const rows = new Set();
  const text = atob(mask);
  for (let row = 0; row < n; row++) {
    if ((text.charCodeAt(row >> 3) >> (row & 7)) & 1) rows.add(row);
  }
  return rows;
}
