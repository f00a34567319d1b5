// app/components/common/dom.js
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === void 0 || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (name === "text") node.textContent = String(value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== void 0 && child !== false));
  return node;
}
function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}
function focusedBeside(node) {
  const root = (
    /** @type {Document | ShadowRoot} */
    node.getRootNode()
  );
  return (
    /** @type {HTMLElement | null} */
    root.activeElement
  );
}

// app/components/common/controls.js
var ICONS = {
  pan: "M8 1.5v13M1.5 8h13M8 1.5 6.2 3.3M8 1.5l1.8 1.8M8 14.5l-1.8-1.8M8 14.5l1.8-1.8M1.5 8l1.8-1.8M1.5 8l1.8 1.8M14.5 8l-1.8-1.8M14.5 8l-1.8 1.8",
  lasso: "M8 2.5c3.6 0 6.5 1.9 6.5 4.3S11.600 11 8 11c-.9 0-1.700-.1-2.500-.3M5.500 10.700C3.200 10 1.500 8.500 1.500 6.800c0-2.400 2.900-4.300 6.500-4.300M5.500 10.700a1.300 1.300 0 1 1-2.200-.6M4.200 12.300c.3 1 .2 1.700-.6 2.200",
  box: "M2.500 2.500h2M7 2.500h2M11.500 2.500h2v2M13.500 7v2M13.500 11.500v2h-2M9 13.500H7M4.500 13.500h-2v-2M2.500 9V7M2.500 4.500v-2",
  plus: "M8 3.500v9M3.500 8h9",
  minus: "M3.500 8h9",
  reset: "M2.500 6V2.500H6M13.500 6V2.500H10M2.500 10v3.500H6M13.500 10v3.500H10",
  save: "M8 2.500v7.500M5 7.300l3 3 3-3M2.800 13.300h10.400",
  close: "M4 4l8 8M12 4l-8 8",
  link: "M6.800 9.200a2.700 2.700 0 0 0 3.800 0l2.400-2.400a2.700 2.700 0 0 0-3.800-3.800L8 4.200M9.200 6.800a2.700 2.700 0 0 0-3.800 0L3 9.200A2.700 2.700 0 0 0 6.800 13L8 11.800",
  play: "M4.500 2.500v11l9-5.500z",
  pause: "M5 3v10M11 3v10",
  tick: "M3 8.500l3.200 3.200L13 4.800",
  cross: "M4.200 4.200l7.600 7.600M11.800 4.200l-7.600 7.600",
  paste: "M5.500 3h-2v10.500h9V3h-2M5.500 2h5v2.500h-5zM6 8h4M6 10.500h4",
  search: "M7 2.500a4.500 4.500 0 1 1 0 9 4.500 4.500 0 0 1 0-9M10.300 10.300l3.400 3.400"
};
function icon(name) {
  return svg("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
}
function button(label, { symbol, text, ...attributes } = {}) {
  return el(
    "button",
    { type: "button", "aria-label": label, title: label, ...attributes },
    symbol && icon(symbol),
    text && el("span", { text })
  );
}

// app/components/common/mounts.js
var Mounts = class {
  /** @param {(host: HTMLElement) => Instance} create */
  constructor(create) {
    this.create = create;
    this.instances = /* @__PURE__ */ new WeakMap();
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
};

// app/components/common/sprites.js
function pageUrl(path) {
  return new URL(path.replace(/^\//, ""), document.baseURI).href;
}

// app/components/pictures/index.js
var Pictures = class {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.shown = "";
    this.maxBytes = 0;
    this.trigger = () => {
    };
    this.row = el("div", { class: "row", role: "group", "aria-label": "Pictures to search by" });
    this.status = el("span", { class: "said", role: "status" });
    const paste = "read" in (navigator.clipboard ?? {}) ? button("Paste a picture (Ctrl+V)", {
      symbol: "paste",
      text: "Paste",
      class: "paste",
      onclick: () => this.fromButton()
    }) : el("span", { class: "hint", text: "Ctrl+V pastes a picture." });
    this.node = el(
      "section",
      { class: "uncollapse pictures" },
      this.row,
      el("div", { class: "foot" }, paste, this.status)
    );
    this.onPaste = (event) => this.fromEvent(event);
    document.addEventListener("paste", this.onPaste);
    host.append(this.node);
  }
  /**
   * @param {Data} data
   * @param {Trigger} trigger
   */
  update({ pictures: pictures2, chosen, maxBytes }, trigger) {
    [this.trigger, this.maxBytes] = [trigger, maxBytes];
    const key = JSON.stringify([pictures2, chosen]);
    if (key === this.shown) return;
    this.shown = key;
    const focused = focusedTile(this.node)?.dataset.id;
    this.row.hidden = !pictures2.length;
    this.row.replaceChildren(...pictures2.map((picture) => this.tile(picture, picture.id === chosen)));
    this.status.textContent = "";
    if (!focused) return;
    const choose = this.row.querySelector(`[data-id="${CSS.escape(focused)}"] .choose`);
    choose?.focus();
  }
  /**
   * @param {Picture} picture
   * @param {boolean} isChosen
   */
  tile({ id, name, image, error }, isChosen) {
    const face = image ? el("img", { class: "picture", alt: "", src: image.startsWith("data:") ? image : pageUrl(image) }) : el("span", { class: "broken" }, icon("cross"));
    const choose = el(
      "button",
      {
        type: "button",
        class: "choose",
        title: error || name,
        disabled: !image,
        "aria-label": error ? `${name}: ${error}` : `Search by ${name}`,
        "aria-pressed": String(isChosen),
        onclick: () => this.trigger("chosen", id)
      },
      el("span", { class: "frame" }, face),
      el("span", { class: "name clip", dir: "auto", text: name }),
      error && el("span", { class: "error", text: "no picture" })
    );
    const remove = button(`Remove ${name}`, {
      symbol: "close",
      class: "remove",
      onclick: () => this.trigger("removed", id)
    });
    return el(
      "div",
      { class: `tile ${isChosen ? "chosen" : ""} ${error ? "bad" : ""}`, "data-id": id },
      choose,
      remove
    );
  }
  /** @param {ClipboardEvent} event */
  fromEvent(event) {
    const file = [...event.clipboardData?.files ?? []].find((file2) => file2.type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    this.take(file, file.name);
  }
  async fromButton() {
    try {
      for (const item of await navigator.clipboard.read()) {
        const type = item.types.find((type2) => type2.startsWith("image/"));
        if (type) return this.take(await item.getType(type), "");
      }
      this.status.textContent = "There is no picture in the clipboard.";
    } catch {
      this.status.textContent = "The browser does not let this page read the clipboard. Press Ctrl+V instead.";
    }
  }
  /**
   * @param {Blob} file
   * @param {string} name
   */
  take(file, name) {
    if (file.size > this.maxBytes) {
      this.status.textContent = `The pasted picture is larger than ${this.maxBytes >> 20} MB. Save it and upload it instead.`;
      return;
    }
    const reader = new FileReader();
    reader.onload = () => {
      const address = String(reader.result);
      this.trigger("pasted", { name, data: address.slice(address.indexOf(",") + 1) });
    };
    reader.readAsDataURL(file);
    this.status.textContent = "Pasting";
  }
  destroy() {
    document.removeEventListener("paste", this.onPaste);
    this.node.remove();
  }
};
var focusedTile = (node) => focusedBeside(node)?.closest(".tile") ?? null;
var mounts = new Mounts((host) => new Pictures(host));
function pictures({ data, parentElement, setTriggerValue }) {
  mounts.at(parentElement).update(data, setTriggerValue);
  return mounts.cleanUp(parentElement, (row) => row.destroy());
}
export {
  pictures as default
};
