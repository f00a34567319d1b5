import { button, el, icon } from "../common/dom.js";
import { pageUrl } from "../common/sprites.js";

class Pictures {
  constructor(host) {
    this.row = el("div", { class: "row", role: "group", "aria-label": "Pictures to search by" });
    this.said = el("span", { class: "said", role: "status" });
    const paste = navigator.clipboard?.read
      ? button("Paste a picture (Ctrl+V)", { symbol: "paste", text: "Paste", class: "paste", onclick: () => this.fromButton() })
      : el("span", { class: "hint", text: "Ctrl+V pastes a picture." });
    this.node = el("section", { class: "uncollapse pictures" }, this.row, el("div", { class: "foot" }, paste, this.said));
    this.onPaste = (event) => this.fromEvent(event);
    document.addEventListener("paste", this.onPaste);
    host.append(this.node);
  }

  update({ pictures, chosen, maxBytes }, trigger) {
    [this.trigger, this.maxBytes] = [trigger, maxBytes];
    const key = JSON.stringify([pictures, chosen]);
    if (key === this.shown) return;
    this.shown = key;
    const focused = this.node.getRootNode().activeElement?.closest?.(".tile")?.dataset.id;
    this.row.hidden = !pictures.length;
    this.row.replaceChildren(...pictures.map((picture) => this.tile(picture, picture.id === chosen)));
    this.said.textContent = "";
    if (focused) this.row.querySelector(`[data-id="${CSS.escape(focused)}"] .choose`)?.focus();
  }

  tile({ id, name, image, error }, isChosen) {
    const face = image
      ? el("img", { class: "picture", alt: "", src: image.startsWith("data:") ? image : pageUrl(image) })
      : el("span", { class: "broken" }, icon("cross"));
    const choose = el(
      "button",
      {
        type: "button", class: "choose", title: error || name, disabled: !image,
        "aria-label": error ? `${name}: ${error}` : `Search by ${name}`, "aria-pressed": String(isChosen),
        onclick: () => this.trigger("chosen", id),
      },
      el("span", { class: "frame" }, face),
      el("span", { class: "name clip", dir: "auto", text: name }),
      error && el("span", { class: "error", text: "no picture" }),
    );
    const remove = button(`Remove ${name}`, { symbol: "close", class: "remove", onclick: () => this.trigger("removed", id) });
    return el("div", { class: `tile ${isChosen ? "chosen" : ""} ${error ? "bad" : ""}`, "data-id": id }, choose, remove);
  }

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
      this.said.textContent = "There is no picture in the clipboard.";
    } catch {
      this.said.textContent = "The browser does not let this page read the clipboard. Press Ctrl+V instead.";
    }
  }

  take(file, name) {
    if (file.size > this.maxBytes) {
      this.said.textContent = `The pasted picture is larger than ${this.maxBytes >> 20} MB. Save it and upload it instead.`;
      return;
    }
    const reader = new FileReader();
    reader.onload = () => this.trigger("pasted", { name, data: reader.result.slice(reader.result.indexOf(",") + 1) });
    reader.readAsDataURL(file);
    this.said.textContent = "Pasting";
  }

  destroy() {
    document.removeEventListener("paste", this.onPaste);
    this.node.remove();
  }
}

const rows = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  if (!rows.has(parentElement)) rows.set(parentElement, new Pictures(parentElement));
  const row = rows.get(parentElement);
  row.update(data, setTriggerValue);
  return () =>
    // Streamlit also runs the clean-up of a call that a newer one overtook: only leaving the page counts.
    setTimeout(() => {
      if (parentElement.isConnected) return;
      row.destroy();
      rows.delete(parentElement);
    });
}
