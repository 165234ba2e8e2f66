import assert from "node:assert/strict";
import { test } from "node:test";
import { FullSize } from "../../static/js/full_size.js";

const free = { estimateBps: null, rttMs: 20, fractionLost: 0 };
const SMALL = 240;

/** Sends so many bits each second. */
function sender(bps) {
  let bytes = 0;
  return (shorterSide) => ({ shorterSide, bytes: (bytes += bps / 8) });
}

/** What is preferred at each second, null left out. */
function over(fullSize, seconds, uplink, sent, from = 0) {
  const said = [];
  for (let second = from; second < from + seconds; second += 1) {
    const preference = fullSize.next(uplink, sent(), second * 1_000);
    if (preference) said.push([second, preference]);
  }
  return said;
}

test("where the browser gives no estimate, the first seconds insist on the full size", () => {
  const send = sender(500_000);
  const said = over(new FullSize(), 30, free, () => send(480));
  assert.deepEqual(said, [[0, "maintain-resolution"], [4, "maintain-framerate"]]);
});

test("where the browser estimates by itself nothing is changed", () => {
  const send = sender(500_000);
  assert.deepEqual(over(new FullSize(), 60, { ...free, estimateBps: 300_000 }, () => send(SMALL)), []);
});

test("a picture that stays small on a free path is tried in full again, ever more rarely", () => {
  const send = sender(500_000);
  const tries = over(new FullSize(), 200, free, () => send(SMALL)).filter(([, said]) => said === "maintain-resolution").map(([at]) => at);
  assert.deepEqual(tries, [0, 12, 32, 68, 136]);
});

test("a whole picture makes the next try an early one again", () => {
  const fullSize = new FullSize();
  const send = sender(500_000);
  over(fullSize, 70, free, () => send(SMALL));
  over(fullSize, 80, free, () => send(480), 70);
  const tries = over(fullSize, 30, free, () => send(SMALL), 150).filter(([, said]) => said === "maintain-resolution");
  assert.deepEqual(tries.map(([at]) => at), [150, 170]);
});

for (const [why, uplink, bps] of [
  ["the link gives less than a larger picture needs", free, 300_000],
  ["packets are being lost", { ...free, fractionLost: 0.03 }, 500_000],
  ["the loss is unknown", { ...free, fractionLost: null }, 500_000],
  ["the round trip is unknown", { ...free, rttMs: null }, 500_000],
]) test(`no second try when ${why}`, () => {
  const send = sender(bps);
  const tries = over(new FullSize(), 100, uplink, () => send(SMALL)).filter(([, said]) => said === "maintain-resolution");
  assert.deepEqual(tries.map(([at]) => at), [0]);
});

test("no second try while a queue stands in the link", () => {
  const fullSize = new FullSize();
  const send = sender(500_000);
  over(fullSize, 6, free, () => send(SMALL));
  assert.deepEqual(over(fullSize, 60, { ...free, rttMs: 51 }, () => send(SMALL), 6), []);
});

test("loss ends the insisting at once", () => {
  const fullSize = new FullSize();
  const send = sender(500_000);
  fullSize.next(free, send(480), 0);
  assert.equal(fullSize.next({ ...free, fractionLost: 0.2 }, send(480), 1_000), "maintain-framerate");
});

test("unknown sizes and rates ask for nothing", () => {
  const fullSize = new FullSize();
  over(fullSize, 6, free, () => ({ shorterSide: null, bytes: null }));
  assert.deepEqual(over(fullSize, 60, free, () => ({ shorterSide: null, bytes: null }), 6), []);
  assert.deepEqual(over(fullSize, 60, free, () => ({ shorterSide: SMALL, bytes: null }), 66), []);
});
