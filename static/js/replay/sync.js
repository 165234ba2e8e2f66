/** Where two recordings stand at a moment of the call. One rule: pure; what was not recorded is never made up. */

/**
 * As printed by the server (web/pages/recordings_view.py): begin on the axis of the call, stretches within the file, all in seconds.
 * @typedef {{leg: string, url: string, begin_s: number, duration_s: number, audio: [number, number][], video: [number, number][]}} Track
 * @typedef {{file: number, inside: boolean, sound: boolean, picture: boolean}} Place
 */

/** Both people are kept within this of the moment; a recording may be off by 100 ms. */
export const STEP_S = 0.04;
/** Farther off than this a film is put to its place, nearer it runs a little faster or slower. */
export const SEEK_S = 0.25;
const NUDGE = 0.08;

/**
 * @param {Track} track
 * @param {number} at seconds of the call
 * @returns {Place}
 */
export function placeOf(track, at) {
  const file = at - track.begin_s;
  const within = (/** @type {[number, number][]} */ stretches) => stretches.some(([from, to]) => file >= from && file < to);
  return { file, inside: file >= 0 && file < track.duration_s, sound: within(track.audio), picture: within(track.video) };
}

/**
 * How to bring a film to its place.
 * @param {number} expected seconds of the file
 * @param {number} actual
 * @returns {{seek: boolean, rate: number}}
 */
export function correction(expected, actual) {
  const behind = expected - actual;
  if (Math.abs(behind) > SEEK_S) return { seek: true, rate: 1 };
  if (Math.abs(behind) <= STEP_S) return { seek: false, rate: 1 };
  return { seek: false, rate: behind > 0 ? 1 + NUDGE : 1 - NUDGE };
}

/** @param {number} at seconds @returns {string} m:ss */
export function clockOf(at) {
  const whole = Math.max(0, Math.floor(at));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
