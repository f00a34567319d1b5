/**
 * What a component is sent once and draws many times: decoded once for each version, shared by all on the page.
 * @template Value
 */
export class VersionCache {
  /** @param {number} capacity versions that are kept; beyond them the oldest goes */
  constructor(capacity) {
    this.capacity = capacity;
    /** @type {Map<string, Value>} */
    this.values = new Map(); // oldest first
    /** @type {Map<string, Set<() => void>>} */
    this.waiting = new Map();
  }

  /**
   * @param {string} version
   * @param {() => Value} make called only where the version is new
   */
  add(version, make) {
    if (this.values.has(version)) return;
    this.values.set(version, make());
    if (this.values.size > this.capacity) this.values.delete(/** @type {string} */ (this.values.keys().next().value));
    for (const callback of this.waiting.get(version) ?? []) callback();
    this.waiting.delete(version);
  }

  /**
   * The value of a version, or null, and then `callback` runs once it is here.
   * @param {string} version
   * @param {() => void} callback
   */
  find(version, callback) {
    const value = this.values.get(version);
    if (value !== undefined) return value;
    const callbacks = this.waiting.get(version) ?? new Set();
    this.waiting.set(version, callbacks.add(callback));
    return null;
  }
}
