/**
 * The freelancer's connection to the server, from the waiting room to the end of the call. One rule: it opens and closes what it holds;
 * where the freelancer goes next is the server's to say, so it only asks the page to ask.
 */

import { ApiError } from "./api.js";
import { openCall } from "./call_page.js";
import { DeviceError } from "./devices.js";
import { showProgress, showWaiting } from "./join_views.js";
import { grabFrame, pixelsOf, smaller } from "./picture.js";
import { StillCamera } from "./still_camera.js";
import { StillTaker } from "./still_taker.js";
import { StillUpload, sha256 } from "./still_upload.js";
import { contextOn, playNotes } from "./tone.js";
import { choose, confirmed, currentStep, fill, part, showStep } from "./view.js";

/** Time for the message that leaves the queue to go out before the connection is closed. */
const LEAVING_MS = 500;
/** So many refusals in a row are no passing trouble. */
const MOST_REFUSALS = 2;
const CALL_OVER = "call_over";

/**
 * Asks for tickets. While a call is shown, the case is looked at first: a ticket of a call that has ended meanwhile would put the freelancer
 * back into the queue without his asking.
 * @param {import("./api.js").Api} api
 * @param {() => boolean} inCall
 */
export function ticketsFrom(api, inCall) {
  return async () => {
    if (inCall()) {
      const state = await api.get("/join/state");
      if (state.next !== "call") throw new ApiError(CALL_OVER, 409);
    }
    return api.post("/join/ticket");
  };
}

/**
 * @typedef {object} JoinCallDependencies
 * @property {Window & typeof globalThis} window
 * @property {HTMLElement} root the call's section
 * @property {import("./api.js").Api} api
 * @property {import("./devices.js").LocalMedia} devices
 * @property {import("./timers.js").ServerClock} clock
 * @property {import("./timers.js").Timers} timers
 * @property {string} language
 * @property {() => string} speaker id of the loudspeaker that was chosen, or ""
 * @property {() => void} onOver the case has moved on: ask the server where to go
 * @property {() => void} onSessionEnded the session is gone: another window took it, or it was revoked
 * @property {() => void} onRefused the server refuses again and again
 * @property {() => Promise<void>} onDevicesRefused
 */

export class JoinCall {
  /** @param {JoinCallDependencies} use */
  constructor(use) {
    this._use = use;
    this._document = use.window.document;
    /** @type {import("./call_page.js").OpenCall | null} */
    this._open = null;
    /** @type {StillTaker | null} */
    this._stills = null;
    this._refusals = 0;
  }

  /** Whether a connection is held. */
  get isOpen() {
    return this._open !== null;
  }

  /** The call's own view, while a connection is held. */
  get view() {
    return this._open?.view ?? null;
  }

  begin() {
    if (this._open) return;
    const { window, root, api, devices, clock, timers, language } = this._use;
    const fetchTicket = ticketsFrom(api, () => currentStep(this._document) === "call");
    this._open = openCall({
      window, root, api, prefix: "/join", sound: part(this._document, "remote-audio"), me: "freelancer", fetchTicket, devices, clock, timers, language,
      onMessage: (message) => this._received(message), onSocket: (state, code) => this._socketChanged(state, code), onTick: () => undefined,
    });
    this._stills = stillTaker(this._use, this._open.session);
    void this._open.playback.useSpeaker(this._use.speaker());
    this._open.session.start();
  }

  /** Close the connection; the devices stay on. */
  end() {
    this._stills?.stop();
    this._stills = null;
    this._open?.close();
    this._open = null;
  }

  /** Close the connection and the devices. */
  letGo() {
    this.end();
    this._use.devices.close();
  }

  /** @param {"audio" | "video"} kind @param {MediaStreamTrack | null} track */
  trackChanged(kind, track) {
    void this._open?.session.trackChanged(kind, track);
    this._open?.view.notice(track ? "device_back" : "device_lost");
    if (track) this.showSelf();
  }

  showSelf() {
    const video = /** @type {HTMLVideoElement} */ (part(this._document, "waiting-video"));
    video.srcObject = this._use.devices.stream;
    void video.play().catch(() => undefined);
    this._open?.view.showSelf();
  }

  /** The press that browsers want before they use devices or play sound. */
  async play() {
    const { devices } = this._use;
    if (!devices.ready) {
      try {
        await devices.open();
      } catch (error) {
        if (!(error instanceof DeviceError)) throw error;
        await this._use.onDevicesRefused();
        return;
      }
      this.showSelf();
      this._open?.session.devicesReady();
    }
    await this._open?.playback.play();
  }

  /** Stop or leave, once the person has confirmed it. @param {"abort" | "leave"} type @param {string} dialog */
  async leave(type, dialog) {
    if (await confirmed(this._use.root, dialog)) this._open?.session.send({ type });
  }

  /** Out of the waiting room. */
  leaveQueue() {
    this._open?.session.send({ type: "leave" });
    this.letGo();
  }

  /** @param {import("./protocol.js").ServerMessage} message */
  _received(message) {
    this._refusals = 0;
    this._stills?.receive(message);
    switch (message.type) {
      case "welcome":
        fill(this._document, { interviewer_pseudonym: message.peer_name });
        if (message.interview_id !== null) this._callBegins();
        else if (currentStep(this._document) === "call") this._callMissed();
        break;
      case "waiting":
        showWaiting(this._document, message, this._use.language);
        break;
      case "banner":
        if (message.code === "call_starting") choose(this._document, "waiting", "assigned");
        break;
      case "checklist":
        showProgress(this._document, message, this._use.language);
        break;
      case "ended":
        this._over();
        break;
      default:
    }
  }

  _over() {
    this.letGo();
    this._use.onOver();
  }

  /** The call ended between the ticket and the welcome: out of the queue again, and where the server says. */
  _callMissed() {
    this._open?.session.send({ type: "leave" });
    this._use.timers.set(() => this._over(), LEAVING_MS);
  }

  _callBegins() {
    if (currentStep(this._document) === "call") return;
    showStep(this._document, "call");
    this.showSelf();
    void contextOn(this._use.speaker()).then(async (context) => {
      await playNotes(context);
      await context.close();
    });
  }

  /** @param {import("./socket.js").SocketState} state @param {string} code */
  _socketChanged(state, code) {
    if (state === "taken_over") {
      this.letGo();
      showStep(this._document, "taken-over");
    } else if (state === "refused") {
      this._refused(code);
    } else if (state === "lost" && currentStep(this._document) === "waiting-room") {
      choose(this._document, "waiting", "reconnecting");
    } else if (state === "open") {
      this._stills?.hurry();
      this.showSelf();
    }
  }

  /** @param {string} code */
  _refused(code) {
    this.end();
    if (code === CALL_OVER) this._over();
    else if (code === "not_authenticated" || code === "link_refused") this._use.onSessionEnded();
    else if ((this._refusals += 1) > MOST_REFUSALS) this._use.onRefused();
    else this._use.onOver();
  }
}

/**
 * What takes and sends stills in this page.
 * @param {JoinCallDependencies} use
 * @param {import("./session.js").CallSession} session
 */
function stillTaker({ window, root, api, devices, timers }, session) {
  const makeCapture = /** @type {any} */ (window).ImageCapture;
  const camera = new StillCamera({
    capture: makeCapture ? (track) => new makeCapture(track) : null,
    grab: (track) => grabFrame(window, track),
    pixels: (blob) => pixelsOf(window, blob),
    smaller: (blob) => smaller(window, blob),
    scaleSent: (factor) => session.scaleVideo(factor),
    timers,
  });
  const uploading = { put: api.put, digest: (/** @type {Blob} */ blob) => sha256(window, blob), timers, random: Math.random };
  return new StillTaker({
    root, camera, send: (message) => { session.send(message); }, timers, track: () => devices.track("video"), upload: (path, blob) => new StillUpload(path, blob, uploading),
  });
}
