// Where the parts of a figure go: the maps side by side, three in a row where there are more, under them the legend.

/** @import { Drawing } from "../common/types.d.ts" */

const MAX_VECTORS = 20000; // points up to which each is drawn; more would choke whoever opens the file
const ROW = 3; // maps in a row
const [GAP, HEAD, LINE] = [16, 44, 24]; // pixels
const [SWATCH, AFTER] = [15, 20]; // pixels before and behind a name in the legend

/**
 * @param {Pick<Drawing, "width" | "height" | "layers">[]} maps
 * @param {[string, string][]} legend name and colour
 * @param {(text: string) => number} measure width of a text in pixels
 */
export function layOutFigure(maps, legend, measure) {
  const columns = Math.min(ROW, maps.length);
  const cell = {
    width: Math.max(...maps.map((map) => map.width)) + GAP,
    height: HEAD + Math.max(...maps.map((map) => map.height)),
  };
  const places = maps.map((_, i) => ({
    x: GAP + (i % columns) * cell.width,
    y: HEAD + Math.floor(i / columns) * cell.height,
  }));
  const width = GAP + columns * cell.width;
  const bottom = Math.ceil(maps.length / columns) * cell.height + GAP;
  const rows = legendRows(legend, width - 2 * GAP, measure);
  const points = maps.flatMap(({ layers }) => layers).reduce((sum, layer) => sum + layer.rows.length, 0);
  return {
    width,
    height: bottom + rows.length * LINE,
    places,
    isBitmap: points > MAX_VECTORS,
    entries: rows.flatMap((row, i) =>
      row.map((entry) => ({ ...entry, x: GAP + entry.x, y: bottom + (i + 0.5) * LINE })),
    ),
  };
}

/**
 * The legend in lines that fit.
 * @param {[string, string][]} legend
 * @param {number} width
 * @param {(text: string) => number} measure
 */
function legendRows(legend, width, measure) {
  /** @type {{ name: string, colour: string, x: number }[][]} */
  const rows = [];
  let x = Infinity;
  for (const [name, colour] of legend) {
    const wide = SWATCH + measure(name.slice(0, 40)) + AFTER;
    if (x + wide > width) {
      rows.push([]);
      x = 0;
    }
    rows[rows.length - 1].push({ name, colour, x });
    x += wide;
  }
  return rows;
}
