/** /staff/appeals/{id}: the answer, kept in this window until the server has it. */

import { ApiError, createApi } from "../api.js";
import { declareConflict } from "../conflict.js";
import { signedOut, wireSignOut } from "../staff.js";
import { confirmed, fill, find, onAction, pageData, part, sessionOf, words } from "../view.js";
import { Draft } from "../writing.js";

const api = createApi(window.fetch.bind(window), { session: () => sessionOf(document) });
const goTo = (/** @type {string} */ address) => location.assign(address);
const data = pageData(document);
const limits = { least: Number(data["least"]), most: Number(data["most"]) };
const draft = new Draft(window.sessionStorage, String(data["draft"]));

wireSignOut(document, api, goTo);
onAction(document, {
  "declare-conflict": (button) => {
    declareConflict(document, api, button).then((declared) => { if (declared) goTo("/staff/appeals"); }, (error) => {
      if (!signedOut(error, goTo)) throw error;
    });
  },
});
if (find(document, "answer")) wireAnswer();

function wireAnswer() {
  const form = /** @type {HTMLFormElement} */ (part(document, "answer"));
  const text = /** @type {HTMLTextAreaElement} */ (part(document, "text"));
  const send = /** @type {HTMLButtonElement} */ (part(document, "send"));
  text.value = draft.read();
  text.addEventListener("input", () => draft.keep(text.value));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void submit(form, text, send);
  });
}

/** @param {HTMLFormElement} form @param {HTMLTextAreaElement} text @param {HTMLButtonElement} send */
async function submit(form, text, send) {
  const outcome = String(new FormData(form).get("outcome") ?? "");
  const length = [...text.value.trim()].length;
  const wrong = outcome === "" ? "choose" : length < limits.least || length > limits.most ? "length" : null;
  complain(text, wrong);
  if (wrong !== null || !(await confirmed(document, "answer"))) return;
  send.disabled = true;
  try {
    const version = Number(form.dataset["version"]);
    const { next } = await api.post(form.dataset["post"] ?? "", { outcome, text: text.value, decision_version: version });
    draft.forget();
    goTo(next);
  } catch (error) {
    draft.keep(text.value);
    complain(text, refusal(error));
  } finally {
    send.disabled = false;
  }
}

/** @param {HTMLTextAreaElement} text @param {string | null} code of `answer-errors` */
function complain(text, code) {
  const summary = part(document, "error-summary");
  const error = part(document, "text-error");
  const said = code === null ? null : words(document, "answer-errors", code, limits);
  const ofText = code === "length" || code === "pasted";
  summary.hidden = said === null;
  error.hidden = said === null || !ofText;
  text.toggleAttribute("aria-invalid", said !== null && ofText);
  if (said === null) return;
  fill(error, { text: said });
  const where = code === "choose" ? "#outcome-upheld" : code === "step_up" ? "/staff/settings" : "#text";
  fill(summary, { errors: [{ text: said, href: where }] });
  summary.focus();
}

/** @param {unknown} error @returns {string} word of `answer-errors` */
function refusal(error) {
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 0) return "offline";
  if (error.status === 401) return "signed_out";
  if (error.code === "second_factor_needed") return "step_up";
  if (error.status === 403) return "not_allowed";
  if (error.status >= 500) return "server";
  if (error.status !== 409) return "length";
  const field = String(error.problem["field"] ?? "");
  if (field === "/text") return "pasted";
  return field === "answered" || field === "changed" ? field : "hindered";
}
