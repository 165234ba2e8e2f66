/**
 * When to insist on the camera's full size. A browser that gives no estimate of its uplink (Firefox) begins with a small picture, and its
 * encoder's budget follows the picture's size, so a picture that once became small stays so on the best of links. One rule: insist until
 * the link makes the picture stutter, and again only on a path that is visibly free. It is asked for rarely: Firefox begins what it
 * receives anew, counters included, each time that anything changes in what it sends.
 *
 * The figures are measured (bench links --only alone): 320x240 at 0.5 Mb/s for good without this, 640x480 at 2 Mb/s with it.
 */

import { FreePath, loses } from "./free_path.js";

/** A picture whose shorter side is smaller was made smaller by the encoder. */
const WHOLE_PIXELS = 480;
/** Of the camera's frames; fewer, twice in a row, is a stutter. */
const LEAST_SHARE = 0.5;
/** What the small picture costs when only its size holds it back; a link that gives less could not carry a larger one either. */
const ENOUGH_BPS = 400_000;
const FIRST_WAIT_MS = 4_000;
const LONGEST_WAIT_MS = 64_000;
/** Insisting for so long without a stutter means that the link carries it. */
const CARRIED_MS = 60_000;

/** @typedef {"maintain-resolution" | "maintain-framerate"} Preference */

/**
 * The own video as it is sent.
 * @typedef {object} SentVideo
 * @property {number | null} shorterSide of the encoded picture in pixels
 * @property {number | null} bytes sent so far
 * @property {number | null} frames encoded so far
 * @property {number | null} cameraRate frames that the camera gives in a second
 */

export class FullSize {
  constructor() {
    /** @type {number | null} */
    this._insistsSince = null;
    this._begun = false;
    this._stutters = 0;
    this._mayAt = -Infinity;
    this._waitMs = FIRST_WAIT_MS;
    this._path = new FreePath();
    /** @type {{sent: SentVideo, now: number} | null} */
    this._before = null;
  }

  /**
   * The preference to set now, or null when it stays as it is.
   * @param {import("./free_path.js").Uplink} uplink
   * @param {SentVideo} sent
   * @param {number} now
   * @returns {Preference | null}
   */
  next(uplink, sent, now) {
    const before = this._before;
    this._before = { sent, now };
    const free = this._path.sees(uplink);
    if (uplink.estimateBps !== null) return null;
    if (!this._begun) return this._insist(now);
    const seconds = before === null ? 0 : (now - before.now) / 1_000;
    if (before === null || seconds <= 0) return null;
    if (this._insistsSince !== null) return this._watch(uplink, rate(before.sent.frames, sent.frames, seconds), sent.cameraRate, now);
    const bps = (rate(before.sent.bytes, sent.bytes, seconds) ?? 0) * 8;
    const small = sent.shorterSide !== null && sent.shorterSide < WHOLE_PIXELS;
    return small && now >= this._mayAt && bps >= ENOUGH_BPS && free ? this._insist(now) : null;
  }

  /** @param {number} now @returns {Preference} */
  _insist(now) {
    this._begun = true;
    this._insistsSince = now;
    this._stutters = 0;
    return "maintain-resolution";
  }

  /**
   * @param {import("./free_path.js").Uplink} uplink
   * @param {number | null} frameRate
   * @param {number | null} cameraRate
   * @param {number} now
   * @returns {Preference | null}
   */
  _watch(uplink, frameRate, cameraRate, now) {
    const stutters = frameRate !== null && cameraRate !== null && frameRate < LEAST_SHARE * cameraRate;
    this._stutters = stutters ? this._stutters + 1 : 0;
    if (!loses(uplink) && this._stutters < 2) return null;
    const carried = this._insistsSince !== null && now - this._insistsSince >= CARRIED_MS;
    this._waitMs = carried ? FIRST_WAIT_MS : Math.min(LONGEST_WAIT_MS, 2 * this._waitMs);
    this._mayAt = now + this._waitMs;
    this._insistsSince = null;
    return "maintain-framerate";
  }
}

/** @param {number | null} before @param {number | null} now @param {number} seconds @returns {number | null} */
function rate(before, now, seconds) {
  return before === null || now === null || now < before ? null : (now - before) / seconds;
}
