/** The panel with every figure of one second. One rule: what is a dash there was not measured. */

import { fill } from "../view.js";
import { LEGS, STREAMS } from "./contract.js";
import { atText, dayTimeText, NOT_MEASURED, numberText } from "./format.js";
import { happening } from "./model.js";

/**
 * @typedef {import("./model.js").Model} Model
 * @typedef {import("./wording.js").Wording} Wording
 * @typedef {Record<string, string>} Texts
 */

/**
 * The texts of one second by the names the page binds them to.
 * @param {Model} model
 * @param {number} second
 * @param {Wording} wording
 * @param {string} language
 * @returns {Texts}
 */
export function textsOf(model, second, wording, language) {
  const startMs = model.replay.start_ms + 1_000 * second;
  /** @type {Texts} */
  const texts = { at: atText(second), clock_time: dayTimeText(startMs, language) };
  for (const chart of model.charts) {
    for (const { direction, values } of chart.lines) {
      const name = chart.name === "rtt" ? direction.replace("_uplink", "") : direction;
      texts[`${name}.${chart.name}`] = numberText(values[second], chart.digits, language);
    }
  }
  const numbers = (/** @type {number | null | undefined} */ value, digits = 0) => numberText(value, digits, language);
  return { ...texts, ...legTexts(model, second, wording, numbers), ...streamTexts(model, second, wording, numbers), ...pictureTexts(model, startMs, numbers) };
}

/** @param {Model} model @param {number} second @param {Wording} wording @param {(value: number | null | undefined, digits?: number) => string} numbers */
function legTexts(model, second, wording, numbers) {
  /** @type {Texts} */
  const texts = {};
  for (const leg of LEGS) {
    const found = model.replay.legs[leg][second];
    const measured = found?.covered ? found : null;
    const faults = (/** @type {string[] | undefined} */ codes) => (
      codes === undefined ? NOT_MEASURED : codes.length === 0 ? wording.of("fault", "none") : codes.map((code) => wording.of("fault", code)).join(", "));
    texts[`${leg}.connected`] = measured ? wording.word(measured.connected ? "yes" : "no") : NOT_MEASURED;
    texts[`${leg}_uplink.faults`] = faults(measured?.uplink);
    texts[`${leg}_downlink.faults`] = faults(measured?.downlink);
    texts[`${leg}.silence`] = numbers(measured?.silence_ms);
    texts[`${leg}.lag`] = numbers(measured?.loop_lag_ms, 1);
    texts[`${leg}.drops`] = numbers(measured?.udp_drops);
  }
  return texts;
}

/** @param {Model} model @param {number} second @param {Wording} wording @param {(value: number | null | undefined, digits?: number) => string} numbers */
function streamTexts(model, second, wording, numbers) {
  /** @type {Texts} */
  const texts = {};
  const yes = (/** @type {boolean} */ value) => wording.word(value ? "yes" : "no");
  for (const stream of STREAMS) {
    const found = model.replay.streams[stream][second];
    texts[`${stream}.speech`] = found?.known ? yes(found.spoke) : NOT_MEASURED;
    texts[`${stream}.run`] = numbers(found?.concealment_run_ms);
    texts[`${stream}.sent`] = numbers(found?.level_dbov);
    texts[`${stream}.played`] = numbers(found?.sink_level_dbfs);
    texts[`${stream}.frozen`] = numbers(found?.frozen_ms);
    texts[`${stream}.delay`] = numbers(found?.delay_ms);
    texts[`${stream}.off`] = found?.known ? yes(found.source_off) : NOT_MEASURED;
    texts[`${stream}.device`] = !found?.known ? NOT_MEASURED : found.device ? wording.of("who", found.device) : wording.of("fault", "none");
  }
  return texts;
}

/** The last picture looked at in the second. @param {Model} model @param {number} startMs @param {(value: number | null | undefined, digits?: number) => string} numbers */
function pictureTexts(model, startMs, numbers) {
  const frame = model.replay.frames.findLast(({ at_ms }) => at_ms >= startMs && at_ms < startMs + 1_000);
  return {
    "picture.luma": numbers(frame?.mean_luma), "picture.sharpness": numbers(frame?.sharpness, 3),
    "picture.glare": numbers(frame ? frame.glare_share * 100 : null, 1), "picture.face": numbers(frame?.face_width_px),
  };
}

/**
 * Show one second.
 * @param {ParentNode} panel
 * @param {Model} model
 * @param {number} second
 * @param {Wording} wording
 * @param {string} language
 * @param {(runId: string) => string | null} itemOf
 */
export function showSecond(panel, model, second, wording, language, itemOf) {
  const texts = textsOf(model, second, wording, language);
  for (const element of panel.querySelectorAll("[data-bind]")) {
    const text = texts[/** @type {HTMLElement} */ (element).dataset["bind"] ?? ""];
    if (text !== undefined && element.textContent !== text) element.textContent = text;
  }
  for (const stream of STREAMS) {
    const line = /** @type {HTMLElement | null} */ (panel.querySelector(`[data-perception="${stream}"]`));
    if (line) line.dataset["band"] = model.replay.streams[stream][second]?.band ?? "unknown";
  }
  const { windows, marks } = happening(model, second);
  fill(panel, {
    now: windows.map((window) => ({
      href: `#run-${window.run.id}`, item: itemOf(window.run.id) ?? window.run.question, reason: wording.verdict(window),
    })),
    now_marks: marks.map((mark) => ({ text: wording.mark(mark) })),
  });
}
