/** Watching: real time, one beat a second, only while the page is visible and the cursor stays; the server says how far it got. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../../static/js/api.js";
import { Watcher } from "../../static/js/review/watcher.js";

const START_MS = 1_000_000;

/** A page, a clock and a server in a test's hands. */
function stage() {
  const seen = { now: 0, visible: true, pinned: /** @type {number | null} */ (null), beats: /** @type {number[]} */ ([]), ended: /** @type {unknown[]} */ ([]) };
  /** @type {{tick: () => void, answer: (position: number) => unknown, reached: number}} */
  const hands = { tick: () => {}, answer: () => null, reached: START_MS + 10_000 };
  const watcher = new Watcher({
    api: {
      get: () => Promise.reject(new Error("nothing is fetched")),
      post: (path, body) => {
        assert.equal(path, "/staff/watches/wat_1");
        const position = /** @type {{position_ms: number}} */ (body).position_ms;
        seen.beats.push(position);
        const answered = hands.answer(position);
        if (answered instanceof Error) return Promise.reject(answered);
        hands.reached = typeof answered === "number" ? answered : position;
        return Promise.resolve(watched(hands.reached));
      },
    },
    beatUrl: "/staff/watches", startMs: START_MS,
    replay: { play: (second) => { seen.pinned = second; }, pinned: () => seen.pinned },
    now: () => seen.now, visible: () => seen.visible,
    repeat: (call) => {
      hands.tick = call;
      return () => { hands.tick = () => {}; };
    },
  });
  const run = async (/** @type {number} */ ms) => {
    for (let passed = 0; passed < ms; passed += 200) {
      seen.now += 200;
      hands.tick();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const progress = /** @type {number[]} */ ([]);
  const begin = () => watcher.begin(watched(START_MS + 10_000), {
    progressed: ({ reached_ms }) => progress.push(reached_ms - START_MS), ended: (reason) => seen.ended.push(reason),
  });
  return { seen, hands, run, begin, watcher, progress };
}

/** @param {number} reached_ms */
function watched(reached_ms) {
  return { watch_id: "wat_1", from_ms: START_MS + 10_000, to_ms: START_MS + 14_000, reached_ms, complete: reached_ms >= START_MS + 14_000 };
}

test("a stretch is played once in real time, with one beat a second", async () => {
  const { seen, run, begin, watcher } = stage();
  begin();
  assert.equal(seen.pinned, 10);
  await run(4_200);
  assert.deepEqual(seen.beats, [1, 2, 3, 4].map((second) => START_MS + 10_000 + 1_000 * second));
  assert.deepEqual(seen.ended, ["complete"]);
  assert.equal(watcher.running, false);
});

test("a hidden page neither plays nor beats, and goes on afterwards", async () => {
  const { seen, run, begin } = stage();
  begin();
  await run(1_000);
  seen.visible = false;
  await run(60_000);
  assert.equal(seen.beats.length, 1);
  seen.visible = true;
  await run(4_200);
  assert.deepEqual(seen.ended, ["complete"]);
});

test("who moves the cursor elsewhere stops watching", async () => {
  const { seen, run, begin } = stage();
  begin();
  await run(1_000);
  seen.pinned = 55;
  await run(400);
  assert.deepEqual(seen.ended, ["moved"]);
  assert.equal(seen.beats.length, 1);
});

test("after an outage the replay goes back to what the server has heard of", async () => {
  const { seen, hands, run, begin } = stage();
  begin();
  await run(1_000);
  hands.answer = () => new ApiError("offline", 0);
  await run(2_000);
  assert.equal(seen.pinned, 11, "back where it was heard of last");
  hands.answer = () => null;
  await run(5_000);
  assert.deepEqual(seen.ended, ["complete"]);
});

test("a server that stays away ends it, and a refusal ends it at once", async () => {
  const away = stage();
  away.hands.answer = () => new ApiError("offline", 0);
  away.begin();
  await away.run(20_000);
  assert.deepEqual(away.seen.ended, ["offline"]);
  const refused = stage();
  refused.hands.answer = () => new ApiError("conflict", 409, { detail: "another page took over" });
  refused.begin();
  await refused.run(1_200);
  assert.equal(refused.seen.beats.length, 1);
  assert.ok(refused.seen.ended[0] instanceof ApiError);
});

test("what the server has not counted is played again", async () => {
  const { seen, hands, run, begin } = stage();
  begin();
  let first = true;
  hands.answer = (position) => {
    if (!first) return null;
    first = false;
    return position - 800; // this clock ran slower
  };
  await run(4_200);
  assert.deepEqual(seen.ended, ["complete"]);
  hands.tick();
});
