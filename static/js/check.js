/**
 * The network check: a call with oneself through the server. Two peer connections, one sends camera and microphone up, the other plays
 * what the server relays back. One rule: the server measures and judges; this page only holds the call and hands in its counters.
 */

import { attachTracks, configurationOf } from "./peer.js";
import { hasRelay, relayProblem } from "./relay.js";
import { fromReport } from "./stats.js";

/** @typedef {"good" | "fair" | "poor"} CheckWords */
/**
 * @typedef {object} CheckVerdict
 * @property {boolean} passed
 * @property {CheckWords} words
 * @property {string[]} problems
 * @property {Record<string, number | null>} figures
 */

/**
 * @typedef {object} CheckDependencies
 * @property {import("./api.js").Api} api
 * @property {string} prefix "/join" or "/staff"
 * @property {(configuration: RTCConfiguration) => RTCPeerConnection} createConnection
 * @property {import("./peer.js").Tracks} tracks own devices
 * @property {(track: MediaStreamTrack) => void} play plays what comes back, muted, so that it is decoded
 * @property {(ms: number) => Promise<void>} sleep
 * @property {() => number | null} frameAgeMs
 * @property {() => boolean} pageVisible
 * @property {(done: number, whole: number) => void} onProgress seconds
 */

const GATHERING_MS = 3_000;
const CONNECTING_MS = 10_000;

/** The check could not be held; `code` says where. */
export class CheckFailed extends Error {
  /** @param {"not_connected" | "relay"} code @param {string | null} [relay] why no relay could be used, as relayProblem */
  constructor(code, relay = null) {
    super(code);
    this.code = code;
    this.relay = relay;
  }
}

/**
 * Hold the check and hand it in.
 * @param {CheckDependencies} use
 * @returns {Promise<CheckVerdict>}
 * @throws {CheckFailed} when no connection came about
 * @throws {import("./api.js").ApiError} when the server refused
 */
export async function runCheck(use) {
  const start = await use.api.post(`${use.prefix}/check/start`);
  const configuration = configurationOf(start);
  const sender = use.createConnection(configuration);
  const receiver = use.createConnection(configuration);
  const relay = hasRelay(start) ? relayProblem(sender, use.sleep) : Promise.resolve(null);
  receiver.addEventListener("track", (event) => use.play(event.track));
  try {
    await Promise.all([
      answerLeg(use, start.check_id, "sender", sender, start.legs.sender.sdp, use.tracks),
      answerLeg(use, start.check_id, "receiver", receiver, start.legs.receiver.sdp, null),
    ]);
    if (start.relay_only) await relayed(relay);
    await Promise.all([connected(use, sender), connected(use, receiver)]).catch((error) => relayed(relay).then(() => { throw error; }));
    const before = await bytesReceived(receiver);
    await measure(use, start.seconds);
    const receivedKbps = ((await bytesReceived(receiver)) - before) * 8 / 1_000 / start.seconds;
    const handedIn = { check_id: start.check_id, ...(await counters(use, sender, receiver)) };
    const verdict = await use.api.post(`${use.prefix}/check/finish`, handedIn);
    return { ...verdict, figures: { downlink_kbps: receivedKbps, ...verdict.figures } };
  } finally {
    sender.close();
    receiver.close();
  }
}

/**
 * @param {CheckDependencies} use
 * @param {string} checkId
 * @param {"sender" | "receiver"} leg
 * @param {RTCPeerConnection} connection
 * @param {string} sdp
 * @param {import("./peer.js").Tracks | null} tracks
 */
async function answerLeg(use, checkId, leg, connection, sdp, tracks) {
  await connection.setRemoteDescription({ type: "offer", sdp });
  if (tracks) await attachTracks(connection, tracks);
  await connection.setLocalDescription(await connection.createAnswer());
  await gathered(use, connection);
  await use.api.post(`${use.prefix}/check/answer`, { check_id: checkId, leg, sdp: connection.localDescription?.sdp ?? "" });
}

/** Wait for the own candidates; what was not found in time is left out. @param {CheckDependencies} use @param {RTCPeerConnection} connection */
async function gathered(use, connection) {
  await within(use, GATHERING_MS, connection, "icegatheringstatechange", () => connection.iceGatheringState === "complete");
}

/** @param {Promise<string | null>} relay @throws {CheckFailed} when no relay can be used */
async function relayed(relay) {
  const problem = await relay;
  if (problem !== null) throw new CheckFailed("relay", problem);
}

/** @param {CheckDependencies} use @param {RTCPeerConnection} connection */
async function connected(use, connection) {
  const over = () => ["connected", "failed", "closed"].includes(connection.connectionState);
  await within(use, CONNECTING_MS, connection, "connectionstatechange", over);
  if (connection.connectionState !== "connected") throw new CheckFailed("not_connected");
}

/**
 * Resolves when `met` holds after an event, or when the time is over.
 * @param {CheckDependencies} use
 * @param {number} ms
 * @param {EventTarget} target
 * @param {string} event
 * @param {() => boolean} met
 */
async function within(use, ms, target, event, met) {
  if (met()) return;
  /** @type {() => void} */
  let listener = () => undefined;
  const happened = new Promise((resolve) => {
    listener = () => { if (met()) resolve(undefined); };
    target.addEventListener(event, listener);
  });
  await Promise.race([happened, use.sleep(ms)]);
  target.removeEventListener(event, listener);
}

/** Only shown: the verdict rests on the server's figures. @param {RTCPeerConnection} connection */
async function bytesReceived(connection) {
  let bytes = 0;
  (await connection.getStats()).forEach((stat) => { if (stat.type === "inbound-rtp") bytes += stat.bytesReceived ?? 0; });
  return bytes;
}

/** @param {CheckDependencies} use @param {number} seconds */
async function measure(use, seconds) {
  use.onProgress(0, seconds);
  for (let done = 1; done <= seconds; done += 1) {
    await use.sleep(1_000);
    use.onProgress(done, seconds);
  }
}

/**
 * What came back at the receiver, and the sender's own devices.
 * @param {CheckDependencies} use
 * @param {RTCPeerConnection} sender
 * @param {RTCPeerConnection} receiver
 */
async function counters(use, sender, receiver) {
  const around = {
    audioTrack: use.tracks.audio, videoTrack: use.tracks.video, newestFrameAgeMs: use.frameAgeMs(), pageVisible: use.pageVisible(),
    changes: null,
  };
  const sink = fromReport(/** @type {any} */ (await receiver.getStats()), around);
  const source = fromReport(/** @type {any} */ (await sender.getStats()), around);
  return { audio: sink.audio, video: sink.video, source: source.source };
}
