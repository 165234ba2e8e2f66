/** What every staff page needs: signing out, and going back to sign-in when the session is gone. */

import { ApiError } from "./api.js";
import { find } from "./view.js";

const SIGN_IN = "/staff";

/**
 * Sign out by a request that other sites cannot make.
 * @param {Document} document
 * @param {import("./api.js").Api} api
 * @param {(address: string) => void} goTo
 */
export function wireSignOut(document, api, goTo) {
  find(document, "sign-out")?.addEventListener("submit", (event) => {
    event.preventDefault();
    api.post("/staff/sign-out").then(() => goTo(SIGN_IN), () => goTo(SIGN_IN));
  });
}

/**
 * Whether an error means that the person must sign in again; if so, goes there.
 * @param {unknown} error
 * @param {(address: string) => void} goTo
 * @returns {boolean}
 */
export function signedOut(error, goTo) {
  if (!(error instanceof ApiError) || error.code !== "not_authenticated") return false;
  goTo(SIGN_IN);
  return true;
}
