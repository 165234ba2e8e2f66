/** Private links: the token in the address's fragment. One rule: it leaves the address bar as soon as the server has taken it. */

/**
 * The token of an address like /join#TOKEN or /join#token=TOKEN; null when there is none.
 * @param {string} hash
 * @returns {string | null}
 */
export function tokenIn(hash) {
  const text = hash.replace(/^#/, "").replace(/^(?:token|t)=/, "");
  return /^[\w.~-]{16,512}$/.test(text) ? text : null;
}

/** Take the token out of the address bar and of the history entry. @param {Window} window */
export function forgetFragment(window) {
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
}

/**
 * Case of `data-choose="link-problem"` that fits a refused exchange.
 * @param {import("./api.js").ApiError} error
 */
export function linkProblem(error) {
  if (error.passing) return "offline";
  if (error.code === "not_authenticated") return "missing";
  const reason = error.problem["reason"];
  return typeof reason === "string" ? reason : "expired";
}
