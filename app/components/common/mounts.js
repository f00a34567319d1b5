/**
 * A component's instances, one for each element that Streamlit gives it.
 * @template {object} Instance
 */
export class Mounts {
  /** @param {(host: HTMLElement) => Instance} create */
  constructor(create) {
    this.create = create;
    /** @type {WeakMap<HTMLElement, Instance>} */
    this.instances = new WeakMap();
  }

  /**
   * The element's instance, made at the first call.
   * @param {HTMLElement} host
   */
  at(host) {
    const instance = this.instances.get(host) ?? this.create(host);
    this.instances.set(host, instance);
    return instance;
  }

  /**
   * What Streamlit is to call when a call's work is over. It also does so when a newer call overtakes one: only
   * leaving the page counts.
   * @param {HTMLElement} host
   * @param {(instance: Instance) => void} destroy
   */
  cleanUp(host, destroy) {
    return () => {
      setTimeout(() => {
        const instance = this.instances.get(host);
        if (host.isConnected || !instance) return;
        destroy(instance);
        this.instances.delete(host);
      });
    };
  }
}
