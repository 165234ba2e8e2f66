/** Two recordings as one: one clock, films put to it, gaps said, and nothing goes on while a film is not there. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Player } from "../../static/js/replay/player.js";
import { clockOf, correction, placeOf, SEEK_S } from "../../static/js/replay/sync.js";

/** @type {import("../../static/js/replay/sync.js").Track} */
const HIM = { leg: "freelancer", url: "/him", begin_s: 2, duration_s: 30, audio: [[0, 10], [16, 30]], video: [[0, 10], [16, 30]] };
/** @type {import("../../static/js/replay/sync.js").Track} */
const HER = { leg: "interviewer", url: "/her", begin_s: 5, duration_s: 20, audio: [[0, 20]], video: [[0, 20]] };

/** A video that plays as fast as the test's clock, unless it stalls. */
function film() {
  const listeners = /** @type {Record<string, () => void>} */ ({});
  return {
    src: "", preload: "none", currentTime: 0, playbackRate: 1, paused: true, ended: false, seeking: false, readyState: 4, muted: false,
    error: () => listeners["error"]?.(),
    addEventListener: (/** @type {string} */ name, /** @type {() => void} */ call) => { listeners[name] = call; },
    play() { this.paused = false; return Promise.resolve(); },
    pause() { this.paused = true; },
  };
}

function stage() {
  const films = { freelancer: film(), interviewer: film() };
  const figures = Object.fromEntries(Object.entries(films).map(([leg, video]) => [leg, { dataset: /** @type {Record<string, string>} */ ({}), querySelector: () => video }]));
  const clock = { textContent: "" };
  const card = {
    dataset: /** @type {Record<string, string>} */ ({}),
    querySelector: (/** @type {string} */ what) => (what.includes("freelancer") ? figures["freelancer"] : what.includes("interviewer") ? figures["interviewer"] : clock),
  };
  const seen = { now: 0, moved: /** @type {number[]} */ ([]) };
  let tick = () => {};
  const player = new Player(/** @type {any} */ (card), [HIM, HER], 40, {
    now: () => seen.now, moved: (second) => seen.moved.push(second),
    repeat: (call) => {
      tick = call;
      return () => { tick = () => {}; };
    },
  });
  const run = (/** @type {number} */ seconds) => {
    for (let step = 0; step < seconds * 25; step += 1) {
      seen.now += 40;
      for (const one of Object.values(films)) if (!one.paused && one.readyState >= 3) one.currentTime += 0.04 * one.playbackRate;
      tick();
    }
  };
  return { films, figures, card, clock, seen, player, run };
}

test("a moment of the call has its place in each file, or none", () => {
  assert.deepEqual(placeOf(HIM, 1), { file: -1, inside: false, sound: false, picture: false });
  assert.deepEqual(placeOf(HIM, 2), { file: 0, inside: true, sound: true, picture: true });
  assert.deepEqual(placeOf(HIM, 14), { file: 12, inside: true, sound: false, picture: false });
  assert.equal(placeOf(HIM, 32).inside, false);
});

test("a film that is far off is put to its place, one that is a little off is hurried or held", () => {
  assert.deepEqual(correction(10, 10.02), { seek: false, rate: 1 });
  assert.ok(correction(10, 9.9).rate > 1);
  assert.ok(correction(10, 10.1).rate < 1);
  assert.equal(correction(10, 10 - SEEK_S - 0.01).seek, true);
});

test("the clock is written as minutes and seconds", () => {
  assert.deepEqual([0, 59.9, 60, 605].map(clockOf), ["0:00", "0:59", "1:00", "10:05"]);
});

test("nothing is loaded before somebody plays", () => {
  const { films, player } = stage();
  player.seek(8);
  assert.equal(films.freelancer.src, "");
  player.play();
  assert.equal(films.freelancer.src, "/him");
  assert.equal(films.interviewer.src, "/her");
});

test("both films play at the same moment of the call and the timeline is told each second", () => {
  const { films, player, run, seen, clock } = stage();
  player.seek(6);
  player.play();
  run(3.1);
  assert.ok(Math.abs(films.freelancer.currentTime + HIM.begin_s - player.at) < 0.1);
  assert.ok(Math.abs(films.interviewer.currentTime + HER.begin_s - player.at) < 0.1);
  assert.deepEqual(seen.moved, [6, 7, 8, 9]);
  assert.equal(clock.textContent, "0:09");
});

test("where nothing was recorded the clock goes on, the page says so, and the sound is put to its place behind it", () => {
  const { films, figures, player, run } = stage();
  player.seek(11);
  player.play();
  run(2);
  assert.equal(figures["freelancer"]?.dataset["picture"], "gap");
  assert.equal(films.freelancer.muted, true);
  assert.equal(figures["interviewer"]?.dataset["picture"], "there");
  films.freelancer.currentTime = 11.9;
  run(5.2);
  assert.equal(figures["freelancer"]?.dataset["picture"], "there");
  assert.equal(films.freelancer.muted, false);
  assert.ok(Math.abs(films.freelancer.currentTime + HIM.begin_s - player.at) < 0.1);
});

test("while one film is not there both stand, and go on together", () => {
  const { films, player, run, card } = stage();
  player.seek(8);
  player.play();
  run(1);
  films.interviewer.readyState = 1;
  const before = player.at;
  run(2);
  assert.ok(player.at - before < 0.1);
  assert.equal(films.freelancer.paused, true);
  assert.equal(card.dataset["playback"], "waiting");
  films.interviewer.readyState = 4;
  run(1);
  assert.ok(Math.abs(films.freelancer.currentTime + HIM.begin_s - player.at) < 0.1);
  assert.equal(card.dataset["playback"], "playing");
});

test("before its beginning and behind its end a film stands and the other goes on", () => {
  const { films, figures, player, run } = stage();
  player.seek(3);
  player.play();
  run(1);
  assert.equal(films.interviewer.paused, true);
  assert.equal(figures["interviewer"]?.dataset["picture"], "gap");
  run(2);
  assert.equal(films.interviewer.paused, false);
});

test("a second that is chosen while it plays moves both, and playing stops at the end of the call", () => {
  const { films, player, run } = stage();
  player.play();
  run(1);
  player.seek(20);
  assert.equal(films.freelancer.currentTime, 18);
  assert.equal(films.interviewer.currentTime, 15);
  assert.equal(player.playing, true);
  player.seek(39.5);
  run(1);
  assert.equal(player.playing, false);
});

test("beside a watched stretch it plays without moving the timeline, and is put right when it is elsewhere", () => {
  const { player, run, seen } = stage();
  player.follow(8);
  run(1);
  player.follow(9);
  run(1);
  assert.deepEqual(seen.moved, []);
  assert.ok(player.at > 9.5 && player.at < 10.5);
  player.follow(15);
  assert.equal(player.at, 15);
  player.pause();
  assert.equal(player.led, false);
});

test("one person can be silenced", () => {
  const { films, player, run } = stage();
  player.seek(8);
  player.play();
  assert.equal(player.mute("interviewer"), true);
  run(1);
  assert.equal(films.interviewer.muted, true);
  assert.equal(films.freelancer.muted, false);
  assert.equal(player.mute("interviewer"), false);
});

test("a film that cannot be loaded is said so and can be tried again", () => {
  const { films, player, card } = stage();
  player.play();
  films.freelancer.error();
  assert.equal(card.dataset["playback"], "failed");
  assert.equal(player.playing, false);
  films.freelancer.src = "";
  player.toggle();
  assert.equal(films.freelancer.src, "/him");
});
