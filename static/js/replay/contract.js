/**
 * The shape of replay.json (service/reviewing.py) as far as the page reads it. One rule: types only.
 *
 * @typedef {"freelancer" | "interviewer"} Leg
 * @typedef {"audio_from_freelancer" | "audio_from_interviewer" | "video_from_freelancer" | "video_from_interviewer"} Stream
 *
 * @typedef {object} StreamSecond
 * @property {string} band
 * @property {boolean} known
 * @property {boolean} speech
 * @property {boolean} spoke
 * @property {boolean} source_off
 * @property {Leg | null} device
 * @property {number | null} concealment
 * @property {number | null} concealment_run_ms
 * @property {number | null} level_dbov
 * @property {number | null} sink_level_dbfs
 * @property {number | null} fps
 * @property {number | null} gap_ms
 * @property {number | null} frozen_ms
 * @property {number | null} delay_ms
 *
 * @typedef {object} LegSecond
 * @property {boolean} covered
 * @property {boolean} connected
 * @property {string[]} uplink failed tests
 * @property {string[]} downlink failed tests
 * @property {number | null} rtt_ms
 * @property {number} uplink_loss
 * @property {number} downlink_loss
 * @property {number} jitter_ms
 * @property {number} silence_ms
 * @property {number} loop_lag_ms
 * @property {number} udp_drops
 *
 * @typedef {{test: string, stream: Stream | null, value: number | null, limit: number, passed: boolean}} Figure
 *
 * @typedef {object} Run
 * @property {string} id
 * @property {string} key
 * @property {string} question
 * @property {number} started_ms
 * @property {number | null} ended_ms
 * @property {string | null} answer
 * @property {boolean | null} admissible null before the verdict
 * @property {string[]} reasons
 * @property {Figure[]} figures
 *
 * @typedef {object} Replay
 * @property {{live_ms: number | null, ended_ms: number | null, end_cause: string | null}} interview
 * @property {number} start_ms
 * @property {number[]} seconds
 * @property {Record<Stream, StreamSecond[]>} streams
 * @property {Record<Leg, LegSecond[]>} legs
 * @property {Record<Leg, (number | null)[]>} bitrate_kbps
 * @property {{kind: string, leg: Leg, from_ms: number, detail: string}[]} problems
 * @property {Run[]} runs
 * @property {{kind: string, at_ms: number, raised_by: Leg | null, note: string}[]} flags
 * @property {{at_ms: number, kind: string, by: Leg | null, body: Record<string, unknown>}[]} log
 * @property {{at_ms: number, leg: Leg, state: string, generation: number}[]} connections
 * @property {{at_ms: number, mean_luma: number, sharpness: number, glare_share: number, faces: number, face_width_px: number | null}[]} frames
 * @property {{id: string, run_id: string, kind: string, at_ms: number, usable: boolean, erased: boolean}[]} stills
 * @property {Record<string, number>} limits
 */

/** @type {readonly Leg[]} */
export const LEGS = ["freelancer", "interviewer"];
/** @type {readonly Stream[]} */
export const STREAMS = ["audio_from_interviewer", "audio_from_freelancer", "video_from_interviewer", "video_from_freelancer"];
