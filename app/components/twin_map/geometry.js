// Finding points: the nearest to the pointer, those inside a drawn outline, the next in a direction.

/** @import { Box, Positions } from "../common/types.d.ts" */
/** @import { Corner } from "./types.d.ts" */

/**
 * The smallest box around all finite points, never flat; null when there is none.
 * @param {Positions} position
 * @returns {Box | null}
 */
export function boundsOf({ x, y }) {
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(x[i]) || !Number.isFinite(y[i])) continue;
    x0 = Math.min(x0, x[i]);
    x1 = Math.max(x1, x[i]);
    y0 = Math.min(y0, y[i]);
    y1 = Math.max(y1, y[i]);
  }
  if (x0 > x1) return null;
  const flat = Math.max(x1 - x0, y1 - y0) < 1e-9;
  return flat ? { x0: x0 - 1, x1: x1 + 1, y0: y0 - 1, y1: y1 + 1 } : { x0, x1, y0, y1 };
}

/** A uniform grid with about four points to a cell: nearest-point queries touch a handful of them. */
export class Grid {
  /**
   * @param {Positions} position
   * @param {Box} bounds of all its finite points
   */
  constructor(position, bounds) {
    this.position = position;
    this.bounds = bounds;
    const n = position.x.length;
    this.side = Math.max(1, Math.ceil(Math.sqrt(n / 4)));
    this.start = new Uint32Array(this.side * this.side + 1);
    const cell = new Int32Array(n).map((_, i) => this.cellOf(position.x[i], position.y[i]));
    for (const c of cell) if (c >= 0) this.start[c + 1]++;
    for (let c = 0; c < this.side * this.side; c++) this.start[c + 1] += this.start[c];
    const next = this.start.slice();
    this.rows = new Uint32Array(this.start[this.side * this.side]);
    cell.forEach((c, row) => {
      if (c >= 0) this.rows[next[c]++] = row;
    });
  }

  /** @type {(value: number, low: number, high: number) => number} */
  index(value, low, high) {
    return Math.min(this.side - 1, Math.max(0, Math.floor(((value - low) / (high - low || 1)) * this.side)));
  }

  /** @type {(x: number, y: number) => number} */
  cellOf(x, y) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) return -1;
    const { x0, x1, y0, y1 } = this.bounds;
    return this.index(y, y0, y1) * this.side + this.index(x, x0, x1);
  }

  /**
   * Visits the rows of every cell that meets the box.
   * @param {Box} box
   * @param {(row: number) => void} action
   */
  visit(box, action) {
    const { x0, x1, y0, y1 } = this.bounds;
    if (box.x1 < x0 || box.x0 > x1 || box.y1 < y0 || box.y0 > y1) return;
    const [first, last] = [this.index(box.x0, x0, x1), this.index(box.x1, x0, x1)];
    for (let r = this.index(box.y0, y0, y1); r <= this.index(box.y1, y0, y1); r++) {
      const end = this.start[r * this.side + last + 1];
      for (let i = this.start[r * this.side + first]; i < end; i++) action(this.rows[i]);
    }
  }

  /**
   * Whether any point lies in the box.
   * @param {Box} box
   */
  holdsAny(box) {
    const { x, y } = this.position;
    let found = false;
    this.visit(box, (row) => {
      found ||= x[row] >= box.x0 && x[row] <= box.x1 && y[row] >= box.y0 && y[row] <= box.y1;
    });
    return found;
  }

  /**
   * The row nearest to (x, y) within `reach`, among those that `allowed` admits; -1 when there is none.
   * @param {number} x
   * @param {number} y
   * @param {number} reach
   * @param {(row: number) => boolean} allowed
   */
  nearest(x, y, reach, allowed) {
    let best = -1;
    let least = reach * reach;
    this.visit({ x0: x - reach, x1: x + reach, y0: y - reach, y1: y + reach }, (row) => {
      const distance = (this.position.x[row] - x) ** 2 + (this.position.y[row] - y) ** 2;
      if (distance <= least && allowed(row)) [best, least] = [row, distance];
    });
    return best;
  }

  /**
   * The rows inside a polygon.
   * @param {Corner[]} polygon
   * @param {(row: number) => boolean} allowed
   * @returns {Set<number>}
   */
  inside(polygon, allowed) {
    /** @type {Set<number>} */
    const found = new Set();
    const xs = polygon.map((corner) => corner[0]);
    const ys = polygon.map((corner) => corner[1]);
    const box = { x0: Math.min(...xs), x1: Math.max(...xs), y0: Math.min(...ys), y1: Math.max(...ys) };
    this.visit(box, (row) => {
      if (allowed(row) && contains(polygon, this.position.x[row], this.position.y[row])) found.add(row);
    });
    return found;
  }

  /**
   * The next row in a direction: little aside for what is ahead; `from` itself when there is none.
   * @param {number} from a row, or -1: from the middle of the box
   * @param {Corner} direction of length 1, along an axis
   * @param {Box} box in which to look
   * @param {number} least distance ahead, so that points on top of each other do not hold one up
   * @param {(row: number) => boolean} allowed
   */
  next(from, [dx, dy], box, least, allowed) {
    const { x, y } = this.position;
    const [cx, cy] = from >= 0 ? [x[from], y[from]] : [(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2];
    let [best, cost] = [from, Infinity];
    this.visit(box, (row) => {
      const ahead = (x[row] - cx) * dx + (y[row] - cy) * dy;
      const aside = Math.abs((x[row] - cx) * dy - (y[row] - cy) * dx);
      if (row === from || ahead <= least || aside > ahead || !allowed(row)) return;
      if (ahead + 2 * aside < cost) [best, cost] = [row, ahead + 2 * aside];
    });
    return best;
  }
}

/**
 * Whether a polygon holds (x, y), by the even-odd rule.
 * @param {Corner[]} polygon
 * @param {number} x
 * @param {number} y
 */
export function contains(polygon, x, y) {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i];
    const [xj, yj] = polygon[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
