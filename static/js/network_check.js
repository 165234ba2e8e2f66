/** The network check as people see it: the markup of macros/devices.html, the same for both. */

import { ApiError } from "./api.js";
import { CheckFailed, runCheck } from "./check.js";
import { watchFrames } from "./frame_age.js";
import { figureText } from "./indicators.js";
import { checkRelay } from "./relay_notice.js";
import { sleepBy } from "./timers.js";
import { choose, fill, onAction, part, show, words } from "./view.js";

/** @typedef {import("./check.js").CheckVerdict} CheckVerdict */

/**
 * @typedef {object} NetworkCheckDependencies
 * @property {HTMLElement} root
 * @property {import("./api.js").Api} api
 * @property {string} prefix "/join" or "/staff"
 * @property {import("./devices.js").LocalMedia} devices
 * @property {string} language
 * @property {import("./timers.js").Timers} timers
 * @property {Document} document
 * @property {() => Promise<void>} needDevices turns them on when they are off
 * @property {(verdict: CheckVerdict | null, error: ApiError | null, ours: boolean) => void} onDone verdict null: could not be held; ours: by our fault
 */

export class NetworkCheck {
  /** @param {NetworkCheckDependencies} use */
  constructor(use) {
    this._use = use;
    this._box = part(use.root, "network");
    this._running = false;
    onAction(this._box, { "start-network": () => { void this.run(); } });
  }

  /** Whether the TURN servers can be used: asked without a press, and again with every check. */
  async lookForRelay() {
    const { root, api, prefix, timers } = this._use;
    await checkRelay({ root, api, prefix, createConnection: (configuration) => new RTCPeerConnection(configuration), sleep: sleepBy(timers) });
  }

  async run() {
    if (this._running) return;
    this._running = true;
    void this.lookForRelay();
    try {
      if (!this._use.devices.ready) await this._use.needDevices();
      if (this._use.devices.ready) await this._hold();
    } finally {
      this._running = false;
    }
  }

  async _hold() {
    this._set("running");
    const muted = this._players();
    try {
      const verdict = await runCheck({
        api: this._use.api,
        prefix: this._use.prefix,
        createConnection: (configuration) => new RTCPeerConnection(configuration),
        tracks: this._use.devices.tracks,
        play: muted.play,
        sleep: sleepBy(this._use.timers),
        frameAgeMs: muted.frameAgeMs,
        pageVisible: () => this._use.document.visibilityState === "visible",
        onProgress: (done, whole) => this._progress(done, whole),
      });
      this.show(verdict);
      this._use.onDone(verdict, null, false);
    } catch (error) {
      if (!(error instanceof CheckFailed || error instanceof ApiError)) throw error;
      this._failed(error);
    } finally {
      muted.stop();
    }
  }

  /** @param {CheckFailed | ApiError} error */
  _failed(error) {
    const relay = error instanceof CheckFailed ? error.relay : null;
    const ours = relay !== null || (error instanceof ApiError && error.status >= 500);
    fill(this._box, { relay_code: relay });
    choose(this._box, "network-failure", relay !== null ? "relay" : ours ? "server" : "network");
    this._set("failed");
    this._use.onDone(null, error instanceof ApiError ? error : null, ours);
  }

  /** Show a verdict, e.g. a stored one. @param {CheckVerdict} verdict */
  show(verdict) {
    this._set("done");
    choose(this._box, "network-verdict", verdict.words, "unknown");
    fill(this._box, figureTexts(verdict.figures, this._use.language));
    const problems = verdict.problems.map((code) => words(this._box, "check-problems", code)).filter((text) => text !== null);
    fill(this._box, { problems: problems.map((text) => ({ text })) });
    show(this._box, "network-problems", problems.length > 0);
  }

  /** @param {"before" | "running" | "done" | "failed"} state */
  _set(state) {
    this._box.dataset["network"] = state;
  }

  /** @param {number} done @param {number} whole */
  _progress(done, whole) {
    const bar = /** @type {HTMLProgressElement} */ (part(this._box, "network-progress"));
    bar.max = whole;
    bar.value = done;
  }

  /** Elements out of sight that decode what comes back, without a sound. */
  _players() {
    const video = this._use.document.createElement("video");
    const audio = this._use.document.createElement("audio");
    const frames = watchFrames(video, () => performance.now());
    for (const element of [video, audio]) {
      element.muted = true;
      element.setAttribute("playsinline", "");
    }
    return {
      frameAgeMs: frames.ageMs,
      play: (/** @type {MediaStreamTrack} */ track) => {
        const element = track.kind === "audio" ? audio : video;
        element.srcObject = new MediaStream([track]);
        void element.play().catch(() => undefined);
      },
      stop: () => { for (const element of [video, audio]) element.srcObject = null; },
    };
  }
}

/**
 * The figures under the names of the page.
 * @param {Record<string, number | null>} figures
 * @param {string} language
 */
export function figureTexts(figures, language) {
  return {
    rtt_ms: figureText(figures["rtt_ms"], 0, language),
    loss_up: figureText(percent(figures["uplink_loss"]), 1, language),
    loss_down: figureText(percent(figures["downlink_loss"]), 1, language),
    jitter_ms: figureText(figures["jitter_ms"], 0, language),
    bitrate_up: figureText(figures["uplink_kbps"], 0, language),
    bitrate_down: figureText(figures["downlink_kbps"], 0, language),
  };
}

/** @param {number | null | undefined} share */
function percent(share) {
  return share === null || share === undefined ? null : share * 100;
}
