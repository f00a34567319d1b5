// What a component is sent once and draws many times: decoded once for each version, shared by all on the page.

const kept = new Map(); // version -> value, oldest first
const waiting = new Map(); // version -> callbacks

export function keep(version, make, most) {
  if (kept.has(version)) return;
  kept.set(version, make());
  if (kept.size > most) kept.delete(kept.keys().next().value);
  for (const callback of waiting.get(version) ?? []) callback();
  waiting.delete(version);
}

/** What is kept under `version`, or null, and then `callback` runs once it is here. */
export function findKept(version, callback) {
  const value = kept.get(version);
  if (value) return value;
  if (!waiting.has(version)) waiting.set(version, new Set());
  waiting.get(version).add(callback);
  return null;
}
