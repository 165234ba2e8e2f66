import assert from "node:assert/strict";
import { test } from "node:test";
import { FullSize } from "../../static/js/full_size.js";

const free = { estimateBps: null, rttMs: 20, fractionLost: 0 };
const lossy = { ...free, fractionLost: 0.05 };
const [SMALL, WHOLE, CAMERA_RATE] = [240, 480, 30];

/** A call in seconds: what is sent adds up, and what was preferred is kept with its second. */
class Call {
  constructor() {
    this.fullSize = new FullSize();
    this.second = 0;
    this.bytes = 0;
    this.frames = 0;
    this.said = [];
  }

  run(seconds, uplink, { bps = 500_000, frames = CAMERA_RATE, shorterSide = WHOLE } = {}) {
    for (const end = this.second + seconds; this.second < end; this.second += 1) {
      this.bytes += bps / 8;
      this.frames += frames;
      const sent = { shorterSide, bytes: this.bytes, frames: this.frames, cameraRate: CAMERA_RATE };
      const preference = this.fullSize.next(uplink, sent, this.second * 1_000);
      if (preference) this.said.push([this.second, preference]);
    }
    return this;
  }
}

test("where the browser gives no estimate, the full size is insisted on once and for all on a good link", () => {
  assert.deepEqual(new Call().run(600, free).said, [[0, "maintain-resolution"]]);
});

test("where the browser estimates by itself nothing is changed", () => {
  assert.deepEqual(new Call().run(60, { ...free, estimateBps: 300_000 }, { shorterSide: SMALL, frames: 2 }).said, []);
});

test("a picture that stutters twice in a row may shrink", () => {
  const call = new Call().run(10, free).run(1, free, { frames: 10 }).run(1, free).run(2, free, { frames: 10 });
  assert.deepEqual(call.said, [[0, "maintain-resolution"], [13, "maintain-framerate"]]);
});

test("loss lets the picture shrink at once", () => {
  assert.deepEqual(new Call().run(5, free).run(1, lossy).said, [[0, "maintain-resolution"], [5, "maintain-framerate"]]);
});

test("a small picture on a free path is made whole again, ever later when it does not last", () => {
  const call = new Call();
  const insists = () => call.said.at(-1)?.[1] === "maintain-resolution";
  const waits = [];
  for (let time = 0; time < 6; time += 1) {
    while (!insists()) call.run(1, free, { shorterSide: SMALL });
    if (time > 0) waits.push(call.said.at(-1)[0] - call.said.at(-2)[0]);
    call.run(1, lossy, { shorterSide: SMALL });
  }
  assert.deepEqual(waits, [8, 16, 32, 64, 64]);
});

test("a link that carried the full size for long is tried early again", () => {
  const call = new Call();
  for (let time = 0; time < 4; time += 1) call.run(1, free).run(1, lossy).run(70, free, { shorterSide: SMALL });
  call.run(60, free).run(1, lossy);
  const left = call.said.at(-1)[0];
  call.run(60, free, { shorterSide: SMALL });
  assert.deepEqual(call.said.at(-1), [left + 4, "maintain-resolution"]);
});

for (const [why, uplink, sending] of [
  ["the link gives less than a larger picture needs", free, { bps: 300_000 }],
  ["packets are being lost", { ...free, fractionLost: 0.03 }, {}],
  ["the loss is unknown", { ...free, fractionLost: null }, {}],
  ["the round trip is unknown", { ...free, rttMs: null }, {}],
  ["a queue stands in the link", { ...free, rttMs: 51 }, {}],
  ["the size is unknown", free, { shorterSide: null }],
]) test(`a small picture stays small when ${why}`, () => {
  const call = new Call().run(2, free).run(1, lossy);
  const before = call.said.length;
  assert.deepEqual(call.run(100, uplink, { shorterSide: SMALL, ...sending }).said.slice(before), []);
});

test("unknown frames are no stutter", () => {
  const fullSize = new FullSize();
  const unknown = { shorterSide: null, bytes: null, frames: null, cameraRate: null };
  const said = Array.from({ length: 20 }, (_, second) => fullSize.next(free, unknown, second * 1_000)).filter(Boolean);
  assert.deepEqual(said, ["maintain-resolution"]);
});
