/** The consent form: the interview is needed, the recording is free. */

import { fill, part } from "./view.js";

/**
 * @param {Document} document
 * @param {(recording: boolean) => void} onConsent
 */
export function wireConsent(document, onConsent) {
  const form = /** @type {HTMLFormElement} */ (part(document, "consent-form"));
  const summary = part(document, "error-summary");
  const error = part(document, "consent-interview-error");
  const ticked = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).checked;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const missing = !ticked("interview");
    summary.hidden = !missing;
    error.hidden = !missing;
    if (!missing) {
      onConsent(ticked("recording"));
      return;
    }
    fill(summary, { errors: [{ text: error.textContent, href: "#consent-interview" }] });
    summary.focus();
  });
}
