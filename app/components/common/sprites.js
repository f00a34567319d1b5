// Shows one thumbnail out of the sprite sheets that app/components/atlas.py packs.
import { contextOf, el } from "./dom.js";

/** @import { Atlas } from "./types.d.ts" */

/**
 * An address that Streamlit gives, below where the page lies.
 * @param {string} path
 */
export function pageUrl(path) {
  return new URL(path.replace(/^\//, ""), document.baseURI).href;
}

const MOST_DECODED = 24; // sheets of at most 4 MB each
/** @type {Map<string, Promise<Blob>>} */
const files = new Map(); // address and number -> promise of the compressed file: fetched once, on first need
/** @type {Map<string, Promise<ImageBitmap>>} */
const decoded = new Map(); // the same -> promise of the bitmap, least recently used first

/**
 * @param {Atlas} atlas
 * @param {number} index
 */
function sheetBitmap(atlas, index) {
  const key = `${atlas.url}#${index}`;
  const bitmap = decoded.get(key) ?? fetchSheet(key, atlas, index).then((file) => createImageBitmap(file));
  decoded.delete(key);
  decoded.set(key, bitmap);
  bitmap.catch(() => decoded.delete(key)); // ask again next time
  if (decoded.size > MOST_DECODED) decoded.delete(/** @type {string} */ (decoded.keys().next().value));
  return bitmap;
}

/**
 * One sheet out of the file that holds them all.
 * @param {string} key
 * @param {Atlas} atlas
 * @param {number} index
 */
function fetchSheet(key, atlas, index) {
  const known = files.get(key);
  if (known) return known;
  const { start, end } = sheetBytes(atlas, index);
  const headers = { Range: `bytes=${start}-${end - 1}` };
  const file = fetch(pageUrl(atlas.url), { headers }).then(async (reply) => {
    if (!reply.ok) throw new Error(`${reply.status} for ${atlas.url}`);
    const body = await reply.blob();
    return new Blob([reply.status === 206 ? body : body.slice(start, end)], { type: atlas.mimetype });
  });
  file.catch(() => files.delete(key));
  files.set(key, file);
  return file;
}

/**
 * Where in the file a sheet lies, the end excluded.
 * @param {Atlas} atlas
 * @param {number} index
 */
export const sheetBytes = (atlas, index) => ({ start: atlas.ends[index - 1] ?? 0, end: atlas.ends[index] });

/**
 * Which sheet holds a slot, and where on it, in pixels.
 * @param {Atlas} atlas
 * @param {number} slot
 */
export function placeOf(atlas, slot) {
  const [width, height] = atlas.tile;
  const place = slot % atlas.perSheet;
  return {
    sheet: Math.floor(slot / atlas.perSheet),
    x: (place % atlas.columns) * width,
    y: Math.floor(place / atlas.columns) * height,
  };
}

/**
 * A canvas with the thumbnail in `slot`, `side` CSS pixels along its longer edge; null when there is none.
 * @param {Atlas | null} atlas
 * @param {number} slot
 * @param {number} side
 */
export function thumbnail(atlas, slot, side) {
  if (!atlas || !(slot >= 0)) return null;
  const [width, height] = atlas.tile;
  const scale = side / Math.max(width, height);
  const canvas = el("canvas", { class: "picture", width, height, "aria-hidden": "true" });
  canvas.style.width = `${width * scale}px`;
  canvas.style.height = `${height * scale}px`;
  canvas.style.imageRendering = scale > 1 ? "pixelated" : "auto";
  const { sheet, x, y } = placeOf(atlas, slot);
  sheetBitmap(atlas, sheet).then(
    (bitmap) => contextOf(canvas).drawImage(bitmap, x, y, width, height, 0, 0, width, height),
    () => canvas.classList.add("missing"),
  );
  return canvas;
}
