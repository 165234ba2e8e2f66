/** The page's prepared words, put together. One rule: every word comes out of the page's template. */

import { words } from "../view.js";
import { atText } from "./format.js";

/**
 * @typedef {import("./model.js").Mark} Mark
 * @typedef {import("./model.js").Window} Window
 */

/** The words of one replay page. */
export class Wording {
  /** @param {ParentNode} root that holds the template "words" */
  constructor(root) {
    this._root = root;
    /** @type {Map<string, string | null>} */
    this._known = new Map();
  }

  /**
   * The word for a code, or the code itself when the page has none.
   * @param {string} kind e.g. "band"
   * @param {string} code
   */
  of(kind, code) {
    return this._word(`${kind}.${code}`) ?? code;
  }

  /** A word without a kind. @param {string} code */
  word(code) {
    return this._word(code) ?? code;
  }

  /** @param {string} code @param {Record<string, string | number>} values */
  sentence(code, values) {
    const text = this._word(code) ?? "";
    return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  }

  /** @param {Mark} mark @returns {string} what happened, to whom, and what was said */
  mark(mark) {
    const values = {
      event: this.of("event", mark.kind), who: mark.who === "" ? "" : this.of("who", mark.who), generation: mark.generation ?? "", text: mark.text,
    };
    const form = mark.who === "" ? "mark.plain" : mark.generation !== null && mark.generation > 1 ? "mark.generation" : "mark.who";
    const plain = this.sentence(form, values);
    const label = mark.still?.usable === false ? this.sentence("mark.unusable", { label: plain }) : plain;
    return mark.text === "" ? label : this.sentence("mark.text", { ...values, label });
  }

  /** @param {Window} window @returns {string} admissible or not, and why */
  verdict({ verdict, run }) {
    if (verdict !== "no" || run.reasons.length === 0) return this.of("verdict", verdict);
    return this.sentence("verdict.no.why", { reasons: this.reasons(run.reasons) });
  }

  /** @param {string[]} codes */
  reasons(codes) {
    return codes.map((code) => this.of("reason", code)).join(", ");
  }

  /** @param {{from: number, to: number, band: string}} stretch */
  stretch({ from, to, band }) {
    return this.sentence("stretch", { from: atText(from), to: atText(to), band: this.of("band", band) });
  }

  /** @param {string} code @returns {string | null} */
  _word(code) {
    let word = this._known.get(code);
    if (word === undefined) {
      word = words(this._root, "words", code);
      this._known.set(code, word);
    }
    return word;
  }
}
