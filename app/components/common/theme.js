// Reads Streamlit's theme, which reaches a component as CSS variables.
import { rgbOf } from "./css_colour.js";

/** @param {Element} host */
export function readTheme(host) {
  const style = getComputedStyle(host);
  const background = style.getPropertyValue("--st-background-color").trim() || "#ffffff";
  return { background, dark: luminance(rgbOf(background)) < 0.4 };
}

/**
 * 0 for black, 1 for white.
 * @param {[number, number, number]} rgb 0 to 255
 */
export const luminance = ([r, g, b]) => (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
