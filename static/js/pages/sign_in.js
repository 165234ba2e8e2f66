/**
 * /staff: sign in by password, or by a one-use link whose token is in the fragment. A link signs in its own person, whoever was signed in
 * before; without one, who is signed in goes on to work.
 */

import { ApiError, createApi } from "../api.js";
import { forgetFragment, linkIn } from "../link.js";
import { choose, onAction, pageData, part, showStep } from "../view.js";

const api = createApi(window.fetch.bind(window));

async function byLink() {
  const { token, incomplete } = linkIn(location.hash, document.getElementById.bind(document));
  if (incomplete) {
    showStep(document, "link-problem");
    return;
  }
  if (!token) {
    const start = pageData(document)["start_url"];
    if (typeof start === "string") location.replace(start);
    return;
  }
  showStep(document, "loading");
  try {
    const { next } = await api.post("/staff/link", { token });
    forgetFragment(window);
    location.replace(next);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status !== 0) forgetFragment(window);
    if (error.status === 0) formWith("offline");
    else showStep(document, "link-problem");
  }
}

/** @param {string} problem case of the error summary */
function formWith(problem) {
  choose(document, "sign-in-error", problem);
  showStep(document, "form");
  const summary = /** @type {HTMLElement} */ (document.querySelector('[data-choose="sign-in-error"]'));
  summary.focus();
}

/** @param {HTMLFormElement} form */
async function byPassword(form) {
  const value = (/** @type {string} */ name) => {
    const field = form.elements.namedItem(name);
    return field instanceof HTMLInputElement ? field.value : undefined;
  };
  try {
    const code = (value("otp") ?? "").trim() || (value("recovery") ?? "").trim();
    const { next } = await api.post("/staff/sign-in", { email: value("email"), password: value("password"), code });
    location.replace(next);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    formWith(problemOf(error));
  }
}

/** @param {ApiError} error */
function problemOf(error) {
  if (error.status === 0 || error.status >= 500) return "offline";
  return { rate_limited: "locked", invalid_input: "missing" }[error.code] ?? "wrong";
}

part(document, "sign-in-form").addEventListener("submit", (event) => {
  event.preventDefault();
  void byPassword(/** @type {HTMLFormElement} */ (event.target));
});
onAction(document, { "show-form": () => showStep(document, "form") });
addEventListener("hashchange", () => { void byLink(); });
void byLink();
