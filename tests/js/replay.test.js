import assert from "node:assert/strict";
import { test } from "node:test";
import { around, CLOSEST_S, following, percent, ticks, whole, within, zoomed } from "../../static/js/replay/axis.js";
import { textsOf } from "../../static/js/replay/figures.js";
import { numberText, testText } from "../../static/js/replay/format.js";
import { commandOf } from "../../static/js/replay/keyboard.js";
import { placed, rowsUsed } from "../../static/js/replay/labels.js";
import { firstLook, happening, levels, modelOf, stretchesOf } from "../../static/js/replay/model.js";
import { momentAt } from "../../static/js/replay/pointer.js";
import { linesOf } from "../../static/js/replay/run_figures.js";

const START = 1_790_000_000_000;
const streamSecond = (more = {}) => ({
  band: "good", known: true, speech: true, spoke: true, source_off: false, device: null, concealment: 0.01, concealment_run_ms: 10,
  level_dbov: -25, sink_level_dbfs: -27, fps: 24, gap_ms: 40, frozen_ms: 0, delay_ms: 300, ...more,
});
const legSecond = (more = {}) => ({
  covered: true, connected: true, uplink: [], downlink: [], rtt_ms: 50, uplink_loss: 0.5, downlink_loss: 0.25, jitter_ms: 5, silence_ms: 20,
  loop_lag_ms: 1, udp_drops: 0, ...more,
});
const each = (make, total = 20) => Array.from({ length: total }, (_, second) => make(second));

/** A call of 20 seconds: the interviewer's rows are missing in second 3, and the freelancer is away in seconds 7 and 8. */
function call(more = {}) {
  const stream = () => each((second) => (second === 3 ? streamSecond({ band: "unknown", known: false, concealment: null, fps: null, gap_ms: null }) : streamSecond()));
  return {
    interview: { live_ms: START + 2_000, ended_ms: START + 20_000, end_cause: "completed" },
    start_ms: START, seconds: each((second) => START + 1_000 * second),
    streams: { audio_from_freelancer: stream(), audio_from_interviewer: stream(), video_from_freelancer: stream(), video_from_interviewer: stream() },
    legs: {
      freelancer: each((second) => legSecond(second === 7 || second === 8 ? { connected: false } : {})),
      interviewer: each((second) => legSecond(second === 3 ? { covered: false, rtt_ms: null, uplink_loss: 0 } : {})),
    },
    bitrate_kbps: { freelancer: each(() => 900), interviewer: each((second) => (second === 3 ? null : 800)) },
    problems: [], flags: [], log: [], connections: [], frames: [], stills: [],
    runs: [run("run_1", 5_500, 9_200, false), run("run_2", 12_000, 15_000, true)],
    limits: { window_padding_ms: 1_000, leg_loss_max: 0.03, face_min_fps: 8 },
    ...more,
  };
}

const run = (id, from, to, admissible) => ({
  id, key: "identity.city", question: "Which city?", started_ms: START + from, ended_ms: to === null ? null : START + to, answer: "consistent",
  admissible, reasons: admissible === false ? ["media.disconnected"] : [],
  figures: [{ test: "coverage", stream: "audio_from_freelancer", value: 0.75, limit: 0.95, passed: false }, { test: "audio_level", stream: null, value: null, limit: -50, passed: false }],
});
const chart = (model, name) => model.charts.find((one) => one.name === name);
const wording = { of: (kind, code) => `${kind}.${code}`, word: (code) => code };

test("a second without the server's rows is a gap in every chart of that leg, not a zero", () => {
  const model = modelOf(call());
  for (const name of ["rtt", "loss", "jitter", "bitrate"]) {
    const line = chart(model, name).lines.find(({ direction }) => direction === "interviewer_uplink");
    assert.deepEqual([line.values[2] === null, line.values[3], line.values[4] === null], [false, null, false], name);
  }
});

test("a leg that is not connected has no loss and no round trip, however its counters look", () => {
  const model = modelOf(call());
  assert.deepEqual(chart(model, "rtt").lines[0].values.slice(6, 10), [50, null, null, 50]);
  assert.deepEqual(chart(model, "loss").lines[0].values.slice(6, 10), [50, null, null, 50]);
});

test("what was not measured breaks the line, and a lone second is still a line", () => {
  assert.deepEqual(levels([1, 2, null, 3, undefined, 4], 0, 5), [[[0, 1], [1, 1], [1, 2], [2, 2]], [[3, 3], [4, 3]], [[5, 4], [6, 4]]]);
  assert.deepEqual(levels([null, null], 0, 1), []);
  assert.deepEqual(levels([0, 0], -5, 99), [[[0, 0], [1, 0], [1, 0], [2, 0]]]);
});

test("a window is shown with the whole seconds of its padding, which are judged too", () => {
  const [first] = modelOf(call()).windows;
  assert.deepEqual([first.paddedFrom, first.from, first.to, first.paddedTo, first.verdict], [4, 5.5, 9.2, 11, "no"]);
});

test("an open asking of a running call reaches the end and is not judged yet", () => {
  const model = modelOf(call({ interview: { live_ms: START, ended_ms: null, end_cause: null }, runs: [run("run_1", 5_000, null, null)] }));
  assert.deepEqual([model.running, model.windows[0].to, model.windows[0].verdict], [true, 20, "pending"]);
  assert.equal(model.marks.some(({ kind }) => kind === "ended"), false);
});

test("equal neighbours become one stretch and every second belongs to exactly one", () => {
  const found = stretchesOf(["good", "good", "bad", "good"]);
  assert.deepEqual(found, [{ from: 0, to: 2, band: "good" }, { from: 2, to: 3, band: "bad" }, { from: 3, to: 4, band: "good" }]);
});

test("marks stand in time order and say who, which generation and what was written", () => {
  const model = modelOf(call({
    flags: [{ kind: "cant_hear", at_ms: START + 6_000, raised_by: "freelancer", note: "" }, { kind: "telemetry", at_ms: START + 19_000, raised_by: null, note: "x" }],
    connections: [{ at_ms: START + 1_000, leg: "freelancer", state: "connected", generation: 1 }, { at_ms: START + 7_000, leg: "freelancer", state: "disconnected", generation: 1 }, { at_ms: START + 9_000, leg: "freelancer", state: "connected", generation: 2 }],
    log: [{ at_ms: START + 8_000, kind: "chat", by: "interviewer", body: { text: "Hello" } }, { at_ms: START + 8_500, kind: "run", by: null, body: {} }, { at_ms: START + 8_600, kind: "state", by: null, body: { state: "impaired", side: null } }],
  }));
  assert.deepEqual(model.marks.map(({ kind, who, generation, text }) => [kind, who, generation, text].join(" ").trim()), [
    "connected freelancer 1", "cant_hear freelancer", "outage freelancer", "reconnecting freelancer 1", "chat interviewer  Hello", "impaired", "reconnected freelancer 2",
    "telemetry server  x", "ended",
  ]);
  const outage = model.marks.find(({ kind }) => kind === "outage");
  assert.deepEqual([outage.from, outage.to], [7, 9]);
});

test("what was before the axis begins stands at its beginning", () => {
  const { start_ms } = call();
  const early = { at_ms: start_ms - 7_000, kind: "chat", by: null, body: { text: "Coming." } };
  const [mark] = modelOf(call({ log: [early] })).marks.filter(({ kind }) => kind === "chat");
  assert.deepEqual([mark?.from, mark?.text], [0, "Coming."]);
});

test("the second that is looked at knows its questions and its marks", () => {
  const model = modelOf(call());
  assert.deepEqual(happening(model, 4).windows.map(({ run: { id } }) => id), ["run_1"]);
  assert.deepEqual(happening(model, 8).marks.map(({ kind }) => kind), ["outage"]);
  assert.deepEqual(happening(model, 3).windows, []);
});

test("a still is a mark at the second at which it was taken, and says what it shows", () => {
  const taken = (id, second, usable) => ({ id, run_id: "run_1", kind: "document_front", at_ms: START + 1_000 * second, usable, erased: false });
  const marks = modelOf(call({ stills: [taken("sti_2", 8.5, true), taken("sti_1", 6, false)] })).marks.filter(({ still }) => still);
  assert.deepEqual(marks.map(({ kind, from, who, still }) => [kind, from, who, still?.id, still?.usable]), [
    ["document_front", 6, "", "sti_1", false], ["document_front", 8.5, "", "sti_2", true],
  ]);
});

test("the first look goes to the first question that did not count", () => {
  assert.equal(firstLook(modelOf(call())), 5);
  assert.equal(firstLook(modelOf(call({ runs: [] }))), 2);
});

test("limits of the policy are drawn in the unit of their chart, and a missing one is not drawn", () => {
  const model = modelOf(call());
  assert.deepEqual(chart(model, "loss").limits, [{ value: 3, sign: "≤" }]);
  assert.deepEqual(chart(model, "fps").limits, [{ value: 8, sign: "≥" }]);
  assert.deepEqual(chart(model, "rtt").limits, []);
});

test("every figure of a second is text, and nothing that is missing becomes a number", () => {
  const model = modelOf(call());
  const [known, missing] = [textsOf(model, 5, wording, "en"), textsOf(model, 3, wording, "en")];
  assert.deepEqual([known["interviewer.rtt"], known["interviewer_uplink.loss"], known["freelancer_downlink.fps"]], ["50", "50.0", "24.0"]);
  for (const name of ["interviewer.rtt", "interviewer_uplink.loss", "interviewer_uplink.bitrate", "interviewer.connected", "interviewer_uplink.faults", "freelancer_downlink.fps", "audio_from_freelancer.speech", "picture.luma"]) {
    assert.equal(missing[name], "–", name);
  }
});

test("every test of an asking names value, limit and outcome, and what was not measured never passes as a number", () => {
  const lines = linesOf(run("r", 0, 1, false).figures, wording, "en");
  assert.deepEqual(lines[0], { test: "test.coverage", stream: "stream.audio_from_freelancer", measured: "75.0 %", limit: "≥ 95.0 %", passed: "no", state: "failed" });
  assert.equal(lines[1].measured, "–");
  assert.deepEqual(testText({ test: "of_tomorrow", stream: null, value: 1, limit: 2, passed: true }, "en"), { measured: "1.000", limit: "2.000" });
  assert.equal(numberText(Number.NaN, 1, "en"), "–");
});

test("zooming keeps the moment under the cursor, never leaves the call and always comes back to all of it", () => {
  let view = whole(900);
  for (let round = 0; round < 40; round += 1) {
    const before = percent(view, 300.5);
    view = zoomed(view, 900, 0.5, 300.5);
    assert.ok(view.from >= 0 && view.to <= 900 && view.to - view.from >= CLOSEST_S - 1e-9);
    assert.ok(Math.abs(percent(view, 300.5) - before) < 1e-6);
  }
  for (let round = 0; round < 40; round += 1) view = zoomed(view, 900, 2, 300.5);
  assert.deepEqual(view, { from: 0, to: 900 });
});

test("a stretch outside the call is moved into it, and a short call is shown whole", () => {
  assert.deepEqual(within({ from: -50, to: 50 }, 900), { from: 0, to: 100 });
  assert.deepEqual(within({ from: 880, to: 980 }, 900), { from: 800, to: 900 });
  assert.deepEqual(within({ from: 1, to: 2 }, 3), { from: 0, to: 3 });
  assert.deepEqual(around({ from: 0, to: 4 }, 900), { from: 0, to: 8 });
});

test("stepping past the edge takes the view along", () => {
  const view = { from: 10, to: 20 };
  assert.equal(following(view, 900, 15), view);
  assert.deepEqual(following(view, 900, 20), { from: 11, to: 21 });
  assert.deepEqual(following(view, 900, 4), { from: 4, to: 14 });
});

test("time labels are round and never closer than they are wide", () => {
  assert.deepEqual(ticks({ from: 0, to: 900 }, 800), [0, 120, 240, 360, 480, 600, 720, 840]);
  assert.deepEqual(ticks({ from: 3.5, to: 9 }, 800), [4, 5, 6, 7, 8, 9]);
});

test("labels never cover each other, and what did not count is placed before what did", () => {
  const labels = [{ left: 0, width: 100, weight: 1 }, { left: 50, width: 100, weight: 0 }, { left: 190, width: 60, weight: 0 }];
  const places = placed(labels, 200, 2);
  assert.deepEqual(places, [{ row: 1, left: 0 }, { row: 0, left: 50 }, { row: 1, left: 140 }]);
  assert.equal(rowsUsed(places), 2);
  assert.deepEqual(placed(labels, 200, 1), [null, { row: 0, left: 50 }, null]);
});

test("a place left or right of the axis is no moment", () => {
  const [axis, view] = [{ left: 100, width: 200 }, { from: 10, to: 20 }];
  assert.deepEqual([momentAt(200, axis, view), momentAt(99, axis, view), momentAt(301, axis, view)], [15, null, null]);
});

test("keys zoom, step and let go, and are left alone where someone types or scrolls a table", () => {
  const key = (name, more = {}) => commandOf({ key: name, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, target: null, ...more }, false);
  assert.deepEqual([key("+"), key("-"), key("0"), key("Escape")].map((one) => one.do), ["zoom-in", "zoom-out", "zoom-all", "unpin"]);
  assert.deepEqual([key("ArrowRight").by, key("ArrowLeft", { shiftKey: true }).by], [1, -10]);
  assert.equal(key("+", { ctrlKey: true }), null);
  assert.equal(key("ArrowRight", { target: { closest: () => ({}) } }), null);
  assert.deepEqual([key("Home"), key("toString")], [null, null]);
});
