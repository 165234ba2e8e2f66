import assert from "node:assert/strict";
import { test } from "node:test";
import { DeviceError, LocalMedia, alreadyAllowed, problemOf } from "../../static/js/devices.js";
import { incompleteLink, linkIn, linkProblem, tokenIn } from "../../static/js/link.js";
import { ApiError, createApi } from "../../static/js/api.js";
import { MeterJudge, barLength, loudness } from "../../static/js/meter.js";
import { ServerClock, clockText } from "../../static/js/timers.js";
import { startTicker } from "../../static/js/ticker.js";
import { FakeTimers, fakeTrack, settle } from "./fakes.js";

const named = (name, message = "") => Object.assign(new Error(message), { name });

test("each failure of the devices has its own help", () => {
  assert.equal(problemOf(named("NotAllowedError", "Permission denied"), false), "denied");
  assert.equal(problemOf(named("NotAllowedError", "Permission denied by system"), false), "blocked");
  assert.equal(problemOf(named("NotAllowedError"), true), "blocked");
  assert.equal(problemOf(named("NotReadableError"), false), "in_use");
  assert.equal(problemOf(named("NotFoundError"), false), "none_found");
  assert.equal(problemOf(named("OverconstrainedError"), false), "none_found");
  assert.equal(problemOf(new TypeError("no"), false), "unsupported");
  assert.equal(problemOf("?", false), "other");
});

/** A browser with devices that the test plugs in and out. */
function browser({ state = "granted", error = null } = {}) {
  const world = { asked: [], error };
  const mediaDevices = Object.assign(new EventTarget(), {
    getUserMedia: async (wanted) => {
      world.asked.push(wanted);
      if (world.error) throw world.error;
      let tracks = Object.keys(wanted).map((kind) => fakeTrack(kind));
      return {
        getTracks: () => tracks,
        getAudioTracks: () => tracks.filter(({ kind }) => kind === "audio"),
        getVideoTracks: () => tracks.filter(({ kind }) => kind === "video"),
        removeTrack: (old) => { tracks = tracks.filter((one) => one !== old); },
        addTrack: (track) => { tracks = [...tracks, track]; },
      };
    },
    enumerateDevices: async () => [],
  });
  world.navigator = { mediaDevices, permissions: { query: async () => ({ state }) } };
  return world;
}

test("devices count as allowed only when both are granted and the browser can tell", async () => {
  assert.equal(await alreadyAllowed(browser().navigator), true);
  assert.equal(await alreadyAllowed(browser({ state: "prompt" }).navigator), false);
  assert.equal(await alreadyAllowed({}), false);
});

test("a browser without devices says so", async () => {
  await assert.rejects(new LocalMedia({}, () => undefined).open(), (error) => error instanceof DeviceError && error.problem === "unsupported");
});

test("an unplugged device is told at once, and replaced as soon as another is there", async () => {
  const world = browser();
  const changes = [];
  const devices = new LocalMedia(world.navigator, (kind, track) => changes.push([kind, track !== null]));
  await devices.open();
  const old = devices.track("video");
  world.error = named("NotFoundError");
  old.readyState = "ended";
  old.dispatchEvent(new Event("ended"));
  await settle();
  assert.deepEqual(changes, [["video", false]]);
  world.error = null;
  world.navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
  await settle();
  assert.deepEqual(changes, [["video", false], ["video", true]]);
  assert.notEqual(devices.track("video"), old);
});

test("what was switched off stays off on the next device, and every change is counted", async () => {
  const devices = new LocalMedia(browser().navigator, () => undefined);
  await devices.open();
  devices.setOn("audio", false);
  devices.setOn("audio", false);
  assert.deepEqual(devices.changes, { audio: 2, video: 1 });
  await devices.replace("audio", "other");
  assert.equal(devices.track("audio").enabled, false);
  assert.deepEqual(devices.changes, { audio: 3, video: 1 });
});

test("the old device goes on when the new one does not start", async () => {
  const world = browser();
  const devices = new LocalMedia(world.navigator, () => undefined);
  await devices.open();
  const old = devices.track("audio");
  world.error = named("NotReadableError");
  await assert.rejects(devices.replace("audio", "busy"), (error) => error.problem === "in_use");
  assert.equal(devices.track("audio"), old);
  assert.equal(old.stopped, false);
});

test("closing lets go of every device", async () => {
  const devices = new LocalMedia(browser().navigator, () => undefined);
  await devices.open();
  const { audio, video } = devices.tracks;
  devices.close();
  assert.deepEqual([audio.stopped, video.stopped, devices.ready], [true, true, false]);
});

test("the meter hears speech, notes a faint voice, and is not fooled by silence", () => {
  const judge = new MeterJudge();
  assert.equal(judge.note(-Infinity), "silent");
  for (let block = 0; block < 29; block += 1) judge.note(-50);
  assert.equal(judge.note(-50), "quiet");
  judge.note(-20); judge.note(-20);
  assert.equal(judge.note(-20), "heard");
  assert.equal(judge.note(-Infinity), "heard");
  assert.equal(loudness(new Float32Array(8).fill(1)), 0);
  assert.deepEqual([barLength(-Infinity), barLength(0), barLength(9)], [0, 1, 1]);
});

test("a token is read from the fragment, and nothing else is", () => {
  const token = "a".repeat(43);
  assert.equal(tokenIn(`#${token}`), token);
  assert.equal(tokenIn(`#token=${token}`), token);
  for (const hash of ["", "#", "#main", `#${token} x`, `#${"a".repeat(900)}`]) assert.equal(tokenIn(hash), null);
});

test("a link of which a part is missing is no invitation to show what another link had opened", () => {
  const nowhere = () => null;
  const token = "abcdefghijklmnop-_1234";
  assert.deepEqual(linkIn(`#${token}`, nowhere), { token, incomplete: false });
  for (const hash of ["", "#"]) assert.deepEqual(linkIn(hash, nowhere), { token: null, incomplete: false });
  for (const hash of ["#abc", "#token=abc", "#token=", `#${token}%20x`, `#${"a".repeat(900)}`]) {
    assert.deepEqual(linkIn(hash, nowhere), { token: null, incomplete: true });
  }
  assert.deepEqual(linkIn("#main", (id) => id === "main"), { token: null, incomplete: false }, "a place on the page");
  assert.equal(linkProblem(incompleteLink(), false), "incomplete");
});

test("a page says which session it belongs to, once it knows", async () => {
  /** @type {(string | null)[]} */
  const seen = [];
  let session = /** @type {string | null} */ (null);
  const api = createApi(async (_, init) => {
    seen.push(new Headers(init?.headers).get("X-Verifier-Session"));
    return new Response("{}");
  }, { session: () => session });
  await api.get("/join/state");
  session = "0123456789abcdef";
  await api.get("/join/state");
  await api.post("/join/consent", {});
  assert.deepEqual(seen, [null, session, session]);
});

test("a link's problem is named, and a server that is away is not the link's fault", () => {
  assert.equal(linkProblem(new ApiError("offline", 0), true), "offline");
  assert.equal(linkProblem(new ApiError("internal_error", 503), true), "offline");
  assert.equal(linkProblem(new ApiError("not_authenticated", 401), true), "incomplete");
  assert.equal(linkProblem(new ApiError("not_authenticated", 401), false), "missing", "no link was followed");
  assert.equal(linkProblem(new ApiError("link_refused", 410), true), "expired");
  assert.equal(linkProblem(new ApiError("link_refused", 410, { reason: "revoked" }), true), "revoked");
});

test("a post carries the header that other sites cannot send, and a problem keeps its code", async () => {
  const seen = [];
  const api = createApi(async (path, init) => {
    seen.push([path, init.method, init.headers["X-Verifier"], init.body]);
    return new Response(JSON.stringify({ code: "illegal_state" }), { status: 409 });
  });
  await assert.rejects(api.post("/join/consent", { interview: true }), (error) => error.code === "illegal_state" && !error.passing);
  assert.deepEqual(seen, [["/join/consent", "POST", "1", '{"interview":true}']]);
});

test("an answer that is no JSON, or none at all, is a failure with a code", async () => {
  const broken = createApi(async () => new Response("<html>", { status: 502 }));
  await assert.rejects(broken.get("/x"), (error) => error.code === "internal_error" && error.passing);
  const offline = createApi(async () => { throw new TypeError("failed"); });
  await assert.rejects(offline.get("/x"), (error) => error.code === "offline" && error.passing);
});

test("the server's clock takes the largest offset, because stamps only come late", () => {
  let now = 1_000;
  const clock = new ServerClock(() => now);
  assert.equal(clock.secondsLeft(5), null);
  clock.note(61_000);
  now = 2_000;
  clock.note(61_500);
  assert.equal(clock.now(), 62_000);
  assert.equal(clock.secondsLeft(64_500), 3);
  assert.equal(clock.secondsLeft(0), 0);
  assert.deepEqual([clockText(425_000), clockText(3_753_000), clockText(-1)], ["7:05", "1:02:33", "0:00"]);
});

test("where the browser refuses the worker the page's own timers tick", async () => {
  const timers = new FakeTimers();
  let ticks = 0;
  const stop = startTicker({ makeWorker: () => { throw new Error("refused"); }, timers, intervalMs: 500, onTick: () => { ticks += 1; } });
  await timers.advance(2_000);
  assert.equal(ticks, 4);
  stop();
  await timers.advance(2_000);
  assert.equal(ticks, 4);
});
