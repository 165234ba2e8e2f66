/** Keeps the screen on during a call, where the browser can; a lock is lost whenever the page is hidden and taken again. */

/**
 * @param {Navigator} navigator
 * @param {Document} document
 * @returns {() => void} lets the screen sleep again
 */
export function keepAwake(navigator, document) {
  /** @type {WakeLockSentinel | null} */
  let lock = null;
  let wanted = true;
  const take = async () => {
    if (!wanted || document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
    try {
      const taken = await navigator.wakeLock.request("screen");
      if (wanted) lock = taken;
      else await taken.release();
    } catch {
      lock = null; // refused on low battery: the call goes on all the same
    }
  };
  const again = () => { void take(); };
  document.addEventListener("visibilitychange", again);
  void take();
  return () => {
    wanted = false;
    document.removeEventListener("visibilitychange", again);
    void lock?.release().catch(() => undefined);
  };
}
