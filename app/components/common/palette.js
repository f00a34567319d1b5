// Colours that stay apart for colour-blind readers, on a light and on a dark ground.

// Okabe and Ito's palette first (its yellow and black adapted to the ground), then shades between them.
export const LIGHT = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#d55e00",
  "#56b4e9",
  "#6b4fa0",
  "#8a8a00",
  "#7a4a21",
  "#333f50",
  "#5fc2a8",
  "#a6192e",
  "#9fb8d9",
  "#c9a2d6",
  "#3d6b35",
  "#f0b891",
  "#00a6b8",
  "#8f6f9c",
  "#b5b35c",
  "#b0506f",
];
export const DARK = [
  "#3d9be0",
  "#f0ad28",
  "#1fc494",
  "#e08fbd",
  "#f0743c",
  "#86cdf7",
  "#a78bea",
  "#e6dc4a",
  "#c08a5c",
  "#d7dce3",
  "#8ee0c8",
  "#e8566b",
  "#5f7fae",
  "#7d5a94",
  "#7fae6d",
  "#f6d2b5",
  "#27b6c8",
  "#c8a6d4",
  "#9a9a3f",
  "#c66f8e",
];
const GREY = { light: "#b4b9c1", dark: "#5b636e" };
// Viridis without the end that would vanish into the ground.
const VIRIDIS = [
  "#440154",
  "#482878",
  "#3e4989",
  "#31688e",
  "#26828e",
  "#1f9e89",
  "#35b779",
  "#6ece58",
  "#b5de2b",
  "#fde725",
];

/**
 * The i-th colour beyond the palette: hues a golden angle apart, in three shades.
 * @param {number} i
 * @param {boolean} dark
 */
export function furtherColour(i, dark) {
  const shade = [0, 12, -12][i % 3] + (dark ? 62 : 42);
  return `hsl(${Math.round(i * 137.5) % 360} 55% ${shade}%)`;
}

const SELECTED = { light: "#e6007e", dark: "#ff5cb8" };

/**
 * What is selected, a hue that no category has.
 * @param {boolean} dark
 */
export const selectedColour = (dark) => (dark ? SELECTED.dark : SELECTED.light);

/** @param {boolean} dark */
export const grey = (dark) => (dark ? GREY.dark : GREY.light);

/**
 * Stops [share, colour] of the continuous scale, low to high.
 * @param {boolean} dark
 * @returns {[number, string][]}
 */
export function scaleOf(dark) {
  const stops = dark ? VIRIDIS.slice(2) : VIRIDIS.slice(0, 9);
  return stops.map((colour, i) => [i / (stops.length - 1), colour]);
}

const SHADES = 96;

/**
 * value -> CSS colour on the continuous scale; grey for NaN.
 * @param {[number, number]} limits
 * @param {boolean} dark
 * @returns {(value: number) => string}
 */
export function colourScale([low, high], dark) {
  const stops = scaleOf(dark).map(([, colour]) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16)));
  const shades = Array.from({ length: SHADES }, (_, i) => {
    const at = (i / (SHADES - 1)) * (stops.length - 1);
    const [a, b] = [stops[Math.floor(at)], stops[Math.ceil(at)]];
    return `rgb(${a.map((value, c) => Math.round(value + (b[c] - value) * (at % 1))).join(",")})`;
  });
  const last = SHADES - 1;
  return (value) =>
    Number.isFinite(value)
      ? shades[Math.min(last, Math.max(0, Math.round(((value - low) / (high - low || 1)) * last)))]
      : grey(dark);
}
