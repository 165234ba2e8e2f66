/** Errors of a form, GOV.UK's way: a summary that takes the focus and links to each field, and each field marked. */

import { fill, find } from "../view.js";

/** @typedef {{text: string, field: HTMLElement | null}} FormError */

/**
 * Show the errors of one form; none hides the summary.
 * @param {HTMLElement} form that holds the summary
 * @param {FormError[]} errors
 */
export function showErrors(form, errors) {
  for (const marked of form.querySelectorAll("[aria-invalid]")) marked.removeAttribute("aria-invalid");
  const summary = find(form, "error-summary");
  if (!summary) return;
  summary.hidden = errors.length === 0;
  fill(summary, { errors: errors.map(({ text, field }) => ({ text, href: field?.id ? `#${field.id}` : "#" })) });
  for (const { field } of errors) field?.setAttribute("aria-invalid", "true");
  if (errors.length > 0) summary.focus();
}

/**
 * A link of the summary moves the focus to its field, which a bare fragment does not do everywhere.
 * @param {HTMLElement} root
 */
export function followLinks(root) {
  root.addEventListener("click", (event) => {
    const link = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (event.target).closest('[data-role="error-summary"] a'));
    const id = link?.getAttribute("href")?.slice(1);
    if (!link) return;
    event.preventDefault();
    if (id) document.getElementById(id)?.focus();
  });
}
