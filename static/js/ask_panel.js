/**
 * The interviewer's checklist: which item is selected, what can be done with it, and its keys. One rule: it sends what the person pressed;
 * what counts is the server's to say.
 */

import { WeakLinkHold, admissibilityOf, askStateOf, itemOf, mayAnswer, missing, neighbour, nextOpen, numberOf, progressOf, unmeasured, weightOf } from "./checklist.js";
import { itemClaimText } from "./claim_text.js";
import { choose, fill, itemName, part, show, words } from "./view.js";

/** @typedef {import("./protocol.js").Checklist} Checklist */
/** @typedef {import("./protocol.js").ChecklistItem} ChecklistItem */
/** @typedef {import("./protocol.js").BrowserMessage} BrowserMessage */
/** @typedef {import("./protocol.js").Answer} Answer */

/** @type {readonly Answer[]} in the order of the keys 1 to 6 */
export const ANSWERS = ["consistent", "inconsistent", "not_heard", "not_claimed", "declined", "unable"];

export class AskPanel {
  /**
   * @param {HTMLElement} root
   * @param {(message: BrowserMessage) => void} send
   * @param {string} language BCP 47
   * @param {() => number} now monotonic milliseconds, performance.now
   * @param {{select: (item: ChecklistItem | null, runId: string | null) => void, capture: () => boolean}} stills
   */
  constructor(root, send, language, now, stills) {
    this._root = root;
    this._send = send;
    this._language = language;
    this._now = now;
    this._stills = stills;
    this._hold = new WeakLinkHold();
    /** @type {Checklist | null} */
    this.checklist = null;
    /** @type {import("./protocol.js").QualityUpdate | null} */
    this._quality = null;
    /** @type {string | null} */
    this._selected = null;
  }

  /** @param {Checklist} checklist */
  update(checklist) {
    const began = checklist.current !== null && checklist.current !== this.checklist?.current;
    this.checklist = checklist;
    if (began || this._selected === null) this._selected = checklist.current ?? nextOpen(checklist, null) ?? checklist.items[0]?.key ?? null;
    this._showList();
    this._showItem();
  }

  /** @param {import("./protocol.js").QualityUpdate} quality */
  quality(quality) {
    this._quality = quality;
    this._showItem();
  }

  /** @returns {Record<string, (button: HTMLElement) => void>} */
  actions() {
    return {
      "start-run": () => this.ask(),
      "answer": (button) => this.answer(/** @type {Answer} */ (button.dataset["answer"])),
      "next-item": () => this._select(this.checklist ? nextOpen(this.checklist, this._selected) : null),
      "select-item": (button) => this._select(button.dataset["item"] ?? null),
      "capture-still": () => { this._stills.capture(); },
    };
  }

  /**
   * Do what a key stands for.
   * @param {string} key as in KeyboardEvent.key
   * @returns {boolean} whether it stands for anything
   */
  key(key) {
    const item = this._item();
    if (!this.checklist || !item) return false;
    if (key === " ") askStateOf(item) === "done" ? this._select(nextOpen(this.checklist, item.key)) : this.ask();
    else if (key === "j") this._select(neighbour(this.checklist, item.key, 1));
    else if (key === "k") this._select(neighbour(this.checklist, item.key, -1));
    else if (key === "p") return this._stills.capture();
    else if (/^[1-6]$/.test(key)) this.answer(/** @type {Answer} */ (ANSWERS[Number(key) - 1]));
    else return false;
    return true;
  }

  /** Ask the selected item, unless it is being asked and may still count, or the connection is bad right now. */
  ask() {
    const item = this._item();
    if (!item || (item.status === "asking" && this._admissibility(item).admissible !== "no") || this._held(item) === "wait") return;
    this._send({ type: "run_start", item_key: item.key });
  }

  /** @param {Answer} answer */
  answer(answer) {
    const item = this._item();
    const runId = this.checklist?.run_id;
    if (!item || !runId || !mayAnswer(item, answer)) return;
    this._send({ type: "run_answer", run_id: runId, answer });
  }

  /** @param {string | null} key */
  _select(key) {
    if (key === null) return;
    this._selected = key;
    this._showList();
    this._showItem();
  }

  _item() {
    return this.checklist ? itemOf(this.checklist, this._selected) : null;
  }

  /** @param {ChecklistItem} item */
  _admissibility(item) {
    return admissibilityOf(item, this.checklist?.run_id ?? null, this._quality);
  }

  /** @param {ChecklistItem} item */
  _held(item) {
    if (unmeasured(this._quality)) return this._hold.of("unmeasured", true, this._now());
    this._hold.of("unmeasured", false, this._now());
    const weak = this._admissibility(item).admissible === "no" && (this._quality?.fault ?? null) !== null;
    return this._hold.of(`${item.key} ${item.runs}`, weak, this._now());
  }

  _showItem() {
    const item = this._item();
    if (!item || !this.checklist) return;
    const { admissible, reason } = this._admissibility(item);
    const ask = part(this._root, "ask");
    ask.dataset["ask"] = item.status === "asking" && admissible === "no" ? "again" : askStateOf(item);
    ask.dataset["mandatory"] = weightOf(item);
    part(ask, "admissibility").dataset["admissible"] = admissible;
    fill(ask, {
      kind: words(this._root, "words", `kind.${item.kind}`) ?? item.kind,
      number: numberOf(this.checklist, item.key), total: this.checklist.items.length, text: item.question,
      claim_field: "", claim_value: this._claim(item), answer_word: this._answerWord(item),
    });
    show(ask, "ask-again", admissible === "no");
    choose(ask, "refusal", reason, "other");
    const held = this._held(item);
    choose(ask, "ask-again-hint", held);
    const open = nextOpen(this.checklist, item.key) !== null;
    show(ask, "next-item", open);
    this._root.querySelector('[data-action="finish"]')?.classList.toggle("primary", !open);
    const again = /** @type {HTMLButtonElement | null} */ (ask.querySelector('[data-show-ask="again"]'));
    if (again) again.disabled = held === "wait";
    const start = /** @type {HTMLButtonElement | null} */ (ask.querySelector('[data-show-ask="idle"]'));
    if (start) start.disabled = held === "wait";
    show(ask, "start-hint", held === "wait" && item.status === "open");
    this._stills.select(item, this.checklist.run_id);
  }

  _showList() {
    const checklist = this.checklist;
    if (!checklist) return;
    const list = part(this._root, "checklist");
    const focused = /** @type {HTMLElement | null} */ (list.querySelector(":focus"))?.dataset["item"];
    fill(list, { ...progressOf(checklist), items: checklist.items.map((item) => this._entry(item)) });
    show(list, "checklist-empty", checklist.items.length === 0);
    const left = missing(checklist);
    show(this._root, "finish-missing", left > 0);
    fill(this._root, { missing: left });
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll('[data-action="select-item"]'))) {
      if (button.dataset["item"] === this._selected) button.setAttribute("aria-current", "true");
      if (button.dataset["item"] === focused) button.focus();
    }
  }

  /** @param {ChecklistItem} item */
  _entry(item) {
    return {
      key: item.key, state: item.status, title: itemName(this._root, item), claim: this._claim(item),
      answer_word: this._answerWord(item),
      runs: item.runs > 1 ? words(this._root, "words", "runs", { count: item.runs }) : "",
    };
  }

  /** Of a code the claim is the code itself, which has a card of its own. @param {ChecklistItem} item */
  _claim(item) {
    return item.kind === "comprehension" ? "" : itemClaimText(item, this._language);
  }

  /** @param {ChecklistItem} item */
  _answerWord(item) {
    return item.answer === null ? "" : (words(this._root, "words", `answer.${item.answer}`) ?? item.answer);
  }
}

/**
 * Whether a key press is meant for the page and not for a field, a button or a dialog. The field for the code takes digits alone: who cannot
 * hear them must be able to say so, or to ask again, from there.
 * @param {KeyboardEvent} event
 * @param {Document} document
 */
export function isShortcut(event, document) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return false;
  if (document.querySelector("dialog[open]")) return false;
  const target = /** @type {Element | null} */ (event.target);
  const digitsOnly = target?.closest('[data-role="code-input"]') && event.key.length === 1 && !/\d/.test(event.key);
  const typing = !digitsOnly && target?.closest("input, textarea, select, [contenteditable]");
  const pressing = event.key === " " && target?.closest("button, a, summary");
  return !typing && !pressing;
}
