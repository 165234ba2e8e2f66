/**
 * Sends one still by PUT until the server has it. One rule: nothing but an acknowledgement or a refusal ends it; whatever may pass is tried
 * again, later and later, and at once when the connection is back.
 */

import { ApiError } from "./api.js";
import { backoffMs } from "./backoff.js";

/** Refusals that the same bytes need not meet again: they were damaged or late on their way. */
const PASSING_FIELDS = new Set(["content-digest", "timeout"]);
/** A refusal that may pass is believed in the end. */
const MOST_DAMAGED = 5;

/**
 * @typedef {object} UploadDependencies
 * @property {(path: string, body: Blob, headers: Record<string, string>) => Promise<any>} put
 * @property {(blob: Blob) => Promise<string>} digest SHA-256 in base64
 * @property {import("./timers.js").Timers} timers
 * @property {() => number} random
 */

export class StillUpload {
  /**
   * @param {string} path
   * @param {Blob} blob
   * @param {UploadDependencies} use
   */
  constructor(path, blob, use) {
    this._path = path;
    this._blob = blob;
    this._use = use;
    this._stopped = false;
    /** @type {(() => void) | null} */
    this._wake = null;
  }

  /**
   * @returns {Promise<"kept" | "refused" | "stopped">}
   */
  async send() {
    const headers = { "Content-Type": this._blob.type, "Content-Digest": `sha-256=:${await this._use.digest(this._blob)}:` };
    for (let attempt = 0, damaged = 0; !this._stopped; attempt += 1) {
      try {
        await this._use.put(this._path, this._blob, headers);
        return "kept";
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (!error.passing && !(isDamage(error) && (damaged += 1) < MOST_DAMAGED)) return "refused";
      }
      await this._pause(backoffMs(attempt, this._use.random));
    }
    return "stopped";
  }

  /** The connection is back: do not wait any longer. */
  hurry() {
    this._wake?.();
  }

  stop() {
    this._stopped = true;
    this.hurry();
  }

  /** @param {number} ms @returns {Promise<void>} */
  _pause(ms) {
    if (this._stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this._use.timers.clear(handle);
        this._wake = null;
        resolve();
      };
      const handle = this._use.timers.set(done, ms);
      this._wake = done;
    });
  }
}

/** @param {ApiError} error */
function isDamage(error) {
  return PASSING_FIELDS.has(String(error.problem["field"]));
}

/**
 * SHA-256 of a blob in base64.
 * @param {Window & typeof globalThis} window
 * @param {Blob} blob
 */
export async function sha256(window, blob) {
  const digest = await window.crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return window.btoa(String.fromCharCode(...new Uint8Array(digest)));
}
