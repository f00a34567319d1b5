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

/**
 * How many hits are right: of the query's class, and of its mode; null where that is not known.
 * @param {Pick<Hit, "sameClass" | "sameMode">[]} hits
 */
export function scoreOf(hits) {
  return { classes: share(hits.map((hit) => hit.sameClass)), modes: share(hits.map((hit) => hit.sameMode)) };
}

/** @typedef {ReturnType<typeof scoreOf>} Score */

/** @param {(boolean | null)[]} outcomes */
function share(outcomes) {
  const known = outcomes.filter((outcome) => outcome !== null);
  return known.length ? { right: known.filter(Boolean).length, of: known.length } : null;
}

/**
 * "10 of 10 same class, 1 of 10 same mode", in parts that stay whole where there is little room.
 * @param {Score} score
 * @returns {string[]}
 */
export function scoreText({ classes, modes }) {
  const parts = classes ? [`${classes.right} of ${classes.of} same class`] : [];
  if (modes) parts.push(`${modes.right} of ${modes.of} same mode`);
  return parts.map((part, i) => (i < parts.length - 1 ? `${part}, ` : part));
}

/**
 * The other arm's figures, to stand beside: "nearest: 10 and 9".
 * @param {string} name
 * @param {Score} score
 */
export function otherScoreText(name, { classes, modes }) {
  const parts = [classes, modes].flatMap((part) => (part ? [part.right] : []));
  return parts.length ? `${name}: ${parts.join(" and ")}` : "";
}
