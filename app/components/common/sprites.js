// Shows one thumbnail out of the sprite sheets that app/components/atlas.py packs.

export function pageUrl(path) {
  return new URL(path.replace(/^\//, ""), document.baseURI).href;
}

const MOST_DECODED = 24; // sheets of at most 4 MB each
const files = new Map(); // address and number -> promise of the compressed file: fetched once, on first need
const decoded = new Map(); // the same -> promise of the bitmap, least recently used first

function sheetBitmap(atlas, index) {
  const key = `${atlas.url}#${index}`;
  const bitmap = decoded.get(key) ?? fetchSheet(key, atlas, index).then((file) => createImageBitmap(file));
  decoded.delete(key);
  decoded.set(key, bitmap);
  bitmap.catch(() => decoded.delete(key)); // ask again next time
  if (decoded.size > MOST_DECODED) decoded.delete(decoded.keys().next().value);
  return bitmap;
}

/** One sheet out of the file that holds them all. */
function fetchSheet(key, atlas, index) {
  if (!files.has(key)) {
    const [start, end] = [atlas.ends[index - 1] ?? 0, atlas.ends[index]];
    const headers = { Range: `bytes=${start}-${end - 1}` };
    const file = fetch(pageUrl(atlas.url), { headers }).then(async (reply) => {
      if (!reply.ok) throw new Error(`${reply.status} for ${atlas.url}`);
      const whole = await reply.blob();
      return new Blob([reply.status === 206 ? whole : whole.slice(start, end)], { type: atlas.mimetype });
    });
    file.catch(() => files.delete(key));
    files.set(key, file);
  }
  return files.get(key);
}

/** A canvas with the thumbnail in `slot`, `side` CSS pixels along its longer edge; null when there is none. */
export function thumbnail(atlas, slot, side) {
  if (!atlas || !(slot >= 0)) return null;
  const [width, height] = atlas.tile;
  const canvas = document.createElement("canvas");
  const scale = side / Math.max(width, height);
  [canvas.width, canvas.height] = [width, height];
  canvas.className = "picture";
  canvas.setAttribute("aria-hidden", "true");
  canvas.style.width = `${width * scale}px`;
  canvas.style.height = `${height * scale}px`;
  canvas.style.imageRendering = scale > 1 ? "pixelated" : "auto";
  const place = slot % atlas.perSheet;
  const [x, y] = [(place % atlas.columns) * width, Math.floor(place / atlas.columns) * height];
  sheetBitmap(atlas, Math.floor(slot / atlas.perSheet)).then(
    (bitmap) => canvas.getContext("2d").drawImage(bitmap, x, y, width, height, 0, 0, width, height),
    () => canvas.classList.add("missing"),
  );
  return canvas;
}
