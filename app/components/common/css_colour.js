// CSS colours as numbers, read by letting a canvas paint them.
import { contextOf } from "./dom.js";

/** @type {CanvasRenderingContext2D | undefined} */
let probe;
/** @type {Map<string, string>} */
const hexes = new Map();

/**
 * Red, green and blue, 0 to 255, of a CSS colour.
 * @param {string} colour
 * @returns {[number, number, number]}
 */
export function rgbOf(colour) {
  probe ??= contextOf(Object.assign(document.createElement("canvas"), { width: 1, height: 1 }), {
    willReadFrequently: true,
  });
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}

/**
 * #rrggbb of a CSS colour: as every program reads it.
 * @param {string} colour
 */
export function hexOf(colour) {
  let hex = hexes.get(colour);
  if (hex === undefined) {
    hex = `#${rgbOf(colour)
      .map((part) => part.toString(16).padStart(2, "0"))
      .join("")}`;
    hexes.set(colour, hex);
  }
  return hex;
}
