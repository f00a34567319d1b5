import assert from "node:assert/strict";
import { test } from "node:test";
import { Clock } from "../../../../app/components/playback/clock.js";

/** A clock with `last` places and a screen whose frames are shown by hand. */
function clockOf(last = 4, isCalm = false) {
  /** @type {((now: number) => void) | null} */
  let next = null;
  const frames = {
    request: (/** @type {(now: number) => void} */ tick) => {
      next = tick;
      return 1;
    },
    cancel: () => {
      next = null;
    },
  };
  /** @type {number[]} */
  const times = [];
  const clock = new Clock({ moved: () => times.push(clock.time), played: () => {}, isCalm: () => isCalm }, frames);
  clock.last = last;
  const show = (/** @type {number[]} */ ...nows) => {
    for (const now of nows) {
      const tick = next;
      next = null;
      tick?.(now);
    }
  };
  return { clock, times, show };
}

test("a sweep passes what lies between and stops at its end", () => {
  const { clock, times, show } = clockOf();
  clock.goTo(2);
  show(1000, 1110, 1220, 1300);
  assert.deepEqual(times, [0, 1, 2]);
  assert.equal(clock.moving, null);
});

test("a step goes on from where the clock is headed", () => {
  const { clock, show } = clockOf();
  clock.step(1);
  clock.step(1);
  show(0, 220);
  assert.equal(clock.time, 2);
  clock.step(100);
  show(0, 220);
  assert.equal(clock.time, 4);
});

test("playing runs to the end, and starts anew from there", () => {
  const { clock, times, show } = clockOf();
  clock.toggle();
  assert.ok(clock.playing);
  show(0, 700, 4 * 700);
  assert.deepEqual(times, [0, 1, 4]);
  assert.ok(!clock.playing);
  clock.toggle();
  show(0);
  assert.equal(clock.time, 0);
});

test("a pause ends at an epoch", () => {
  const { clock, show } = clockOf();
  clock.toggle();
  show(0, 980);
  clock.toggle();
  assert.ok(!clock.playing);
  show(2000, 2220);
  assert.equal(clock.time, 1);
});

test("those who want no motion see whole epochs", () => {
  const { clock, times, show } = clockOf(4, true);
  clock.goTo(3);
  assert.deepEqual(times, [3]);
  clock.jump(0);
  clock.toggle();
  show(0, 1000);
  assert.equal(clock.time, 1);
});
