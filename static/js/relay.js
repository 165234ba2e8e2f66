/**
 * Whether a TURN server lets this browser through. One rule: no relayed address within RELAY_MS means that the relay cannot be used; browsers
 * say nothing, or much too late, about a server that does not answer.
 */

import { ApiError } from "./api.js";
import { configurationOf } from "./peer.js";

/** @typedef {import("./peer.js").IceAccess} IceAccess */
/** @typedef {(ms: number) => Promise<void>} Sleep */
/** @typedef {"check" | "call"} During */

/** An allocation takes two round trips, a few more over TLS; and a stuck call asks for its next peer connection after 6 s. */
export const RELAY_MS = 5_000;
const NOT_REACHED = 701;

/** @param {IceAccess} access */
export function hasRelay({ ice_servers }) {
  return ice_servers.some(({ urls }) => urls.some((url) => url.startsWith("turn")));
}

/**
 * What keeps a peer connection, made a moment ago, from getting a relayed address.
 * @param {RTCPeerConnection} connection
 * @param {Sleep} sleep
 * @returns {Promise<string | null>} null: nothing does; else the STUN error code (RFC 8489 14.8), "701" as in webrtc for a server that is
 *   not reached, "none" when the browser gave up without a word, "timeout" when it still tries
 */
export function relayProblem(connection, sleep) {
  /** @type {number | null} */
  let refusal = null;
  return new Promise((resolve) => {
    connection.addEventListener("icecandidate", ({ candidate }) => {
      if (candidate && / typ relay\b/.test(candidate.candidate)) resolve(null);
    });
    connection.addEventListener("icecandidateerror", ({ errorCode }) => {
      // What a server answered tells more than that another one, or another way to it, did not answer.
      if (refusal === null || refusal === NOT_REACHED) refusal = errorCode;
    });
    connection.addEventListener("icegatheringstatechange", () => {
      if (connection.iceGatheringState === "complete") resolve(String(refusal ?? "none"));
    });
    void sleep(RELAY_MS).then(() => resolve(String(refusal ?? "timeout")));
  });
}

/**
 * What keeps a call's peer connection, made a moment ago, from coming about, if it is the relay.
 * @param {RTCPeerConnection} connection
 * @param {IceAccess} access
 * @param {Sleep} sleep
 * @returns {Promise<string | null>} as relayProblem; null too when it is connected or closed, for which other ways are given their time
 */
export async function relayTrouble(connection, access, sleep) {
  if (!hasRelay(access)) return null;
  const enough = access.relay_only ? undefined : sleep(RELAY_MS);
  const problem = await relayProblem(connection, sleep);
  await enough;
  return ["connected", "closed"].includes(connection.connectionState) ? null : problem;
}

/**
 * Ask the TURN servers for an address, without a call.
 * @param {(configuration: RTCConfiguration) => RTCPeerConnection} createConnection
 * @param {IceAccess} access
 * @param {Sleep} sleep
 * @returns {Promise<string | null>} as relayProblem
 */
export async function tryRelay(createConnection, access, sleep) {
  const connection = createConnection(configurationOf({ ...access, relay_only: true }));
  try {
    const problem = relayProblem(connection, sleep);
    connection.createDataChannel("relay");
    await connection.setLocalDescription(await connection.createOffer());
    return await problem;
  } finally {
    connection.close();
  }
}

/**
 * Tell the operator; whether that works changes nothing for the person.
 * @param {import("./api.js").Api} api
 * @param {string} prefix "/join" or "/staff"
 * @param {string} code as relayProblem
 * @param {During} during
 */
export async function reportRelay(api, prefix, code, during) {
  try {
    await api.post(`${prefix}/relay/unusable`, { code, during });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}
