import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../static/js/api.js";
import { RELAY_MS, hasRelay, relayProblem, reportRelay, tryRelay } from "../../static/js/relay.js";
import { sleepBy } from "../../static/js/timers.js";
import { FakePeerConnection, FakeTimers, settle } from "./fakes.js";

const HOST = "candidate:1 1 udp 2113937151 192.0.2.7 50000 typ host";
const RELAYED = "candidate:2 1 udp 50339839 203.0.113.5 65025 typ relay raddr 0.0.0.0 rport 0";
const ACCESS = { ice_servers: [{ urls: ["turn:x"], username: "u", credential: "c" }], relay_only: false };

const complete = (peer) => peer.become("iceGatheringState", "complete", "icegatheringstatechange");

async function outcome(gathers) {
  const timers = new FakeTimers();
  const peer = Object.assign(new FakePeerConnection({}), { gathers });
  let found;
  void relayProblem(peer, sleepBy(timers)).then((problem) => { found = { problem, at: timers.now }; });
  await peer.setLocalDescription({});
  await timers.advance(RELAY_MS);
  return found;
}

test("a relayed address is enough, whatever failed before it", async () => {
  assert.deepEqual(await outcome((peer) => { peer.gathered(401); peer.gathered(RELAYED); complete(peer); }), { problem: null, at: 0 });
});

test("a host's own address is not a relayed one", async () => {
  assert.deepEqual(await outcome((peer) => { peer.gathered(HOST); complete(peer); }), { problem: "none", at: 0 });
});

test("what a server answered weighs more than that another was not reached", async () => {
  for (const codes of [[701, 401], [401, 701], [701, 401, 486]]) {
    assert.equal((await outcome((peer) => { codes.forEach((code) => peer.gathered(code)); complete(peer); })).problem, "401");
  }
});

test("silence is given up after RELAY_MS", async () => {
  assert.deepEqual(await outcome(async () => undefined), { problem: "timeout", at: RELAY_MS });
});

test("a try asks through the relay alone and leaves nothing open", async () => {
  const peers = [];
  const create = (configuration) => { peers.push(Object.assign(new FakePeerConnection(configuration), { gathers: (peer) => peer.gathered(RELAYED) })); return peers[0]; };
  assert.equal(await tryRelay(create, ACCESS, sleepBy(new FakeTimers())), null);
  assert.deepEqual([peers[0].configuration.iceTransportPolicy, peers[0].closed], ["relay", true]);
});

test("STUN alone is no relay", () => {
  assert.equal(hasRelay(ACCESS), true);
  assert.equal(hasRelay({ ice_servers: [{ urls: ["stun:x"], username: null, credential: null }], relay_only: false }), false);
});

test("a report that does not arrive troubles nobody", async () => {
  const posts = [];
  const api = { post: async (path, body) => { posts.push([path, body]); throw new ApiError("offline", 0); } };
  await reportRelay(api, "/join", "401", "check");
  await settle();
  assert.deepEqual(posts, [["/join/relay/unusable", { code: "401", during: "check" }]]);
});
