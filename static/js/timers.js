/** Clocks by the server's time. One rule: a person's own clock may be wrong; only differences of it are used. */

/**
 * Timers as an argument, so that tests need not wait.
 * @typedef {object} Timers
 * @property {(callback: () => void, ms: number) => number} set
 * @property {(handle: number) => void} clear
 */

/** @param {Window} window @returns {Timers} */
export function windowTimers(window) {
  return {
    set: (callback, ms) => window.setTimeout(callback, ms),
    clear: (handle) => window.clearTimeout(handle),
  };
}

/**
 * A sleep that these timers end.
 * @param {Timers} timers
 * @returns {(ms: number) => Promise<void>}
 */
export function sleepBy(timers) {
  return (ms) => new Promise((resolve) => { timers.set(() => resolve(undefined), ms); });
}

/** The server's clock as seen from the page. */
export class ServerClock {
  /** @param {() => number} monotonic milliseconds that never jump, e.g. performance.now */
  constructor(monotonic) {
    this._monotonic = monotonic;
    /** @type {number | null} */
    this._offset = null;
  }

  /** Whether the server's time is known at all. */
  get known() {
    return this._offset !== null;
  }

  /**
   * Note a time stamp of the server. It is always somewhat late, so the largest offset seen is nearest to the truth.
   * @param {number} serverMs
   */
  note(serverMs) {
    const offset = serverMs - this._monotonic();
    this._offset = this._offset === null ? offset : Math.max(this._offset, offset);
  }

  /** Milliseconds since the epoch on the server's clock, or null before the first stamp. */
  now() {
    return this._offset === null ? null : this._monotonic() + this._offset;
  }

  /**
   * Whole seconds left until a moment, never below 0; null when the server's time is not known.
   * @param {number} deadlineMs
   */
  secondsLeft(deadlineMs) {
    const now = this.now();
    return now === null ? null : Math.max(0, Math.ceil((deadlineMs - now) / 1_000));
  }
}

/**
 * "7:05" or "1:02:33".
 * @param {number} ms negative counts as 0
 */
export function clockText(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const pad = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

/**
 * A waiting time in the page's language, rounded up to minutes, e.g. "4 minutes".
 * @param {number} seconds
 * @param {string} language BCP 47
 */
export function minutesText(seconds, language) {
  const format = new Intl.NumberFormat(language, { style: "unit", unit: "minute", unitDisplay: "long" });
  return format.format(Math.max(1, Math.ceil(seconds / 60)));
}

/**
 * Time of day in the person's own zone, e.g. "14:05".
 * @param {number} ms since the epoch
 * @param {string} language BCP 47
 */
export function timeOfDay(ms, language) {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(new Date(ms));
}
