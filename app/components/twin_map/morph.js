// The way of every point from one map to another's.

/** @import { Box, Positions } from "../common/types.d.ts" */

/** @type {(a: number, b: number, share: number) => number} */
const mix = (a, b, share) => a + (b - a) * share;

/**
 * A share of the way for a share of the time: slow at both ends.
 * @param {number} time 0 to 1
 */
export const ease = (time) => time * time * (3 - 2 * time);

/**
 * @param {Positions} from
 * @param {Positions} to
 * @param {number} share 0 to 1
 * @returns {Positions}
 */
export const mixPositions = (from, to, share) => ({
  x: to.x.map((x, i) => mix(from.x[i], x, share)),
  y: to.y.map((y, i) => mix(from.y[i], y, share)),
});

/**
 * @param {Box} from
 * @param {Box} to
 * @param {number} share 0 to 1
 * @returns {Box}
 */
export const mixBoxes = (from, to, share) => ({
  x0: mix(from.x0, to.x0, share),
  x1: mix(from.x1, to.x1, share),
  y0: mix(from.y0, to.y0, share),
  y1: mix(from.y1, to.y1, share),
});
