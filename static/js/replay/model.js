/**
 * replay.json as what the page draws. One rule: what was not measured stays null from here to the screen; nothing is filled in.
 *
 * Times are seconds from the first measured one; second k is [k, k + 1), as on the server.
 */

import { LEGS, STREAMS } from "./contract.js";

/**
 * @typedef {import("./contract.js").Replay} Replay
 * @typedef {import("./contract.js").Leg} Leg
 * @typedef {import("./contract.js").Stream} Stream
 * @typedef {import("./contract.js").Run} Run
 * @typedef {import("./contract.js").StreamSecond} StreamSecond
 * @typedef {import("./contract.js").LegSecond} LegSecond
 * @typedef {{from: number, to: number, band: string}} Stretch
 * @typedef {{direction: string, values: (number | null)[]}} Line direction is a leg and a way, e.g. "freelancer_uplink"
 * @typedef {{value: number, sign: "≤" | "≥"}} Limit
 * @typedef {{name: string, digits: number, lines: Line[], limits: Limit[]}} Chart
 * @typedef {{run: Run, from: number, to: number, paddedFrom: number, paddedTo: number, verdict: "yes" | "no" | "pending"}} Window
 * @typedef {{id: string, usable: boolean}} Taken a still
 * @typedef {{kind: string, from: number, to: number | null, who: string, generation: number | null, text: string, still: Taken | null}} Mark
 *
 * @typedef {object} Model
 * @property {Replay} replay
 * @property {number} total seconds
 * @property {boolean} running the call has not ended
 * @property {Window[]} windows
 * @property {Mark[]} marks
 * @property {Record<Stream, Stretch[]>} stretches
 * @property {Chart[]} charts
 */

/** @param {Replay} replay @returns {Model} */
export function modelOf(replay) {
  return {
    replay,
    total: replay.seconds.length,
    running: replay.interview.ended_ms === null,
    windows: replay.runs.map((run) => windowOf(replay, run)),
    marks: marksOf(replay),
    stretches: /** @type {Record<Stream, Stretch[]>} */ (
      Object.fromEntries(STREAMS.map((stream) => [stream, stretchesOf(replay.streams[stream].map(({ band }) => band))]))),
    charts: chartsOf(replay),
  };
}

/**
 * Equal neighbours as one stretch.
 * @param {string[]} bands one a second
 * @returns {Stretch[]}
 */
export function stretchesOf(bands) {
  /** @type {Stretch[]} */
  const found = [];
  bands.forEach((band, second) => {
    const last = found.at(-1);
    if (last?.band === band) last.to = second + 1;
    else found.push({ from: second, to: second + 1, band });
  });
  return found;
}

/** @param {Replay} replay @param {Run} run @returns {Window} */
function windowOf(replay, run) {
  const total = replay.seconds.length;
  const at = (/** @type {number} */ ms) => (ms - replay.start_ms) / 1_000;
  const padding = (replay.limits["window_padding_ms"] ?? 0) / 1_000;
  const from = at(run.started_ms);
  const to = run.ended_ms === null ? total : at(run.ended_ms);
  return {
    run,
    from,
    to,
    paddedFrom: Math.max(0, Math.floor(from - padding)),
    paddedTo: Math.min(total, Math.ceil(to + padding)),
    verdict: run.admissible === null ? "pending" : run.admissible ? "yes" : "no",
  };
}

/** @param {Replay} replay @returns {Mark[]} in time order; what came before the axis begins stands at its beginning */
function marksOf(replay) {
  const at = (/** @type {number} */ ms) => (ms - replay.start_ms) / 1_000;
  /** @param {string} kind @param {number} ms @param {string} who @param {Partial<Mark>} [more] @returns {Mark} */
  const mark = (kind, ms, who, more) => ({ kind, from: at(ms), to: null, who, generation: null, text: "", still: null, ...more });
  const marks = [
    ...LEGS.flatMap((leg) => outagesOf(replay.legs[leg]).map(({ from, to }) => ({ ...mark("outage", replay.start_ms, leg), from, to }))),
    ...replay.flags.map((flag) => mark(flag.kind, flag.at_ms, flag.raised_by ?? "server", { text: flag.note })),
    ...replay.problems.map((problem) => mark("problem", problem.from_ms, problem.leg, { text: problem.detail })),
    ...replay.connections.map((one) => mark(connectionKind(one), one.at_ms, one.leg, { generation: one.generation })),
    ...replay.stills.map(({ id, kind, at_ms, usable }) => mark(kind, at_ms, "", { still: { id, usable } })),
    ...replay.log.filter(({ kind }) => kind === "chat").map((one) => mark("chat", one.at_ms, one.by ?? "server", { text: textOf(one.body["text"]) })),
    ...replay.log.filter(({ kind }) => kind === "state").map((one) => mark(textOf(one.body["state"]), one.at_ms, textOf(one.body["side"]))),
  ];
  if (replay.interview.ended_ms !== null) marks.push(mark("ended", replay.interview.ended_ms, ""));
  return marks.sort((one, other) => one.from - other.from).map((one) => ({ ...one, from: Math.max(0, one.from) }));
}

/** @param {unknown} value */
function textOf(value) {
  return typeof value === "string" ? value : "";
}

/** @param {{state: string, generation: number}} one @returns {string} */
function connectionKind({ state, generation }) {
  if (state === "connected") return generation > 1 ? "reconnected" : "connected";
  return state === "disconnected" ? "reconnecting" : state;
}

/** @param {LegSecond[]} seconds @returns {{from: number, to: number}[]} in which the server saw the leg unconnected, once it had been connected */
function outagesOf(seconds) {
  const begun = seconds.findIndex(({ connected }) => connected);
  const off = stretchesOf(seconds.map(({ covered, connected }, second) => String(second > begun && begun >= 0 && covered && !connected)));
  return off.filter(({ band }) => band === "true");
}

// ---------------------------------------------------------------- charts

/** The stream that arrives at a leg is what its downlink carries. @type {Record<Leg, {audio: Stream, video: Stream}>} */
export const ARRIVING = {
  freelancer: { audio: "audio_from_interviewer", video: "video_from_interviewer" },
  interviewer: { audio: "audio_from_freelancer", video: "video_from_freelancer" },
};

/** @param {Replay} replay @returns {Chart[]} */
function chartsOf(replay) {
  const limit = (/** @type {string} */ name, /** @type {"≤" | "≥"} */ sign, scale = 1) => {
    const value = replay.limits[name];
    return value === undefined ? [] : [{ value: value * scale, sign }];
  };
  /** @param {string} way @param {(second: LegSecond) => number | null} figure */
  const legs = (way, figure) => LEGS.map((leg) => ({
    direction: `${leg}_${way}`, values: replay.legs[leg].map((second) => (second.covered && second.connected ? figure(second) : null)),
  }));
  /** @param {"audio" | "video"} medium @param {(second: StreamSecond) => number | null} figure */
  const sinks = (medium, figure) => LEGS.map((leg) => ({
    direction: `${leg}_downlink`, values: replay.streams[ARRIVING[leg][medium]].map(figure),
  }));
  return [
    { name: "rtt", digits: 0, lines: legs("uplink", ({ rtt_ms }) => rtt_ms), limits: limit("leg_rtt_max_ms", "≤") },
    {
      name: "loss", digits: 1, limits: limit("leg_loss_max", "≤", 100),
      lines: [...legs("uplink", (second) => 100 * second.uplink_loss), ...legs("downlink", (second) => 100 * second.downlink_loss)],
    },
    { name: "jitter", digits: 0, lines: legs("uplink", ({ jitter_ms }) => jitter_ms), limits: limit("leg_jitter_max_ms", "≤") },
    { name: "bitrate", digits: 0, lines: LEGS.map((leg) => ({ direction: `${leg}_uplink`, values: replay.bitrate_kbps[leg] })), limits: [] },
    { name: "fps", digits: 1, lines: sinks("video", ({ fps }) => fps), limits: [...limit("face_min_fps", "≥"), ...limit("gesture_min_fps", "≥")] },
    {
      name: "concealment", digits: 1, lines: sinks("audio", ({ concealment }) => times(concealment, 100)),
      limits: [...limit("audio_window_max", "≤", 100), ...limit("audio_worst_second_max", "≤", 100)],
    },
    {
      name: "freezes", digits: 2, lines: sinks("video", ({ gap_ms }) => times(gap_ms, 0.001)),
      limits: [...limit("face_max_gap_ms", "≤", 0.001), ...limit("gesture_max_gap_ms", "≤", 0.001)],
    },
  ];
}

/** @param {number | null} value @param {number} factor */
function times(value, factor) {
  return value === null ? null : value * factor;
}

/**
 * The level lines of a chart: one polyline for every unbroken run of measured seconds, each second as wide as it is.
 * @param {(number | null | undefined)[]} values
 * @param {number} first index
 * @param {number} last index
 * @returns {[number, number][][]} points of (seconds, value)
 */
export function levels(values, first, last) {
  /** @type {[number, number][][]} */
  const lines = [];
  let broken = true;
  for (let second = Math.max(0, first); second <= Math.min(values.length - 1, last); second += 1) {
    const value = values[second];
    if (value === null || value === undefined) {
      broken = true;
      continue;
    }
    if (broken) lines.push([]);
    broken = false;
    lines.at(-1)?.push([second, value], [second + 1, value]);
  }
  return lines;
}

/**
 * Windows whose padded stretch holds the second, and marks that fall into it.
 * @param {Model} model
 * @param {number} second
 */
export function happening(model, second) {
  return {
    windows: model.windows.filter(({ paddedFrom, paddedTo }) => second >= paddedFrom && second < paddedTo),
    marks: model.marks.filter(({ from, to }) => (to === null ? Math.floor(from) === second : second >= from && second < to)),
  };
}

/**
 * Where a reviewer should look first: the first question that did not count, else where the call became live.
 * @param {Model} model
 * @returns {number} second
 */
export function firstLook(model) {
  const refused = model.windows.find(({ verdict }) => verdict === "no");
  const live = model.replay.interview.live_ms;
  const begin = refused ? refused.from : live === null ? 0 : (live - model.replay.start_ms) / 1_000;
  return Math.max(0, Math.min(model.total - 1, Math.floor(begin)));
}
