import assert from "node:assert/strict";
import { test } from "node:test";
import { BitrateProbe, withCeiling } from "../../static/js/bitrate_probe.js";

const narrow = { estimateBps: 250_000, rttMs: 40, fractionLost: 0 };

test("a narrow estimate on a free path is probed, with a higher ceiling each time", () => {
  const probe = new BitrateProbe();
  const first = probe.next(narrow, 0);
  const second = probe.next(narrow, 6_000);
  assert.ok(first > 0 && second > first);
});

test("no probe comes within 6 s of the one before", () => {
  const probe = new BitrateProbe();
  probe.next(narrow, 0);
  assert.equal(probe.next(narrow, 5_999), null);
});

for (const [why, uplink] of Object.entries({
  "the estimate is high enough": { ...narrow, estimateBps: 800_000 },
  "packets are being lost": { ...narrow, fractionLost: 0.03 },
  "the estimate is unknown": { ...narrow, estimateBps: null },
  "the round trip is unknown": { ...narrow, rttMs: null },
  "the loss is unknown": { ...narrow, fractionLost: null },
})) test(`no probe when ${why}`, () => assert.equal(new BitrateProbe().next(uplink, 0), null));

test("no probe while a queue stands in the link", () => {
  const probe = new BitrateProbe();
  probe.next({ ...narrow, estimateBps: 2_000_000, rttMs: 40 }, 0);
  assert.equal(probe.next({ ...narrow, rttMs: 71 }, 10_000), null);
  assert.notEqual(probe.next({ ...narrow, rttMs: 69 }, 11_000), null);
});

const SDP = "v=0\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 usedtx=1\r\na=rtpmap:97 VP8/90000\r\na=rtcp-fb:97 nack\r\na=rtpmap:98 rtx/90000\r\na=fmtp:98 apt=97\r\n";

test("the ceiling is set for VP8 and for nothing else", () => {
  const changed = withCeiling(SDP, 2_510);
  assert.match(changed, /a=rtpmap:97 VP8\/90000\r\na=fmtp:97 x-google-max-bitrate=2510\r\n/);
  assert.equal(changed.replace("a=fmtp:97 x-google-max-bitrate=2510\r\n", ""), SDP);
});

test("a ceiling that is there is replaced, other settings stay", () => {
  const twice = withCeiling(withCeiling(SDP.replace("a=rtcp-fb:97 nack\r\n", "a=fmtp:97 max-fr=30\r\n"), 2_510), 2_520);
  assert.match(twice, /a=fmtp:97 max-fr=30;x-google-max-bitrate=2520\r\n/);
  assert.equal(twice.includes("2510"), false);
});

test("a description without VP8 is left alone", () => assert.equal(withCeiling("v=0\r\n", 1), "v=0\r\n"));
