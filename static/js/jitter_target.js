/**
 * How long the receiving browser keeps picture and sound before it plays them. One rule: on a link that loses nothing it keeps them as
 * short as it likes; where packets are asked for again, long enough for them to come a second time, so that the picture does not stutter.
 *
 * Source: W3C webrtc-extensions, jitterBufferTarget; the figures are measured (bench links).
 */

/** A lost packet and a lost repetition over a round trip of 80 ms. */
const TARGET_MS = 200;
const MANY_PER_S = 1;
const CALM_MS = 15_000;

export class JitterTarget {
  constructor() {
    this._targetMs = 0;
    /** @type {{nacks: number, now: number} | null} */
    this._before = null;
    this._lossyAt = -Infinity;
  }

  /**
   * The target to set now, 0 for the browser's own choice, or null when it stays as it is.
   * @param {number | null} nacks requests for lost video so far; unknown changes nothing
   * @param {number} now
   * @returns {number | null} milliseconds
   */
  next(nacks, now) {
    if (nacks === null) return null;
    const before = this._before;
    this._before = { nacks, now };
    if (before === null || nacks < before.nacks || now <= before.now) return null;
    if ((nacks - before.nacks) * 1_000 / (now - before.now) >= MANY_PER_S) this._lossyAt = now;
    const wanted = now - this._lossyAt < CALM_MS ? TARGET_MS : 0;
    if (wanted === this._targetMs) return null;
    this._targetMs = wanted;
    return wanted;
  }
}
