// What Python sends once: who the items are, and where they are at every kept epoch of every arm.
import { VersionCache } from "../common/version_cache.js";

/** @import { ArrowTable } from "../common/types.d.ts" */
/** @import { Arm, Bounds, Film, Frames, PlacesMessage } from "./types.d.ts" */

/** @type {VersionCache<Frames>} */
export const framesCache = new VersionCache(8); // several experiments may be watched on one page

/**
 * @param {PlacesMessage} message
 * @returns {Frames}
 */
export function decodeFrames({ items, places }) {
  const ids = columnOf(items, "id");
  return {
    n: ids.length,
    ids,
    names: items.getChild("name"),
    column: (name) => columnOf(items, name),
    places: /** @type {Float32Array} */ (columnOf(places, "places")),
  };
}

/**
 * @param {ArrowTable} table
 * @param {string} name
 */
function columnOf(table, name) {
  const column = table.getChild(name);
  if (!column) throw new Error(`The table has no column ${name}.`);
  return column.toArray();
}

/**
 * All epochs that any arm kept, ascending.
 * @param {Arm[]} arms
 */
export const epochsOf = (arms) => [...new Set(arms.flatMap((arm) => arm.epochs))].sort((a, b) => a - b);

/**
 * Each arm's frames, and which of them is shown at each epoch of the slider: its newest by then.
 * @param {Frames} frames
 * @param {Arm[]} arms
 * @param {number[]} epochs
 * @returns {Film[]}
 */
export function filmsOf({ n, places }, arms, epochs) {
  let from = 0;
  return arms.map((arm) => {
    const frames = arm.epochs.map((_, i) => places.subarray(from + 2 * n * i, from + 2 * n * (i + 1)));
    from += 2 * n * frames.length;
    const at = epochs.map((epoch) =>
      Math.max(
        0,
        arm.epochs.findLastIndex((own) => own <= epoch),
      ),
    );
    return { ...arm, frames, at };
  });
}

/**
 * The box that holds every item at all times: one scale for all maps.
 * @param {Float32Array} places
 * @returns {Bounds}
 */
export function boundsOf(places) {
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (let i = 0; i < places.length; i++) {
    const axis = i & 1;
    if (places[i] < low[axis]) low[axis] = places[i];
    if (places[i] > high[axis]) high[axis] = places[i];
  }
  return {
    x: (low[0] + high[0]) / 2,
    y: (low[1] + high[1]) / 2,
    wide: Math.max((high[0] - low[0]) / 2, 1e-6),
    tall: Math.max((high[1] - low[1]) / 2, 1e-6),
  };
}
