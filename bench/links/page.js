/**
 * One participant of a measured call. With `?way=relay` the page talks to the relay with the product's own peer connection and its own
 * adaptation, with `?way=direct` to the other page alone. `window.take()` gives what was shown and played since the call before.
 */

import { Adaptation } from "/static/js/adaptation.js";
import { PeerGeneration, attachTracks } from "/static/js/peer.js";

const query = new URLSearchParams(location.search);
const role = query.get("role");
const other = document.getElementById("other");
const ask = async (path, body) => {
  const answer = await fetch(`${path}?role=${role}`, { method: "POST", body: JSON.stringify(body ?? {}) });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  return answer.json();
};

const local = await navigator.mediaDevices.getUserMedia({
  audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  video: { width: 640, height: 480, frameRate: Number(query.get("fps") ?? 15) },
});
const tracks = { audio: local.getAudioTracks()[0], video: local.getVideoTracks()[0] };
const arrived = new MediaStream();
other.srcObject = arrived;
const take = (track) => arrived.addTrack(track);

async function throughRelay() {
  const { generation, sdp } = await ask("/open");
  let answered = Promise.resolve();
  const peer = new PeerGeneration(generation, { ice_servers: [], relay_only: false }, {
    createConnection: (configuration) => new RTCPeerConnection(configuration),
    // The relay refuses a candidate of an offer that was not answered yet, so they keep their order.
    send: (message) => { answered = answered.then(() => ask(`/${message.type}`, message)); },
    onTrack: take,
    onState: () => {},
  });
  await peer.accept(sdp, tracks);
  adapt(peer);
  return peer.connection;
}

/** As static/js/session.js does. @param {PeerGeneration} peer */
function adapt(peer) {
  const adaptation = new Adaptation(peer);
  setInterval(async () => adaptation.follow(await peer.stats(), performance.now()), 1_000);
}

async function directly() {
  const connection = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
  connection.addEventListener("track", ({ track }) => take(track));
  if (role === "freelancer") {
    for (const kind of ["audio", "video"]) connection.addTransceiver(kind);
    const vp8 = RTCRtpReceiver.getCapabilities("video").codecs.filter(({ mimeType }) => /VP8|rtx/i.test(mimeType));
    connection.getTransceivers()[1].setCodecPreferences(vp8);
    await attachTracks(connection, tracks);
    await connection.setLocalDescription(await connection.createOffer());
    await ask("/tell", await gathered(connection));
    await connection.setRemoteDescription(await ask("/hear"));
  } else {
    await connection.setRemoteDescription(await ask("/hear"));
    await attachTracks(connection, tracks);
    await connection.setLocalDescription(await connection.createAnswer());
    await ask("/tell", await gathered(connection));
  }
  return connection;
}

/** The local description once every candidate is inside. @param {RTCPeerConnection} connection */
async function gathered(connection) {
  while (connection.iceGatheringState !== "complete") await new Promise((done) => setTimeout(done, 20));
  return connection.localDescription;
}

// --- what is shown -------------------------------------------------------------------------------------------

let frames = [];
let newest = null;
const shown = (now, { presentationTime, width, height }) => {
  frames.push({ at: presentationTime, gap: newest === null ? 0 : presentationTime - newest, width, height });
  newest = presentationTime;
  other.requestVideoFrameCallback(shown);
};
other.requestVideoFrameCallback(shown);

const opened = performance.now();
const connection = await (query.get("way") === "direct" ? directly() : throughRelay());
window.connected = () => connection.connectionState === "connected" && newest !== null;

const SUMS = ["concealedSamples", "silentConcealedSamples", "totalSamplesReceived", "packetsLost", "packetsReceived", "fecPacketsReceived",
  "freezeCount", "totalFreezesDuration", "framesDecoded", "bytesReceived", "nackCount", "pliCount", "retransmittedPacketsReceived"];

window.take = async () => {
  const now = performance.now();
  const row = { at: now, running_gap: newest === null ? now - opened : now - newest, frames, inbound: {}, outbound: {} };
  frames = [];
  for (const report of (await connection.getStats()).values()) {
    if (report.type === "inbound-rtp") row.inbound[report.kind] = Object.fromEntries(SUMS.filter((name) => name in report).map((name) => [name, report[name]]));
    if (report.type === "outbound-rtp") row.outbound[report.kind] = { bytes: report.bytesSent, width: report.frameWidth, height: report.frameHeight, target: report.targetBitrate, limited: report.qualityLimitationReason };
    if (report.type === "candidate-pair" && report.nominated) row.available = report.availableOutgoingBitrate;
  }
  return row;
};
