/** Figures as text in the page's language. One rule: null is a dash, never a zero. */

import { clockText } from "../timers.js";

export const NOT_MEASURED = "–";

/**
 * @param {number | null | undefined} value
 * @param {number} digits after the point
 * @param {string} language BCP 47
 */
export function numberText(value, digits, language) {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOT_MEASURED;
  return new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** @param {number} seconds into the call @returns {string} e.g. "3:05" */
export function atText(seconds) {
  return clockText(seconds * 1_000);
}

/**
 * Time of day with seconds, in UTC as everywhere on staff pages.
 * @param {number} ms since the epoch
 * @param {string} language
 */
export function dayTimeText(ms, language) {
  return new Intl.DateTimeFormat(language, { timeStyle: "medium", timeZone: "UTC", hour12: false }).format(new Date(ms)) + " UTC";
}

/** How each test's value and limit are shown. @type {Readonly<Record<string, {scale: number, digits: number, unit: string, sign: string}>>} */
const TESTS = {
  coverage: { scale: 100, digits: 1, unit: "%", sign: "≥" },
  unknown_run: { scale: 1, digits: 0, unit: "s", sign: "≤" },
  settling: { scale: 1, digits: 0, unit: "s", sign: "≤" },
  audio_concealment: { scale: 100, digits: 2, unit: "%", sign: "≤" },
  audio_worst_second: { scale: 100, digits: 2, unit: "%", sign: "≤" },
  audio_concealment_run: { scale: 1, digits: 0, unit: "ms", sign: "<" },
  audio_level: { scale: 1, digits: 1, unit: "dBFS", sign: ">" },
  video_fps: { scale: 1, digits: 1, unit: "1/s", sign: "≥" },
  video_gap: { scale: 1, digits: 0, unit: "ms", sign: "≤" },
  video_frozen: { scale: 100, digits: 1, unit: "%", sign: "≤" },
  usable_frames: { scale: 1, digits: 0, unit: "", sign: "≥" },
  interactivity: { scale: 1, digits: 0, unit: "ms", sign: "≤" },
  trust: { scale: 1, digits: 0, unit: "", sign: "≤" },
  duration: { scale: 0.001, digits: 1, unit: "s", sign: "≥" },
  flagged: { scale: 1, digits: 0, unit: "", sign: "≤" },
};
const UNKNOWN_TEST = { scale: 1, digits: 3, unit: "", sign: "" };

/**
 * What was measured and the limit, both with the unit of the test.
 * @param {import("./contract.js").Figure} figure
 * @param {string} language
 * @returns {{measured: string, limit: string}}
 */
export function testText(figure, language) {
  const { scale, digits, unit, sign } = TESTS[figure.test] ?? UNKNOWN_TEST;
  const text = (/** @type {number | null} */ value) => numberText(value === null ? null : value * scale, digits, language);
  const measured = figure.value === null ? NOT_MEASURED : `${text(figure.value)} ${unit}`;
  return { measured: measured.trim(), limit: `${sign} ${text(figure.limit)} ${unit}`.trim() };
}
