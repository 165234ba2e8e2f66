import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../static/js/api.js";
import { backoffMs } from "../../static/js/backoff.js";
import { SignallingSocket, socketAddress } from "../../static/js/socket.js";
import { FakeSocket, FakeTimers, settle, welcome } from "./fakes.js";

/** A page's connection with every socket it ever opened. */
function page({ tickets = async (count) => ({ ticket: `ticket-${count}`, url: "/ws" }) } = {}) {
  const timers = new FakeTimers();
  const sockets = [];
  const messages = [];
  const states = [];
  let count = 0;
  const signalling = new SignallingSocket({
    fetchTicket: () => tickets(++count),
    openSocket: (url) => { sockets.push(new FakeSocket(url)); return sockets.at(-1); },
    timers, random: () => 1, now: () => timers.now,
    onMessage: (message) => messages.push(message),
    onState: (state, code) => states.push(code ? `${state}:${code}` : state),
  });
  return { signalling, timers, sockets, messages, states };
}

async function connected(options) {
  const one = page(options);
  one.signalling.start();
  await settle();
  one.sockets[0].accept();
  one.sockets[0].say(welcome());
  return one;
}

const log = (sequence) => ({ type: "log", sequence, at_ms: 1, kind: "chat", by: "freelancer", body: { text: "x" } });

test("the first frame is the ticket", async () => {
  const { sockets, states } = await connected();
  assert.deepEqual(sockets[0].sent[0], { type: "ticket", ticket: "ticket-1", last_sequence: 0 });
  assert.deepEqual(states, ["connecting", "open"]);
});

test("a ping is answered at once and goes no further", async () => {
  const { sockets, messages } = await connected();
  sockets[0].say({ type: "ping", nonce: 7 });
  assert.deepEqual(sockets[0].sent.at(-1), { type: "pong", nonce: 7 });
  assert.deepEqual(messages.map(({ type }) => type), ["welcome"]);
});

test("a lost connection comes back with a new ticket and the last sequence", async () => {
  const { sockets, timers, states } = await connected();
  sockets[0].say(log(4));
  sockets[0].break();
  await timers.advance(500);
  sockets[1].accept();
  assert.deepEqual(sockets[1].sent[0], { type: "ticket", ticket: "ticket-2", last_sequence: 4 });
  sockets[1].say(welcome());
  assert.deepEqual(states, ["connecting", "open", "lost", "open"]);
});

test("waits double up to 8 s, at least half of them, and start anew after a welcome", async () => {
  assert.deepEqual([0, 1, 2, 3, 9, 99].map((attempt) => backoffMs(attempt, () => 1)), [400, 800, 1_600, 3_200, 8_000, 8_000]);
  assert.equal(backoffMs(9, () => 0), 4_000);
  const { sockets, timers } = await connected();
  sockets[0].break();
  await timers.advance(400);
  sockets[1].break();
  assert.deepEqual(timers.waiting, [800]);
  await timers.advance(800);
  sockets[2].accept();
  sockets[2].say(welcome());
  sockets[2].break();
  assert.deepEqual(timers.waiting, [400]);
});

test("an entry that was seen before is not shown twice", async () => {
  const { sockets, messages, signalling } = await connected();
  for (const sequence of [1, 2, 2, 1, 3]) sockets[0].say(log(sequence));
  assert.deepEqual(messages.filter(({ type }) => type === "log").map(({ sequence }) => sequence), [1, 2, 3]);
  assert.equal(signalling.lastSequence, 3);
});

test("sequence numbers start anew with another interview", async () => {
  const { sockets, signalling } = await connected();
  sockets[0].say(log(9));
  sockets[0].say(welcome({ interview_id: "int_2" }));
  assert.equal(signalling.lastSequence, 0);
});

test("what a person did while it was away is sent after the welcome, measurements are not", async () => {
  const { sockets, timers, signalling } = await connected();
  sockets[0].break();
  assert.equal(signalling.send({ type: "flag", kind: "cant_hear", note: "" }), true);
  assert.equal(signalling.send({ type: "chat", text: "hello" }), true);
  assert.equal(signalling.send({ type: "stats", generation: 1, sequence: 1, client_ms: 1, audio: {}, video: {}, source: {} }), false);
  assert.equal(signalling.send({ type: "run_start", item_key: "identity.city" }), false);
  await timers.advance(400);
  sockets[1].accept();
  assert.deepEqual(sockets[1].types(), ["ticket"]);
  sockets[1].say(welcome());
  assert.deepEqual(sockets[1].types(), ["ticket", "flag", "chat"]);
});

test("measurements are dropped while the socket is full, presses are not", async () => {
  const { sockets, signalling } = await connected();
  sockets[0].bufferedAmount = 100_000;
  assert.equal(signalling.send({ type: "stats", generation: 1, sequence: 1, client_ms: 1, audio: {}, video: {}, source: {} }), false);
  assert.equal(signalling.send({ type: "abort" }), true);
  assert.equal(sockets[0].types().at(-1), "abort");
});

test("a server that stopped pinging is given up after 6 s", async () => {
  const { sockets, timers, states } = await connected();
  sockets[0].say({ type: "ping", nonce: 1 });
  await timers.advance(5_999);
  assert.equal(states.at(-1), "open");
  await timers.advance(1);
  assert.equal(states.at(-1), "lost");
  assert.equal(sockets[0].readyState, 3);
});

test("a server that is suspected is given up once it was silent for 2.5 s, not before", async () => {
  const { signalling, sockets, timers, states } = await connected();
  sockets[0].say({ type: "ping", nonce: 1 });
  await timers.advance(2_400);
  signalling.suspect();
  assert.equal(states.at(-1), "open");
  await timers.advance(100);
  signalling.suspect();
  await settle();
  assert.deepEqual([states.at(-1), sockets.length, sockets[0].readyState], ["lost", 2, 3]);
  signalling.suspect();
  await settle();
  assert.equal(sockets.length, 2, "one attempt at a time");
});

test("an attempt that comes no further is given up, later ones after twice the time", async () => {
  const one = page();
  one.signalling.start();
  await settle();
  one.sockets[0].accept();
  await one.timers.advance(4_500);
  assert.equal(one.sockets.length, 2);
  await one.timers.advance(8_600);
  assert.equal(one.sockets.length, 2);
  await one.timers.advance(200);
  assert.equal(one.sockets.length, 3);
});

test("a ticket that never comes is not waited for", async () => {
  const one = page({ tickets: (count) => (count === 1 ? new Promise(() => {}) : Promise.resolve({ ticket: "t", url: "/ws" })) });
  one.signalling.start();
  await one.timers.advance(4_500);
  assert.equal(one.sockets.length, 1);
});

test("whoever is taken over does not come back", async () => {
  const { sockets, timers, states, messages } = await connected();
  sockets[0].say({ type: "banner", code: "taken_over", side: "freelancer", deadline_ms: null });
  sockets[0].break();
  await timers.advance(60_000);
  assert.equal(sockets.length, 1);
  assert.equal(states.at(-1), "taken_over");
  assert.equal(messages.some(({ type }) => type === "banner"), false);
});

test("a refused session ends it, with the reason", async () => {
  const one = page({ tickets: async () => { throw new ApiError("not_authenticated", 401); } });
  one.signalling.start();
  await one.timers.advance(60_000);
  assert.deepEqual(one.states, ["connecting", "refused:not_authenticated"]);
});

test("a server that is being restarted is tried again until it answers", async () => {
  const answers = [new ApiError("offline", 0), new ApiError("internal_error", 503), new ApiError("rate_limited", 429)];
  const one = page({ tickets: async () => { if (answers.length) throw answers.shift(); return { ticket: "t", url: "/ws" }; } });
  one.signalling.start();
  await one.timers.advance(10_000);
  assert.equal(one.sockets.length, 1);
});

test("a ticket that came too late is replaced by another", async () => {
  const one = page();
  one.signalling.start();
  await settle();
  one.sockets[0].accept();
  one.sockets[0].say({ type: "error", code: "ticket_refused", detail: "", in_reply_to: null });
  one.sockets[0].break();
  await one.timers.advance(500);
  assert.equal(one.sockets.length, 2);
});

test("a call that is over refuses the connection for good", async () => {
  const one = page();
  one.signalling.start();
  await settle();
  one.sockets[0].accept();
  one.sockets[0].say({ type: "error", code: "not_found", detail: "", in_reply_to: null });
  one.sockets[0].break();
  await one.timers.advance(60_000);
  assert.equal(one.sockets.length, 1);
  assert.equal(one.states.at(-1), "refused:not_found");
});

test("an unreadable frame changes nothing", async () => {
  const { sockets, messages, states } = await connected();
  for (const text of ["", "{", '{"type":"nonsense"}']) sockets[0].raw(text);
  assert.equal(messages.length, 1);
  assert.equal(states.at(-1), "open");
});

test("an old socket that speaks late is not heard", async () => {
  const { sockets, timers, messages } = await connected();
  sockets[0].break();
  await timers.advance(400);
  sockets[0].say(log(1));
  assert.equal(messages.length, 1);
});

test("being online again does not wait", async () => {
  const { sockets, timers, signalling } = await connected();
  sockets[0].break();
  await timers.advance(400);
  sockets[1].break();
  signalling.hurry();
  await settle();
  assert.equal(sockets.length, 3);
});

test("after a stop nothing comes back", async () => {
  const { sockets, timers, signalling, states } = await connected();
  signalling.stop();
  sockets[0].break();
  await timers.advance(60_000);
  assert.equal(sockets.length, 1);
  assert.equal(states.at(-1), "stopped");
});

test("the socket's address follows the page's", () => {
  assert.equal(socketAddress("/ws", new URL("https://a.example/join")), "wss://a.example/ws");
  assert.equal(socketAddress("/ws", new URL("http://localhost:8080/join")), "ws://localhost:8080/ws");
});
