import assert from "node:assert/strict";
import { test } from "node:test";
import { groupCategories } from "../../../../app/components/common/legend_groups.js";
import { DARK, grey, LIGHT } from "../../../../app/components/common/palette.js";

/**
 * @param {string[]} categories
 * @param {Record<string, string>} colours
 */
const fieldOf = (categories, colours = {}) => ({
  kind: /** @type {const} */ ("categorical"),
  name: "class",
  title: "Class",
  columns: ["f"],
  categories,
  colours,
});

test("each category that occurs is a group with its count in each arm", () => {
  const { groups, groupOf } = groupCategories(
    fieldOf(["a", "b", "c"]),
    [
      [0, 0, 2],
      [2, 2, 2],
    ],
    false,
  );
  assert.deepEqual(
    groups.map(({ label, counts }) => [label, counts]),
    [
      ["a", [2, 0]],
      ["c", [1, 3]],
    ],
  );
  assert.deepEqual([...groupOf], [0, -1, 1, -1]);
});

test("a colour follows its category, not its place among those present", () => {
  const [only] = groupCategories(fieldOf(["a", "b", "c"]), [[2]], false).groups;
  assert.equal(only.colour, LIGHT[2]);
  assert.equal(groupCategories(fieldOf(["a", "b", "c"]), [[2]], true).groups[0].colour, DARK[2]);
  assert.equal(groupCategories(fieldOf(["a"], { a: "#123456" }), [[0]], false).groups[0].colour, "#123456");
});

test("unknown items are grey and last", () => {
  const { groups, groupOf } = groupCategories(fieldOf(["a"]), [[-1, 0, -1]], false);
  assert.deepEqual(groups.at(-1), { label: "Unknown", colour: grey(false), counts: [2] });
  assert.equal(groupOf[1], 1);
});

test("the rarest beyond the palette are folded into one", () => {
  const categories = Array.from({ length: 25 }, (_, i) => `c${i}`);
  const codes = categories.flatMap((_, code) => new Array(code + 1).fill(code));
  const { groups, groupOf, folded } = groupCategories(fieldOf(categories), [codes], false);
  assert.equal(folded, 6);
  assert.equal(groups.length, LIGHT.length);
  assert.deepEqual(groups.at(-1), { label: "6 other", colour: grey(false), counts: [1 + 2 + 3 + 4 + 5 + 6] });
  assert.ok(categories.slice(0, 6).every((_, code) => groupOf[code] === groups.length - 1));
  assert.equal(new Set(groups.map(({ colour }) => colour)).size, LIGHT.length);
});

test("none is folded where all are asked for, and no two have one colour", () => {
  const categories = Array.from({ length: 150 }, (_, i) => `c${i}`);
  for (const dark of [false, true]) {
    const { groups, groupOf, folded } = groupCategories(fieldOf(categories), [[...categories.keys()]], dark, true);
    assert.equal(folded, 0);
    assert.deepEqual([...groupOf.slice(0, 150)], [...categories.keys()]);
    assert.ok(!groups.some(({ colour }) => colour === grey(dark)));
    assert.equal(new Set(groups.map(({ colour }) => colour)).size, 150);
  }
});
