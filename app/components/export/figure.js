// Both maps as they are on screen, with names and legend, as one drawing.
import { svg } from "../common/dom.js";
import { rgbOf } from "../common/colours.js";

const VECTORS = 20000; // points up to which each is drawn; more would choke whoever opens the file
const [GAP, HEAD, LINE, FONT] = [16, 44, 24, 13]; // pixels

/** maps: as a map's `node.drawing()` tells them; legend: [[name, colour]]. Returns { node, isBitmap }. */
export function figureOf(maps, legend, { text, ground, font }) {
  const width = maps.reduce((sum, map) => sum + map.width + GAP, GAP);
  const rows = legendRows(legend, width - 2 * GAP, font);
  const bottom = HEAD + maps[0].height + GAP;
  const height = bottom + rows.length * LINE;
  const isBitmap = maps.reduce((sum, map) => sum + map.layers.reduce((n, { rows }) => n + rows.length, 0), 0) > VECTORS;
  const node = svg("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}` });
  node.append(svg("rect", { width, height, fill: hex(ground) }));
  let left = GAP;
  for (const map of maps) {
    node.append(words(map.name, left, 28, { fill: hex(text), "font-family": font, "font-size": 16, "font-weight": 600 }));
    const part = svg("svg", { x: left, y: HEAD, width: map.width, height: map.height, viewBox: `0 0 ${map.width} ${map.height}` });
    const frame = { width: map.width, height: map.height, fill: "none", stroke: hex(text), "stroke-opacity": 0.3 };
    part.append(...(isBitmap ? [bitmap(map)] : circles(map)), svg("rect", frame));
    node.append(part);
    left += map.width + GAP;
  }
  rows.forEach((row, line) => {
    for (const { name, colour, x } of row) {
      const y = bottom + line * LINE + LINE / 2;
      node.append(svg("circle", { cx: GAP + x + 5, cy: y, r: 4.5, fill: hex(colour) }));
      node.append(words(name, GAP + x + 15, y + 4.5, { fill: hex(text), "font-family": font, "font-size": FONT }));
    }
  });
  return { node, isBitmap };
}

function circles({ layers, position, size, scale, x0, y1 }) {
  return layers.map(({ rows, colours, opacity }) => {
    const group = svg("g", { "fill-opacity": opacity.toFixed(3) });
    rows.forEach((row, i) => {
      const [x, y] = [(position.x[row] - x0) / scale, (y1 - position.y[row]) / scale];
      if (!Number.isFinite(x + y)) return;
      const fill = hex(typeof colours === "string" ? colours : colours[i]);
      group.append(svg("circle", { class: "point", cx: x.toFixed(2), cy: y.toFixed(2), r: size / 2, fill }));
    });
    return group;
  });
}

function bitmap({ picture, width, height }) {
  return svg("image", { href: picture().toDataURL(), width, height });
}

function words(text, x, y, attributes) {
  const node = svg("text", { x, y, ...attributes });
  node.textContent = text.length > 40 ? `${text.slice(0, 39)}…` : text;
  return node;
}

/** The legend in lines that fit: [[{ name, colour, x }]]. */
function legendRows(legend, width, font) {
  const measure = document.createElement("canvas").getContext("2d");
  measure.font = `${FONT}px ${font}`;
  const rows = [];
  let x = Infinity;
  for (const [name, colour] of legend) {
    const wide = 15 + measure.measureText(name.slice(0, 40)).width + 20;
    if (x + wide > width) [x] = [0, rows.push([])];
    rows.at(-1).push({ name, colour, x });
    x += wide;
  }
  return rows;
}

const known = new Map();

/** As every program reads it. */
function hex(colour) {
  if (!known.has(colour)) known.set(colour, `#${rgbOf(colour).map((part) => part.toString(16).padStart(2, "0")).join("")}`);
  return known.get(colour);
}

/** An SVG as a PNG of twice its size. */
export async function toPng(drawing, { width, height }) {
  const image = Object.assign(new Image(), { src: drawing });
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL();
}
