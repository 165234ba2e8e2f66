/**
 * /case: exchanges the private link's token; the page itself is printed by the server. One rule: what was printed for an earlier link is shown
 * only when the address holds no other.
 */

import { ApiError, createApi } from "../api.js";
import { forgetFragment, incompleteLink, linkIn, linkProblem, straightOn } from "../link.js";
import { choose, confirmed, fill, onAction, sessionOf, show, showStep } from "../view.js";

const api = createApi(window.fetch.bind(window), { session: () => sessionOf(document) });
const placeOf = document.getElementById.bind(document);
const link = linkIn(location.hash, placeOf);
const printed = document.querySelector('[data-step="case"]') !== null;

/** Case of `data-choose="start-call"` by the server's code. */
const STARTING_PROBLEMS = new Map([["illegal_state", "changed"], ["not_authenticated", "signed_out"]]);

async function open() {
  try {
    if (link.incomplete) throw incompleteLink();
    if (!link.token && printed) {
      showStep(document, "case");
      return;
    }
    if (!link.token) throw new ApiError("not_authenticated", 401);
    await api.post("/case/exchange", { token: link.token });
    forgetFragment(window);
    location.reload();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    choose(document, "link-problem", linkProblem(error, link.token !== null), "expired");
    showStep(document, "link-problem");
  }
}

/** @param {string} done case of `data-choose="links"` @param {() => Promise<import("../view.js").Entry>} change */
async function changeLinks(done, change) {
  try {
    const told = await change();
    fill(document, told);
    show(document, "new-join-link", Boolean(told["join_url"]));
    choose(document, "links", done);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    choose(document, "links", "failed");
  }
}

/** Whether a link to the interview is being made. */
let starting = false;

/** To the interview, by a link made for it. */
async function startCall() {
  if (starting) return;
  starting = true;
  choose(document, "start-call", null);
  try {
    const { join_url } = await api.post("/case/start");
    location.assign(straightOn(join_url));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    choose(document, "start-call", STARTING_PROBLEMS.get(error.code) ?? "failed");
  } finally {
    starting = false;
  }
}

async function renewLinks() {
  if (await confirmed(document, "renew-links")) await changeLinks("renewed", () => api.post("/case/links/renew"));
}

/** @param {HTMLElement} button */
async function copyNewLink(button) {
  const made = /** @type {HTMLAnchorElement | null} */ (document.querySelector('[data-bind-href="case_url"]'));
  await navigator.clipboard.writeText(made?.href ?? "");
  button.dataset["copy"] = "copied";
}

onAction(document, {
  "retry-link": () => { void open(); },
  "start-call": () => { void startCall(); },
  "end-sessions": () => { void changeLinks("ended", () => api.post("/case/sessions/end")); },
  "renew-links": () => { void renewLinks(); },
  "copy-new-link": (button) => { void copyNewLink(button); },
});
addEventListener("hashchange", () => {
  const now = linkIn(location.hash, placeOf);
  if (now.token || now.incomplete) location.reload();
});
void open();
