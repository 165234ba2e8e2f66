/**
 * The signalling connection of one page. One rule: it comes back by itself, with a new ticket each time, until it is stopped, taken over or
 * refused; what a person did while it was away is sent once it is back, measurements are not (a hole is missing data).
 */

import { ApiError } from "./api.js";
import { backoffMs } from "./backoff.js";
import { ProtocolError, parse, serialise } from "./protocol.js";

/** @typedef {import("./protocol.js").ServerMessage} ServerMessage */
/** @typedef {import("./protocol.js").BrowserMessage} BrowserMessage */
/** @typedef {"connecting" | "open" | "lost" | "taken_over" | "refused" | "stopped"} SocketState */

/**
 * What is used of a WebSocket.
 * @typedef {object} SocketLike
 * @property {number} readyState
 * @property {number} bufferedAmount
 * @property {(text: string) => void} send
 * @property {(code?: number) => void} close
 * @property {(type: any, listener: (event: any) => void) => void} addEventListener
 */

/**
 * @typedef {object} SocketDependencies
 * @property {() => Promise<{ticket: string, url: string}>} fetchTicket
 * @property {(url: string) => SocketLike} openSocket
 * @property {import("./timers.js").Timers} timers
 * @property {() => number} random
 * @property {() => number} now monotonic milliseconds
 * @property {(message: ServerMessage) => void} onMessage everything but pings and repeated log entries
 * @property {(state: SocketState, code: string) => void} onState code: why it was refused, or ""
 */

/** A server that sent pings and then nothing for this long is gone, though the socket may not know. */
const SILENCE_MS = 6_000;
/** When media are silent as well, this is enough. */
const SUSPECT_MS = 2_500;
/** An attempt that has come no further after this is given up; each one after it gets twice the time. */
const ATTEMPT_MS = 4_000;
const LONGEST_ATTEMPT_MS = 16_000;
/** Beyond this many waiting bytes a link is too narrow for measurements as well. */
const FULL_BYTES = 16 * 1024;
const OPEN = 1;
const MOST_KEPT = 50;
/** What a person did: kept while the connection is away. */
const KEPT = new Set(["flag", "chat", "run_answer", "run_code", "complete", "abort", "leave"]);
/** Refusals that a new ticket may well get past. */
const PASSING = new Set(["ticket_refused", "rate_limited", "internal_error"]);
/** What is worth nothing late. */
const MEASUREMENTS = new Set(["stats"]);

export class SignallingSocket {
  /** @param {SocketDependencies} dependencies */
  constructor(dependencies) {
    this._use = dependencies;
    /** @type {SocketState} */
    this.state = "stopped";
    /** Highest log sequence number received. */
    this.lastSequence = 0;
    /** When the server was last heard, by `now`; null while it is away. @type {number | null} */
    this.heardAt = null;
    /** @type {SocketLike | null} */
    this._socket = null;
    /** @type {BrowserMessage[]} */
    this._kept = [];
    /** @type {number | null} */
    this._timer = null;
    /** @type {number | null} */
    this._silence = null;
    this._attempt = 0;
    this._round = 0;
    /** @type {string | null} */
    this._interview = null;
    /** Code with which the server refused this connection before it began. @type {string | null} */
    this._refusal = null;
  }

  /** Connect, and stay connected. */
  start() {
    this._attempt = 0;
    void this._connect();
  }

  /** Close for good. */
  stop() {
    this._finish("stopped", "");
  }

  /** Try at once instead of waiting for the next attempt, e.g. when the browser says that it is online again. */
  hurry() {
    if (this.state !== "lost") return;
    this._attempt = 0;
    void this._connect();
  }

  /**
   * Media have fallen silent: when the server has too, the network under both has changed, and whoever waits for this connection waits for
   * nothing. Make another at once.
   */
  suspect() {
    if (this.state !== "open" || this.heardAt === null || this._use.now() - this.heardAt < SUSPECT_MS) return;
    this._drop();
    this._change("lost", "");
    this._attempt = 0;
    void this._connect();
  }

  /**
   * Send now, keep for later, or drop.
   * @param {BrowserMessage} message
   * @returns {boolean} false when it was dropped
   */
  send(message) {
    const socket = this._socket;
    if (this.state === "open" && socket && socket.readyState === OPEN) {
      if (MEASUREMENTS.has(message.type) && socket.bufferedAmount > FULL_BYTES) return false;
      socket.send(serialise(message));
      return true;
    }
    if (!KEPT.has(message.type) || this._kept.length >= MOST_KEPT) return false;
    this._kept.push(message);
    return true;
  }

  async _connect() {
    this._clearTimers();
    const round = ++this._round;
    this._change(this._attempt === 0 && this.state !== "lost" ? "connecting" : "lost", "");
    this._watchSilence(round, Math.min(LONGEST_ATTEMPT_MS, ATTEMPT_MS * 2 ** this._attempt));
    let grant;
    try {
      grant = await this._use.fetchTicket();
    } catch (error) {
      if (round === this._round) this._ticketFailed(error);
      return;
    }
    if (round !== this._round) return;
    const socket = this._use.openSocket(grant.url);
    this._socket = socket;
    const hello = { type: /** @type {const} */ ("ticket"), ticket: grant.ticket, last_sequence: this.lastSequence };
    socket.addEventListener("open", () => { if (round === this._round) socket.send(serialise(hello)); });
    socket.addEventListener("message", (event) => { if (round === this._round) this._received(event.data); });
    socket.addEventListener("close", () => { if (round === this._round) this._closed(); });
  }

  _closed() {
    const refusal = this._refusal;
    this._refusal = null;
    if (refusal === null || PASSING.has(refusal)) this._lost();
    else this._finish("refused", refusal);
  }

  /** @param {unknown} error */
  _ticketFailed(error) {
    if (error instanceof ApiError && !error.passing) this._finish("refused", error.code);
    else this._lost();
  }

  /** @param {string} text */
  _received(text) {
    /** @type {ServerMessage} */
    let message;
    try {
      message = parse(text);
    } catch (error) {
      if (error instanceof ProtocolError) return;
      throw error;
    }
    this.heardAt = this._use.now();
    if (this._handled(message)) return;
    this._use.onMessage(message);
  }

  /** @param {ServerMessage} message @returns {boolean} whether nobody else needs it */
  _handled(message) {
    switch (message.type) {
      case "ping":
        this._socket?.send(serialise({ type: "pong", nonce: message.nonce }));
        this._watchSilence(this._round, SILENCE_MS);
        return true;
      case "welcome":
        this._welcomed(message.interview_id);
        return false;
      case "log":
        if (message.sequence <= this.lastSequence) return true;
        this.lastSequence = message.sequence;
        return false;
      case "banner":
        if (message.code === "taken_over") this._finish("taken_over", "");
        return message.code === "taken_over";
      case "error":
        if (this.state === "open") return false;
        this._refusal = message.code;
        return true;
      default:
        return false;
    }
  }

  /** @param {string | null} interview */
  _welcomed(interview) {
    if (this._interview !== null && interview !== null && interview !== this._interview) this.lastSequence = 0;
    this._interview = interview ?? this._interview;
    this._attempt = 0;
    if (this._silence !== null) this._use.timers.clear(this._silence);
    this._silence = null;
    this._change("open", "");
    const kept = this._kept;
    this._kept = [];
    for (const message of kept) this.send(message);
  }

  _lost() {
    this._drop();
    this._change("lost", "");
    this._timer = this._use.timers.set(() => { void this._connect(); }, backoffMs(this._attempt, this._use.random));
    this._attempt += 1;
  }

  /** @param {SocketState} state @param {string} code */
  _finish(state, code) {
    this._drop();
    this._change(state, code);
  }

  _drop() {
    this._clearTimers();
    this._round += 1;
    this.heardAt = null;
    this._socket?.close();
    this._socket = null;
  }

  /** @param {SocketState} state @param {string} code */
  _change(state, code) {
    if (this.state === state) return;
    this.state = state;
    this._use.onState(state, code);
  }

  /** @param {number} round @param {number} ms */
  _watchSilence(round, ms) {
    if (this._silence !== null) this._use.timers.clear(this._silence);
    this._silence = this._use.timers.set(() => { if (round === this._round) this._lost(); }, ms);
  }

  _clearTimers() {
    if (this._timer !== null) this._use.timers.clear(this._timer);
    if (this._silence !== null) this._use.timers.clear(this._silence);
    this._timer = null;
    this._silence = null;
  }
}

/**
 * The WebSocket address for a path of this site.
 * @param {string} path
 * @param {Location | URL} location
 */
export function socketAddress(path, location) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
