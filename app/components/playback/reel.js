// What Python sends once: who the items are, and where they are at every kept epoch of every arm.
import { findKept, keep } from "../common/kept.js";

const MOST_REELS = 8; // several experiments may be watched on one page

export const keepReel = (message) => keep(message.version, () => unpack(message), MOST_REELS);

export const findReel = findKept;

function unpack({ items, places }) {
  const column = (name) => items.getChild(name)?.toArray() ?? null;
  const ids = column("id");
  return { n: ids.length, ids, names: items.getChild("name"), column, places: places.getChild("places").toArray() };
}

/** All epochs that any arm kept, ascending. */
export const epochsOf = (arms) => [...new Set(arms.flatMap((arm) => arm.epochs))].sort((a, b) => a - b);

/** Each arm's frames, and which of them is shown at each epoch of the slider: its newest by then. */
export function filmsOf(reel, arms, epochs) {
  let from = 0;
  return arms.map((arm) => {
    const frames = arm.epochs.map((_, i) => reel.places.subarray(from + 2 * reel.n * i, from + 2 * reel.n * (i + 1)));
    from += 2 * reel.n * frames.length;
    const at = epochs.map((epoch) => Math.max(0, arm.epochs.findLastIndex((own) => own <= epoch)));
    return { ...arm, frames, at };
  });
}

/** Middle and half side of the square that holds every item at all times: one scale for all maps. */
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
