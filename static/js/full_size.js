/**
 * When to insist on the camera's full size. A browser that gives no estimate of its uplink (Firefox) begins with a small picture, and its
 * encoder's budget follows the picture's size, so a picture that once became small stays so on the best of links. One rule: insist for a
 * few seconds at the beginning, and later only on a path that is visibly free; then the picture may shrink again if it must.
 *
 * The figures are measured (bench links --only alone): 320x240 at 0.5 Mb/s for good without this, 640x480 at 1.2 Mb/s and more with it.
 */

/** A picture whose shorter side is smaller was made smaller by the encoder. */
const WHOLE_PIXELS = 480;
const INSIST_MS = 4_000;
/** What the small picture costs when only its size holds it back; a link that gives less could not carry a larger one either. */
const ENOUGH_BPS = 400_000;
const MOST_LOSS = 0.03;
/** The round-trip time is near its minimum when at most this much above it. */
const RTT_SLACK_MS = 30;
const FIRST_WAIT_MS = 8_000;
const LONGEST_WAIT_MS = 64_000;

/** @typedef {"maintain-resolution" | "maintain-framerate"} Preference */

/**
 * The own video as it is sent.
 * @typedef {object} SentVideo
 * @property {number | null} shorterSide of the encoded picture in pixels
 * @property {number | null} bytes sent so far
 */

export class FullSize {
  constructor() {
    this._begun = false;
    this._insistsUntil = -Infinity;
    this._mayAt = -Infinity;
    this._waitMs = FIRST_WAIT_MS;
    this._leastRtt = Infinity;
    /** @type {{bytes: number, now: number} | null} */
    this._before = null;
  }

  /**
   * The preference to set now, or null when it stays as it is.
   * @param {import("./bitrate_probe.js").Uplink} uplink
   * @param {SentVideo} sent
   * @param {number} now
   * @returns {Preference | null}
   */
  next(uplink, sent, now) {
    const bps = this._rate(sent.bytes, now);
    if (uplink.rttMs !== null) this._leastRtt = Math.min(this._leastRtt, uplink.rttMs);
    if (uplink.estimateBps !== null) return null;
    if (!this._begun) return this._insist(now);
    if (this._insistsUntil !== -Infinity) return this._ends(uplink, now);
    if (sent.shorterSide === null || sent.shorterSide >= WHOLE_PIXELS) return this._relax(sent.shorterSide);
    if (now < this._mayAt || bps === null || bps < ENOUGH_BPS || !this._free(uplink)) return null;
    this._waitMs = Math.min(LONGEST_WAIT_MS, 2 * this._waitMs);
    return this._insist(now);
  }

  /** @param {number} now @returns {Preference} */
  _insist(now) {
    this._begun = true;
    this._insistsUntil = now + INSIST_MS;
    this._mayAt = this._insistsUntil + this._waitMs;
    return "maintain-resolution";
  }

  /** @param {import("./bitrate_probe.js").Uplink} uplink @param {number} now @returns {Preference | null} */
  _ends(uplink, now) {
    if (now < this._insistsUntil && (uplink.fractionLost ?? 0) < MOST_LOSS) return null;
    this._insistsUntil = -Infinity;
    return "maintain-framerate";
  }

  /** @param {number | null} shorterSide @returns {null} */
  _relax(shorterSide) {
    if (shorterSide !== null) this._waitMs = FIRST_WAIT_MS;
    return null;
  }

  /** Unknown figures allow nothing. @param {import("./bitrate_probe.js").Uplink} uplink */
  _free({ rttMs, fractionLost }) {
    return rttMs !== null && fractionLost !== null && fractionLost < MOST_LOSS && rttMs <= this._leastRtt + RTT_SLACK_MS;
  }

  /** @param {number | null} bytes @param {number} now @returns {number | null} bits per second since the call before */
  _rate(bytes, now) {
    const before = this._before;
    this._before = bytes === null ? null : { bytes, now };
    if (bytes === null || before === null || now <= before.now || bytes < before.bytes) return null;
    return (bytes - before.bytes) * 8_000 / (now - before.now);
  }
}
