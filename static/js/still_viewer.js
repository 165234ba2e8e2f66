/**
 * Opens a call's stills large, in a dialog. Two rules: without this script the same links open the same pictures; a still counts as
 * opened when its picture is there, not when it was asked for.
 */

import { fill, part, show } from "./view.js";

export class StillViewer {
  /** @param {ParentNode} page that holds the links `[data-still]` in their order, and the dialog */
  constructor(page) {
    this._page = page;
    this._dialog = /** @type {HTMLDialogElement} */ (part(page, "viewer"));
    this._picture = /** @type {HTMLImageElement} */ (part(this._dialog, "viewer-picture"));
    this._shown = "";
    /** Says how the picture that is being loaded came out. @type {(opened: boolean) => void} */
    this._settle = () => {};
    this._picture.addEventListener("load", () => this._settle(true));
    this._picture.addEventListener("error", () => this._failed());
    this._dialog.addEventListener("close", () => this._clear());
    this._dialog.addEventListener("keydown", (event) => this._key(event));
  }

  /** @returns {Record<string, () => void>} */
  actions() {
    return { "previous-still": () => this._step(-1), "next-still": () => this._step(1) };
  }

  /** The still that a link stands for. @param {Element | null} target what was pressed @returns {boolean} whether it opened */
  press(target) {
    const link = target?.closest('[data-still], a[href^="#still-"]');
    const id = link?.getAttribute("data-still") ?? link?.getAttribute("href")?.slice("#still-".length) ?? "";
    return id !== "" && this.open(id) !== null;
  }

  /** @param {string} id @returns {Promise<boolean> | null} whether the picture came; null when the page has no such picture */
  open(id) {
    const link = this._links().find((one) => one.getAttribute("data-still") === id);
    if (!link) return null;
    const card = link.closest("li");
    this._settle(false);
    const opened = /** @type {Promise<boolean>} */ (new Promise((resolve) => { this._settle = resolve; }));
    this._shown = id;
    show(this._dialog, "viewer-problem", false);
    fill(this._dialog, {
      viewer_name: card?.querySelector('[data-role="still-name"]')?.textContent ?? "",
      viewer_at: card?.querySelector('[data-role="still-at"]')?.textContent ?? "",
      viewer_href: link.getAttribute("href") ?? "",
    });
    this._picture.alt = link.querySelector("img")?.alt ?? "";
    this._picture.src = link.getAttribute("href") ?? "";
    for (const role of ["previous-still", "next-still"]) show(this._dialog, role, this._links().length > 1);
    if (!this._dialog.open) this._dialog.showModal();
    return opened;
  }

  /** @param {1 | -1} by */
  _step(by) {
    const ids = this._links().map((link) => link.getAttribute("data-still") ?? "");
    void this.open(ids[(ids.indexOf(this._shown) + by + ids.length) % ids.length] ?? "");
  }

  /** @param {KeyboardEvent} event */
  _key(event) {
    if (event.key === "ArrowLeft") this._step(-1);
    else if (event.key === "ArrowRight") this._step(1);
  }

  _failed() {
    if (!this._picture.getAttribute("src")) return;
    show(this._dialog, "viewer-problem", true);
    this._settle(false);
  }

  /** A picture is held no longer than it is looked at. */
  _clear() {
    this._settle(false);
    this._picture.removeAttribute("src");
    this._shown = "";
  }

  _links() {
    return [...this._page.querySelectorAll("[data-still]")];
  }
}
