import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionWatch } from "../../static/js/watch.js";

/** A watch whose media and server were fine until `now`. */
function steady(now) {
  const watch = new ConnectionWatch();
  watch.asked(0);
  watch.server(true, 0);
  watch.state("connecting", 100);
  watch.state("connected", 500);
  watch.heard(now);
  return watch;
}

test("nothing is asked and nothing is said while media flows", () => {
  assert.deepEqual(steady(20_000).tick(20_500), { banner: false, request: false });
});

test("after 2 s without any packet the person is told", () => {
  const watch = steady(20_000);
  assert.equal(watch.tick(21_500).banner, false);
  assert.equal(watch.tick(22_000).banner, true);
});

test("a silent path with an audible server gets a new peer connection", () => {
  assert.equal(steady(20_000).tick(22_000).request, true);
});

test("a link that is down as a whole is waited for, and given 1 s once the server is heard again", () => {
  const watch = steady(20_000);
  watch.server(false, 21_000);
  assert.deepEqual(watch.tick(30_000), { banner: true, request: false });
  watch.server(true, 40_000);
  assert.equal(watch.tick(40_900).request, false);
  assert.equal(watch.tick(41_000).request, true);
});

test("media that comes back by itself ends the banner and asks for nothing", () => {
  const watch = steady(20_000);
  watch.server(false, 21_000);
  watch.tick(24_000);
  watch.server(true, 25_000);
  watch.heard(25_500);
  assert.deepEqual(watch.tick(26_000), { banner: false, request: false });
});

test("a failed connection is replaced at once, but not more often than every 6 s", () => {
  const watch = steady(20_000);
  watch.state("failed", 20_100);
  assert.equal(watch.tick(20_100).request, true);
  watch.asked(20_100);
  watch.state("failed", 21_000);
  assert.equal(watch.tick(26_000).request, false);
  assert.equal(watch.tick(26_100).request, true);
});

test("an offer that never comes is asked for again", () => {
  const watch = new ConnectionWatch();
  watch.server(true, 0);
  watch.asked(0);
  assert.equal(watch.tick(5_900).request, false);
  assert.equal(watch.tick(6_000).request, true);
});

test("the first connection takes its time without a banner", () => {
  const watch = new ConnectionWatch();
  watch.asked(0);
  watch.state("connecting", 100);
  assert.equal(watch.tick(5_000).banner, false);
});

test("the banner stays until the new connection is there", () => {
  const watch = steady(20_000);
  watch.state("failed", 20_100);
  watch.asked(20_200);
  watch.state("connecting", 20_300);
  assert.equal(watch.tick(22_200).banner, true);
  watch.state("connected", 23_000);
  watch.heard(23_000);
  assert.equal(watch.tick(23_100).banner, false);
});

test("nothing happens before an offer was asked for", () => {
  const watch = new ConnectionWatch();
  watch.server(true, 0);
  assert.deepEqual(watch.tick(60_000), { banner: false, request: false });
});
