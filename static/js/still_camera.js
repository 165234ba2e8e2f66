/**
 * One picture at the camera's full resolution: a photo, or else a frame of the video after asking it for all it has. One rule: whatever
 * happens, the track gives afterwards what it gave before, and the other side goes on seeing it at the size it had.
 *
 * A copy of the track would leave the call alone, but a browser with two tracks of one camera raises neither of them.
 */

/** @typedef {"camera_off" | "camera_failed"} CameraProblem */

/** No picture could be taken; `problem` names why. */
export class CameraError extends Error {
  /** @param {CameraProblem} problem @param {unknown} [cause] */
  constructor(problem, cause) {
    super(problem, { cause });
    this.problem = problem;
  }
}

/**
 * @typedef {object} PhotoCapture the part of ImageCapture that is used
 * @property {() => Promise<{imageWidth?: {max: number}, imageHeight?: {max: number}}>} getPhotoCapabilities
 * @property {(settings?: {imageWidth?: number, imageHeight?: number}) => Promise<Blob>} takePhoto
 */

/**
 * @typedef {object} CameraDependencies
 * @property {((track: MediaStreamTrack) => PhotoCapture) | null} capture null where the browser has no ImageCapture
 * @property {(track: MediaStreamTrack) => Promise<Blob>} grab a frame of the track as JPEG, once it has settled
 * @property {(blob: Blob) => Promise<number>} pixels of a picture
 * @property {(blob: Blob) => Promise<Blob>} smaller the same picture with fewer bytes
 * @property {(factor: number) => Promise<void>} scaleSent send the video this many times smaller than the track gives it
 * @property {import("./timers.js").Timers} timers
 */

/** Cameras give what they can of this. */
const MOST = { width: { ideal: 4096 }, height: { ideal: 4096 } };
/** Some cameras never answer when asked for a photo. */
const PHOTO_MS = 6_000;
/** As in core/picture.py, with room to spare for the way. */
export const MOST_BYTES = 12 * 1024 * 1024;
const TYPES = ["image/jpeg", "image/png"];

export class StillCamera {
  /** @param {CameraDependencies} use */
  constructor(use) {
    this._use = use;
  }

  /**
   * @param {MediaStreamTrack | null} track the camera that is in use
   * @returns {Promise<Blob>} a JPEG or PNG
   * @throws {CameraError}
   */
  async take(track) {
    if (!track || track.readyState !== "live" || !track.enabled) throw new CameraError("camera_off");
    try {
      const blob = await this._best(track);
      return blob.size > MOST_BYTES || !TYPES.includes(blob.type) ? await this._use.smaller(blob) : blob;
    } catch (error) {
      throw error instanceof CameraError ? error : new CameraError("camera_failed", error);
    }
  }

  /** The photo where it shows more than the video does; some cameras' photos are frames of the video. @param {MediaStreamTrack} track */
  async _best(track) {
    const { width = 0, height = 0 } = track.getSettings();
    const photo = await this._photo(track);
    if (photo && (await this._use.pixels(photo)) > width * height) return photo;
    return this._raised(track, width);
  }

  /** @param {MediaStreamTrack} track @param {number} width of what it gives now */
  async _raised(track, width) {
    const before = track.getConstraints();
    try {
      await applied(track, { ...before, ...MOST });
      await this._use.scaleSent(Math.max(1, (track.getSettings().width ?? width) / Math.max(1, width)));
      return await this._use.grab(track);
    } finally {
      await applied(track, before);
      await this._use.scaleSent(1);
    }
  }

  /** @param {MediaStreamTrack} track @returns {Promise<Blob | null>} */
  async _photo(track) {
    if (!this._use.capture) return null;
    try {
      const capture = this._use.capture(track);
      return await this._inTime(this._photograph(capture));
    } catch {
      return null; // no photo mode, or one that fails: the video has a picture all the same
    }
  }

  /** @param {PhotoCapture} capture */
  async _photograph(capture) {
    const { imageWidth, imageHeight } = await capture.getPhotoCapabilities();
    const largest = imageWidth?.max && imageHeight?.max ? { imageWidth: imageWidth.max, imageHeight: imageHeight.max } : undefined;
    return capture.takePhoto(largest);
  }

  /** @template T @param {Promise<T>} work @returns {Promise<T>} */
  _inTime(work) {
    return new Promise((resolve, reject) => {
      const handle = this._use.timers.set(() => reject(new Error("the camera does not answer")), PHOTO_MS);
      work.then(resolve, reject).finally(() => this._use.timers.clear(handle));
    });
  }
}

/** A camera that refuses goes on giving what it gives. @param {MediaStreamTrack} track @param {MediaTrackConstraints} wanted */
async function applied(track, wanted) {
  await track.applyConstraints(wanted).catch(() => undefined);
}
