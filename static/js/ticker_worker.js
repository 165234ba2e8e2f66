/** Runs in a worker: told an interval in milliseconds, it posts one message per interval, without drifting. */

globalThis.addEventListener("message", (event) => {
  const interval = Number(event.data);
  const started = performance.now();
  let count = 0;
  const next = () => {
    count += 1;
    globalThis.postMessage(count);
    // A worker that was suspended goes on with the present, it does not catch up.
    count = Math.max(count, Math.floor((performance.now() - started) / interval));
    globalThis.setTimeout(next, started + (count + 1) * interval - performance.now());
  };
  globalThis.setTimeout(next, interval);
});
