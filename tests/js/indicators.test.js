import assert from "node:assert/strict";
import { test } from "node:test";
import { figureText, showQuality, showUnknown, streamsFor } from "../../static/js/indicators.js";
import { FakeElement, quality } from "./fakes.js";

const NAMES = ["i_hear_them", "they_hear_me", "i_see_them", "they_see_me"];

function strip() {
  const bands = Object.fromEntries(NAMES.map((name) => [name, new FakeElement({ "data-indicator": name, "data-band": "unknown" })]));
  const cases = ["interviewer_uplink", "freelancer_downlink", "unclear"].map((code) => new FakeElement({ "data-case": code, hidden: "" }));
  const banner = new FakeElement({ "data-choose": "fault", hidden: "" }, cases);
  const figure = new FakeElement({ "data-bind": "loss_percent" });
  const leg = new FakeElement({ "data-leg": "freelancer" }, [figure]);
  const root = new FakeElement({}, [...Object.values(bands), banner, leg]);
  return { root, banner, cases, figure, band: (name) => bands[name].getAttribute("data-band"), shown: () => cases.filter((one) => !one.hidden).map((one) => one.dataset.case) };
}

test("the two people see the same streams from opposite sides", () => {
  const [his, hers] = [streamsFor("freelancer"), streamsFor("interviewer")];
  assert.equal(his.i_hear_them, hers.they_hear_me);
  assert.equal(his.they_see_me, hers.i_see_them);
  assert.equal(his.i_hear_them, "audio_from_interviewer");
});

test("each indicator shows the band of its own stream", () => {
  const page = strip();
  const indicators = { audio_from_interviewer: "poor", audio_from_freelancer: "good", video_from_interviewer: "bad", video_from_freelancer: "quiet" };
  showQuality(page.root, "freelancer", quality({ indicators }), "en");
  assert.deepEqual(NAMES.map(page.band), ["poor", "good", "bad", "quiet"]);
});

test("a stream that is missing, or a band nobody knows, is unknown", () => {
  const page = strip();
  showQuality(page.root, "freelancer", quality({ indicators: { audio_from_interviewer: "superb" } }), "en");
  assert.deepEqual(NAMES.map(page.band), ["unknown", "unknown", "unknown", "unknown"]);
});

test("the fault banner names the side, and hides when nothing is wrong", () => {
  const page = strip();
  showQuality(page.root, "freelancer", quality({ fault: "interviewer_uplink" }), "en");
  assert.deepEqual([page.banner.hidden, page.shown()], [false, ["interviewer_uplink"]]);
  showQuality(page.root, "freelancer", quality(), "en");
  assert.deepEqual([page.banner.hidden, page.shown()], [true, []]);
});

test("a fault without words of its own is shown as unclear", () => {
  const page = strip();
  showQuality(page.root, "freelancer", quality({ fault: "moonlight" }), "en");
  assert.deepEqual(page.shown(), ["unclear"]);
});

test("while the server is away nothing is claimed to be good", () => {
  const page = strip();
  showQuality(page.root, "freelancer", quality({ indicators: { audio_from_interviewer: "good" }, fault: "interviewer_uplink" }), "en");
  showUnknown(page.root, "freelancer");
  assert.equal(page.band("i_hear_them"), "unknown");
  assert.equal(page.banner.hidden, true);
});

test("each leg's figures are written with a dash for what is unknown", () => {
  const page = strip();
  showQuality(page.root, "freelancer", quality({ legs: { freelancer: { rtt_ms: 1, loss_percent: 12.44, jitter_ms: null, uplink_kbps: null } } }), "en");
  assert.equal(page.figure.textContent, "12.4");
  assert.equal(figureText(null, 1, "en"), "–");
  assert.equal(figureText(0, 1, "en"), "0.0");
});
