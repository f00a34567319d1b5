// How the export asks a map what it shows. Components are bundled apart and share nothing but the page: the question
// is an event, which the map fills in.

/** @import { Drawing } from "./types.d.ts" */

const TYPE = "uncollapse-drawing";

class DrawingRequest extends Event {
  constructor() {
    super(TYPE);
    /** @type {Drawing | null} */
    this.drawing = null;
  }
}

/**
 * What the map in an element shows; null before anything is.
 * @param {EventTarget} element
 */
export function requestDrawing(element) {
  const request = new DrawingRequest();
  element.dispatchEvent(request);
  return request.drawing;
}

/**
 * Answer for the map in an element.
 * @param {EventTarget} element
 * @param {() => Drawing | null} drawing
 */
export function answerDrawingRequests(element, drawing) {
  element.addEventListener(TYPE, (event) => {
    // The asker's class comes from another bundle, so that instanceof would not know it.
    /** @type {DrawingRequest} */ (event).drawing = drawing();
  });
}
