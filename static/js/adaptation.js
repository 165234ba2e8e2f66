/**
 * How one peer connection follows its links: what is asked of the browser, once a second, from its own statistics. One rule: every measure
 * decides by itself, from figures it is given; here they are only carried out.
 */

import { AudioOnly } from "./audio_only.js";
import { BitrateProbe } from "./bitrate_probe.js";
import { FullSize } from "./full_size.js";
import { JitterTarget } from "./jitter_target.js";
import { nacksOf, sentVideoOf, uplinkOf } from "./stats.js";

export class Adaptation {
  /** @param {import("./peer.js").PeerGeneration} peer */
  constructor(peer) {
    this._peer = peer;
    this._probe = new BitrateProbe();
    this._audioOnly = new AudioOnly();
    this._jitter = new JitterTarget();
    this._fullSize = new FullSize();
  }

  /**
   * @param {Iterable<[string, import("./stats.js").Stat]>} report what getStats said just now
   * @param {number} now monotonic milliseconds
   */
  async follow(report, now) {
    const jitterMs = this._jitter.next(nacksOf(report), now);
    if (jitterMs !== null) this._peer.setJitterTarget(jitterMs);
    if (this._peer.connection.connectionState !== "connected") return;
    const uplink = uplinkOf(report);
    const before = this._audioOnly.videoActive;
    const active = this._audioOnly.decide(uplink.estimateBps, now);
    if (active !== before) await this._peer.setVideoActive(active);
    const preference = this._fullSize.next(uplink, sentVideoOf(report), now);
    if (preference !== null) await this._peer.prefer(preference);
    const ceiling = this._probe.next(uplink, now);
    if (ceiling !== null) await this._peer.raiseCeiling(ceiling);
  }
}
