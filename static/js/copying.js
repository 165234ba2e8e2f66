/** Copy buttons: what they copy stays on the page all the same, for browsers that do not let a page write to the clipboard. */

/**
 * @param {Navigator} navigator
 * @param {HTMLElement} button carries `data-copy`
 * @param {string} text
 */
export function copy(navigator, button, text) {
  void navigator.clipboard?.writeText(text).then(() => { button.dataset["copy"] = "copied"; }, () => undefined);
}
