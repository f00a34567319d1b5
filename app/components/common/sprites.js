// Shows one thumbnail out of the sprite sheets that app/components/atlas.py packs.

export function pageUrl(path) {
  return new URL(path.replace(/^\//, ""), document.baseURI).href;
}

const sheets = new Map(); // address -> Image: fetched once, on first need, and kept

function sheet(path) {
  const url = pageUrl(path);
  if (!sheets.has(url)) {
    const image = new Image();
    image.src = url;
    sheets.set(url, image);
  }
  return url;
}

/** Makes `node` a picture of `slot`, `side` CSS pixels along its longer edge. */
export function paintThumbnail(node, atlas, slot, side) {
  const known = atlas && slot >= 0;
  node.hidden = !known;
  if (!known) return;
  const [width, height] = atlas.tile;
  const place = slot % atlas.perSheet;
  const column = place % atlas.columns;
  const row = Math.floor(place / atlas.columns);
  const scale = side / Math.max(width, height);
  const index = Math.floor(slot / atlas.perSheet);
  const inLast = atlas.count - index * atlas.perSheet;
  const columns = Math.min(atlas.columns, inLast);
  Object.assign(node.style, {
    width: `${width * scale}px`,
    height: `${height * scale}px`,
    backgroundImage: `url("${sheet(atlas.sheets[index])}")`,
    backgroundSize: `${columns * width * scale}px auto`,
    backgroundPosition: `${-column * width * scale}px ${-row * height * scale}px`,
    imageRendering: scale > 1 ? "pixelated" : "auto",
  });
}
