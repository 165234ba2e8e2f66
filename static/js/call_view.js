/**
 * The part of the call that both people see: stage, banners, indicators, controls, chat, code card. One rule: it shows what the server said
 * and what this browser sees; it decides nothing.
 */

import { ChatPanel } from "./chat.js";
import { CodeCard, spacedDigits } from "./checklist.js";
import { showQuality, showUnknown } from "./indicators.js";
import { choose, fill, find, part, show } from "./view.js";
import { timeOfDay } from "./timers.js";

/** @typedef {import("./protocol.js").Role} Role */
/** @typedef {import("./protocol.js").ServerMessage} ServerMessage */
/** @typedef {import("./protocol.js").BrowserMessage} BrowserMessage */

/**
 * @typedef {object} CallViewDependencies
 * @property {HTMLElement} root the call's section
 * @property {Role} me
 * @property {string} language
 * @property {import("./timers.js").ServerClock} clock
 * @property {(message: BrowserMessage) => void} send
 * @property {import("./devices.js").LocalMedia} devices
 * @property {() => number} now monotonic
 */

/** A picture that has stood still for this long while sound comes in is paused, not playing. */
const PAUSED_MS = 3_000;
/** The server connection may be away this long before anybody is told. */
const SERVER_AWAY_MS = 2_000;
const NOTICE_MS = 8_000;
const CODE_DIGITS = 4;

export class CallView {
  /** @param {CallViewDependencies} use */
  constructor(use) {
    this._use = use;
    this._stage = part(use.root, "stage");
    this._card = new CodeCard();
    this._chat = new ChatPanel(use.root, (text) => use.send({ type: "chat", text }));
    this._peerName = "";
    /** @type {string | null} */
    this._runId = null;
    /** The asking that the digits in the field belong to. @type {string | null} */
    this._typedFor = null;
    /** @type {import("./protocol.js").QualityUpdate | null} */
    this.quality = null;
    /** When both were first connected, on the server's clock. @type {number | null} */
    this.liveSince = null;
    /** @type {Map<unknown, boolean>} leg to connected, as logged */
    this._connected = new Map();
    /** Log entries up to this one happened before this page was there. */
    this._replayed = 0;
    this._over = false;
    this._pressNeeded = false;
    /** @type {"connecting" | "playing" | "lost"} */
    this._media = "connecting";
    /** @type {number | null} */
    this._serverAwaySince = null;
    /** @type {{side: "self" | "other" | "server", deadline: number | null} | null} */
    this._break = null;
    /** @type {number | null} */
    this._noticeUntil = null;
    this._codeForm();
  }

  /** What a press of one of the call's own buttons does. @returns {Record<string, (button: HTMLElement) => void>} */
  actions() {
    return {
      "cannot-hear": () => this._use.send({ type: "flag", kind: "cant_hear", note: "" }),
      "toggle-microphone": (button) => this._toggle("audio", button),
      "toggle-camera": (button) => this._toggle("video", button),
      "toggle-chat": () => this._chat.setOpen(!this._chat.open),
      "close-chat": () => this._chat.setOpen(false),
    };
  }

  /** @param {ServerMessage} message */
  receive(message) {
    switch (message.type) {
      case "welcome":
        this._peerName = message.peer_name;
        this._replayed = message.sequence;
        fill(this._stage, { remote_name: message.peer_name });
        break;
      case "quality":
        this._quality(message);
        break;
      case "checklist":
        this._runId = message.run_id;
        this._card.update(message);
        this._showCode();
        break;
      case "log":
        this._log(message);
        break;
      case "banner":
        this._banner(message);
        break;
      case "error":
        this._refused(message);
        break;
      case "ended":
        this._over = true;
        show(this._stage, "recording", false);
        break;
      default:
    }
    this.refresh(null, false);
  }

  /** @param {"connecting" | "playing" | "lost"} media */
  mediaChanged(media) {
    this._media = media;
    if (media === "playing") this.trouble(null);
    this.refresh(null, false);
  }

  /** What keeps us from connecting this person. @param {"relay" | "full" | null} trouble @param {string} [code] */
  trouble(trouble, code = "") {
    fill(this._use.root, { relay_code: code });
    choose(this._use.root, "trouble", trouble);
  }

  /** @param {boolean} open whether the signalling connection is there */
  serverChanged(open) {
    this._serverAwaySince = open ? null : (this._serverAwaySince ?? this._use.now());
  }

  /** @param {boolean} needed */
  pressNeeded(needed) {
    this._pressNeeded = needed;
    this.refresh(null, false);
  }

  /** @param {string} notice a case of the notice banner */
  notice(notice) {
    choose(this._use.root, "notice", notice);
    this._noticeUntil = this._use.now() + NOTICE_MS;
  }

  /** The own picture. */
  showSelf() {
    const video = /** @type {HTMLVideoElement} */ (part(this._use.root, "self-video"));
    video.srcObject = this._use.devices.stream;
    void video.play().catch(() => undefined);
  }

  /**
   * Bring stage, banners and clocks up to date; called with every message and twice a second.
   * @param {number | null} frameAgeMs
   * @param {boolean} soundArrives
   */
  refresh(frameAgeMs, soundArrives) {
    if (frameAgeMs !== null || soundArrives) this._frames = { ageMs: frameAgeMs, soundArrives };
    const stage = this._stageNow();
    if (this._stage.dataset["stage"] !== stage) this._stage.dataset["stage"] = stage;
    this._showBreak();
    if (this._noticeUntil !== null && this._use.now() >= this._noticeUntil) this._restNotice();
  }

  /** @type {{ageMs: number | null, soundArrives: boolean}} */
  _frames = { ageMs: null, soundArrives: false };

  /** The peer connection begins anew: no frame of it was seen yet. */
  forgetFrames() {
    this._frames = { ageMs: null, soundArrives: false };
  }

  /** @returns {string} a value of data-stage */
  _stageNow() {
    if (this._over) return "ended";
    if (this._media === "lost") return "reconnecting";
    if (this._pressNeeded) return "tap";
    if (this._break?.side === "other") return "reconnecting";
    if (this._media === "connecting") return "connecting";
    const { ageMs, soundArrives } = this._frames;
    if (ageMs !== null && ageMs < PAUSED_MS) return "playing";
    if (this.quality?.fault === "source" && this.quality.fault_side !== this._use.me) return "camera_off";
    if (soundArrives) return "audio_only";
    return ageMs === null ? "connecting" : "reconnecting";
  }

  _showBreak() {
    const away = this._serverAwaySince !== null && this._use.now() - this._serverAwaySince >= SERVER_AWAY_MS;
    const side = this._over ? null : this._media === "lost" ? "self" : (this._break?.side ?? (away ? "server" : null));
    choose(this._use.root, "reconnect", side);
    if (away) showUnknown(this._use.root, this._use.me);
    const deadline = this._break?.deadline ?? null;
    const left = deadline === null ? null : this._use.clock.secondsLeft(deadline);
    show(this._use.root, "reconnect-left", left !== null);
    if (left !== null) fill(part(this._use.root, "reconnect-banner"), { seconds_left: left });
  }

  /** @param {import("./protocol.js").QualityUpdate} quality */
  _quality(quality) {
    this.quality = quality;
    this._use.clock.note(quality.at_ms);
    showQuality(this._use.root, this._use.me, quality, this._use.language);
  }

  /** @param {import("./protocol.js").LogMessage} entry */
  _log(entry) {
    const { kind, by, body, at_ms, sequence } = entry;
    if (kind === "chat") {
      const from = by === this._use.me ? "me" : "them";
      const name = from === "them" ? this._peerName : (find(this._use.root, "chat")?.dataset["me"] ?? "");
      this._chat.add({ from, name, time: timeOfDay(at_ms, this._use.language), text: String(body["text"] ?? "") });
    } else if (kind === "flag" && body["kind"] === "cant_hear" && sequence > this._replayed) {
      this.notice(by === this._use.me ? "cannot_hear_sent" : "cannot_hear_other");
    } else if (kind === "recording") {
      show(this._stage, "recording", true);
    } else if (kind === "connection") {
      this._connected.set(body["leg"], body["state"] === "connected");
      if (this._connected.get("freelancer") && this._connected.get("interviewer")) this.liveSince ??= at_ms;
    }
  }

  /** @param {import("./protocol.js").Banner} banner */
  _banner({ code, side, deadline_ms }) {
    if (code === "recovered" && this._break) {
      this._break = null;
      this.notice("recovered");
    }
    if (code !== "peer_lost" && code !== "reconnecting") return;
    this._break = { side: side === null ? "server" : side === this._use.me ? "self" : "other", deadline: deadline_ms };
  }

  /** @param {import("./protocol.js").ErrorMessage} error */
  _refused({ code, in_reply_to }) {
    if (code === "media_full") this.trouble("full");
    if (in_reply_to === "stats" || in_reply_to === "candidate" || in_reply_to === "answer" || in_reply_to === "ready") return;
    if (in_reply_to === "run_code") this._card.refused();
    this._showCode();
    this.notice(code === "rate_limited" ? "too_fast" : "refused");
  }

  /** @param {"audio" | "video"} kind @param {HTMLElement} button */
  _toggle(kind, button) {
    const on = !this._use.devices.isOn(kind);
    this._use.devices.setOn(kind, on);
    button.dataset["on"] = String(on);
    if (kind === "video") show(this._use.root, "self-off", !on);
    else this._restNotice();
  }

  /** Without anything new to say, the notice says what is still so. */
  _restNotice() {
    this._noticeUntil = null;
    choose(this._use.root, "notice", this._use.devices.isOn("audio") ? null : "muted");
  }

  _codeForm() {
    const form = /** @type {HTMLFormElement} */ (part(this._use.root, "code-form"));
    const input = /** @type {HTMLInputElement} */ (part(this._use.root, "code-input"));
    input.addEventListener("input", () => {
      const digits = input.value.replace(/\D/g, "").slice(0, CODE_DIGITS);
      if (digits !== input.value) input.value = digits;
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const code = input.value;
      if (code.length !== CODE_DIGITS || this._runId === null) {
        input.focus();
        return;
      }
      this._card.sent();
      this._use.send({ type: "run_code", run_id: this._runId, code });
      this._showCode();
    });
  }

  _showCode() {
    const card = part(this._use.root, "code-card");
    const anew = this._typedFor !== this._runId || card.dataset["code"] !== "type";
    const began = anew && this._card.state === "type";
    card.dataset["code"] = this._card.state;
    card.hidden = this._card.state === "idle";
    fill(card, { code: spacedDigits(this._card.code) });
    if (!began) return;
    const input = /** @type {HTMLInputElement} */ (part(card, "code-input"));
    if (this._typedFor !== this._runId) input.value = "";
    this._typedFor = this._runId;
    input.focus();
  }
}
