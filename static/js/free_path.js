/**
 * Whether the own uplink is visibly free. One rule: it loses next to nothing and no queue stands in it; unknown figures are never free.
 */

const MOST_LOSS = 0.03;
/** The round-trip time is near its minimum when at most this much above it. */
const RTT_SLACK_MS = 30;

/**
 * @typedef {object} Uplink
 * @property {number | null} estimateBps
 * @property {number | null} rttMs
 * @property {number | null} fractionLost
 */

export class FreePath {
  /** @param {number} [rttSlackShare] of the minimum, 0..1, where that is more than 30 ms */
  constructor(rttSlackShare = 0) {
    this._share = rttSlackShare;
    this._leastRtt = Infinity;
  }

  /** Learn from the figures of now. @param {Uplink} uplink @returns {boolean} whether the path is free */
  sees({ rttMs, fractionLost }) {
    if (rttMs === null) return false;
    this._leastRtt = Math.min(this._leastRtt, rttMs);
    const near = rttMs <= this._leastRtt + Math.max(RTT_SLACK_MS, this._leastRtt * this._share);
    return near && fractionLost !== null && !loses({ fractionLost });
  }
}

/** Whether more than next to nothing is known to be lost. @param {Pick<Uplink, "fractionLost">} uplink */
export function loses({ fractionLost }) {
  return (fractionLost ?? 0) >= MOST_LOSS;
}
