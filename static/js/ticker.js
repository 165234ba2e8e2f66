/** A steady tick from a worker of its own, because a hidden page's timers are throttled to one a minute. */

/**
 * What is used of a Worker.
 * @typedef {object} WorkerLike
 * @property {(message: unknown) => void} postMessage
 * @property {() => void} terminate
 * @property {((event: any) => void) | null} onmessage
 * @property {((event: any) => void) | null} onerror
 */

/**
 * Call `onTick` every `intervalMs` until the returned function is called. Falls back to the page's timers when the browser
 * refuses the worker.
 * @param {object} dependencies
 * @param {() => WorkerLike} dependencies.makeWorker
 * @param {import("./timers.js").Timers} dependencies.timers
 * @param {number} dependencies.intervalMs
 * @param {() => void} dependencies.onTick
 * @returns {() => void} stops the tick
 */
export function startTicker({ makeWorker, timers, intervalMs, onTick }) {
  let stopped = false;
  /** @type {(() => void) | null} */
  let stopFallback = null;
  const fallBack = () => {
    if (!stopped && !stopFallback) stopFallback = byTimers(timers, intervalMs, onTick);
  };
  /** @type {WorkerLike | null} */
  let worker = null;
  try {
    worker = makeWorker();
    worker.onmessage = () => { if (!stopped) onTick(); };
    worker.onerror = fallBack;
    worker.postMessage(intervalMs);
  } catch {
    fallBack();
  }
  return () => {
    stopped = true;
    worker?.terminate();
    stopFallback?.();
  };
}

/** @param {import("./timers.js").Timers} timers @param {number} intervalMs @param {() => void} onTick */
function byTimers(timers, intervalMs, onTick) {
  let handle = timers.set(tick, intervalMs);
  function tick() {
    handle = timers.set(tick, intervalMs);
    onTick();
  }
  return () => timers.clear(handle);
}

/** @typedef {{createPolicy: (name: string, rules: {createScriptURL: () => string}) => {createScriptURL: (input: string) => unknown}}} TrustedTypes */

const WORKER = new URL("./ticker_worker.js", import.meta.url).href;
/**
 * Where the browser enforces Trusted Types, an address of code must come from a policy that the page's headers name. This one knows one
 * address, and a page may make it once.
 */
const policy = /** @type {{trustedTypes?: TrustedTypes}} */ (/** @type {unknown} */ (globalThis)).trustedTypes
  ?.createPolicy("verifier-worker", { createScriptURL: () => WORKER });

/** The worker of this site. @returns {WorkerLike} */
export function tickerWorker() {
  return new Worker(/** @type {URL} */ (policy ? policy.createScriptURL("") : WORKER), { type: "module" });
}
