/**
 * Age of the newest rendered frame by the page's own clock: freeze counters move only when the next frame comes, this moves at once.
 * Where the browser cannot tell (no requestVideoFrameCallback) the age is null, never a guess.
 */

/**
 * @param {HTMLVideoElement} video
 * @param {() => number} now the clock of requestVideoFrameCallback: performance.now
 * @returns {{ageMs: () => number | null, restart: () => void}} null before the first frame since the start
 */
export function watchFrames(video, now) {
  /** @type {number | null} */
  let newest = null;
  if (typeof video.requestVideoFrameCallback !== "function") return { ageMs: () => null, restart: () => undefined };
  const seen = (/** @type {number} */ at) => {
    newest = at;
    video.requestVideoFrameCallback(seen);
  };
  video.requestVideoFrameCallback(seen);
  return {
    ageMs: () => (newest === null ? null : Math.max(0, now() - newest)),
    restart: () => { newest = null; },
  };
}
