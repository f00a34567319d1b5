// Finding points: the nearest to the pointer, and those inside a drawn outline.

/** The smallest box around all finite points, never flat; null when there is none. */
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

  index(value, low, high) {
    return Math.min(this.side - 1, Math.max(0, Math.floor(((value - low) / (high - low || 1)) * this.side)));
  }

  cellOf(x, y) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) return -1;
    const { x0, x1, y0, y1 } = this.bounds;
    return this.index(y, y0, y1) * this.side + this.index(x, x0, x1);
  }

  /** Visits the rows of every cell that meets the box. */
  visit(xa, xb, ya, yb, action) {
    const { x0, x1, y0, y1 } = this.bounds;
    if (xb < x0 || xa > x1 || yb < y0 || ya > y1) return;
    const [ca, cb] = [this.index(xa, x0, x1), this.index(xb, x0, x1)];
    for (let r = this.index(ya, y0, y1); r <= this.index(yb, y0, y1); r++) {
      for (let i = this.start[r * this.side + ca]; i < this.start[r * this.side + cb + 1]; i++) action(this.rows[i]);
    }
  }

  /** The row nearest to (x, y) within `reach`, among those that `allowed` admits; -1 when there is none. */
  nearest(x, y, reach, allowed) {
    let best = -1;
    let least = reach * reach;
    this.visit(x - reach, x + reach, y - reach, y + reach, (row) => {
      const distance = (this.position.x[row] - x) ** 2 + (this.position.y[row] - y) ** 2;
      if (distance <= least && allowed(row)) [best, least] = [row, distance];
    });
    return best;
  }

  /** The rows inside a polygon, given as [x, y] corners. */
  inside(polygon, allowed) {
    const found = new Set();
    const xs = polygon.map((corner) => corner[0]);
    const ys = polygon.map((corner) => corner[1]);
    this.visit(Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys), (row) => {
      if (allowed(row) && contains(polygon, this.position.x[row], this.position.y[row])) found.add(row);
    });
    return found;
  }
}

/** Even-odd rule. */
export function contains(polygon, x, y) {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i];
    const [xj, yj] = polygon[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
