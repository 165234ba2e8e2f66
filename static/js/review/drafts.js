/** What was typed and not sent yet, kept in this tab. One rule: an error, a reload or a sign-in loses nothing of it; sending ends it. */

import { Draft } from "../writing.js";

/** Drafts of one person about one call, each a JSON value. */
export class Drafts {
  /**
   * @param {import("../writing.js").Store} store of the tab
   * @param {string} owner whose and about what
   */
  constructor(store, owner) {
    this._store = store;
    this._owner = owner;
  }

  /** @param {string} name @returns {unknown} what was kept, null for nothing */
  read(name) {
    const text = this._draft(name).read();
    if (text === "") return null;
    try {
      return JSON.parse(text);
    } catch {
      return null; // another version's, or cut: as good as nothing
    }
  }

  /** @param {string} name @param {unknown} value */
  keep(name, value) {
    this._draft(name).keep(JSON.stringify(value));
  }

  /** @param {string} name */
  forget(name) {
    this._draft(name).forget();
  }

  /** @param {string} name */
  _draft(name) {
    return new Draft(this._store, `${this._owner}.${name}`);
  }
}
