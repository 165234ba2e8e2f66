/** The four directions in words, the fault banner, and both legs' figures. Every figure shown comes from the server's quality message. */

import { choose, fill } from "./view.js";

/** @typedef {import("./protocol.js").Role} Role */
/** @typedef {import("./protocol.js").QualityUpdate} QualityUpdate */

const BANDS = new Set(["good", "fair", "poor", "bad", "unknown", "quiet", "settling"]);

/**
 * Stream shown by each indicator, from the point of view of one person.
 * @param {Role} me
 * @returns {Record<string, string>}
 */
export function streamsFor(me) {
  const them = me === "freelancer" ? "interviewer" : "freelancer";
  return {
    i_hear_them: `audio_from_${them}`,
    they_hear_me: `audio_from_${me}`,
    i_see_them: `video_from_${them}`,
    they_see_me: `video_from_${me}`,
  };
}

/**
 * The band to show; anything missing or unheard of is unknown.
 * @param {Record<string, string>} indicators
 * @param {string} stream
 */
export function bandOf(indicators, stream) {
  const band = indicators[stream];
  return band !== undefined && BANDS.has(band) ? band : "unknown";
}

/**
 * @param {ParentNode} root
 * @param {Role} me
 * @param {QualityUpdate} quality
 * @param {string} language for the figures
 */
export function showQuality(root, me, quality, language) {
  for (const [name, stream] of Object.entries(streamsFor(me))) {
    showBand(root, name, bandOf(quality.indicators, stream));
  }
  choose(root, "fault", quality.fault, "unclear");
  for (const [leg, figures] of Object.entries(quality.legs)) {
    const row = root.querySelector(`[data-leg="${leg}"]`);
    if (row) fill(row, figureTexts(figures, language));
  }
}

/** Nothing is known while the server is away. @param {ParentNode} root @param {Role} me */
export function showUnknown(root, me) {
  for (const name of Object.keys(streamsFor(me))) showBand(root, name, "unknown");
  choose(root, "fault", null);
}

/** @param {ParentNode} root @param {string} name @param {string} band */
function showBand(root, name, band) {
  const element = root.querySelector(`[data-indicator="${name}"]`);
  if (element && element.getAttribute("data-band") !== band) element.setAttribute("data-band", band);
}

/** @param {import("./protocol.js").LegFigures} figures @param {string} language */
function figureTexts(figures, language) {
  return {
    rtt_ms: figureText(figures.rtt_ms, 0, language),
    loss_percent: figureText(figures.loss_percent, 1, language),
    jitter_ms: figureText(figures.jitter_ms, 0, language),
    uplink_kbps: figureText(figures.uplink_kbps, 0, language),
  };
}

/**
 * A figure for people, "–" where nothing is known.
 * @param {number | null | undefined} value
 * @param {number} digits after the point
 * @param {string} language BCP 47
 */
export function figureText(value, digits, language) {
  if (value === null || value === undefined) return "–";
  const format = new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return format.format(value);
}
