import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CallSession } from "../../static/js/session.js";
import { FakePeerConnection, FakeSocket, FakeTimers, fakeTrack, settle, welcome } from "./fakes.js";

const recorded = JSON.parse(readFileSync(new URL("./fixtures/chromium_stats.json", import.meta.url), "utf8"));

/** Statistics in which everything that moves has moved on with time. */
function report(step, { incoming = true, nacks = 0 } = {}) {
  return new Map(recorded.map((stat) => [stat.id, {
    ...stat,
    ...(stat.type === "outbound-rtp" ? { packetsSent: stat.packetsSent + step * 40 } : {}),
    ...(incoming && stat.type === "transport" ? { bytesReceived: stat.bytesReceived + step * 9_000 } : {}),
    ...(incoming && stat.type === "inbound-rtp" ? { packetsReceived: stat.packetsReceived + step * 40 } : {}),
    ...("nackCount" in stat ? { nackCount: nacks } : {}),
  }]));
}

async function inCall({ tracks = { audio: fakeTrack("audio"), video: fakeTrack("video") }, role = "freelancer" } = {}) {
  const timers = new FakeTimers();
  const world = { timers, tracks, sockets: [], peers: [], messages: [], media: [], generations: 0, step: 0, incoming: true, nacks: 0, relay: [] };
  world.session = new CallSession({
    fetchTicket: async () => ({ ticket: "t", url: "/ws" }),
    openSocket: (url) => { world.sockets.push(new FakeSocket(url)); return world.sockets.at(-1); },
    createConnection: (configuration) => { world.peers.push(new FakePeerConnection(configuration)); return world.peers.at(-1); },
    timers, random: () => 1, now: () => timers.now,
    tracks: () => world.tracks,
    changes: () => ({ audio: 1, video: 1 }),
    frameAgeMs: () => 20,
    pageVisible: () => true,
  }, {
    onMessage: (message) => world.messages.push(message.type),
    onMedia: (media) => world.media.push(media),
    onSocket: () => undefined,
    onTrack: () => undefined,
    onGeneration: () => { world.generations += 1; },
    onRelay: (code) => world.relay.push([timers.now - world.offeredAt, code]),
  });
  world.socket = () => world.sockets.at(-1);
  world.run = async (ms) => {
    for (let done = 0; done < ms; done += 500) {
      await timers.advance(500);
      world.step += 1;
      for (const peer of world.peers) peer.report = report(world.step, { incoming: world.incoming, nacks: world.nacks });
      if (world.socket().readyState === 1 && !world.mute) world.socket().say({ type: "ping", nonce: world.step });
      await world.session.tick();
    }
  };
  world.count = (type) => world.socket().types().filter((one) => one === type).length;
  world.session.start();
  await settle();
  world.socket().accept();
  world.socket().say(welcome({ role }));
  return world;
}

const offer = (generation, sdp = `offer ${generation}`) => ({ type: "offer", generation, sdp, ice_servers: [], relay_only: false });

async function playing() {
  const world = await inCall();
  world.socket().say(offer(1));
  await settle();
  world.peers[0].connect();
  await world.run(1_000);
  return world;
}

test("a welcome to a call is answered with ready, an offer with an answer of its generation", async () => {
  const world = await inCall();
  assert.equal(world.count("ready"), 1);
  world.socket().say(offer(3));
  await settle();
  assert.deepEqual(world.socket().sent.find(({ type }) => type === "answer"), { type: "answer", generation: 3, sdp: "answer to offer 3" });
});

test("in the waiting room no offer is asked for", async () => {
  const world = await inCall();
  const before = world.count("ready");
  world.socket().say(welcome({ interview_id: null, state: null }));
  assert.equal(world.count("ready"), before);
});

test("without devices it waits, and asks as soon as they are on", async () => {
  const world = await inCall({ tracks: null });
  await world.run(10_000);
  assert.equal(world.count("ready"), 0);
  world.tracks = { audio: fakeTrack("audio"), video: fakeTrack("video") };
  world.session.devicesReady();
  assert.equal(world.count("ready"), 1);
});

test("own tracks go out on the offered transceivers, with hints and priorities", async () => {
  const world = await playing();
  const [audio, video] = world.peers[0].transceivers;
  assert.deepEqual([audio.direction, audio.sender.track.contentHint, audio.sender.parameters.encodings[0].priority], ["sendrecv", "speech", "high"]);
  assert.deepEqual([video.direction, video.sender.track.contentHint, video.sender.parameters.encodings[0].priority], ["sendrecv", "motion", "low"]);
});

test("candidates carry the generation and end with an empty one, once", async () => {
  const world = await playing();
  const candidate = { candidate: "candidate:1", sdpMid: "0", sdpMLineIndex: 0 };
  for (const one of [candidate, null, null]) world.peers[0].dispatchEvent(Object.assign(new Event("icecandidate"), { candidate: one }));
  const sent = world.socket().sent.filter(({ type }) => type === "candidate");
  assert.deepEqual(sent.map(({ generation, candidate: text }) => [generation, text]), [[1, "candidate:1"], [1, ""]]);
});

test("measurements go out once a second, counted from 0 in each generation", async () => {
  const world = await playing();
  await world.run(4_000);
  const sent = world.socket().sent.filter(({ type }) => type === "stats");
  assert.deepEqual(sent.map(({ generation, sequence }) => [generation, sequence]), [[1, 0], [1, 1], [1, 2], [1, 3], [1, 4]]);
  world.socket().say(offer(2));
  await settle();
  await world.run(1_000);
  assert.deepEqual(world.socket().sent.filter(({ type }) => type === "stats").slice(-1).map(({ generation, sequence }) => [generation, sequence]), [[2, 0]]);
});

test("where lost pictures are asked for again, picture and sound are kept long enough for them to come", async () => {
  const world = await playing();
  const [peer] = world.peers;
  const targets = () => peer.getReceivers().map(({ jitterBufferTarget }) => jitterBufferTarget);
  await world.run(2_000);
  assert.deepEqual(targets(), [null, null]);
  world.nacks = 30;
  await world.run(2_000);
  assert.deepEqual(targets(), [200, 200]);
});

test("an offer of an older generation is dropped", async () => {
  const world = await playing();
  world.socket().say(offer(1, "again"));
  await settle();
  assert.equal(world.peers.length, 1);
});

test("a newer offer closes the older peer connection, whose events no longer count", async () => {
  const world = await playing();
  world.socket().say(offer(2));
  await settle();
  assert.equal(world.peers[0].closed, true);
  const ready = world.count("ready");
  world.peers[0].connect("failed");
  await world.run(1_000);
  assert.equal(world.count("ready"), ready);
});

test("a failed peer connection asks for the next one", async () => {
  const world = await playing();
  await world.run(6_000);
  world.peers[0].connect("failed");
  await world.run(500);
  assert.equal(world.count("ready"), 2);
});

test("2 s without any packet are shown and, with the server there, mended", async () => {
  const world = await playing();
  await world.run(6_000);
  world.incoming = false;
  await world.run(3_000);
  assert.equal(world.media.at(-1), "lost");
  assert.equal(world.count("ready"), 2);
  world.incoming = true;
  world.socket().say(offer(2));
  await settle();
  world.peers[1].connect();
  await world.run(500);
  assert.equal(world.media.at(-1), "playing");
});

test("a lost signalling connection keeps a living peer connection", async () => {
  const world = await playing();
  world.socket().break();
  await world.run(1_000);
  world.socket().accept();
  world.socket().say(welcome());
  assert.equal(world.count("ready"), 0);
  assert.equal(world.peers[0].closed, false);
});

test("both lost: signalling comes back first, then a new peer connection", async () => {
  const world = await playing();
  world.peers[0].connect("failed");
  world.socket().break();
  await world.run(1_000);
  world.socket().accept();
  world.socket().say(welcome());
  assert.equal(world.count("ready"), 1);
});

test("an answer that the server refused leads to another offer, not to a storm", async () => {
  const world = await inCall();
  world.socket().say(offer(1));
  await settle();
  for (let again = 0; again < 5; again += 1) {
    world.socket().say({ type: "error", code: "peer_refused", detail: "", in_reply_to: "answer" });
    await world.run(500);
  }
  assert.equal(world.count("ready"), 1);
  await world.run(4_000);
  assert.equal(world.count("ready"), 2);
});

test("an offer that the browser cannot take is asked for again", async () => {
  const world = await inCall();
  world.socket().say(offer(1, "refused"));
  await world.run(6_500);
  assert.equal(world.count("ready"), 2);
});

test("a replaced device is sent by the current peer connection", async () => {
  const world = await playing();
  const other = fakeTrack("video");
  await world.session.trackChanged("video", other);
  assert.equal(world.peers[0].transceivers[1].sender.track, other);
  await world.session.trackChanged("video", null);
  assert.equal(world.peers[0].transceivers[1].sender.track, null);
});

test("the end closes everything", async () => {
  const world = await playing();
  world.socket().say({ type: "ended", cause: "completed", conclusive: true, reasons: [], fault_side: null, next: "may_verify" });
  assert.equal(world.peers[0].closed, true);
  assert.equal(world.socket().readyState, 3);
  assert.equal(world.messages.at(-1), "ended");
});

test("a narrow link keeps the sound and lets the picture go, and tries it again", async () => {
  const world = await playing();
  const video = world.peers[0].transceivers[1].sender;
  recorded.find(({ type }) => type === "candidate-pair").availableOutgoingBitrate = 90_000;
  await world.run(6_000);
  assert.equal(video.parameters.encodings[0].active, false);
  assert.equal(world.peers[0].transceivers[0].sender.parameters.encodings[0].active, true);
  recorded.find(({ type }) => type === "candidate-pair").availableOutgoingBitrate = 500_000;
  await world.run(9_000);
  assert.equal(video.parameters.encodings[0].active, true);
});

const relayed = (relay_only) => ({ ...offer(1), ice_servers: [{ urls: ["turn:x"], username: "u", credential: "c" }], relay_only });

async function offered(message, gathers) {
  const world = await inCall();
  const create = world.session._use.createConnection;
  world.session._use.createConnection = (configuration) => Object.assign(create(configuration), { gathers });
  world.offeredAt = world.timers.now;
  world.socket().say(message);
  await settle();
  return world;
}

test("a relay that refuses is told at once when there is no other way", async () => {
  const world = await offered(relayed(true), (peer) => { peer.gathered(401); peer.become("iceGatheringState", "complete", "icegatheringstatechange"); });
  assert.equal(world.peers[0].configuration.iceTransportPolicy, "relay");
  assert.deepEqual(world.relay, [[0, "401"]]);
});

test("a relay that is silent is told before the next peer connection is asked for", async () => {
  const world = await offered(relayed(true), async () => undefined);
  await world.run(5_500);
  assert.deepEqual(world.relay, [[5_000, "timeout"]]);
  assert.equal(world.count("ready"), 1);
});

test("with other ways a relay that refuses is no trouble once media flows, and is told when it does not", async () => {
  const gathers = (peer) => { peer.gathered(401); };
  const flowing = await offered(relayed(false), gathers);
  flowing.peers[0].connect();
  await flowing.run(5_500);
  assert.deepEqual(flowing.relay, []);
  const stuck = await offered(relayed(false), gathers);
  await stuck.run(5_500);
  assert.deepEqual(stuck.relay, [[5_000, "401"]]);
});
