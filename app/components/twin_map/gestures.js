// Pointer and keyboard on a map: hover, click, pan, lasso, box, zoom.

/** @import { MapView } from "./map_view.js" */
/** @import { Corner, Tool } from "./types.d.ts" */

export const STEP = 1.35; // zoom of one press on + or -
const REACH = 12; // pixels from the pointer to the point it means
const CLICK = 4; // pixels a press may wander and still be a click

/** @type {Record<string, Corner>} */
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class Gestures {
  /** @param {MapView} map */
  constructor(map) {
    this.map = map;
    this.stage = map.stage;
    this.rowAtPointer = -1;
    /** @type {{ tool: Tool, start: Corner, last: Corner, path: Corner[], moved: boolean } | null} */
    this.drag = null;
    const { stage } = this;
    stage.addEventListener("pointerdown", (event) => this.press(event));
    stage.addEventListener("pointermove", (event) => this.move(event));
    stage.addEventListener("pointerup", (event) => this.release(event));
    stage.addEventListener("pointercancel", () => this.cancel());
    stage.addEventListener("pointerleave", () => map.owner.hover(-1, map));
    stage.addEventListener("dblclick", () => this.rowAtPointer < 0 && map.reset());
    stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    stage.addEventListener("keydown", (event) => this.key(event));
  }

  /**
   * @param {MouseEvent} event
   * @returns {Corner}
   */
  pixelOf(event) {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left - this.stage.clientLeft, event.clientY - box.top - this.stage.clientTop];
  }

  /** @param {number} row */
  isAllowed(row) {
    return this.map.owner.allowed(row, this.map);
  }

  /** @param {Corner} pixel */
  find(pixel) {
    const { grid, viewport } = this.map;
    if (!grid) return -1;
    return grid.nearest(...viewport.toData(...pixel), REACH * viewport.scale, (row) => this.isAllowed(row));
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.button !== 0 || !this.map.viewport.range) return;
    event.preventDefault();
    this.stage.classList.add("pressed"); // the focus ring is for those who came by keyboard
    this.stage.focus({ preventScroll: true });
    this.stage.setPointerCapture(event.pointerId);
    const tool = event.altKey ? "lasso" : this.map.owner.tool();
    const pixel = this.pixelOf(event);
    this.drag = { tool, start: pixel, last: pixel, path: [pixel], moved: false };
  }

  /** @param {PointerEvent} event */
  move(event) {
    const { map, drag } = this;
    if (!map.viewport.range) return;
    const pixel = this.pixelOf(event);
    if (!drag) {
      this.rowAtPointer = this.find(pixel);
      this.stage.classList.toggle("over", this.rowAtPointer >= 0);
      map.owner.hover(this.rowAtPointer, map);
      return;
    }
    drag.moved ||= Math.hypot(pixel[0] - drag.start[0], pixel[1] - drag.start[1]) > CLICK;
    if (!drag.moved) return;
    map.owner.hover(-1, map);
    if (drag.tool === "pan") {
      map.pan(pixel[0] - drag.last[0], pixel[1] - drag.last[1]);
    } else {
      drag.path = outlineOf(drag, pixel);
      map.overlay.setOutline(drag.path);
    }
    drag.last = pixel;
  }

  /** @param {PointerEvent} event */
  release(event) {
    const { map, drag } = this;
    this.cancel();
    if (!drag) return;
    if (!drag.moved) {
      const row = this.find(this.pixelOf(event));
      if (row >= 0) map.owner.pick(row);
    } else if (drag.tool !== "pan" && map.grid) {
      const polygon = drag.path.map((corner) => map.viewport.toData(...corner));
      const rows = map.grid.inside(polygon, (row) => this.isAllowed(row));
      map.owner.brush(rows, event.shiftKey ? "add" : "replace");
    }
  }

  /** Drop a drag under way; true when there was one. */
  cancel() {
    const busy = Boolean(this.drag?.moved);
    this.drag = null;
    this.map.overlay.setOutline([]);
    return busy;
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    if (!this.map.viewport.range) return;
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    const speed = event.ctrlKey ? 0.008 : 0.0025;
    this.map.zoom(Math.exp(-Math.max(-240, Math.min(240, pixels)) * speed), this.pixelOf(event));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { map } = this;
    this.stage.classList.remove("pressed");
    if (!map.grid || event.ctrlKey || event.metaKey || !map.viewport.range) return;
    const hovered = map.overlay.hoverRow;
    if (event.key in DIRECTIONS) map.owner.hover(this.next(DIRECTIONS[event.key]), map);
    else if (event.key === "Enter" && hovered >= 0) map.owner.pick(hovered);
    else if (event.key === "+" || event.key === "=") map.zoom(STEP);
    else if (event.key === "-") map.zoom(1 / STEP);
    else if (event.key === "0") map.reset();
    else return;
    event.preventDefault();
  }

  /**
   * The next visible item in a direction, from the one hovered (else chosen, else the middle of what is shown).
   * @param {Corner} direction
   */
  next(direction) {
    const { grid, overlay, viewport } = this.map;
    const from = [overlay.hoverRow, overlay.focusRow].find((row) => row >= 0) ?? -1;
    if (!grid) return from;
    return grid.next(from, direction, viewport.shown, 3 * viewport.scale, (row) => this.isAllowed(row));
  }
}

/**
 * The lasso grown, or the box stretched, to a pixel.
 * @param {{ tool: Tool, start: Corner, path: Corner[] }} drag
 * @param {Corner} pixel
 * @returns {Corner[]}
 */
export function outlineOf({ tool, start, path }, pixel) {
  if (tool === "box") return [start, [pixel[0], start[1]], pixel, [start[0], pixel[1]]];
  return [...path, pixel];
}
