/**
 * The recovery probe: after a narrow stretch Chromium's estimate climbs too slowly, unless the ceiling in the remote description rises,
 * which makes it probe at once. One rule: only on a path that is visibly free, and never more often than every 6 s.
 *
 * Source: libwebrtc ProbeController::SetBitrates probes when the maximum rises above both its old value and the estimate.
 */

import { FreePath } from "./free_path.js";

const ENOUGH_BPS = 800_000;
const SPACING_MS = 6_000;
const RTT_SLACK_SHARE = 0.25;
const FIRST_KBPS = 2_500;
const STEP_KBPS = 10;

export class BitrateProbe {
  constructor() {
    this._kbps = FIRST_KBPS;
    this._path = new FreePath(RTT_SLACK_SHARE);
    this._lastAt = -Infinity;
  }

  /**
   * The ceiling to apply now, or null when the conditions do not hold. Unknown figures never allow a probe.
   * @param {import("./free_path.js").Uplink} uplink
   * @param {number} now
   * @returns {number | null} kb/s, higher than every one before
   */
  next(uplink, now) {
    const free = this._path.sees(uplink);
    if (uplink.estimateBps === null || uplink.estimateBps >= ENOUGH_BPS || !free || now - this._lastAt < SPACING_MS) return null;
    this._lastAt = now;
    this._kbps += STEP_KBPS;
    return this._kbps;
  }
}

/**
 * The description with `x-google-max-bitrate` set on every VP8 payload type; unchanged where there is none.
 * @param {string} sdp
 * @param {number} kbps
 * @returns {string}
 */
export function withCeiling(sdp, kbps) {
  const types = [...sdp.matchAll(/^a=rtpmap:(\d+) VP8\/90000\r?$/gim)].map((match) => match[1] ?? "");
  return types.reduce((text, type) => ceilingOf(text, type, kbps), sdp);
}

/** @param {string} sdp @param {string} type payload type @param {number} kbps */
function ceilingOf(sdp, type, kbps) {
  const setting = `x-google-max-bitrate=${kbps}`;
  const existing = new RegExp(`^(a=fmtp:${type} )([^\\r\\n]*)`, "m").exec(sdp);
  if (existing) {
    const rest = (existing[2] ?? "").split(";").map((one) => one.trim()).filter((one) => one && !one.startsWith("x-google-max-bitrate="));
    return sdp.replace(existing[0], `${existing[1]}${[...rest, setting].join(";")}`);
  }
  return sdp.replace(new RegExp(`^(a=rtpmap:${type} VP8/90000)(\\r?\\n)`, "im"), `$1$2a=fmtp:${type} ${setting}$2`);
}
