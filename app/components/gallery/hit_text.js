// What a tile says about a neighbour.

/** @import { Hit } from "./types.d.ts" */

/**
 * Between unit vectors; what is below their rounding is none.
 * @param {{ distance: number }} hit
 */
export function distanceOf({ distance }) {
  if (!Number.isFinite(distance)) return "–";
  if (distance < 1e-6) return "0";
  return distance < 1e-3 ? distance.toExponential(2) : distance.toPrecision(3);
}

/**
 * Whether it is right, in words; null where that is not known.
 * @param {Pick<Hit, "sameClass" | "sameMode">} hit
 */
export function verdictOf(hit) {
  if (hit.sameClass === null) return null;
  const mode = hit.sameMode === null ? "" : hit.sameMode ? ", same mode" : ", another mode";
  return (hit.sameClass ? "same class" : "another class") + mode;
}

/**
 * Where the other arm ranks the item.
 * @param {Pick<Hit, "compared" | "rank" | "otherRank">} hit
 * @param {string | null} otherName
 */
export function movementOf({ compared, rank, otherRank }, otherName) {
  if (!compared) return null;
  const there = otherName ? `in ${otherName}` : "in the other arm";
  if (otherRank === null) return { kind: "only", short: "only here", long: `not among the neighbours ${there}` };
  const kind = otherRank === rank ? "still" : "moved";
  return { kind, short: `#${rank} → #${otherRank}`, long: `#${rank} here, #${otherRank} ${there}` };
}
