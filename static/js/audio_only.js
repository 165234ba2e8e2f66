/**
 * When to keep the whole uplink for sound. One rule: at 100 kb/s and less the picture goes and the sound stays; the picture is tried again
 * by itself, after ever longer waits.
 */

const NARROW_BPS = 100_000;
const PERSISTENCE_MS = 4_000;
const FIRST_WAIT_MS = 8_000;
const LONGEST_WAIT_MS = 32_000;

export class AudioOnly {
  constructor() {
    this.videoActive = true;
    this._waitMs = FIRST_WAIT_MS;
    /** @type {number | null} */
    this._narrowSince = null;
    this._changedAt = 0;
  }

  /**
   * Whether video should be sent now.
   * @param {number | null} estimateBps unknown changes nothing
   * @param {number} now
   * @returns {boolean}
   */
  decide(estimateBps, now) {
    if (!this.videoActive) this._tryAgain(now);
    else if (estimateBps !== null) this._watch(estimateBps, now);
    return this.videoActive;
  }

  /** @param {number} now */
  _tryAgain(now) {
    if (now - this._changedAt < this._waitMs) return;
    this._waitMs = Math.min(LONGEST_WAIT_MS, this._waitMs * 2);
    this._set(true, now);
  }

  /** @param {number} estimateBps @param {number} now */
  _watch(estimateBps, now) {
    if (estimateBps > NARROW_BPS) {
      this._narrowSince = null;
      if (now - this._changedAt >= LONGEST_WAIT_MS) this._waitMs = FIRST_WAIT_MS;
      return;
    }
    this._narrowSince ??= now;
    if (now - this._narrowSince >= PERSISTENCE_MS) this._set(false, now);
  }

  /** @param {boolean} active @param {number} now */
  _set(active, now) {
    this.videoActive = active;
    this._changedAt = now;
    this._narrowSince = null;
  }
}
