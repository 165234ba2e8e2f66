import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { NESTED } from "../../static/js/protocol.js";
import { fromReport, pathActivity, sentVideoOf, trackState, uplinkOf } from "../../static/js/stats.js";
import { fakeTrack } from "./fakes.js";

/** Recorded from Chromium: a page sending to itself, fake devices. */
const recorded = JSON.parse(readFileSync(new URL("./fixtures/chromium_stats.json", import.meta.url), "utf8"));
const report = (stats = recorded) => new Map(stats.map((stat) => [stat.id, stat]));
/** Recorded from Firefox: a call through the relay, a canvas for a camera. */
const firefox = JSON.parse(readFileSync(new URL("./fixtures/firefox_stats.json", import.meta.url), "utf8"));
const around = { audioTrack: fakeTrack("audio"), videoTrack: fakeTrack("video"), newestFrameAgeMs: 31.5, pageVisible: true, changes: { audio: 1, video: 2 } };
const of = (type, kind) => recorded.find((stat) => stat.type === type && stat.kind === kind);

test("a recorded report of Chromium fills every field", () => {
  const rows = fromReport(report(), around);
  for (const row of Object.values(rows)) {
    for (const [name, value] of Object.entries(row)) assert.notEqual(value, null, name);
  }
});

test("a recorded report of Firefox lacks four fields, and says so", () => {
  const rows = Object.values(fromReport(report(firefox), around));
  const lacking = rows.flatMap((row) => Object.entries(row).filter(([, value]) => value === null).map(([name]) => name));
  assert.deepEqual(lacking.toSorted(), ["audio_energy", "available_outgoing_bps", "qp_sum", "quality_limitation"]);
});

test("rows have exactly the fields of the protocol", () => {
  const rows = fromReport(new Map(), { ...around, changes: null });
  assert.deepEqual(Object.keys(rows.audio), NESTED.BrowserAudio);
  assert.deepEqual(Object.keys(rows.video), NESTED.BrowserVideo);
  assert.deepEqual(Object.keys(rows.source), NESTED.BrowserSource);
});

test("counters go out as the browser gave them", () => {
  const { audio, video, source } = fromReport(report(), around);
  const [sound, picture, sent] = [of("inbound-rtp", "audio"), of("inbound-rtp", "video"), of("outbound-rtp", "video")];
  assert.equal(audio.total_samples_received, sound.totalSamplesReceived);
  assert.equal(audio.concealed_samples, sound.concealedSamples);
  assert.equal(audio.ssrc, sound.ssrc);
  assert.equal(audio.stats_id, sound.id);
  assert.equal(video.total_squared_inter_frame_delay_s2, picture.totalSquaredInterFrameDelay);
  assert.equal(video.newest_frame_age_ms, 31.5);
  assert.equal(source.packets_sent_video, sent.packetsSent);
  assert.equal(source.quality_limitation, sent.qualityLimitationReason);
  assert.equal(source.audio_energy, of("media-source", "audio").totalAudioEnergy);
});

test("seconds of the round trip become milliseconds, of the selected pair only", () => {
  const pair = recorded.find((stat) => stat.type === "candidate-pair");
  const slow = recorded.map((stat) => (stat === pair ? { ...stat, currentRoundTripTime: 0.25 } : stat));
  const other = { id: "CPother", type: "candidate-pair", nominated: true, state: "succeeded", currentRoundTripTime: 9 };
  assert.equal(fromReport(report([other, ...slow]), around).source.rtt_ms, 250);
});

test("what a browser lacks is null and never 0", () => {
  const bare = recorded.map((stat) => {
    const { concealedSamples, silentConcealedSamples, qpSum, freezeCount, ...rest } = stat;
    return rest;
  });
  const { audio, video } = fromReport(report(bare), { ...around, newestFrameAgeMs: null });
  assert.deepEqual([audio.concealed_samples, audio.silent_concealed_samples], [null, null]);
  assert.deepEqual([video.qp_sum, video.freeze_count, video.newest_frame_age_ms], [null, null, null]);
  assert.deepEqual(Object.values(fromReport(new Map(), around).audio).filter((value) => value !== null), []);
});

test("a value that is no finite number is null", () => {
  const odd = recorded.map((stat) => (stat.kind === "audio" && stat.type === "inbound-rtp"
    ? { ...stat, packetsLost: Number.NaN, packetsReceived: Infinity, jitterBufferDelay: "3" } : stat));
  const { audio } = fromReport(report(odd), around);
  assert.deepEqual([audio.packets_lost, audio.packets_received, audio.jitter_buffer_delay_s], [null, null, null]);
});

test("a negative number of lost packets stays negative", () => {
  const fewer = recorded.map((stat) => (stat.kind === "audio" && stat.type === "inbound-rtp" ? { ...stat, packetsLost: -3 } : stat));
  assert.equal(fromReport(report(fewer), around).audio.packets_lost, -3);
});

test("after a new ssrc the stream that still receives is reported, under its own id", () => {
  const old = of("inbound-rtp", "video");
  const fresh = { ...old, id: "ITnew", ssrc: 7, packetsReceived: 3, lastPacketReceivedTimestamp: old.lastPacketReceivedTimestamp + 1_000 };
  for (const stats of [[...recorded, fresh], [fresh, ...recorded]]) {
    const { video } = fromReport(report(stats), around);
    assert.deepEqual([video.ssrc, video.stats_id, video.packets_received], [7, "ITnew", 3]);
  }
});

test("a track is missing, ended, disabled, muted or live, the worst first", () => {
  assert.equal(trackState(null), "missing");
  assert.equal(trackState(fakeTrack("audio", { readyState: "ended", enabled: false })), "ended");
  assert.equal(trackState(fakeTrack("audio", { enabled: false, muted: true })), "disabled");
  assert.equal(trackState(fakeTrack("audio", { muted: true })), "muted");
  assert.equal(trackState(fakeTrack("audio")), "live");
});

test("feedback alone shows that the path is alive", () => {
  const before = pathActivity(report());
  const transport = recorded.find((stat) => stat.type === "transport");
  const later = recorded.map((stat) => (stat === transport ? { ...stat, bytesReceived: stat.bytesReceived + 60 } : stat));
  assert.notEqual(pathActivity(report(later)).received, before.received);
  assert.equal(pathActivity(report(later)).sent, before.sent);
});

test("the uplink's loss is the worst that any receiver report states", () => {
  const lossy = recorded.map((stat) => (stat.type === "remote-inbound-rtp" && stat.kind === "audio" ? { ...stat, fractionLost: 0.2 } : stat));
  assert.equal(uplinkOf(report(lossy)).fractionLost, 0.2);
  assert.deepEqual(uplinkOf(new Map()), { estimateBps: null, rttMs: null, fractionLost: null });
});

test("where the pair's round trip is not known, the shortest of the reports' counts", () => {
  assert.equal(Math.round(uplinkOf(report(firefox)).rttMs), 202);
  const silent = firefox.map(({ roundTripTime, ...rest }) => rest);
  assert.equal(uplinkOf(report(silent)).rttMs, null);
});

test("the own video as it is sent has the shorter side of its picture, its bytes and its frames", () => {
  const sent = firefox.find((stat) => stat.type === "outbound-rtp" && stat.kind === "video");
  assert.deepEqual(sentVideoOf(report(firefox)), { shorterSide: 480, bytes: sent.bytesSent, frames: sent.framesEncoded, cameraRate: 24 });
  const upright = firefox.map((stat) => (stat === sent ? { ...stat, frameWidth: 360, frameHeight: 640 } : stat));
  assert.equal(sentVideoOf(report(upright)).shorterSide, 360);
  assert.deepEqual(sentVideoOf(new Map()), { shorterSide: null, bytes: null, frames: null, cameraRate: null });
});
