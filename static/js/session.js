/**
 * One person's side of one call: signalling, peer connection, measurements, and getting back after any loss. One rule: it knows no
 * markup; pages listen to its events and call its verbs.
 *
 *     ticket → welcome → ready → offer n → answer, candidates → stats each second … any loss → ready → offer n+1
 */

import { Adaptation } from "./adaptation.js";
import { PeerGeneration } from "./peer.js";
import { relayTrouble } from "./relay.js";
import { SignallingSocket } from "./socket.js";
import { fromReport, pathActivity } from "./stats.js";
import { sleepBy } from "./timers.js";
import { ConnectionWatch } from "./watch.js";

/** @typedef {import("./protocol.js").ServerMessage} ServerMessage */
/** @typedef {import("./protocol.js").BrowserMessage} BrowserMessage */
/** @typedef {import("./socket.js").SocketState} SocketState */
/** @typedef {"connecting" | "playing" | "lost"} MediaState */

/**
 * @typedef {object} SessionEvents
 * @property {(message: ServerMessage) => void} onMessage everything the page shows
 * @property {(state: MediaState) => void} onMedia
 * @property {(state: SocketState, code: string) => void} onSocket
 * @property {(track: MediaStreamTrack) => void} onTrack
 * @property {() => void} onGeneration a new peer connection begins
 * @property {(code: string) => void} onRelay nothing connects and no relay can be used; why, as relayProblem
 */

/**
 * @typedef {object} SessionDependencies
 * @property {() => Promise<{ticket: string, url: string}>} fetchTicket
 * @property {(url: string) => import("./socket.js").SocketLike} openSocket
 * @property {(configuration: RTCConfiguration) => RTCPeerConnection} createConnection
 * @property {import("./timers.js").Timers} timers
 * @property {() => number} random
 * @property {() => number} now monotonic milliseconds, performance.now
 * @property {() => import("./peer.js").Tracks | null} tracks own devices, null until they are on
 * @property {() => {audio: number, video: number}} changes of the own tracks' states, cumulative
 * @property {() => number | null} frameAgeMs
 * @property {() => boolean} pageVisible
 */

/** The signalling connection counts as there when it was heard within this time (pings come once a second). */
const SERVER_HEARD_MS = 2_500;

export class CallSession {
  /**
   * @param {SessionDependencies} use
   * @param {SessionEvents} events
   */
  constructor(use, events) {
    this._use = use;
    this._events = events;
    this._watch = new ConnectionWatch();
    /** @type {PeerGeneration | null} */
    this._peer = null;
    /** @type {Adaptation | null} */
    this._adaptation = null;
    this._inCall = false;
    this._ticks = 0;
    this._sequence = 0;
    /** @type {{received: number, sent: number}} */
    this._activity = { received: 0, sent: 0 };
    /** @type {MediaState} */
    this.media = "connecting";
    /** Whether sound packets came in during the last second. */
    this.soundArrives = false;
    this._soundPackets = 0;
    this.socket = new SignallingSocket({
      fetchTicket: use.fetchTicket,
      openSocket: use.openSocket,
      timers: use.timers,
      random: use.random,
      now: use.now,
      onMessage: (message) => this._received(message),
      onState: (state, code) => this._socketChanged(state, code),
    });
  }

  start() {
    this.socket.start();
  }

  /** @param {BrowserMessage} message @returns {boolean} */
  send(message) {
    return this.socket.send(message);
  }

  /** The devices are on: ask for an offer if the call waits for it. */
  devicesReady() {
    if (this._inCall && !this._peer) this._askForOffer();
  }

  /**
   * A device was replaced or went away.
   * @param {"audio" | "video"} kind
   * @param {MediaStreamTrack | null} track
   */
  async trackChanged(kind, track) {
    await this._peer?.replaceTrack(kind, track);
  }

  /** The camera gives more than is meant to be sent. @param {number} factor as many times smaller; 1 ends it */
  async scaleVideo(factor) {
    await this._peer?.scaleVideo(factor);
  }

  /** Let go of everything. */
  stop() {
    this._inCall = false;
    this._peer?.close();
    this._peer = null;
    this.socket.stop();
  }

  /** Twice a second, from the ticker: watch the path, and every second time send the measurements. */
  async tick() {
    const now = this._use.now();
    const heard = this.socket.heardAt;
    this._watch.server(this.socket.state === "open" && heard !== null && now - heard < SERVER_HEARD_MS, now);
    this._ticks += 1;
    const peer = this._peer;
    if (peer) await this._measure(peer, this._ticks % 2 === 0);
    if (!this._inCall) return;
    const answer = this._watch.tick(this._use.now());
    if (answer.request && this._use.tracks()) this._askForOffer();
    if (answer.banner) this.socket.suspect();
    if (answer.banner) this._setMedia("lost");
    else if (this.media === "lost" && this._peer?.connection.connectionState === "connected") this._setMedia("playing");
  }

  /** @param {PeerGeneration} peer @param {boolean} send */
  async _measure(peer, send) {
    const report = /** @type {any} */ (await peer.stats());
    if (peer !== this._peer) return;
    const now = this._use.now();
    const activity = pathActivity(report);
    const before = this._activity;
    // Nothing sent means that nothing can be answered; but a connection that knows it is cut off sends nothing either.
    const idle = activity.sent === before.sent && peer.connection.connectionState === "connected";
    if (activity.received !== before.received || idle) this._watch.heard(now);
    this._activity = activity;
    if (!send) return;
    const tracks = this._use.tracks() ?? { audio: null, video: null };
    const surroundings = {
      audioTrack: tracks.audio, videoTrack: tracks.video, newestFrameAgeMs: this._use.frameAgeMs(), pageVisible: this._use.pageVisible(),
      changes: this._use.changes(),
    };
    const { audio, video, source } = fromReport(report, surroundings);
    this.soundArrives = (audio.packets_received ?? 0) > this._soundPackets;
    this._soundPackets = audio.packets_received ?? 0;
    this.socket.send({ type: "stats", generation: peer.generation, sequence: this._sequence, client_ms: now, audio, video, source });
    this._sequence += 1;
    await this._adaptation?.follow(report, now);
  }

  /** @param {ServerMessage} message */
  _received(message) {
    if (message.type === "welcome") this._welcomed(message);
    else if (message.type === "offer") void this._offered(message);
    else if (message.type === "ended") this._over();
    else if (message.type === "error" && message.in_reply_to === "answer") this._watch.state("failed", this._use.now());
    this._events.onMessage(message);
  }

  /** @param {import("./protocol.js").Welcome} welcome */
  _welcomed(welcome) {
    if (welcome.interview_id === null) return;
    this._inCall = true;
    const alive = this._peer !== null && this._peer.connection.connectionState !== "failed" && this._peer.connection.connectionState !== "closed";
    if (!alive && this._use.tracks()) this._askForOffer();
  }

  _askForOffer() {
    this._watch.asked(this._use.now());
    this.socket.send({ type: "ready" });
  }

  /** @param {import("./protocol.js").Offer} offer */
  async _offered(offer) {
    if (this._peer && offer.generation <= this._peer.generation) return;
    this._peer?.close();
    const peer = new PeerGeneration(offer.generation, offer, {
      createConnection: this._use.createConnection,
      send: (message) => { if (peer === this._peer) this.socket.send(message); },
      onTrack: (track) => { if (peer === this._peer) this._events.onTrack(track); },
      onState: (state) => { if (peer === this._peer) this._connectionChanged(state); },
    });
    this._peer = peer;
    this._sequence = 0;
    this._activity = { received: 0, sent: 0 };
    this._soundPackets = 0;
    this._adaptation = new Adaptation(peer);
    this._watch.state("connecting", this._use.now());
    this._events.onGeneration();
    void this._watchRelay(peer, offer);
    try {
      await peer.accept(offer.sdp, this._use.tracks() ?? { audio: null, video: null });
    } catch {
      // Closed meanwhile, or an offer that this browser cannot take: the watch asks for another one.
      if (peer === this._peer) this._watch.state("failed", this._use.now());
    }
  }

  /** @param {PeerGeneration} peer @param {import("./protocol.js").Offer} offer */
  async _watchRelay(peer, offer) {
    const trouble = await relayTrouble(peer.connection, offer, sleepBy(this._use.timers));
    if (trouble !== null && peer === this._peer) this._events.onRelay(trouble);
  }

  /** @param {RTCPeerConnectionState} state */
  _connectionChanged(state) {
    this._watch.state(state, this._use.now());
    if (state === "connected") {
      this._watch.heard(this._use.now());
      this._setMedia("playing");
    }
  }

  _over() {
    this._inCall = false;
    this._peer?.close();
    this._peer = null;
    this.socket.stop();
  }

  /** @param {SocketState} state @param {string} code */
  _socketChanged(state, code) {
    if (state === "taken_over") {
      this._inCall = false;
      this._peer?.close();
      this._peer = null;
    }
    this._events.onSocket(state, code);
  }

  /** @param {MediaState} media */
  _setMedia(media) {
    if (this.media === media) return;
    this.media = media;
    this._events.onMedia(media);
  }
}
