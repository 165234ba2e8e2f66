/** The chat panel. One rule: a line appears once the server has logged it, so both people see the same. */

import { LIMITS } from "./protocol.js";
import { part, show, stamp, fill } from "./view.js";

/**
 * @typedef {object} ChatLine
 * @property {"me" | "them"} from
 * @property {string} name
 * @property {string} time
 * @property {string} text
 */

export class ChatPanel {
  /**
   * @param {HTMLElement} root
   * @param {(text: string) => void} onSend
   */
  constructor(root, onSend) {
    this._root = root;
    this._panel = part(root, "chat");
    this._unread = 0;
    this._log = /** @type {HTMLElement} */ (this._panel.querySelector('[data-list="chat"]'));
    const form = /** @type {HTMLFormElement} */ (part(this._panel, "chat-form"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const input = /** @type {HTMLInputElement} */ (form.elements.namedItem("text"));
      const text = input.value.trim().slice(0, LIMITS.MAX_CHAT_CHARACTERS);
      if (text) onSend(text);
      input.value = "";
    });
  }

  /** @param {ChatLine} line */
  add(line) {
    const template = /** @type {HTMLTemplateElement} */ (this._log.querySelector("template"));
    this._log.append(stamp(template, { ...line }));
    this._log.scrollTop = this._log.scrollHeight;
    show(this._panel, "chat-empty", false);
    if (line.from === "them" && !this.open) this._setUnread(this._unread + 1);
  }

  get open() {
    return !this._panel.hidden;
  }

  /** @param {boolean} open */
  setOpen(open) {
    this._panel.hidden = !open;
    this._root.querySelector('[data-action="toggle-chat"]')?.setAttribute("aria-expanded", String(open));
    if (!open) return;
    this._setUnread(0);
    this._panel.querySelector("input")?.focus();
  }

  /** @param {number} unread */
  _setUnread(unread) {
    this._unread = unread;
    const count = part(this._root, "chat-unread");
    count.hidden = unread === 0;
    fill(count, { unread });
  }
}
