/**
 * Camera and microphone of this page. One rule: they are asked for after a press (or when already allowed), every failure has its
 * own name, and a device that goes away is noticed and replaced.
 */

/** @typedef {"audio" | "video"} Kind */
/** @typedef {"denied" | "blocked" | "in_use" | "none_found" | "unsupported" | "other"} DeviceProblem */
/** @typedef {{audio?: string, video?: string}} Choice ids of the devices wanted */
/** @typedef {{id: string, label: string}} DeviceOption */

/** 640 × 480 is what the interview needs; more would only be scaled down again on a narrow link. */
const CAMERA = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 24, max: 30 } };
const MICROPHONE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
const NAMES = /** @type {const} */ ({ audio: "microphone", video: "camera" });

/** Camera or microphone did not start; `problem` names the help that fits. */
export class DeviceError extends Error {
  /** @param {DeviceProblem} problem @param {unknown} cause */
  constructor(problem, cause) {
    super(problem, { cause });
    this.problem = problem;
  }
}

/**
 * Constraints for one kind, a chosen device if there is one.
 * @param {Kind} kind
 * @param {string} [id]
 * @returns {MediaTrackConstraints}
 */
export function constraintsFor(kind, id) {
  return { ...(kind === "audio" ? MICROPHONE : CAMERA), ...(id ? { deviceId: { exact: id } } : {}) };
}

/**
 * Which help fits an error of getUserMedia.
 * @param {unknown} error
 * @param {boolean} allowed whether the browser says that the page may use the devices
 * @returns {DeviceProblem}
 */
export function problemOf(error, allowed) {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  const message = error instanceof Error || error instanceof DOMException ? error.message : "";
  switch (name) {
    case "NotAllowedError":
      return allowed || /system/i.test(message) ? "blocked" : "denied";
    case "SecurityError":
      return "blocked";
    case "NotFoundError":
    case "OverconstrainedError":
      return "none_found";
    case "NotReadableError":
    case "AbortError":
      return "in_use";
    case "TypeError":
      return "unsupported";
    default:
      return "other";
  }
}

/**
 * Whether camera and microphone may be used without asking.
 * @param {Navigator} navigator
 * @returns {Promise<boolean>} false when the browser cannot tell
 */
export async function alreadyAllowed(navigator) {
  try {
    const states = await Promise.all(["audio", "video"].map((kind) => {
      const name = NAMES[/** @type {Kind} */ (kind)];
      return navigator.permissions.query({ name: /** @type {PermissionName} */ (name) });
    }));
    return states.every(({ state }) => state === "granted");
  } catch {
    return false;
  }
}

export class LocalMedia {
  /**
   * @param {Navigator} navigator
   * @param {(kind: Kind, track: MediaStreamTrack | null) => void} onChange a track was replaced, or went away (null)
   */
  constructor(navigator, onChange) {
    this._navigator = navigator;
    this._onChange = onChange;
    /** @type {MediaStream | null} */
    this.stream = null;
    /** @type {{audio: boolean, video: boolean}} what the person switched off stays off on the next device */
    this._on = { audio: true, video: true };
    /** @type {Choice} */
    this.chosen = {};
    /** How often the state of each own track changed (mute, unmute, enabled, ended, replaced), so that no change hides in a lost row. */
    this.changes = { audio: 0, video: 0 };
    this._follow = () => { void this._replaceEnded(); };
  }

  /** Whether both are there. */
  get ready() {
    return this.track("audio")?.readyState === "live" && this.track("video")?.readyState === "live";
  }

  /** @param {Kind} kind @returns {MediaStreamTrack | null} */
  track(kind) {
    const tracks = kind === "audio" ? this.stream?.getAudioTracks() : this.stream?.getVideoTracks();
    return tracks?.[0] ?? null;
  }

  /** Both tracks as a peer connection takes them. @returns {import("./peer.js").Tracks} */
  get tracks() {
    return { audio: this.track("audio"), video: this.track("video") };
  }

  /**
   * Start both devices.
   * @param {Choice} [choice]
   * @throws {DeviceError}
   */
  async open(choice = this.chosen) {
    const wanted = { audio: constraintsFor("audio", choice.audio), video: constraintsFor("video", choice.video) };
    const stream = await this._ask(wanted);
    this.close();
    this.chosen = choice;
    this.stream = stream;
    for (const track of stream.getTracks()) this._adopt(track);
    this._navigator.mediaDevices.addEventListener("devicechange", this._follow);
  }

  /**
   * Use another device of a kind. The old one goes on until the new one works.
   * @param {Kind} kind
   * @param {string} [id] the browser's choice when left out
   * @throws {DeviceError}
   */
  async replace(kind, id) {
    const wanted = { [kind]: constraintsFor(kind, id) };
    const track = (await this._ask(wanted)).getTracks()[0];
    const stream = this.stream;
    if (!track) throw new DeviceError("none_found", null);
    if (!stream) {
      track.stop();
      return;
    }
    const old = this.track(kind);
    if (old) {
      stream.removeTrack(old);
      old.stop();
    }
    stream.addTrack(track);
    this.chosen = { ...this.chosen, [kind]: id };
    this._adopt(track);
    this._onChange(kind, track);
  }

  /** @param {Kind} kind @param {boolean} on */
  setOn(kind, on) {
    this._on[kind] = on;
    const track = this.track(kind);
    if (!track || track.enabled === on) return;
    track.enabled = on;
    this.changes[kind] += 1;
  }

  /** @param {Kind} kind */
  isOn(kind) {
    return this._on[kind];
  }

  /** Let go of both devices. */
  close() {
    this._navigator.mediaDevices?.removeEventListener("devicechange", this._follow);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
  }

  /**
   * What can be chosen, by kind.
   * @returns {Promise<{audio: DeviceOption[], video: DeviceOption[], speaker: DeviceOption[]}>}
   */
  async options() {
    const devices = await this._navigator.mediaDevices.enumerateDevices();
    const of = (/** @type {MediaDeviceKind} */ kind) => devices
      .filter((device) => device.kind === kind && device.deviceId !== "")
      .map(({ deviceId, label }) => ({ id: deviceId, label }));
    return { audio: of("audioinput"), video: of("videoinput"), speaker: of("audiooutput") };
  }

  /** @param {MediaStreamConstraints} wanted @returns {Promise<MediaStream>} */
  async _ask(wanted) {
    if (!this._navigator.mediaDevices?.getUserMedia) throw new DeviceError("unsupported", null);
    try {
      return await this._navigator.mediaDevices.getUserMedia(wanted);
    } catch (error) {
      throw new DeviceError(problemOf(error, await alreadyAllowed(this._navigator)), error);
    }
  }

  /** @param {MediaStreamTrack} track */
  _adopt(track) {
    const kind = /** @type {Kind} */ (track.kind);
    track.enabled = this._on[kind];
    this.changes[kind] += 1;
    for (const change of ["mute", "unmute", "ended"]) {
      track.addEventListener(change, () => { if (this.track(kind) === track) this.changes[kind] += 1; });
    }
    track.addEventListener("ended", () => {
      if (this.track(kind) !== track) return;
      this._onChange(kind, null);
      void this._replaceEnded();
    });
  }

  /** Whatever ended is replaced by the browser's next choice, now or when a device appears. */
  async _replaceEnded() {
    for (const kind of /** @type {const} */ (["audio", "video"])) {
      if (this.track(kind)?.readyState !== "ended") continue;
      try {
        await this.replace(kind);
      } catch (error) {
        if (!(error instanceof DeviceError)) throw error; // none there yet: the next devicechange tries again
      }
    }
  }
}
