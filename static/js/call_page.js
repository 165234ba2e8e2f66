/** Puts a call together in a page: session, view, playback, ticker, screen lock. Used by the freelancer's and the interviewer's page. */

import { CallSession } from "./session.js";
import { CallView } from "./call_view.js";
import { Playback } from "./playback.js";
import { reportRelay } from "./relay.js";
import { part } from "./view.js";
import { socketAddress } from "./socket.js";
import { startTicker, tickerWorker } from "./ticker.js";
import { watchFrames } from "./frame_age.js";
import { keepAwake } from "./wake_lock.js";

/**
 * @typedef {object} CallPageDependencies
 * @property {Window & typeof globalThis} window
 * @property {HTMLElement} root the call's section
 * @property {HTMLElement} sound the page's audio element
 * @property {import("./protocol.js").Role} me
 * @property {() => Promise<{ticket: string, url: string}>} fetchTicket
 * @property {import("./devices.js").LocalMedia} devices
 * @property {import("./timers.js").ServerClock} clock
 * @property {import("./timers.js").Timers} timers
 * @property {string} language
 * @property {(message: import("./protocol.js").ServerMessage) => void} onMessage
 * @property {(state: import("./socket.js").SocketState, code: string) => void} onSocket
 * @property {() => void} onTick twice a second
 * @property {import("./api.js").Api} api
 * @property {string} prefix "/join" or "/staff"
 */

/** Twice a second, so that a silence of 2 s is seen within 2.5 s; measurements go out every second time. */
const TICK_MS = 500;

/**
 * @param {CallPageDependencies} use
 */
export function openCall(use) {
  const { window, root, devices } = use;
  const document = window.document;
  const now = () => window.performance.now();
  const video = /** @type {HTMLVideoElement} */ (part(root, "remote-video"));
  const frames = watchFrames(video, now);
  /** @type {CallView} */
  const view = new CallView({
    root, me: use.me, language: use.language, clock: use.clock, devices, now, send: (message) => { session.send(message); },
  });
  const playback = new Playback(video, /** @type {HTMLAudioElement} */ (use.sound), document, (needed) => view.pressNeeded(needed));
  const session = new CallSession({
    fetchTicket: use.fetchTicket,
    openSocket: (path) => new window.WebSocket(socketAddress(path, window.location)),
    createConnection: (configuration) => new window.RTCPeerConnection(configuration),
    timers: use.timers,
    random: Math.random,
    now,
    tracks: () => (devices.stream ? devices.tracks : null),
    changes: () => devices.changes,
    frameAgeMs: frames.ageMs,
    pageVisible: () => document.visibilityState === "visible",
  }, {
    onMessage: (message) => {
      view.receive(message);
      use.onMessage(message);
    },
    onMedia: (media) => view.mediaChanged(media),
    onSocket: (state, code) => {
      view.serverChanged(state === "open");
      use.onSocket(state, code);
    },
    onTrack: (track) => playback.take(track),
    onRelay: (code) => {
      view.trouble("relay", code);
      void reportRelay(use.api, use.prefix, code, "call");
    },
    onGeneration: () => {
      frames.restart();
      view.forgetFrames();
    },
  });
  const stopTicker = startTicker({
    makeWorker: tickerWorker, timers: use.timers, intervalMs: TICK_MS,
    onTick: () => {
      void session.tick();
      view.refresh(frames.ageMs(), session.soundArrives);
      use.onTick();
    },
  });
  const hurry = () => session.socket.hurry();
  window.addEventListener("online", hurry);
  const sleepAgain = keepAwake(window.navigator, document);
  return {
    session,
    view,
    playback,
    /** Let go of connection and screen; the devices are the page's own business. */
    close() {
      stopTicker();
      sleepAgain();
      window.removeEventListener("online", hurry);
      session.stop();
      playback.stop();
    },
  };
}

/** @typedef {ReturnType<typeof openCall>} OpenCall */
