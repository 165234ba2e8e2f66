/** How long to wait before the next try: 0.4 s doubling to 8 s, half of it at random, so that pages do not return all at once. */

const FIRST_MS = 400;
const MOST_MS = 8_000;

/**
 * Milliseconds to wait, between half of and the whole of the step.
 * @param {number} attempt 0 for the first try after a loss
 * @param {() => number} random in [0, 1)
 * @returns {number}
 */
export function backoffMs(attempt, random) {
  const step = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return step * (0.5 + 0.5 * random());
}
