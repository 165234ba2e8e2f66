/** Camera, microphone and loudspeaker before a call: the markup of macros/devices.html, the same for both people. */

import { DeviceError } from "./devices.js";
import { startMeter } from "./meter.js";
import { contextOn, playNotes } from "./tone.js";
import { choose, fillPlaceholders, onAction, part, show, stamp } from "./view.js";

/** @typedef {import("./devices.js").LocalMedia} LocalMedia */
/** @typedef {import("./devices.js").Kind} Kind */
/** @typedef {"before" | "asking" | "ready" | "problem"} DevicesState */

/**
 * @typedef {object} GreenRoomDependencies
 * @property {HTMLElement} root
 * @property {LocalMedia} devices
 * @property {import("./timers.js").Timers} timers
 * @property {(ready: boolean) => void} onReady
 */

const PICKERS = /** @type {const} */ ({ video: "pick-camera", audio: "pick-microphone" });

export class GreenRoom {
  /** @param {GreenRoomDependencies} use */
  constructor(use) {
    this._use = use;
    this._box = part(use.root, "devices");
    /** Device id of the loudspeaker, "" for the usual one. */
    this.speaker = "";
    /** @type {(() => void) | null} */
    this._stopMeter = null;
    onAction(this._box, {
      "start-devices": () => { void this.open(); },
      "retry-devices": () => { void this.open(); },
      "test-speaker": () => { void this._testSpeaker(); },
      "speaker-heard": () => this._speakerVerdict("heard"),
      "speaker-silent": () => this._speakerVerdict("silent"),
    });
    for (const kind of /** @type {const} */ (["audio", "video"])) this._onPick(kind);
    const speaker = /** @type {HTMLSelectElement} */ (part(this._box, "pick-speaker"));
    speaker.addEventListener("change", () => { this.speaker = speaker.value; });
  }

  /** Ask for the devices; what goes wrong is shown with the help that fits. */
  async open() {
    this._set("asking");
    choose(this._box, "device-problem", null);
    try {
      if (!this._use.devices.ready) await this._use.devices.open();
      this.show();
    } catch (error) {
      this._problem(error);
    }
  }

  /** Show devices that are already on. */
  show() {
    this._set("ready");
    this._preview();
    void this._offer();
  }

  /** A track was replaced, or went away (null). @param {Kind} _kind @param {MediaStreamTrack | null} track */
  trackChanged(_kind, track) {
    if (track) this.show();
    else this._problem(new DeviceError("none_found", null));
  }

  /** Leave the room: the devices stay on, the meter stops. */
  leave() {
    this._stopMeter?.();
    this._stopMeter = null;
  }

  /** @param {DevicesState} state */
  _set(state) {
    this._box.dataset["devices"] = state;
    this._use.onReady(state === "ready");
  }

  /** @param {unknown} error */
  _problem(error) {
    if (!(error instanceof DeviceError)) throw error;
    this.leave();
    this._set("problem");
    choose(this._box, "device-problem", error.problem, "other");
  }

  _preview() {
    const video = /** @type {HTMLVideoElement} */ (part(this._box, "preview-video"));
    video.srcObject = this._use.devices.stream;
    void video.play().catch(() => undefined);
    this.leave();
    const track = this._use.devices.track("audio");
    if (!track) return;
    const bar = /** @type {HTMLMeterElement} */ (part(this._box, "mic-level"));
    this._stopMeter = startMeter({
      track, makeContext: () => new AudioContext(), timers: this._use.timers,
      onLevel: (level, verdict) => {
        bar.value = level;
        choose(this._box, "mic-verdict", verdict);
      },
    });
  }

  /** Fill the pickers with what there is. */
  async _offer() {
    const options = await this._use.devices.options();
    this._fillPicker("pick-camera", options.video, this._use.devices.track("video")?.getSettings().deviceId);
    this._fillPicker("pick-microphone", options.audio, this._use.devices.track("audio")?.getSettings().deviceId);
    this._fillPicker("pick-speaker", options.speaker, this.speaker || options.speaker[0]?.id);
    show(this._box, "speaker-field", options.speaker.length > 0 && "setSinkId" in HTMLMediaElement.prototype);
  }

  /** @param {string} role @param {import("./devices.js").DeviceOption[]} options @param {string | undefined} chosen */
  _fillPicker(role, options, chosen) {
    const picker = /** @type {HTMLSelectElement} */ (part(this._box, role));
    const template = /** @type {HTMLTemplateElement} */ (this._box.querySelector('template[data-template="device-option"]'));
    const unnamed = /** @type {HTMLTemplateElement} */ (this._box.querySelector('template[data-template="device-unnamed"]'));
    picker.replaceChildren(...options.map(({ id, label }, index) => stamp(template, {
      id, label: label || fillPlaceholders(unnamed.content.textContent ?? "", { number: index + 1 }),
    })));
    if (chosen) picker.value = chosen;
  }

  /** @param {Kind} kind */
  _onPick(kind) {
    const picker = /** @type {HTMLSelectElement} */ (part(this._box, PICKERS[kind]));
    picker.addEventListener("change", () => {
      this._use.devices.replace(kind, picker.value).catch((error) => this._problem(error));
    });
  }

  async _testSpeaker() {
    choose(this._box, "speaker-verdict", "playing");
    const context = await contextOn(this.speaker);
    await playNotes(context);
    await context.close();
    choose(this._box, "speaker-verdict", "before");
    show(this._box, "speaker-answer", true);
  }

  /** @param {"heard" | "silent"} verdict */
  _speakerVerdict(verdict) {
    choose(this._box, "speaker-verdict", verdict);
    show(this._box, "speaker-answer", verdict === "silent");
  }
}
