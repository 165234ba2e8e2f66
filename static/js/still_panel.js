/**
 * The interviewer's side of a still: ask for one, see the small picture, and at once whether it can be read. One rule: whether it is good
 * enough is said by the server only.
 */

import { choose, fill, part, show, words } from "./view.js";

/** @typedef {import("./protocol.js").StillStatus} StillStatus */
/** @typedef {import("./protocol.js").ChecklistItem} ChecklistItem */

const KINDS = new Set(["document", "face"]);

export class StillPanel {
  /**
   * @param {HTMLElement} root
   * @param {(message: import("./protocol.js").BrowserMessage) => void} send
   */
  constructor(root, send) {
    this._root = root;
    this._send = send;
    /** The newest still of each item, and how many there are. @type {Map<string, {last: StillStatus, ids: Set<string>}>} */
    this._byItem = new Map();
    /** @type {ChecklistItem | null} */
    this._item = null;
    /** @type {string | null} */
    this._runId = null;
  }

  /** @param {StillStatus} still */
  receive(still) {
    const known = this._byItem.get(still.item_key);
    const ids = known?.ids ?? new Set();
    const older = known !== undefined && ids.has(still.still_id) && known.last.still_id !== still.still_id;
    ids.add(still.still_id);
    this._byItem.set(still.item_key, { last: older ? known.last : still, ids });
    this._show();
  }

  /** The item that is selected, and the open run. @param {ChecklistItem | null} item @param {string | null} runId */
  select(item, runId) {
    this._item = item;
    this._runId = runId;
    this._show();
  }

  /** Ask for a still of what is being asked. @returns {boolean} whether that is possible now */
  capture() {
    if (!this._possible || this._runId === null) return false;
    this._send({ type: "still_capture", run_id: this._runId });
    return true;
  }

  get _possible() {
    return this._item?.status === "asking" && KINDS.has(this._item.kind) && this._runId !== null && !this._pending;
  }

  get _pending() {
    const state = this._last?.state;
    return state === "asked" || state === "taken";
  }

  get _last() {
    const last = this._item ? (this._byItem.get(this._item.key)?.last ?? null) : null;
    // While the item is asked anew, a still of an earlier asking says nothing about this one.
    return last && this._item?.status === "asking" && last.run_id !== this._runId ? null : last;
  }

  _show() {
    const box = part(this._root, "still");
    const item = this._item;
    const last = this._last;
    box.hidden = item === null || !KINDS.has(item.kind) || (item.status !== "asking" && last === null);
    if (box.hidden) return;
    const state = stateOf(last);
    box.dataset["still"] = state;
    choose(box, "still-state", state);
    choose(box, "still-failure", state === "failed" ? (last?.problems[0] ?? "other") : null, "camera_failed");
    fill(box, { still_problems: (last?.usable === false ? last.problems : []).map((code) => ({ text: words(this._root, "still-problems", code) ?? code })) });
    const button = /** @type {HTMLButtonElement} */ (part(box, "capture-still"));
    button.disabled = !this._possible;
    button.hidden = item?.status !== "asking";
    choose(box, "still-verb", last === null ? "first" : "again");
    this._picture(box, last);
  }

  /** @param {HTMLElement} box @param {StillStatus | null} last */
  _picture(box, last) {
    const picture = /** @type {HTMLImageElement} */ (part(box, "still-picture"));
    const address = last?.state === "kept" ? `/staff/evidence/${last.still_id}/preview` : "";
    show(box, "still-picture", address !== "");
    if (address === (picture.getAttribute("src") ?? "")) return;
    if (address === "") picture.removeAttribute("src");
    else picture.src = address;
  }
}

/** @param {StillStatus | null} still @returns {"none" | "asked" | "taken" | "good" | "bad" | "failed"} */
export function stateOf(still) {
  if (still === null) return "none";
  if (still.state === "kept") return still.usable ? "good" : "bad";
  return still.state;
}
