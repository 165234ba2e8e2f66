import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CheckFailed, runCheck } from "../../static/js/check.js";
import { figureTexts } from "../../static/js/network_check.js";
import { FakePeerConnection, FakeTimers, fakeTrack, settle } from "./fakes.js";

const recorded = new Map(JSON.parse(readFileSync(new URL("./fixtures/chromium_stats.json", import.meta.url), "utf8")).map((stat) => [stat.id, stat]));
const RELAYED = "candidate:2 1 udp 50339839 203.0.113.5 65025 typ relay raddr 0.0.0.0 rport 0";
const VERDICT = { passed: true, words: "good", problems: [], figures: {} };

function check({ connects = true, relayOnly = false, gathered = RELAYED } = {}) {
  const timers = new FakeTimers();
  const world = { timers, posts: [], peers: [], progress: [] };
  const answers = {
    "/join/check/start": { check_id: "chk_1", legs: { sender: { generation: 1, sdp: "up" }, receiver: { generation: 1, sdp: "down" } }, ice_servers: [{ urls: ["turn:x"], username: "u", credential: "c" }], relay_only: relayOnly, seconds: 3 },
    "/join/check/answer": {},
    "/join/check/finish": VERDICT,
  };
  world.done = runCheck({
    api: { get: async () => ({}), post: async (path, body) => { world.posts.push([path, body]); return answers[path]; } },
    prefix: "/join",
    createConnection: (configuration) => {
      const peer = new FakePeerConnection(configuration);
      peer.report = recorded;
      peer.gathers = () => {
        peer.gathered(gathered);
        peer.become("iceGatheringState", "complete", "icegatheringstatechange");
      };
      world.peers.push(peer);
      if (connects) timers.set(() => peer.connect(), 100);
      return peer;
    },
    tracks: { audio: fakeTrack("audio"), video: fakeTrack("video") },
    play: () => undefined,
    sleep: (ms) => new Promise((resolve) => { timers.set(resolve, ms); }),
    frameAgeMs: () => 10, pageVisible: () => true,
    onProgress: (done, whole) => world.progress.push([done, whole]),
  });
  return world;
}

test("a check answers both legs, measures, and hands in what came back", async () => {
  const world = check();
  await world.timers.advance(4_000);
  assert.deepEqual(await world.done, { ...VERDICT, figures: { downlink_kbps: 0 } });
  const answered = world.posts.filter(([path]) => path.endsWith("answer")).map(([, body]) => [body.leg, body.sdp]);
  assert.deepEqual(answered.sort(), [["receiver", "answer to down"], ["sender", "answer to up"]]);
  const [path, body] = world.posts.at(-1);
  assert.equal(path, "/join/check/finish");
  assert.deepEqual(Object.keys(body), ["check_id", "audio", "video", "source"]);
  assert.equal(body.source.audio_track, "live");
});

test("camera and microphone go up on the sender only", async () => {
  const world = check();
  await world.timers.advance(4_000);
  const [sender, receiver] = world.peers;
  assert.deepEqual(sender.transceivers.map((one) => one.sender.track?.kind), ["audio", "video"]);
  assert.deepEqual(receiver.transceivers.map((one) => one.sender.track), [null, null]);
});

test("progress is told each second until the end", async () => {
  const world = check();
  await world.timers.advance(4_000);
  await world.done;
  assert.deepEqual(world.progress, [[0, 3], [1, 3], [2, 3], [3, 3]]);
});

test("without a connection the check fails, and both peer connections are closed", async () => {
  const world = check({ connects: false });
  const outcome = assert.rejects(world.done, (error) => error instanceof CheckFailed && error.code === "not_connected");
  await world.timers.advance(15_000);
  await outcome;
  assert.deepEqual(world.peers.map(({ closed }) => closed), [true, true]);
  assert.equal(world.posts.some(([path]) => path.endsWith("finish")), false);
});

for (const relayOnly of [false, true]) test(`relays are used with their password, alone: ${relayOnly}`, async () => {
  const world = check({ relayOnly });
  await settle();
  for (const { configuration } of world.peers) {
    assert.deepEqual(configuration.iceServers, [{ urls: ["turn:x"], username: "u", credential: "c" }]);
    assert.equal(configuration.iceTransportPolicy, relayOnly ? "relay" : "all");
  }
  await world.timers.advance(4_000);
  await world.done;
});

for (const relayOnly of [false, true]) test(`a relay that refuses is named when the check does not connect, alone: ${relayOnly}`, async () => {
  const world = check({ connects: false, relayOnly, gathered: 401 });
  const outcome = assert.rejects(world.done, (error) => error instanceof CheckFailed && error.code === "relay" && error.relay === "401");
  await world.timers.advance(relayOnly ? 0 : 10_000);
  await outcome;
});

test("with other ways a relay that refuses does not end the check", async () => {
  const world = check({ gathered: 401 });
  await world.timers.advance(4_000);
  assert.equal((await world.done).passed, true);
});

test("figures are shown in the units of the page, and a dash where nothing is known", () => {
  const shown = figureTexts({ rtt_ms: 48.4, uplink_loss: 0.0123, downlink_loss: null, jitter_ms: 6, uplink_kbps: 1_240.4 }, "en");
  assert.deepEqual(shown, { rtt_ms: "48", loss_up: "1.2", loss_down: "–", jitter_ms: "6", bitrate_up: "1,240", bitrate_down: "–" });
});
