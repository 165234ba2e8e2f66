/**
 * One generation of this page's peer connection. One rule: the server offers, we answer; whatever belongs to another generation
 * is not ours to touch.
 */

import { withCeiling } from "./bitrate_probe.js";

/** @typedef {{ice_servers: import("./protocol.js").IceServerInfo[], relay_only: boolean}} IceAccess */
/** @typedef {import("./protocol.js").BrowserMessage} BrowserMessage */
/** @typedef {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null}} Tracks */

/**
 * @typedef {object} PeerDependencies
 * @property {(configuration: RTCConfiguration) => RTCPeerConnection} createConnection
 * @property {(message: BrowserMessage) => void} send
 * @property {(track: MediaStreamTrack) => void} onTrack
 * @property {(state: RTCPeerConnectionState) => void} onState
 */

export class PeerGeneration {
  /**
   * @param {number} generation
   * @param {IceAccess} access
   * @param {PeerDependencies} dependencies
   */
  constructor(generation, access, dependencies) {
    this.generation = generation;
    this._use = dependencies;
    this._offer = "";
    this._ended = false;
    this._closed = false;
    this.connection = dependencies.createConnection(configurationOf(access));
    this.connection.addEventListener("icecandidate", (event) => this._trickle(event.candidate));
    this.connection.addEventListener("track", (event) => { if (!this._closed) this._use.onTrack(event.track); });
    this.connection.addEventListener("connectionstatechange", () => {
      if (!this._closed) this._use.onState(this.connection.connectionState);
    });
  }

  /**
   * Take the server's offer, attach the local tracks to the transceivers it offers, and send the answer.
   * @param {string} sdp
   * @param {Tracks} tracks
   */
  async accept(sdp, tracks) {
    this._offer = sdp;
    await this.connection.setRemoteDescription({ type: "offer", sdp });
    await attachTracks(this.connection, tracks);
    const answer = await this.connection.createAnswer();
    if (this._closed) return;
    this._use.send({ type: "answer", generation: this.generation, sdp: answer.sdp ?? "" });
    await this.connection.setLocalDescription(answer);
    await preferAudio(this.connection);
  }

  /**
   * Send another track of the same kind from now on, or none.
   * @param {"audio" | "video"} kind
   * @param {MediaStreamTrack | null} track
   */
  async replaceTrack(kind, track) {
    const sender = senderOf(this.connection, kind);
    if (sender && !this._closed) await sender.replaceTrack(hinted(track));
  }

  /**
   * Send video, or save the whole uplink for sound.
   * @param {boolean} active
   */
  async setVideoActive(active) {
    const sender = senderOf(this.connection, "video");
    if (sender && !this._closed) await changeParameters(sender, (encoding) => { encoding.active = active; });
  }

  /**
   * Send video this many times smaller than the track gives it, while the track gives more than is meant to be sent.
   * @param {number} factor 1 or more
   */
  async scaleVideo(factor) {
    const sender = senderOf(this.connection, "video");
    if (sender && !this._closed) await changeParameters(sender, (encoding) => { encoding.scaleResolutionDownBy = factor; });
  }

  /**
   * What the encoder keeps when the link does not carry everything.
   * @param {import("./full_size.js").Preference} preference
   */
  async prefer(preference) {
    const sender = senderOf(this.connection, "video");
    if (sender && !this._closed) await changeParameters(sender, () => {}, preference);
  }

  /**
   * Apply the server's offer again with a higher ceiling for video, locally: nothing is signalled.
   * @param {number} kbps
   */
  async raiseCeiling(kbps) {
    if (this._closed || this.connection.signalingState !== "stable") return;
    await this.connection.setRemoteDescription({ type: "offer", sdp: withCeiling(this._offer, kbps) });
    await this.connection.setLocalDescription(await this.connection.createAnswer());
  }

  /**
   * Let the browser keep picture and sound for this long before it plays them.
   * @param {number} ms 0: as it likes
   */
  setJitterTarget(ms) {
    for (const receiver of this.connection.getReceivers()) {
      if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = ms || null;
    }
  }

  /** @returns {Promise<RTCStatsReport>} */
  stats() {
    return this.connection.getStats();
  }

  close() {
    this._closed = true;
    this.connection.close();
  }

  /** @param {RTCIceCandidate | null} candidate */
  _trickle(candidate) {
    if (this._closed || this._ended) return;
    this._ended = !candidate?.candidate;
    this._use.send({
      type: "candidate",
      generation: this.generation,
      candidate: candidate?.candidate ?? "",
      sdp_mid: candidate?.sdpMid ?? null,
      sdp_m_line_index: candidate?.sdpMLineIndex ?? null,
    });
  }
}

/**
 * How a peer connection is to find its way to the server.
 * @param {IceAccess} access
 * @returns {RTCConfiguration}
 */
export function configurationOf({ ice_servers, relay_only }) {
  const iceServers = ice_servers.map(({ urls, username, credential }) => ({
    urls, ...(username === null ? {} : { username }), ...(credential === null ? {} : { credential }),
  }));
  return { iceServers, iceTransportPolicy: relay_only ? "relay" : "all", bundlePolicy: "max-bundle" };
}

/**
 * Send the tracks on the transceivers that the remote side offered, one per kind.
 * @param {RTCPeerConnection} connection
 * @param {Tracks} tracks
 */
export async function attachTracks(connection, tracks) {
  for (const transceiver of connection.getTransceivers()) {
    const kind = transceiver.receiver.track.kind === "audio" ? "audio" : "video";
    transceiver.direction = "sendrecv";
    await transceiver.sender.replaceTrack(hinted(tracks[kind]));
  }
}

/** Tell the encoder what it carries: a voice, and a face that moves. @param {MediaStreamTrack | null} track */
function hinted(track) {
  if (track && "contentHint" in track) track.contentHint = track.kind === "audio" ? "speech" : "motion";
  return track;
}

/** Sound before picture when the link is narrow; a smaller picture rather than a stuttering one. @param {RTCPeerConnection} connection */
async function preferAudio(connection) {
  const audio = senderOf(connection, "audio");
  const video = senderOf(connection, "video");
  if (audio) await changeParameters(audio, (encoding) => { encoding.priority = "high"; encoding.networkPriority = "high"; });
  if (video) {
    await changeParameters(video, (encoding) => { encoding.priority = "low"; }, "maintain-framerate");
  }
}

/**
 * @param {RTCRtpSender} sender
 * @param {(encoding: RTCRtpEncodingParameters) => void} change
 * @param {string} [degradation] a preference, where the browser knows it
 */
async function changeParameters(sender, change, degradation) {
  const parameters = sender.getParameters();
  const encoding = parameters.encodings?.[0];
  if (!encoding) return; // Firefox before the first negotiation: the defaults stay.
  change(encoding);
  if (degradation) Object.assign(parameters, { degradationPreference: degradation });
  try {
    await sender.setParameters(parameters);
  } catch (error) {
    // A browser that knows one of these only in part keeps its defaults; anything else is a defect.
    if (!(error instanceof Error) || !["InvalidModificationError", "OperationError", "TypeError", "InvalidStateError"].includes(error.name)) throw error;
  }
}

/** @param {RTCPeerConnection} connection @param {"audio" | "video"} kind @returns {RTCRtpSender | null} */
function senderOf(connection, kind) {
  const found = connection.getTransceivers().find((transceiver) => transceiver.receiver.track.kind === kind);
  return found?.sender ?? null;
}
