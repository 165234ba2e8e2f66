/**
 * From RTCPeerConnection.getStats to the rows of core/samples. One rule: counters go out as the browser gave them, cumulative, with
 * their own ssrc and stats id; what the browser lacks is null, never 0.
 */

/** @typedef {import("./protocol.js").BrowserAudio} BrowserAudio */
/** @typedef {import("./protocol.js").BrowserVideo} BrowserVideo */
/** @typedef {import("./protocol.js").BrowserSource} BrowserSource */
/** @typedef {import("./protocol.js").TrackState} TrackState */
/** @typedef {Record<string, any>} Stat */

/**
 * What getStats does not say.
 * @typedef {object} Surroundings
 * @property {MediaStreamTrack | null} audioTrack own microphone
 * @property {MediaStreamTrack | null} videoTrack own camera
 * @property {number | null} newestFrameAgeMs
 * @property {boolean | null} pageVisible
 * @property {{audio: number, video: number} | null} changes how often the state of each own track changed
 */

/**
 * @param {Iterable<[string, Stat]>} report an RTCStatsReport
 * @param {Surroundings} surroundings
 * @returns {{audio: BrowserAudio, video: BrowserVideo, source: BrowserSource}}
 */
export function fromReport(report, surroundings) {
  const stats = [...report].map(([, stat]) => stat);
  return {
    audio: audioOf(inbound(stats, "audio")),
    video: videoOf(inbound(stats, "video"), surroundings.newestFrameAgeMs),
    source: sourceOf(stats, surroundings),
  };
}

/**
 * Bytes and packets of the whole transport, to see whether the path is alive.
 * @param {Iterable<[string, Stat]>} report
 * @returns {{received: number, sent: number}}
 */
export function pathActivity(report) {
  let received = 0;
  let sent = 0;
  for (const [, stat] of report) {
    if (stat.type === "inbound-rtp" || stat.type === "remote-inbound-rtp") received += number(stat.packetsReceived) ?? 0;
    if (stat.type === "remote-inbound-rtp") received += number(stat.roundTripTimeMeasurements) ?? 0;
    if (stat.type === "outbound-rtp") sent += number(stat.packetsSent) ?? 0;
    if (stat.type === "transport") received += number(stat.bytesReceived) ?? 0;
  }
  return { received, sent };
}

/**
 * How the own uplink and its path are doing, for the recovery probe and the audio-only fallback.
 * @param {Iterable<[string, Stat]>} report
 * @returns {{estimateBps: number | null, rttMs: number | null, fractionLost: number | null}}
 */
export function uplinkOf(report) {
  const stats = [...report].map(([, stat]) => stat);
  const pair = selectedPair(stats);
  const remote = stats.filter((stat) => stat.type === "remote-inbound-rtp").map((stat) => number(stat.fractionLost));
  const losses = remote.filter((loss) => loss !== null);
  return {
    estimateBps: number(pair?.availableOutgoingBitrate),
    rttMs: milliseconds(pair?.currentRoundTripTime) || reportedRtt(stats),
    fractionLost: losses.length > 0 ? Math.max(...losses) : null,
  };
}

/** Firefox measures its pair rarely and leaves 0 for unknown; its reports say more. @param {Stat[]} stats @returns {number | null} */
function reportedRtt(stats) {
  const found = stats.filter((stat) => stat.type === "remote-inbound-rtp").map((stat) => milliseconds(stat.roundTripTime));
  const known = found.filter((rtt) => rtt !== null);
  return known.length > 0 ? Math.min(...known) : null;
}

/**
 * The own video as it is sent.
 * @param {Iterable<[string, Stat]>} report
 * @returns {import("./full_size.js").SentVideo}
 */
export function sentVideoOf(report) {
  const stats = [...report].map(([, stat]) => stat);
  const sent = stats.find((stat) => stat.type === "outbound-rtp" && stat.kind === "video");
  const camera = stats.find((stat) => stat.type === "media-source" && stat.kind === "video");
  const width = number(sent?.frameWidth);
  const height = number(sent?.frameHeight);
  return {
    shorterSide: width === null || height === null ? null : Math.min(width, height),
    bytes: number(sent?.bytesSent), frames: number(sent?.framesEncoded), cameraRate: number(camera?.framesPerSecond),
  };
}

/**
 * How often lost video was asked for again so far.
 * @param {Iterable<[string, Stat]>} report
 * @returns {number | null}
 */
export function nacksOf(report) {
  return number(inbound([...report].map(([, stat]) => stat), "video")?.nackCount);
}

/**
 * State of a local track as its own browser sees it.
 * @param {MediaStreamTrack | null} track
 * @returns {TrackState}
 */
export function trackState(track) {
  if (!track) return "missing";
  if (track.readyState === "ended") return "ended";
  if (!track.enabled) return "disabled";
  return track.muted ? "muted" : "live";
}

/** The inbound stream of a kind that received a packet last: after a new ssrc the old row may linger. @param {Stat[]} stats @param {string} kind */
function inbound(stats, kind) {
  /** @type {Stat | undefined} */
  let newest;
  for (const stat of stats) {
    if (stat.type !== "inbound-rtp" || stat.kind !== kind) continue;
    if (!newest || (number(stat.lastPacketReceivedTimestamp) ?? 0) >= (number(newest.lastPacketReceivedTimestamp) ?? 0)) {
      newest = stat;
    }
  }
  return newest;
}

/** @param {Stat | undefined} stat @returns {BrowserAudio} */
function audioOf(stat) {
  return {
    stats_id: text(stat?.id),
    ssrc: number(stat?.ssrc),
    total_samples_received: number(stat?.totalSamplesReceived),
    concealed_samples: number(stat?.concealedSamples),
    silent_concealed_samples: number(stat?.silentConcealedSamples),
    concealment_events: number(stat?.concealmentEvents),
    jitter_buffer_delay_s: number(stat?.jitterBufferDelay),
    jitter_buffer_emitted: number(stat?.jitterBufferEmittedCount),
    packets_received: number(stat?.packetsReceived),
    packets_lost: number(stat?.packetsLost),
    packets_discarded: number(stat?.packetsDiscarded),
    total_audio_energy: number(stat?.totalAudioEnergy),
  };
}

/** @param {Stat | undefined} stat @param {number | null} newestFrameAgeMs @returns {BrowserVideo} */
function videoOf(stat, newestFrameAgeMs) {
  return {
    stats_id: text(stat?.id),
    ssrc: number(stat?.ssrc),
    frames_decoded: number(stat?.framesDecoded),
    frames_dropped: number(stat?.framesDropped),
    total_inter_frame_delay_s: number(stat?.totalInterFrameDelay),
    total_squared_inter_frame_delay_s2: number(stat?.totalSquaredInterFrameDelay),
    qp_sum: number(stat?.qpSum),
    freeze_count: number(stat?.freezeCount),
    total_freezes_duration_s: number(stat?.totalFreezesDuration),
    frame_width: number(stat?.frameWidth),
    frame_height: number(stat?.frameHeight),
    packets_received: number(stat?.packetsReceived),
    packets_lost: number(stat?.packetsLost),
    newest_frame_age_ms: newestFrameAgeMs,
    jitter_buffer_delay_s: number(stat?.jitterBufferDelay),
    jitter_buffer_emitted: number(stat?.jitterBufferEmittedCount),
  };
}

/** @param {Stat[]} stats @param {Surroundings} surroundings @returns {BrowserSource} */
function sourceOf(stats, { audioTrack, videoTrack, pageVisible, changes }) {
  const microphone = stats.find((stat) => stat.type === "media-source" && stat.kind === "audio");
  const camera = stats.find((stat) => stat.type === "media-source" && stat.kind === "video");
  const sentAudio = stats.find((stat) => stat.type === "outbound-rtp" && stat.kind === "audio");
  const sentVideo = stats.find((stat) => stat.type === "outbound-rtp" && stat.kind === "video");
  const pair = selectedPair(stats);
  return {
    audio_track: trackState(audioTrack),
    video_track: trackState(videoTrack),
    audio_energy: number(microphone?.totalAudioEnergy),
    frames_per_second: number(camera?.framesPerSecond),
    frames_encoded: number(sentVideo?.framesEncoded),
    quality_limitation: text(sentVideo?.qualityLimitationReason),
    packets_sent_audio: number(sentAudio?.packetsSent),
    packets_sent_video: number(sentVideo?.packetsSent),
    available_outgoing_bps: number(pair?.availableOutgoingBitrate),
    rtt_ms: milliseconds(pair?.currentRoundTripTime),
    page_visible: pageVisible,
    audio_changes: changes?.audio ?? null,
    video_changes: changes?.video ?? null,
  };
}

/** @param {Stat[]} stats @returns {Stat | undefined} */
function selectedPair(stats) {
  const transport = stats.find((stat) => stat.type === "transport" && stat.selectedCandidatePairId);
  const pairs = stats.filter((stat) => stat.type === "candidate-pair");
  return pairs.find((pair) => pair.id === transport?.selectedCandidatePairId)
    ?? pairs.find((pair) => pair.selected === true)
    ?? pairs.find((pair) => pair.nominated === true && pair.state === "succeeded");
}

/** @param {unknown} value @returns {number | null} */
function number(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** @param {unknown} seconds @returns {number | null} */
function milliseconds(seconds) {
  const value = number(seconds);
  return value === null ? null : value * 1_000;
}

/** @param {unknown} value @returns {string | null} */
function text(value) {
  return typeof value === "string" ? value : null;
}
