/**
 * Every signalling message, both directions, as verifier/core/messages.py defines them. One rule: a name or a field
 * that does not stand in these tables does not go over the wire; tests/web/test_protocol_matches.py keeps both equal.
 */

/** @typedef {"freelancer" | "interviewer"} Role */
/** @typedef {"live" | "muted" | "disabled" | "ended" | "missing"} TrackState */
/** @typedef {"consistent" | "inconsistent" | "not_heard" | "not_claimed" | "declined" | "unable"} Answer */
/** @typedef {"cant_hear" | "telemetry" | "fraud"} FlagKind */
/** @typedef {"document_front" | "document_back" | "document_tilt" | "face"} StillKind */
/** @typedef {"camera_off" | "camera_failed" | "not_sent" | "refused"} StillFailure as in core/messages.py */
/** @typedef {"created" | "preflight" | "waiting" | "live" | "impaired" | "reconnecting" | "ended"} InterviewState */

/**
 * Sink-side audio counters of W3C webrtc-stats, cumulative; null where the browser lacks the field.
 * @typedef {object} BrowserAudio
 * @property {string | null} stats_id
 * @property {number | null} ssrc
 * @property {number | null} total_samples_received
 * @property {number | null} concealed_samples
 * @property {number | null} silent_concealed_samples
 * @property {number | null} concealment_events
 * @property {number | null} jitter_buffer_delay_s
 * @property {number | null} jitter_buffer_emitted
 * @property {number | null} packets_received
 * @property {number | null} packets_lost
 * @property {number | null} packets_discarded
 * @property {number | null} total_audio_energy
 */

/**
 * Sink-side video counters of W3C webrtc-stats, cumulative; null where the browser lacks the field.
 * @typedef {object} BrowserVideo
 * @property {string | null} stats_id
 * @property {number | null} ssrc
 * @property {number | null} frames_decoded
 * @property {number | null} frames_dropped
 * @property {number | null} total_inter_frame_delay_s
 * @property {number | null} total_squared_inter_frame_delay_s2
 * @property {number | null} qp_sum
 * @property {number | null} freeze_count
 * @property {number | null} total_freezes_duration_s
 * @property {number | null} frame_width
 * @property {number | null} frame_height
 * @property {number | null} packets_received
 * @property {number | null} packets_lost
 * @property {number | null} newest_frame_age_ms
 * @property {number | null} jitter_buffer_delay_s
 * @property {number | null} jitter_buffer_emitted
 */

/**
 * State of the sender's own devices and encoder.
 * @typedef {object} BrowserSource
 * @property {TrackState} audio_track
 * @property {TrackState} video_track
 * @property {number | null} audio_energy
 * @property {number | null} frames_per_second
 * @property {number | null} frames_encoded
 * @property {string | null} quality_limitation
 * @property {number | null} packets_sent_audio
 * @property {number | null} packets_sent_video
 * @property {number | null} available_outgoing_bps
 * @property {number | null} rtt_ms
 * @property {boolean | null} page_visible
 * @property {number | null} audio_changes changes of the track's state, cumulative
 * @property {number | null} video_changes
 */

/** @typedef {{type: "ticket", ticket: string, last_sequence: number}} Ticket */
/** @typedef {{type: "ready"}} Ready */
/** @typedef {{type: "answer", generation: number, sdp: string}} SdpAnswer */
/** @typedef {{type: "candidate", generation: number, candidate: string, sdp_mid: string | null, sdp_m_line_index: number | null}} Candidate */
/** @typedef {{type: "stats", generation: number, sequence: number, client_ms: number, audio: BrowserAudio, video: BrowserVideo, source: BrowserSource}} Stats */
/** @typedef {{type: "flag", kind: FlagKind, note: string}} RaiseFlag */
/** @typedef {{type: "chat", text: string}} Chat */
/** @typedef {{type: "run_start", item_key: string}} StartRun */
/** @typedef {{type: "run_answer", run_id: string, answer: Answer}} AnswerRun */
/** @typedef {{type: "run_code", run_id: string, code: string}} TypeCode */
/** @typedef {{type: "still_capture", run_id: string}} CaptureStill */
/** @typedef {{type: "still_taken", still_id: string}} StillTaken */
/** @typedef {{type: "still_failed", still_id: string, problem: StillFailure}} StillFailed */
/** @typedef {{type: "complete"}} Complete */
/** @typedef {{type: "abort"}} Abort */
/** @typedef {{type: "leave"}} Leave */
/** @typedef {{type: "pong", nonce: number}} Pong */
/**
 * @typedef {Ticket | Ready | SdpAnswer | Candidate | Stats | RaiseFlag | Chat | StartRun | AnswerRun | TypeCode |
 *   CaptureStill | StillTaken | StillFailed | Complete | Abort | Leave | Pong} BrowserMessage
 */

/**
 * @typedef {object} IceServerInfo
 * @property {string[]} urls
 * @property {string | null} username
 * @property {string | null} credential
 */
/**
 * @typedef {object} LegFigures
 * @property {number | null} rtt_ms
 * @property {number | null} loss_percent
 * @property {number | null} jitter_ms
 * @property {number | null} uplink_kbps
 */
/**
 * @typedef {object} ChecklistItem
 * @property {string} key
 * @property {string} kind
 * @property {boolean} mandatory
 * @property {string} question
 * @property {string | null} claim
 * @property {"open" | "asking" | "settling" | "admissible" | "ask_again"} status settling: ended, its last second is still being measured
 * @property {Answer | null} answer
 * @property {string[]} reasons
 * @property {number} runs
 * @property {boolean} types_code
 */

/** @typedef {{type: "welcome", role: Role, state: InterviewState | null, interview_id: string | null, peer_name: string, sequence: number}} Welcome */
/** @typedef {{type: "waiting", position: number, estimate_s: number | null, interviewers: number}} Waiting */
/** @typedef {{type: "offer", generation: number, sdp: string, ice_servers: IceServerInfo[], relay_only: boolean}} Offer */
/**
 * @typedef {object} QualityUpdate
 * @property {"quality"} type
 * @property {number} at_ms
 * @property {Record<string, string>} indicators
 * @property {string | null} fault
 * @property {Role | null} fault_side
 * @property {Record<string, LegFigures>} legs
 * @property {string | null} run_id
 * @property {boolean | null} run_admissible
 * @property {string[]} run_reasons
 */
/** @typedef {{type: "checklist", items: ChecklistItem[], current: string | null, run_id: string | null}} Checklist */
/** @typedef {{type: "log", sequence: number, at_ms: number, kind: string, by: Role | null, body: Record<string, unknown>}} LogMessage */
/** @typedef {{type: "still_take", still_id: string, kind: StillKind}} TakeStill */
/**
 * @typedef {object} StillStatus
 * @property {"still"} type
 * @property {string} still_id
 * @property {StillKind} kind
 * @property {string} item_key
 * @property {string} run_id
 * @property {"asked" | "taken" | "kept" | "failed"} state
 * @property {boolean | null} usable
 * @property {string[]} problems
 */
/** @typedef {{type: "banner", code: string, side: Role | null, deadline_ms: number | null}} Banner */
/** @typedef {{type: "ping", nonce: number}} Ping */
/** @typedef {{type: "error", code: string, detail: string, in_reply_to: string | null}} ErrorMessage */
/** @typedef {{type: "ended", cause: string, conclusive: boolean, reasons: string[], fault_side: Role | null, next: string}} Ended */
/**
 * @typedef {Welcome | Waiting | Offer | QualityUpdate | Checklist | LogMessage | TakeStill | StillStatus | Banner |
 *   Ping | ErrorMessage | Ended} ServerMessage
 */

/** Fields of each message that the page sends, by its type. @type {Readonly<Record<BrowserMessage["type"], readonly string[]>>} */
export const BROWSER_MESSAGES = Object.freeze({
  ticket: ["ticket", "last_sequence"],
  ready: [],
  answer: ["generation", "sdp"],
  candidate: ["generation", "candidate", "sdp_mid", "sdp_m_line_index"],
  stats: ["generation", "sequence", "client_ms", "audio", "video", "source"],
  flag: ["kind", "note"],
  chat: ["text"],
  run_start: ["item_key"],
  run_answer: ["run_id", "answer"],
  run_code: ["run_id", "code"],
  still_capture: ["run_id"],
  still_taken: ["still_id"],
  still_failed: ["still_id", "problem"],
  complete: [],
  abort: [],
  leave: [],
  pong: ["nonce"],
});

/** Fields of each message that the server sends, by its type. @type {Readonly<Record<ServerMessage["type"], readonly string[]>>} */
export const SERVER_MESSAGES = Object.freeze({
  welcome: ["role", "state", "interview_id", "peer_name", "sequence"],
  waiting: ["position", "estimate_s", "interviewers"],
  offer: ["generation", "sdp", "ice_servers", "relay_only"],
  quality: ["at_ms", "indicators", "fault", "fault_side", "legs", "run_id", "run_admissible", "run_reasons"],
  checklist: ["items", "current", "run_id"],
  log: ["sequence", "at_ms", "kind", "by", "body"],
  still_take: ["still_id", "kind"],
  still: ["still_id", "kind", "item_key", "run_id", "state", "usable", "problems"],
  banner: ["code", "side", "deadline_ms"],
  ping: ["nonce"],
  error: ["code", "detail", "in_reply_to"],
  ended: ["cause", "conclusive", "reasons", "fault_side", "next"],
});

/** Fields of the values inside messages, by their class in Python. */
export const NESTED = Object.freeze({
  BrowserAudio: [
    "stats_id", "ssrc", "total_samples_received", "concealed_samples", "silent_concealed_samples", "concealment_events",
    "jitter_buffer_delay_s", "jitter_buffer_emitted", "packets_received", "packets_lost", "packets_discarded",
    "total_audio_energy",
  ],
  BrowserVideo: [
    "stats_id", "ssrc", "frames_decoded", "frames_dropped", "total_inter_frame_delay_s",
    "total_squared_inter_frame_delay_s2", "qp_sum", "freeze_count", "total_freezes_duration_s", "frame_width",
    "frame_height", "packets_received", "packets_lost", "newest_frame_age_ms", "jitter_buffer_delay_s",
    "jitter_buffer_emitted",
  ],
  BrowserSource: [
    "audio_track", "video_track", "audio_energy", "frames_per_second", "frames_encoded", "quality_limitation",
    "packets_sent_audio", "packets_sent_video", "available_outgoing_bps", "rtt_ms", "page_visible",
    "audio_changes", "video_changes",
  ],
  IceServerInfo: ["urls", "username", "credential"],
  LegFigures: ["rtt_ms", "loss_percent", "jitter_ms", "uplink_kbps"],
  ChecklistItem: [
    "key", "kind", "mandatory", "question", "claim", "status", "answer", "reasons", "runs", "types_code",
  ],
});

/** As in core/messages.py. */
export const LIMITS = Object.freeze({
  MAX_MESSAGE_BYTES: 64 * 1024,
  MAX_CHAT_CHARACTERS: 1_000,
  MAX_NOTE_CHARACTERS: 500,
});

/** A frame that is none of our messages; the call goes on. */
export class ProtocolError extends Error {}

/**
 * The text frame of a message.
 * @param {BrowserMessage} message
 * @returns {string}
 * @throws {ProtocolError} unknown type, or a field that is missing or does not belong to it
 */
export function serialise(message) {
  const fields = BROWSER_MESSAGES[message.type];
  if (!fields) throw new ProtocolError(`unknown message ${message.type}`);
  const present = Object.keys(message).filter((name) => name !== "type");
  const odd = present.filter((name) => !fields.includes(name)).concat(fields.filter((name) => !present.includes(name)));
  if (odd.length > 0) throw new ProtocolError(`${message.type}: ${odd.join(", ")}`);
  return JSON.stringify(message);
}

/**
 * The message in a text frame of the server. Fields that we do not know yet are left out.
 * @param {string} text
 * @returns {ServerMessage}
 * @throws {ProtocolError} not JSON, unknown type, or a field is missing
 */
export function parse(text) {
  const value = asObject(text);
  const type = /** @type {ServerMessage["type"]} */ (String(value["type"]));
  const fields = Object.hasOwn(SERVER_MESSAGES, type) ? SERVER_MESSAGES[type] : undefined;
  if (!fields) throw new ProtocolError(`unknown message ${type}`);
  const missing = fields.filter((name) => !(name in value));
  if (missing.length > 0) throw new ProtocolError(`${type} lacks ${missing.join(", ")}`);
  const known = Object.fromEntries(fields.map((name) => [name, value[name]]));
  return /** @type {ServerMessage} */ (/** @type {unknown} */ ({ type, ...known }));
}

/** @param {string} text @returns {Record<string, unknown>} */
function asObject(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProtocolError("not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new ProtocolError("not an object");
  return value;
}
