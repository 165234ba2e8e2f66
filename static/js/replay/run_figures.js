/** Every test of every asking, in the table of askings. One rule: shows what was stored with the finding, computes nothing. */

import { fill, find } from "../view.js";
import { testText } from "./format.js";

/**
 * @typedef {import("./model.js").Model} Model
 * @typedef {import("./wording.js").Wording} Wording
 */

/**
 * The lines of one asking's table.
 * @param {import("./contract.js").Figure[]} figures
 * @param {Wording} wording
 * @param {string} language
 */
export function linesOf(figures, wording, language) {
  return figures.map((figure) => ({
    test: wording.of("test", figure.test),
    stream: figure.stream === null ? "" : wording.of("stream", figure.stream),
    ...testText(figure, language),
    passed: wording.word(figure.passed ? "yes" : "no"),
    state: figure.passed ? "passed" : "failed",
  }));
}

/** @param {ParentNode} page @param {Model} model @param {Wording} wording @param {string} language */
export function showTests(page, model, wording, language) {
  for (const { run } of model.windows) {
    const details = page.querySelector(`[data-role="run-figures"][data-run="${CSS.escape(run.id)}"]`);
    const table = details ? find(details, "figure-table") : null;
    if (!details || !table || run.figures.length === 0) continue;
    fill(table, { tests: linesOf(run.figures, wording, language) });
    table.hidden = false;
    find(details, "no-figures")?.remove();
  }
}
