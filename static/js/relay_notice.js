/** The early word about a TURN server that cannot be used, before a call: the markup of macros/devices.html, for both people. */

import { ApiError } from "./api.js";
import { hasRelay, reportRelay, tryRelay } from "./relay.js";
import { choose, fill } from "./view.js";

/**
 * @typedef {object} RelayNoticeDependencies
 * @property {HTMLElement} root
 * @property {import("./api.js").Api} api
 * @property {string} prefix "/join" or "/staff"
 * @property {(configuration: RTCConfiguration) => RTCPeerConnection} createConnection
 * @property {import("./relay.js").Sleep} sleep
 */

/**
 * Look whether the TURN servers can be used; say so on the page and to the operator when not. Never a gate.
 * @param {RelayNoticeDependencies} use
 */
export async function checkRelay({ root, api, prefix, createConnection, sleep }) {
  const access = await api.post(`${prefix}/relay`).catch((error) => {
    if (!(error instanceof ApiError)) throw error;
    return null;
  });
  if (access === null || !hasRelay(access)) return;
  const code = await tryRelay(createConnection, access, sleep);
  showRelay(root, code, access.relay_only);
  if (code !== null) await reportRelay(api, prefix, code, "check");
}

/**
 * Show it, or take it away. Whoever has other ways to the server is not troubled, unless he works here.
 * @param {HTMLElement} root
 * @param {string | null} code
 * @param {boolean} relayOnly
 */
export function showRelay(root, code, relayOnly) {
  fill(root, { relay_code: code });
  choose(root, "relay", code === null ? null : relayOnly ? "needed" : "spare");
}
