/**
 * The freelancer's side of a still: take it when the server asks, send it, and show all the while what happens. One rule: each id is taken
 * once; asked again for the same one it is only sent again.
 */

import { CameraError } from "./still_camera.js";
import { choose, fill, find, words } from "./view.js";

/** @typedef {import("./protocol.js").StillStatus} StillStatus */

const DONE_MS = 12_000;

/**
 * @typedef {object} TakerDependencies
 * @property {HTMLElement} root the call's section
 * @property {() => MediaStreamTrack | null} track the camera in use
 * @property {{take: (track: MediaStreamTrack | null) => Promise<Blob>}} camera
 * @property {(path: string, blob: Blob) => import("./still_upload.js").StillUpload} upload
 * @property {(message: import("./protocol.js").BrowserMessage) => void} send
 * @property {import("./timers.js").Timers} timers
 */

export class StillTaker {
  /** @param {TakerDependencies} use */
  constructor(use) {
    this._use = use;
    /** @type {Map<string, import("./still_upload.js").StillUpload | "taking" | "over">} by still id */
    this._stills = new Map();
    /** @type {number | null} */
    this._hiding = null;
  }

  /** @param {import("./protocol.js").ServerMessage} message */
  receive(message) {
    if (message.type === "still_take") void this._asked(message);
    else if (message.type === "still") this._status(message);
    else if (message.type === "ended") this.stop();
  }

  /** The connection is back. */
  hurry() {
    for (const still of this._stills.values()) if (typeof still !== "string") still.hurry();
  }

  /** The call is over: nothing is sent any more. */
  stop() {
    for (const still of this._stills.values()) if (typeof still !== "string") still.stop();
    this._show(null);
  }

  /** @param {import("./protocol.js").TakeStill} asked */
  async _asked({ still_id, kind }) {
    const known = this._stills.get(still_id);
    if (known !== undefined) {
      this.hurry();
      return;
    }
    this._stills.set(still_id, "taking");
    this._show(kind === "face" ? "taking_face" : "taking_document", true);
    try {
      const upload = this._use.upload(`/join/stills/${still_id}`, await this._use.camera.take(this._use.track()));
      this._stills.set(still_id, upload);
      this._use.send({ type: "still_taken", still_id });
      this._show("sending");
      if ((await upload.send()) === "refused") this._failed(still_id, "refused");
    } catch (error) {
      if (!(error instanceof CameraError)) throw error;
      this._failed(still_id, error.problem);
    } finally {
      this._stills.set(still_id, "over");
    }
  }

  /** @param {string} still_id @param {import("./protocol.js").StillFailure} problem */
  _failed(still_id, problem) {
    this._use.send({ type: "still_failed", still_id, problem });
    this._done(problem);
  }

  /** What the server found in it. @param {StillStatus} status */
  _status({ state, usable, problems }) {
    if (state !== "kept") return;
    const hints = problems.map((code) => ({ text: words(this._use.root, "still-problems", code) ?? code }));
    fill(this._use.root, { still_hints: hints });
    this._done(usable ? "good" : "bad");
  }

  /** @param {string} chosen how it went; said for a while */
  _done(chosen) {
    this._show(chosen);
    this._hiding = this._use.timers.set(() => this._show(null), DONE_MS);
  }

  /** @param {string | null} chosen @param {boolean} [flash] */
  _show(chosen, flash = false) {
    if (this._hiding !== null) this._use.timers.clear(this._hiding);
    this._hiding = null;
    choose(this._use.root, "still", chosen);
    const self = find(this._use.root, "self");
    if (self) self.dataset["taking"] = String(flash);
  }
}
