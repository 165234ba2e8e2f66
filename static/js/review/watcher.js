/**
 * Watching one cited stretch. One rule: the page only says where its replay stands; the server's clock says for how long it did.
 *
 * The replay runs in real time from where the server has got to, at most one beat a second, only while the page is visible and nobody
 * has moved it elsewhere. After an outage it goes back to what the server has heard of.
 */

import { ApiError } from "../api.js";

const TICK_MS = 200;
const BEAT_MS = 1_000;
/** The replay is this far ahead of what was heard of: it goes back. */
const BEHIND_MS = 2_000;
const FAILURES_MAX = 5;

/**
 * As the server answers.
 * @typedef {{watch_id: string, from_ms: number, to_ms: number, reached_ms: number, complete: boolean}} Watched
 *
 * @typedef {object} Replay
 * @property {(seconds: number) => void} play puts the cursor there
 * @property {() => number | null} pinned second that the cursor stands on
 *
 * @typedef {object} Ports
 * @property {import("../api.js").Api} api
 * @property {string} beatUrl
 * @property {number} startMs where the call's axis begins
 * @property {Replay} replay
 * @property {() => number} now ms on a clock that only goes forwards
 * @property {() => boolean} visible
 * @property {(call: () => void, everyMs: number) => () => void} repeat until the returned function is called
 *
 * @typedef {object} Listener
 * @property {(watched: Watched) => void} progressed
 * @property {(reason: "complete" | "moved" | "stopped" | "offline" | ApiError) => void} ended
 */

/** One watch at a time. */
export class Watcher {
  /** @param {Ports} ports */
  constructor(ports) {
    this._ports = ports;
    /** @type {{watched: Watched, listener: Listener, base: number, since: number, beaten: number, busy: boolean, failures: number, halt: () => void} | null} */
    this._run = null;
  }

  get running() {
    return this._run !== null;
  }

  /**
   * Watch from the beginning.
   * @param {Watched} watched as the server answered to the beginning
   * @param {Listener} listener
   */
  begin(watched, listener) {
    this.stop();
    const now = this._ports.now();
    const halt = this._ports.repeat(() => void this._tick(), TICK_MS);
    this._run = { watched, listener, base: watched.reached_ms, since: now, beaten: now, busy: false, failures: 0, halt };
    this._play(watched.reached_ms);
    listener.progressed(watched);
  }

  stop() {
    this._end("stopped");
  }

  async _tick() {
    const run = this._run;
    if (!run) return;
    const now = this._ports.now();
    if (!this._ports.visible()) {
      this._from(run.watched.reached_ms, now);
      return;
    }
    if (this._ports.replay.pinned() !== this._second(run.base)) {
      this._end("moved");
      return;
    }
    const position = Math.min(run.watched.to_ms, run.base + now - run.since);
    this._from(position, now);
    if (run.busy || now - run.beaten < BEAT_MS) return;
    run.beaten = now;
    await this._beat(run, Math.floor(position));
  }

  /** @param {NonNullable<Watcher["_run"]>} run @param {number} position */
  async _beat(run, position) {
    run.busy = true;
    try {
      const watched = await this._ports.api.post(`${this._ports.beatUrl}/${run.watched.watch_id}`, { position_ms: position });
      if (run !== this._run) return;
      run.watched = watched;
      run.failures = 0;
      run.listener.progressed(watched);
      if (watched.complete) this._end("complete");
      else if (position - watched.reached_ms > BEHIND_MS) this._from(watched.reached_ms, this._ports.now());
    } catch (error) {
      if (run === this._run) this._failed(run, error);
    } finally {
      run.busy = false;
    }
  }

  /** @param {NonNullable<Watcher["_run"]>} run @param {unknown} error */
  _failed(run, error) {
    if (!(error instanceof ApiError)) {
      this._end("stopped");
      throw error;
    }
    run.failures += 1;
    if (!error.passing) this._end(error);
    else if (run.failures >= FAILURES_MAX) this._end("offline");
    else this._from(run.watched.reached_ms, this._ports.now());
  }

  /** The replay goes on from there. @param {number} position @param {number} now */
  _from(position, now) {
    if (!this._run) return;
    this._run.base = position;
    this._run.since = now;
    this._play(position);
  }

  /** @param {number} position */
  _play(position) {
    if (this._ports.replay.pinned() !== this._second(position)) this._ports.replay.play(this._second(position));
  }

  /** @param {number} position ms @returns {number} second of the axis */
  _second(position) {
    return Math.max(0, Math.floor((position - this._ports.startMs) / 1_000));
  }

  /** @param {"complete" | "moved" | "stopped" | "offline" | ApiError} reason */
  _end(reason) {
    const run = this._run;
    if (!run) return;
    this._run = null;
    run.halt();
    run.listener.ended(reason);
  }
}
