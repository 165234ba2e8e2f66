/**
 * Private links: the token in the address's fragment. One rule: it leaves the address bar as soon as the server has taken it, and stays there when the server has
 * not: whoever loads the page again is told the same, and never shown what another link had opened. */

import { ApiError } from "./api.js";

/**
 * The token of an address like /join#TOKEN or /join#token=TOKEN; null when there is none.
 * @param {string} hash
 * @returns {string | null}
 */
export function tokenIn(hash) {
  const text = hash.replace(/^#/, "").replace(/^(?:token|t)=/, "");
  return /^[\w.~-]{16,512}$/.test(text) ? text : null;
}

/**
 * What an address says about a link: its token; or that there is one of which a part is missing. A fragment that names a place on the page
 * says nothing.
 * @param {string} hash
 * @param {(id: string) => unknown} placeOf what stands at that place, e.g. document.getElementById
 * @returns {{token: string | null, incomplete: boolean}}
 */
export function linkIn(hash, placeOf) {
  const token = tokenIn(hash);
  const text = hash.replace(/^#/, "");
  if (text !== "" && placeOf(text)) return { token: null, incomplete: false };
  return { token, incomplete: token === null && text !== "" };
}

/** How a link fails of which a part is missing. @returns {ApiError} */
export function incompleteLink() {
  return new ApiError("link_refused", 410, { reason: "incomplete" });
}

/** The address with the mark that whoever follows it has said already that he wants the call. @param {string} address @returns {string} */
export function straightOn(address) {
  const marked = new URL(address);
  marked.searchParams.set("start", "now");
  return marked.href;
}

/** Whether the address has that mark, which is taken off it: a page that is loaded again asks anew. @param {Window} window @returns {boolean} */
export function takeStraightOn(window) {
  const address = new URL(window.location.href);
  const marked = address.searchParams.get("start") === "now";
  address.searchParams.delete("start");
  if (marked) window.history.replaceState(null, "", address.pathname + address.search + address.hash);
  return marked;
}

/** Take the token out of the address bar and of the history entry. @param {Window} window */
export function forgetFragment(window) {
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
}

/**
 * Case of `data-choose="link-problem"` that fits a refused exchange. Who came without a link is told to open one, and not that his is broken.
 * @param {ApiError} error
 * @param {boolean} given whether the address held a token
 */
export function linkProblem(error, given) {
  if (error.passing) return "offline";
  if (error.code === "not_authenticated") return given ? "incomplete" : "missing";
  const reason = error.problem["reason"];
  return typeof reason === "string" ? reason : "expired";
}
