/** The visible stretch of the call, in seconds from its first measured one. One rule: pure, and never outside the call. */

/** @typedef {{from: number, to: number}} View seconds, from < to */

/** The closest look: fewer seconds than this are not worth a screen. */
export const CLOSEST_S = 8;
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600];

/**
 * The whole call.
 * @param {number} total seconds
 * @returns {View}
 */
export function whole(total) {
  return { from: 0, to: Math.max(1, total) };
}

/**
 * The nearest stretch that lies within the call and is not closer than the closest look.
 * @param {View} view
 * @param {number} total seconds
 * @returns {View}
 */
export function within(view, total) {
  const all = whole(total);
  const span = Math.min(all.to, Math.max(Math.min(CLOSEST_S, all.to), Math.abs(view.to - view.from)));
  const from = Math.min(Math.max(0, (view.from + view.to - span) / 2), all.to - span);
  return { from, to: from + span };
}

/**
 * Zoom by a factor (below 1: closer) so that the moment `at` keeps its place on the screen.
 * @param {View} view
 * @param {number} total
 * @param {number} factor
 * @param {number} at seconds; outside the view counts as its middle
 * @returns {View}
 */
export function zoomed(view, total, factor, at) {
  const middle = (view.from + view.to) / 2;
  const fixed = at >= view.from && at <= view.to ? at : middle;
  const span = Math.min(whole(total).to, Math.max(Math.min(CLOSEST_S, total), (view.to - view.from) * factor));
  const share = (fixed - view.from) / (view.to - view.from);
  return within({ from: fixed - share * span, to: fixed + (1 - share) * span }, total);
}

/**
 * A stretch with a little room on both sides, so that one sees what came before and after.
 * @param {View} stretch
 * @param {number} total
 * @returns {View}
 */
export function around(stretch, total) {
  const room = Math.max(3, (stretch.to - stretch.from) * 0.25);
  return within({ from: Math.max(0, stretch.from - room), to: Math.min(total, stretch.to + room) }, total);
}

/**
 * The same span, moved just far enough that the second lies within.
 * @param {View} view
 * @param {number} total
 * @param {number} second
 * @returns {View}
 */
export function following(view, total, second) {
  if (second < view.from) return within({ from: second, to: second + view.to - view.from }, total);
  if (second + 1 > view.to) return within({ from: second + 1 - (view.to - view.from), to: second + 1 }, total);
  return view;
}

/**
 * Where a moment lies, in percent of the view; may be outside 0..100.
 * @param {View} view
 * @param {number} at
 */
export function percent(view, at) {
  return 100 * (at - view.from) / (view.to - view.from);
}

/**
 * Round moments for labels, at least `apart` pixels from each other.
 * @param {View} view
 * @param {number} width pixels
 * @param {number} apart pixels
 * @returns {number[]} seconds
 */
export function ticks(view, width, apart = 64) {
  const least = (view.to - view.from) * apart / Math.max(1, width);
  const step = STEPS_S.find((one) => one >= least) ?? /** @type {number} */ (STEPS_S.at(-1));
  const found = [];
  for (let at = Math.ceil(view.from / step) * step; at <= view.to; at += step) found.push(at);
  return found;
}
