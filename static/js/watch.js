/**
 * Whether the media path of this page is alive, and when to ask for a new peer connection. One rule: a link that is down is waited for;
 * a new peer connection is asked for only when the server can be heard and media still does not come back. Time comes in as `now`.
 */

/** As quality.md: a leg without any packet for this long is bad, and the person is told. */
const SILENCE_MS = 2_000;
/** Once the server is heard again after both were silent, media that come back by themselves do so within this time. */
const BACK_MS = 1_000;
/** A new peer connection is given this long before the next one is asked for. */
const SPACING_MS = 6_000;

/** @typedef {{banner: boolean, request: boolean}} WatchAnswer */

export class ConnectionWatch {
  constructor() {
    /** @type {"none" | "asked" | "connecting" | "connected" | "broken"} */
    this._phase = "none";
    /** @type {number | null} */
    this._askedAt = null;
    /** @type {number | null} */
    this._heardAt = null;
    /** @type {number | null} */
    this._troubleSince = null;
    /** @type {number | null} */
    this._serverSince = null;
    this._wasConnected = false;
  }

  /** Whether media flowed in this call before; before that, connecting is no loss. */
  get wasConnected() {
    return this._wasConnected;
  }

  /** A new peer connection was asked for. @param {number} now */
  asked(now) {
    this._phase = "asked";
    this._askedAt = now;
    this._troubleSince ??= this._wasConnected ? now : null;
  }

  /** @param {RTCPeerConnectionState} state @param {number} now */
  state(state, now) {
    if (state === "connected") {
      this._phase = "connected";
      this._heardAt = now;
      this._wasConnected = true;
    } else if (state === "failed" || state === "closed") {
      this._phase = "broken";
      this._troubleSince ??= now;
    } else if (state !== "disconnected") {
      this._phase = "connecting";
    } else {
      // The browser noticed before our own count did: the loss began at least now.
      this._troubleSince ??= now;
    }
  }

  /** Some packet came in, or nothing was sent that could have been answered. @param {number} now */
  heard(now) {
    this._heardAt = now;
    if (this._phase === "connected") this._troubleSince = null;
  }

  /** @param {boolean} there whether the signalling connection is open and was heard lately @param {number} now */
  server(there, now) {
    if (!there) this._serverSince = null;
    else this._serverSince ??= now;
  }

  /** @param {number} now @returns {WatchAnswer} */
  tick(now) {
    if (this._phase === "none") return { banner: false, request: false };
    this._noticeSilence(now);
    const trouble = this._troubleSince;
    const banner = this._wasConnected && trouble !== null && now - trouble >= SILENCE_MS - 1;
    return { banner, request: this._mayAsk(now) && this._needsNew(now, trouble) };
  }

  /** @param {number} now */
  _noticeSilence(now) {
    if (this._phase === "connected" && this._heardAt !== null && now - this._heardAt >= SILENCE_MS) {
      this._troubleSince ??= this._heardAt;
    }
  }

  /** @param {number} now */
  _mayAsk(now) {
    return this._serverSince !== null && (this._askedAt === null || now - this._askedAt >= SPACING_MS);
  }

  /** @param {number} now @param {number | null} trouble */
  _needsNew(now, trouble) {
    if (this._phase === "broken") return true;
    if (this._phase === "asked" || this._phase === "connecting") return true; // spacing has passed: it is stuck
    if (trouble === null || this._serverSince === null) return false;
    // Connected but silent: the server must have been audible for a while in which media could have come back by themselves.
    return this._serverSince > trouble ? now - this._serverSince >= BACK_MS : now - trouble >= SILENCE_MS;
  }
}
