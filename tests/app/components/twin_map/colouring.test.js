import assert from "node:assert/strict";
import { test } from "node:test";
import { grey, LIGHT, selectedColour } from "../../../../app/components/common/palette.js";
import { Colouring } from "../../../../app/components/twin_map/colouring.js";
import { describeItem, findRows } from "../../../../app/components/twin_map/points.js";

/** @import { Field } from "../../../../app/components/common/types.d.ts" */

/** @type {Record<string, number[]>} */
const columns = { c: [0, 1, 1, -1], l: [0, 0, 1, 1], r: [1, 1, 0, 0], v: [0, 0.5, 1, Number.NaN] };
const names = ["cat/1.png", "dog/2.png", "", "bird/4.png"];
const points = {
  n: 4,
  ids: [7, 10, 13, 16],
  rows: new Map(),
  slots: null,
  names: { get: (/** @type {number} */ row) => names[row], toArray: () => [] },
  maps: [],
  column: (/** @type {string} */ name) => columns[name],
};
/** @type {Field} */
const classes = { kind: "categorical", name: "class", title: "Class", columns: ["c"], categories: ["Even", "odd"] };
/** @type {Field} */
const clusters = { kind: "categorical", name: "sub", title: "Sub", columns: ["l", "r"], categories: ["s0", "s1"] };
/** @type {Field} */
const change = { kind: "continuous", name: "v", title: "Change", columns: ["v"], limits: [0, 1], note: "" };

/** @param {Field | null} field */
function colouringOf(field) {
  const colouring = new Colouring();
  colouring.use(points, field, { version: "1", arms: 2, dark: false });
  return colouring;
}

/** @param {Colouring} colouring */
const visible = (colouring) => [0, 1, 2, 3].filter((row) => colouring.isVisible(row, 0));

test("hidden groups are not visible and come back", () => {
  const colouring = colouringOf(classes);
  colouring.toggle(1);
  assert.deepEqual(visible(colouring), [0, 3]);
  colouring.toggle(1);
  assert.deepEqual(visible(colouring), [0, 1, 2, 3]);
});

test("isolating shows one group alone, and again all", () => {
  const colouring = colouringOf(classes);
  colouring.isolate(2);
  assert.deepEqual(visible(colouring), [3]);
  colouring.isolate(0);
  assert.deepEqual(visible(colouring), [0]);
  colouring.isolate(0);
  assert.deepEqual(visible(colouring), [0, 1, 2, 3]);
});

test("each field keeps its own hidden groups", () => {
  const colouring = colouringOf(classes);
  colouring.toggle(0);
  colouring.use(points, clusters, { version: "1", arms: 2, dark: false });
  assert.deepEqual(visible(colouring), [0, 1, 2, 3]);
  colouring.use(points, classes, { version: "1", arms: 2, dark: false });
  assert.deepEqual(visible(colouring), [1, 2, 3]);
});

test("colours follow the arm's own groups, a scale, or are grey", () => {
  assert.deepEqual(colouringOf(clusters).coloursOf([0, 2], 0), [LIGHT[0], LIGHT[1]]);
  assert.deepEqual(colouringOf(clusters).coloursOf([0, 2], 1), [LIGHT[1], LIGHT[0]]);
  assert.equal(colouringOf(change).coloursOf([3], 0)[0], grey(false));
  assert.equal(colouringOf(null).coloursOf([0, 1], 0), grey(false));
});

test("selected items lie in front with an outline in a colour of their own, the others faint behind", () => {
  const colouring = colouringOf(classes);
  const [only] = colouring.layers(4, new Set(), 0);
  assert.deepEqual([...only.rows].sort(), [0, 1, 2, 3]);
  colouring.toggle(0);
  const [back, outline, front] = colouring.layers(4, new Set([0, 1]), 0);
  assert.deepEqual([[...back.rows].sort(), outline.rows, front.rows], [[2, 3], [1], [1]]);
  assert.ok(back.opacity < 0.2 && outline.opacity === 1 && front.opacity === 1);
  assert.ok(outline.grow > front.grow + 1);
  assert.equal(outline.colours, selectedColour(false));
  assert.deepEqual(front.colours, [LIGHT[1]]);
});

test("selected items are counted for each group and arm", () => {
  const colouring = colouringOf(clusters);
  assert.ok(colouring.grouping);
  assert.deepEqual(colouring.countSelected(colouring.grouping, new Set([0, 1, 2])), [
    [2, 1],
    [1, 2],
  ]);
});

test("an item is described by its fields in one arm", () => {
  const fields = [classes, clusters, change];
  assert.deepEqual(describeItem(points, fields, 1, 1), [
    ["Item", "#10 · dog/2.png"],
    ["Class", "odd"],
    ["Sub", "s1"],
    ["Change", "0.500"],
  ]);
  assert.deepEqual(describeItem(points, [classes, change], 3, 0).slice(1), [
    ["Class", "unknown"],
    ["Change", "unknown"],
  ]);
});

test("a search finds categories, names and numbers, not what differs between the arms", () => {
  const fields = [classes, clusters];
  assert.deepEqual([...findRows(points, fields, "even")], [0]);
  assert.deepEqual([...findRows(points, fields, "dog")], [1]);
  assert.deepEqual([...findRows(points, fields, "#16")], [3]);
  assert.deepEqual([...findRows(points, fields, "s1")], []);
});

test("what is selected is never grey", () => {
  const unknown = colouringOf(classes).layers(4, new Set([1, 3]), 0)[2];
  assert.deepEqual(new Map(unknown.rows.map((row, i) => [row, unknown.colours[i]])).get(3), selectedColour(false));
  assert.equal(colouringOf(null).layers(4, new Set([1]), 0)[2].colours, selectedColour(false));
  for (const dark of [false, true]) assert.ok(![...LIGHT, grey(dark)].includes(selectedColour(dark)));
});
