// All maps as they are on screen, with names and legend, as one drawing.
import { hexOf } from "../common/css_colour.js";
import { contextOf, svg } from "../common/dom.js";
import { shorten } from "../common/format.js";
import { layOutFigure } from "./figure_layout.js";

/** @import { Drawing } from "../common/types.d.ts" */

/** @typedef {{ text: string, ground: string, font: string }} Style */

const FONT = 13; // pixels

/**
 * @param {Drawing[]} maps
 * @param {[string, string][]} legend name and colour
 * @param {Style} style
 */
export function figureOf(maps, legend, { text, ground, font }) {
  const ruler = contextOf(document.createElement("canvas"));
  ruler.font = `${FONT}px ${font}`;
  const layout = layOutFigure(maps, legend, (name) => ruler.measureText(name).width);
  const { width, height, isBitmap } = layout;
  const node = svg("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}` });
  node.append(svg("rect", { width, height, fill: hexOf(ground) }));
  const letters = { fill: hexOf(text), "font-family": font };
  maps.forEach((map, i) => {
    const place = layout.places[i];
    node.append(words(map.name, place.x, place.y - 16, { ...letters, "font-size": 16, "font-weight": 600 }));
    node.append(panel(map, place, hexOf(text), isBitmap));
  });
  for (const { name, colour, x, y } of layout.entries) {
    node.append(svg("circle", { cx: x + 5, cy: y, r: 4.5, fill: hexOf(colour) }));
    node.append(words(name, x + 15, y + 4.5, { ...letters, "font-size": FONT }));
  }
  return { node, width, height, isBitmap };
}

/**
 * One map in its frame.
 * @param {Drawing} map
 * @param {{ x: number, y: number }} place
 * @param {string} stroke
 * @param {boolean} isBitmap
 */
function panel(map, place, stroke, isBitmap) {
  const { width, height } = map;
  const points = isBitmap ? [svg("image", { href: map.picture().toDataURL(), width, height })] : circles(map);
  const frame = svg("rect", { width, height, fill: "none", stroke, "stroke-opacity": 0.3 });
  return svg("svg", { ...place, width, height, viewBox: `0 0 ${width} ${height}` }, ...points, frame);
}

/** @param {Drawing} map */
function circles({ layers, position, size, scale, x0, y1 }) {
  return layers.map(({ rows, colours, opacity, grow }) => {
    const group = svg("g", { "fill-opacity": opacity.toFixed(3) });
    rows.forEach((row, i) => {
      const [x, y] = [(position.x[row] - x0) / scale, (y1 - position.y[row]) / scale];
      if (!Number.isFinite(x + y)) return;
      const fill = hexOf(typeof colours === "string" ? colours : colours[i]);
      group.append(svg("circle", { class: "point", cx: x.toFixed(2), cy: y.toFixed(2), r: size / 2 + grow, fill }));
    });
    return group;
  });
}

/**
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {Record<string, string | number>} attributes
 */
function words(text, x, y, attributes) {
  const node = svg("text", { x, y, ...attributes });
  node.textContent = shorten(text, 40);
  return node;
}

/**
 * An SVG as a PNG of twice its size.
 * @param {string} drawing its address
 * @param {{ width: number, height: number }} size
 */
export async function toPng(drawing, { width, height }) {
  const image = Object.assign(new Image(), { src: drawing });
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
  contextOf(canvas).drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL();
}
