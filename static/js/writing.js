/**
 * Words that a person writes to be read by another: kept in this window until they were sent. One rule: nothing typed is lost, whatever the
 * server says, and nothing is kept once it was sent.
 */

import { ApiError } from "./api.js";

const PREFIX = "verifier.draft.";
/** Reasons of a refusal that have words of their own; the problem document's `field` names them. */
const NAMED = new Set(["late", "answered", "open", "over", "changed"]);

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Store */

export class Draft {
  /**
   * @param {Store} store of this window, gone when it is closed
   * @param {string} name of what is written about: another proposal or decision is another draft
   */
  constructor(store, name) {
    this._store = store;
    this._key = PREFIX + name;
  }

  /** @returns {string} what was kept, or nothing */
  read() {
    return this._store.getItem(this._key) ?? "";
  }

  /** @param {string} text */
  keep(text) {
    if (text === "") this._store.removeItem(this._key);
    else this._store.setItem(this._key, text);
  }

  forget() {
    this._store.removeItem(this._key);
  }
}

/**
 * What is wrong with a text before it is sent: a word of the page's `writing-errors`, or null.
 * @param {string} text
 * @param {number} most characters
 * @returns {"empty" | "too_long" | null}
 */
export function fault(text, most) {
  if (text.trim() === "") return "empty";
  return [...text.trim()].length > most ? "too_long" : null;
}

/**
 * The word of `writing-errors` for a refusal.
 * @param {unknown} error
 * @returns {string}
 */
export function refusal(error) {
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 0) return "offline";
  if (error.status === 401) return "signed_out";
  if (error.status === 429) return "too_many";
  if (error.status >= 500) return "server";
  const field = error.problem["field"];
  if (typeof field === "string" && NAMED.has(field)) return field;
  return error.status === 400 || error.status === 413 ? "too_long" : "changed";
}
