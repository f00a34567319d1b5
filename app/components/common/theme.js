// Reads Streamlit's theme, which reaches a component as CSS variables.
import { rgbOf } from "./colours.js";

export function readTheme(host) {
  const style = getComputedStyle(host);
  const read = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const background = read("--st-background-color", "#ffffff");
  return {
    background,
    text: read("--st-text-color", "#11151b"),
    primary: read("--st-primary-color", "#0b66c3"),
    dark: luminance(background) < 0.4,
  };
}

function luminance(colour) {
  const [r, g, b] = rgbOf(colour);
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}
