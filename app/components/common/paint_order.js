/**
 * A fixed order of 0..n-1 in which no class lies on top of all others: steps of about the golden section.
 * @param {number} n
 */
export function scatteredOrder(n) {
  let step = Math.max(1, Math.round(n * 0.618));
  while (greatestDivisor(step, n) > 1) step++;
  return Uint32Array.from({ length: n }, (_, i) => (i * step) % n);
}

/** @type {(a: number, b: number) => number} */
const greatestDivisor = (a, b) => (b ? greatestDivisor(b, a % b) : a);
