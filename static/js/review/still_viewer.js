/** The dialog that shows a still as it was kept. One rule: it counts as opened when the picture is there, not when it was asked for. */

import { fill, part, show } from "../view.js";

export class StillViewer {
  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this._dialog = dialog;
  }

  /**
   * @param {string} url
   * @param {string} name what it shows
   * @returns {Promise<boolean>} whether it was shown
   */
  open(url, name) {
    fill(this._dialog, { name });
    const picture = new Image();
    picture.alt = name;
    show(this._dialog, "still-loading", true);
    show(this._dialog, "still-error", false);
    part(this._dialog, "still-picture").replaceChildren(picture);
    this._dialog.showModal();
    return new Promise((resolve) => {
      const done = (/** @type {boolean} */ shown) => {
        show(this._dialog, "still-loading", false);
        show(this._dialog, "still-error", !shown);
        resolve(shown);
      };
      picture.addEventListener("load", () => done(true), { once: true });
      picture.addEventListener("error", () => done(false), { once: true });
      picture.src = url;
    });
  }
}
