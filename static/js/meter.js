/** How loud the microphone is. One rule: this only helps a person to see that it works; nothing is judged by it. */

/** Loudness in dBFS from which speech is clearly heard, and above which there is at least something. */
const HEARD_DBFS = -45;
const QUIET_DBFS = -60;
/** The bar shows this much of the scale. */
const FLOOR_DBFS = -70;

/** @typedef {"silent" | "quiet" | "heard"} MeterVerdict */

/**
 * Loudness of one block of samples in dBFS: 0 for a full-scale square wave, -Infinity for silence.
 * @param {Float32Array} samples each in [-1, 1]
 */
export function loudness(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return 10 * Math.log10(sum / Math.max(1, samples.length));
}

/** Length of the bar, 0 to 1. @param {number} dbfs */
export function barLength(dbfs) {
  return Math.min(1, Math.max(0, (dbfs - FLOOR_DBFS) / -FLOOR_DBFS));
}

/** What has been heard so far: once heard, it stays heard. */
export class MeterJudge {
  constructor() {
    this._loud = 0;
    this._faint = 0;
  }

  /** @param {number} dbfs one block @returns {MeterVerdict} */
  note(dbfs) {
    if (dbfs >= HEARD_DBFS) this._loud += 1;
    else if (dbfs >= QUIET_DBFS) this._faint += 1;
    if (this._loud >= 3) return "heard";
    return this._faint >= 30 ? "quiet" : "silent";
  }
}

/**
 * Measure a microphone until the returned function is called.
 * @param {object} dependencies
 * @param {MediaStreamTrack} dependencies.track
 * @param {() => AudioContext} dependencies.makeContext
 * @param {import("./timers.js").Timers} dependencies.timers
 * @param {(bar: number, verdict: MeterVerdict) => void} dependencies.onLevel
 * @returns {() => void}
 */
export function startMeter({ track, makeContext, timers, onLevel }) {
  const context = makeContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 2_048;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const judge = new MeterJudge();
  let handle = timers.set(measure, 0);
  function measure() {
    if (context.state === "suspended") void context.resume();
    analyser.getFloatTimeDomainData(samples);
    const dbfs = loudness(samples);
    onLevel(barLength(dbfs), judge.note(dbfs));
    handle = timers.set(measure, 100);
  }
  return () => {
    timers.clear(handle);
    void context.close();
  };
}
