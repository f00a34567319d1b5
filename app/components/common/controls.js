// Icons and buttons.
import { el, svg } from "./dom.js";

/** @import { Attribute } from "./dom.js" */

const ICONS = {
  pan: "M8 1.5v13M1.5 8h13M8 1.5 6.2 3.3M8 1.5l1.8 1.8M8 14.5l-1.8-1.8M8 14.5l1.8-1.8M1.5 8l1.8-1.8M1.5 8l1.8 1.8M14.5 8l-1.8-1.8M14.5 8l-1.8 1.8",
  lasso:
    "M8 2.5c3.6 0 6.5 1.9 6.5 4.3S11.600 11 8 11c-.9 0-1.700-.1-2.500-.3M5.500 10.700C3.200 10 1.500 8.500 1.500 6.800c0-2.400 2.900-4.300 6.500-4.300M5.500 10.700a1.300 1.300 0 1 1-2.200-.6M4.200 12.300c.3 1 .2 1.700-.6 2.200",
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
  search: "M7 2.500a4.500 4.500 0 1 1 0 9 4.500 4.500 0 0 1 0-9M10.300 10.300l3.400 3.400",
};

/** @typedef {keyof typeof ICONS} IconName */

/** @param {IconName} name */
export function icon(name) {
  return svg("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
}

/**
 * @param {string} label what it does, for everyone
 * @param {{ symbol?: IconName, text?: string } & Record<string, Attribute>} looks and further attributes
 */
export function button(label, { symbol, text, ...attributes } = {}) {
  return el(
    "button",
    { type: "button", "aria-label": label, title: label, ...attributes },
    symbol && icon(symbol),
    text && el("span", { text }),
  );
}
