/** A form with a reason, and where there is one with an outcome: reject, rule, resolve. One rule: checked, shown again, then sent. */

import { confirmed, fill, find, words } from "../view.js";
import { showErrors } from "./errors.js";
import { REASON_MAX, REASON_MIN } from "./statement.js";

/** @typedef {{outcome?: string, text: string}} Word */

export class WordForm {
  /**
   * @param {HTMLFormElement} form
   * @param {{drafts: import("./drafts.js").Drafts, send: (word: Word) => Promise<boolean>, dialog: HTMLElement | null}} ports
   *   send: whether it is stored; dialog: asked before it is sent, null for none
   */
  constructor(form, ports) {
    this._form = form;
    this._ports = ports;
    this._draft = form.dataset["draft"] ?? "word";
    this._restore();
    form.addEventListener("input", () => {
      this._ports.drafts.keep(this._draft, this.word);
      this._count();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this._submit();
    });
  }

  /** @returns {Word} */
  get word() {
    const outcome = /** @type {HTMLInputElement | null} */ (this._form.querySelector('[name="outcome"]:checked'))?.value;
    return { ...(outcome === undefined ? {} : { outcome }), text: this._text.value };
  }

  /** @param {string} text */
  refused(text) {
    showErrors(this._form, [{ text, field: this._text }]);
  }

  async _submit() {
    const errors = this._errors();
    showErrors(this._form, errors);
    if (errors.length > 0 || !(await this._agreed())) return;
    const button = /** @type {HTMLButtonElement | null} */ (this._form.querySelector('[type="submit"]'));
    if (button) button.disabled = true;
    try {
      if (await this._ports.send({ ...this.word, text: this.word.text.trim() })) this._ports.drafts.forget(this._draft);
    } finally {
      if (button) button.disabled = false;
    }
  }

  async _agreed() {
    const dialog = this._ports.dialog;
    if (!dialog) return true;
    const chosen = this._form.querySelector('[name="outcome"]:checked');
    const name = this._form.querySelector(`label[for="${CSS.escape(chosen?.id ?? "")}"]`)?.textContent ?? "";
    fill(dialog, { outcome: name, text: this.word.text.trim() });
    return confirmed(/** @type {ParentNode} */ (dialog.parentNode), dialog.dataset["dialog"] ?? "");
  }

  _errors() {
    const found = [];
    const first = /** @type {HTMLInputElement | null} */ (this._form.querySelector('[name="outcome"]:not(:disabled)'));
    const say = (/** @type {string} */ code) => words(document, "decision-words", `error.${code}`) ?? code;
    if (first && this.word.outcome === undefined) found.push({ text: say("outcome"), field: first });
    const length = this.word.text.trim().length;
    if (length < REASON_MIN || length > REASON_MAX) found.push({ text: say("reason"), field: this._text });
    return found;
  }

  _restore() {
    const kept = /** @type {Word | null} */ (this._ports.drafts.read(this._draft));
    if (!kept) return;
    this._text.value = kept.text;
    const chosen = /** @type {HTMLInputElement | null} */ (this._form.querySelector(`[name="outcome"][value="${CSS.escape(kept.outcome ?? "")}"]:not(:disabled)`));
    if (chosen) chosen.checked = true;
    const details = this._form.closest("details");
    if (details && kept.text !== "") details.open = true;
    this._count();
  }

  _count() {
    const count = find(this._form, "count");
    if (count) count.textContent = words(document, "decision-words", "count", { count: this._text.value.trim().length, most: REASON_MAX });
  }

  get _text() {
    return /** @type {HTMLTextAreaElement} */ (this._form.querySelector('[name="text"]'));
  }
}
