import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Adaptation } from "../../static/js/adaptation.js";

const recorded = (browser) =>
  new Map(JSON.parse(readFileSync(new URL(`./fixtures/${browser}_stats.json`, import.meta.url), "utf8")).map((stat) => [stat.id, stat]));

/** A peer connection that only remembers what is asked of it. */
function peer(connectionState) {
  const asked = [];
  const remember = (name) => async (value) => { asked.push([name, value]); };
  return {
    asked,
    connection: { connectionState },
    setJitterTarget: remember("jitter"), setVideoActive: remember("video"), prefer: remember("prefer"), raiseCeiling: remember("ceiling"),
  };
}

test("a Firefox that has just connected is asked for the full size", async () => {
  const one = peer("connected");
  await new Adaptation(one).follow(recorded("firefox"), 0);
  assert.deepEqual(one.asked, [["prefer", "maintain-resolution"]]);
});

test("a Chromium on a good link is left alone", async () => {
  const one = peer("connected");
  const adaptation = new Adaptation(one);
  for (let second = 0; second < 30; second += 1) await adaptation.follow(recorded("chromium"), second * 1_000);
  assert.deepEqual(one.asked, []);
});

test("nothing is asked of a connection that is not there", async () => {
  const one = peer("disconnected");
  await new Adaptation(one).follow(recorded("firefox"), 0);
  assert.deepEqual(one.asked, []);
});

test("a narrow estimate on a free path raises the ceiling, a hopeless one ends the picture", async () => {
  const narrow = (bps) => new Map([...recorded("chromium")].map(([id, stat]) => [id, "availableOutgoingBitrate" in stat ? { ...stat, availableOutgoingBitrate: bps } : stat]));
  const probed = peer("connected");
  await new Adaptation(probed).follow(narrow(300_000), 0);
  assert.deepEqual(probed.asked, [["ceiling", 2_510]]);
  const hopeless = peer("connected");
  const adaptation = new Adaptation(hopeless);
  for (const second of [0, 4]) await adaptation.follow(narrow(50_000), second * 1_000);
  assert.deepEqual(hopeless.asked.filter(([name]) => name === "video"), [["video", false]]);
});
