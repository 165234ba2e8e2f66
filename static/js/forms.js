/**
 * Forms of the staff's own pages: sent as JSON, refused with GOV.UK's error summary, confirmed by the page's dialogs. One rule:
 * what was typed stays when the server refuses it, except passwords, which browsers and people keep better.
 */

import { ApiError } from "./api.js";
import { choose, confirmed, fill, part, words } from "./view.js";

/** A control of a form. @typedef {{name: string, type: string, value: string, checked?: boolean, required?: boolean}} Field */

/** Name of the field that only tells a password manager whose password it is. */
const OF_BROWSERS = "username";

/**
 * The fields of a form as the server wants them: text as text, ticked boxes of one name as a list, "true" and "false" of hidden
 * fields as booleans.
 * @param {Iterable<Field>} fields
 * @returns {Record<string, string | boolean | string[]>}
 */
export function valuesOf(fields) {
  /** @type {Record<string, string | boolean | string[]>} */
  const values = {};
  for (const { name, type, value, checked } of fields) {
    if (!name || name === OF_BROWSERS) continue;
    if (type === "checkbox") {
      const chosen = /** @type {string[]} */ (values[name] ??= []);
      if (checked) chosen.push(value);
    } else {
      values[name] = type === "hidden" && /^(true|false)$/.test(value) ? value === "true" : value;
    }
  }
  return values;
}

/**
 * Names of required fields that are empty.
 * @param {Iterable<Field>} fields
 * @returns {string[]}
 */
export function missingIn(fields) {
  return [...fields].filter(({ required, value }) => required && value.trim() === "").map(({ name }) => name);
}

/**
 * Which field a refused request is about: the problem's JSON pointer or name.
 * @param {Record<string, unknown>} problem
 */
export function fieldOf(problem) {
  return String(problem["field"] ?? "").replace(/^\//, "").split("/")[0] ?? "";
}

/** @param {HTMLFormElement} form @returns {Field[]} */
function fieldsOf(form) {
  return [...form.elements].filter((one) => one instanceof HTMLInputElement || one instanceof HTMLSelectElement);
}

/**
 * The page's word for a refusal: by code and field, else by code, else the general one.
 * @param {ParentNode} root
 * @param {string} code
 * @param {string} field
 */
export function errorText(root, code, field) {
  return words(root, "errors", `${code}.${field}`) ?? words(root, "errors", code) ?? words(root, "errors", "other") ?? "";
}

/**
 * Show what is wrong: the summary at the top, the same beside each field.
 * @param {Document} document
 * @param {HTMLFormElement} form
 * @param {{field: string, text: string}[]} problems
 */
export function showProblems(document, form, problems) {
  clearProblems(document, form);
  const summary = part(document, "error-summary");
  const errors = problems.map(({ field, text }) => ({ text, href: `#${mark(form, field, text) ?? form.querySelector("button")?.id ?? "main"}` }));
  fill(summary, { errors });
  summary.hidden = false;
  summary.focus();
}

/** @param {Document} document @param {HTMLFormElement} form */
export function clearProblems(document, form) {
  part(document, "error-summary").hidden = true;
  choose(document, "done", null);
  for (const error of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll('[data-role="field-error"]'))) error.hidden = true;
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

/**
 * @param {HTMLFormElement} form @param {string} field @param {string} text
 * @returns {string | null} id of the field's first control; null when the form has no such field
 */
function mark(form, field, text) {
  const box = form.querySelector(`[data-field="${CSS.escape(field)}"]`);
  const control = box?.querySelector("input, select");
  if (!box || !control) return null;
  control.setAttribute("aria-invalid", "true");
  const error = /** @type {HTMLElement | null} */ (box.querySelector('[data-role="field-error"]'));
  if (error) {
    error.textContent = text;
    error.hidden = false;
  }
  return control.id;
}

/**
 * Send a form when it is submitted and nothing is missing.
 * @param {Document} document
 * @param {import("./api.js").Api} api
 * @param {HTMLFormElement} form
 * @param {(answer: any) => void} onAnswer
 * @param {(error: ApiError) => boolean} [onRefusal] true when it has dealt with the error
 */
export function wireForm(document, api, form, onAnswer, onRefusal = () => false) {
  let sending = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!sending) void submit();
  });

  async function submit() {
    const missing = missingIn(fieldsOf(form));
    if (missing.length > 0) {
      showProblems(document, form, missing.map((field) => ({ field, text: errorText(document, "missing", field) })));
      return;
    }
    const dialog = form.dataset["confirm"];
    if (dialog && !(await confirmed(document, dialog))) return;
    clearProblems(document, form);
    sending = true;
    try {
      onAnswer(await api.post(new URL(form.action).pathname, valuesOf(fieldsOf(form))));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!onRefusal(error)) showProblems(document, form, problemsOf(document, error));
    } finally {
      sending = false;
      forgetPasswords(form);
    }
  }
}

/** @param {Document} document @param {ApiError} error */
function problemsOf(document, error) {
  const field = fieldOf(error.problem);
  return [{ field, text: errorText(document, error.status >= 500 ? "other" : error.code, field) }];
}

/** @param {HTMLFormElement} form */
function forgetPasswords(form) {
  for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll('input[type="password"]'))) field.value = "";
}
