// Which place of the slider is shown, and how it moves.

const TOTAL = 12000; // milliseconds that a long training takes to play
const LONGEST = 700; // between two epochs of a short one
const SHORTEST = 90;
const STEP = 220; // milliseconds of a step by key or slider

/**
 * @typedef {object} ClockOwner
 * @property {() => void} moved the time has changed
 * @property {(playing: boolean) => void} played
 * @property {() => boolean} isCalm whether to jump from epoch to epoch instead of gliding
 */

export class Clock {
  /**
   * @param {ClockOwner} owner
   * @param {{ request(tick: (now: number) => void): number, cancel(handle: number): void }} frames of the screen
   */
  constructor(owner, frames) {
    this.owner = owner;
    this.frames = frames;
    this.time = 0; // place on the slider; a fraction is between two epochs
    this.last = 0; // the last place
    this.playing = false;
    /** @type {{ to: number, frame: number } | null} */
    this.moving = null;
  }

  /** Where it will come to rest. */
  get target() {
    return this.moving ? this.moving.to : this.time;
  }

  /** @param {number} place */
  jump(place) {
    this.stop();
    this.time = place;
    this.owner.moved();
  }

  /**
   * Move there in one sweep.
   * @param {number} place
   */
  goTo(place) {
    this.stop();
    if (this.owner.isCalm() || Math.abs(place - this.time) < 1e-6) this.jump(place);
    else this.move(place, STEP);
  }

  /** @param {number} places to go on by, from the epoch shown or headed for */
  step(places) {
    const here = Math.round(this.playing ? this.time : this.target);
    this.goTo(Math.min(this.last, Math.max(0, here + places)));
  }

  /** Play on to the end, from the start where it is over, or pause at an epoch. */
  toggle() {
    if (this.playing) return this.goTo(Math.round(this.time));
    if (this.time >= this.last) this.time = 0;
    const each = Math.min(LONGEST, Math.max(SHORTEST, TOTAL / Math.max(this.last, 1)));
    this.setPlaying(true);
    this.move(this.last, each * (this.last - this.time));
  }

  /**
   * @param {number} to
   * @param {number} lasting in milliseconds
   */
  move(to, lasting) {
    const from = this.time;
    /** @type {number | null} */
    let began = null;
    const tick = (/** @type {number} */ now) => {
      began ??= now;
      const share = lasting > 0 ? Math.min(1, (now - began) / lasting) : 1;
      const time = from + (to - from) * share;
      this.time = this.owner.isCalm() && share < 1 ? Math.floor(time) : time;
      if (share >= 1) this.stop();
      else this.moving = { to, frame: this.frames.request(tick) };
      this.owner.moved();
    };
    this.moving = { to, frame: this.frames.request(tick) };
  }

  stop() {
    if (this.moving) this.frames.cancel(this.moving.frame);
    this.moving = null;
    if (this.playing) this.setPlaying(false);
  }

  /** @param {boolean} playing */
  setPlaying(playing) {
    this.playing = playing;
    this.owner.played(playing);
  }
}
