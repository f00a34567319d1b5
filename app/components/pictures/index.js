import { button, icon } from "../common/controls.js";
import { el, focusedBeside } from "../common/dom.js";
import { Mounts } from "../common/mounts.js";
import { pageUrl } from "../common/sprites.js";

/** @import { ComponentCall, Trigger } from "../common/types.d.ts" */

/** @typedef {{ id: string, name: string, image: string | null, error: string }} Picture */
/** @typedef {{ pictures: Picture[], chosen: string | null, maxBytes: number }} Data */

class Pictures {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.shown = ""; // the data as text
    this.maxBytes = 0;
    /** @type {Trigger} */
    this.trigger = () => {};
    this.row = el("div", { class: "row", role: "group", "aria-label": "Pictures to search by" });
    this.status = el("span", { class: "said", role: "status" });
    const paste =
      "read" in (navigator.clipboard ?? {}) // only where the page comes over https
        ? button("Paste a picture (Ctrl+V)", {
            symbol: "paste",
            text: "Paste",
            class: "paste",
            onclick: () => this.fromButton(),
          })
        : el("span", { class: "hint", text: "Ctrl+V pastes a picture." });
    this.node = el(
      "section",
      { class: "uncollapse pictures" },
      this.row,
      el("div", { class: "foot" }, paste, this.status),
    );
    this.onPaste = (/** @type {ClipboardEvent} */ event) => this.fromEvent(event);
    document.addEventListener("paste", this.onPaste);
    host.append(this.node);
  }

  /**
   * @param {Data} data
   * @param {Trigger} trigger
   */
  update({ pictures, chosen, maxBytes }, trigger) {
    [this.trigger, this.maxBytes] = [trigger, maxBytes];
    const key = JSON.stringify([pictures, chosen]);
    if (key === this.shown) return;
    this.shown = key;
    const focused = focusedTile(this.node)?.dataset.id;
    this.row.hidden = !pictures.length;
    this.row.replaceChildren(...pictures.map((picture) => this.tile(picture, picture.id === chosen)));
    this.status.textContent = "";
    if (!focused) return;
    /** @type {HTMLElement | null} */
    const choose = this.row.querySelector(`[data-id="${CSS.escape(focused)}"] .choose`);
    choose?.focus();
  }

  /**
   * @param {Picture} picture
   * @param {boolean} isChosen
   */
  tile({ id, name, image, error }, isChosen) {
    const face = image
      ? el("img", { class: "picture", alt: "", src: image.startsWith("data:") ? image : pageUrl(image) })
      : el("span", { class: "broken" }, icon("cross"));
    const choose = el(
      "button",
      {
        type: "button",
        class: "choose",
        title: error || name,
        disabled: !image,
        "aria-label": error ? `${name}: ${error}` : `Search by ${name}`,
        "aria-pressed": String(isChosen),
        onclick: () => this.trigger("chosen", id),
      },
      el("span", { class: "frame" }, face),
      el("span", { class: "name clip", dir: "auto", text: name }),
      error && el("span", { class: "error", text: "no picture" }),
    );
    const remove = button(`Remove ${name}`, {
      symbol: "close",
      class: "remove",
      onclick: () => this.trigger("removed", id),
    });
    return el(
      "div",
      { class: `tile ${isChosen ? "chosen" : ""} ${error ? "bad" : ""}`, "data-id": id },
      choose,
      remove,
    );
  }

  /** @param {ClipboardEvent} event */
  fromEvent(event) {
    const file = [...(event.clipboardData?.files ?? [])].find((file) => file.type.startsWith("image/"));
    if (!file) return; // text for a field
    event.preventDefault();
    this.take(file, file.name);
  }

  async fromButton() {
    try {
      for (const item of await navigator.clipboard.read()) {
        const type = item.types.find((type) => type.startsWith("image/"));
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
      const address = String(reader.result); // data:image/png;base64,...
      this.trigger("pasted", { name, data: address.slice(address.indexOf(",") + 1) });
    };
    reader.readAsDataURL(file);
    this.status.textContent = "Pasting";
  }

  destroy() {
    document.removeEventListener("paste", this.onPaste);
    this.node.remove();
  }
}

/**
 * The tile that holds the keyboard's focus.
 * @param {HTMLElement} node
 * @returns {HTMLElement | null}
 */
const focusedTile = (node) => focusedBeside(node)?.closest(".tile") ?? null;

const mounts = new Mounts((host) => new Pictures(host));

/** @param {ComponentCall<Data>} call */
export default function pictures({ data, parentElement, setTriggerValue }) {
  mounts.at(parentElement).update(data, setTriggerValue);
  return mounts.cleanUp(parentElement, (row) => row.destroy());
}
