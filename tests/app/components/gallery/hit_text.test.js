import assert from "node:assert/strict";
import { test } from "node:test";
import {
  distanceOf,
  movementOf,
  otherScoreText,
  scoreOf,
  scoreText,
  verdictOf,
} from "../../../../app/components/gallery/hit_text.js";

test("distances keep three digits; rounding is no distance", () => {
  const texts = [0.12345, 0.00012345, 1e-8, Number.NaN].map((distance) => distanceOf({ distance }));
  assert.deepEqual(texts, ["0.123", "1.23e-4", "0", "–"]);
});

test("a verdict says what is known", () => {
  assert.equal(verdictOf({ sameClass: null, sameMode: null }), null);
  assert.equal(verdictOf({ sameClass: true, sameMode: null }), "same class");
  assert.equal(verdictOf({ sameClass: true, sameMode: false }), "same class, another mode");
  assert.equal(verdictOf({ sameClass: false, sameMode: false }), "another class, another mode");
});

test("a movement compares the two arms' ranks", () => {
  assert.equal(movementOf({ compared: false, rank: 1, otherRank: null }, "nearest"), null);
  assert.equal(movementOf({ compared: true, rank: 1, otherRank: null }, "nearest")?.kind, "only");
  assert.equal(movementOf({ compared: true, rank: 2, otherRank: 2 }, null)?.kind, "still");
  const moved = { kind: "moved", short: "#1 → #4", long: "#1 here, #4 in nearest" };
  assert.deepEqual(movementOf({ compared: true, rank: 1, otherRank: 4 }, "nearest"), moved);
});

test("a score counts classes and modes, where they are known", () => {
  const hit = (/** @type {boolean | null} */ sameClass, /** @type {boolean | null} */ sameMode) => ({
    sameClass,
    sameMode,
  });
  const score = scoreOf([hit(true, false), hit(true, true), hit(false, false)]);
  assert.equal(scoreText(score).join(""), "2 of 3 same class, 1 of 3 same mode");
  assert.equal(otherScoreText("nearest", score), "nearest: 2 and 1");
  assert.deepEqual(scoreText(scoreOf([hit(true, null)])), ["1 of 1 same class"]);
  assert.equal(otherScoreText("nearest", scoreOf([hit(true, null)])), "nearest: 1");
  assert.deepEqual(scoreText(scoreOf([hit(null, null)])), []);
  assert.equal(otherScoreText("nearest", scoreOf([])), "");
});
