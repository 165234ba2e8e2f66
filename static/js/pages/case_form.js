/** /case/answer and /case/appeal: one field of words, kept in this window until the server has them. */

import { createApi } from "../api.js";
import { confirmed, fill, pageData, part, sessionOf, words } from "../view.js";
import { Draft, fault, refusal } from "../writing.js";

const api = createApi(window.fetch.bind(window), { session: () => sessionOf(document) });
const data = pageData(document);
const most = Number(data["most"]);
const draft = new Draft(window.sessionStorage, String(data["draft"]));
const form = /** @type {HTMLFormElement} */ (part(document, "writing"));
const text = /** @type {HTMLTextAreaElement} */ (part(document, "text"));
const send = /** @type {HTMLButtonElement} */ (part(document, "send"));
const summary = part(document, "error-summary");
const error = part(document, "text-error");

function count() {
  const left = String(most - [...text.value].length);
  fill(part(document, "count"), { left: words(document, "writing", "left", { left }) });
}

/** @param {string | null} code of `writing-errors`; null takes the last one away */
function complain(code) {
  const said = code === null ? null : words(document, "writing-errors", code, { most });
  summary.hidden = said === null;
  error.hidden = said === null;
  text.toggleAttribute("aria-invalid", said !== null);
  if (said === null) return;
  fill(error, { text: said });
  fill(summary, { errors: [{ text: said, href: "#text" }] });
  summary.focus();
}

async function submit() {
  complain(fault(text.value, most));
  if (!summary.hidden || !(await confirmed(document, "send"))) return;
  send.disabled = true;
  try {
    const fields = JSON.parse(form.dataset["fields"] ?? "{}");
    const { next } = await api.post(form.dataset["post"] ?? "", { ...fields, text: text.value });
    draft.forget();
    location.assign(next);
  } catch (problem) {
    draft.keep(text.value);
    complain(refusal(problem));
  } finally {
    send.disabled = false;
  }
}

text.value = draft.read();
count();
text.addEventListener("input", () => {
  draft.keep(text.value);
  count();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void submit();
});
