import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../static/js/api.js";
import { StillCamera } from "../../static/js/still_camera.js";
import { StillPanel, stateOf } from "../../static/js/still_panel.js";
import { StillTaker } from "../../static/js/still_taker.js";
import { StillUpload } from "../../static/js/still_upload.js";
import { FakeElement, FakeTimers, fakeTrack, item, settle } from "./fakes.js";

const JPEG = (pixels, size = 1_000) => ({ type: "image/jpeg", size, pixels });
const LONG_AGO = { width: { ideal: 640 } };

/** A camera's video track that gives 640 × 480, and up to `most` when asked for more. */
function camera(most = { width: 1920, height: 1080 }) {
  const track = fakeTrack("video", {
    asked: [], size: { width: 640, height: 480 },
    getSettings: () => track.size, getConstraints: () => LONG_AGO,
    async applyConstraints(wanted) {
      track.asked.push(wanted);
      track.size = wanted === LONG_AGO ? { width: 640, height: 480 } : most;
    },
  });
  return track;
}

function stillCamera(timers, more = {}) {
  const scales = [];
  const taking = new StillCamera({
    capture: null, timers,
    grab: async (track) => JPEG(track.size.width * track.size.height),
    pixels: async (blob) => blob.pixels,
    smaller: async (blob) => JPEG(blob.pixels, 500),
    scaleSent: async (factor) => { scales.push(factor); },
    ...more,
  });
  return { taking, scales };
}

const photos = (photo) => () => ({ getPhotoCapabilities: async () => ({ imageWidth: { max: 4000 }, imageHeight: { max: 3000 } }), takePhoto: photo });

test("a photo that shows more than the video is taken, and the video is left alone", async () => {
  const track = camera();
  const asked = [];
  const { taking } = stillCamera(new FakeTimers(), { capture: photos(async (settings) => { asked.push(settings); return JPEG(12_000_000); }) });
  assert.equal((await taking.take(track)).pixels, 12_000_000);
  assert.deepEqual([asked, track.asked], [[{ imageWidth: 4000, imageHeight: 3000 }], []]);
});

test("without a photo the video is asked for all it has, and then for what it gave before", async () => {
  const track = camera();
  const { taking, scales } = stillCamera(new FakeTimers());
  assert.equal((await taking.take(track)).pixels, 1920 * 1080);
  assert.deepEqual(track.asked.map((wanted) => wanted.width.ideal), [4096, 640]);
  assert.deepEqual([track.size.width, scales], [640, [3, 1]]);
});

for (const [name, photo] of [
  ["no larger than the video", async () => JPEG(640 * 480)], ["refused", async () => { throw new DOMException("busy"); }], ["never given", () => new Promise(() => {})],
]) {
  test(`a photo that is ${name} gives way to a frame of the video`, async () => {
    const timers = new FakeTimers();
    const taken = stillCamera(timers, { capture: photos(photo) }).taking.take(camera());
    await timers.advance(6_000);
    assert.equal((await taken).pixels, 1920 * 1080);
  });
}

test("a camera that refuses to give more gives what it gives", async () => {
  const track = camera();
  track.applyConstraints = async () => { throw new DOMException("no", "OverconstrainedError"); };
  const { taking, scales } = stillCamera(new FakeTimers());
  assert.equal((await taking.take(track)).pixels, 640 * 480);
  assert.deepEqual(scales, [1, 1]);
});

test("whatever fails, the video is put back and the failure has a name", async () => {
  const track = camera();
  const { taking, scales } = stillCamera(new FakeTimers(), { grab: async () => { throw new Error("no frame"); } });
  await assert.rejects(taking.take(track), { problem: "camera_failed" });
  assert.deepEqual([track.size.width, scales.at(-1)], [640, 1]);
});

test("a camera that is off, gone or missing takes no picture and says so", async () => {
  const { taking } = stillCamera(new FakeTimers());
  for (const track of [null, Object.assign(camera(), { enabled: false }), Object.assign(camera(), { readyState: "ended" })]) {
    await assert.rejects(taking.take(track), { problem: "camera_off" });
  }
});

test("a photo that is too heavy, or of another type, is made smaller", async () => {
  for (const photo of [JPEG(12_000_000, 13 * 1024 * 1024), { type: "image/heic", size: 10, pixels: 12_000_000 }]) {
    const { taking } = stillCamera(new FakeTimers(), { capture: photos(async () => photo) });
    assert.deepEqual(await taking.take(camera()), JPEG(12_000_000, 500));
  }
});

/** A server that answers each PUT with the next of `answers`; an answer that is an error is thrown. */
function uploading(timers, answers) {
  const puts = [];
  const use = {
    timers, random: () => 1, digest: async () => "abc=",
    put: async (path, body, headers) => {
      puts.push({ path, headers, at: timers.now });
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  return { puts, upload: (path = "/join/stills/s1") => new StillUpload(path, JPEG(1), use) };
}

const offline = () => new ApiError("offline", 0);
const damaged = () => new ApiError("invalid", 422, { field: "content-digest" });

test("a picture goes out with its type and its digest", async () => {
  const { puts, upload } = uploading(new FakeTimers(), [{}]);
  assert.equal(await upload().send(), "kept");
  assert.deepEqual(puts.map(({ headers }) => headers), [{ "Content-Type": "image/jpeg", "Content-Digest": "sha-256=:abc=:" }]);
});

test("what may pass is tried again, later and later, until the server has it", async () => {
  const timers = new FakeTimers();
  const { puts, upload } = uploading(timers, [offline(), new ApiError("busy", 503), new ApiError("slow_down", 429), {}]);
  const sent = upload().send();
  await timers.advance(10_000);
  assert.equal(await sent, "kept");
  assert.deepEqual(puts.map(({ at }) => at), [0, 400, 1_200, 2_800]);
});

test("when the connection is back, the next try comes at once", async () => {
  const timers = new FakeTimers();
  const { puts, upload } = uploading(timers, [offline(), offline(), {}]);
  const one = upload();
  const sent = one.send();
  await timers.advance(400);
  one.hurry();
  await timers.advance(0);
  assert.equal(await sent, "kept");
  assert.deepEqual([puts.map(({ at }) => at), timers.waiting], [[0, 400, 400], []]);
});

test("a refusal ends it", async () => {
  const { puts, upload } = uploading(new FakeTimers(), [new ApiError("invalid", 422, { field: "picture" })]);
  assert.equal(await upload().send(), "refused");
  assert.equal(puts.length, 1);
});

test("bytes damaged on the way are sent again, but not for ever", async () => {
  const timers = new FakeTimers();
  const mended = uploading(timers, [damaged(), {}]);
  const first = mended.upload().send();
  await timers.advance(60_000);
  assert.equal(await first, "kept");
  const never = uploading(timers, Array.from({ length: 20 }, damaged));
  const second = never.upload().send();
  await timers.advance(60_000);
  assert.equal(await second, "refused");
  assert.equal(never.puts.length, 5);
});

test("after the call nothing is sent any more", async () => {
  const timers = new FakeTimers();
  const { puts, upload } = uploading(timers, [offline(), {}]);
  const one = upload();
  const sent = one.send();
  await settle();
  one.stop();
  assert.equal(await sent, "stopped");
  assert.equal(puts.length, 1);
});

/** The freelancer's page with a taker whose camera and server answer as told. */
function takerPage({ takes = async () => JPEG(1), sends = async () => "kept" } = {}) {
  const cases = ["taking_document", "taking_face", "sending", "good", "bad", "camera_off", "camera_failed", "not_sent", "refused"];
  const banner = new FakeElement({ "data-choose": "still" }, cases.map((one) => new FakeElement({ "data-case": one })));
  const self = new FakeElement({ "data-role": "self" });
  const root = new FakeElement({}, [banner, self]);
  const timers = new FakeTimers();
  const page = { timers, self, sent: [], takes: 0, hurries: 0, uploads: [], stops: 0, get shown() { return banner.hidden ? null : banner.children.find(({ hidden }) => !hidden).getAttribute("data-case"); } };
  page.taker = new StillTaker({
    root, timers, track: () => null, send: (message) => page.sent.push(message),
    camera: { take: async () => { page.takes += 1; return takes(); } },
    upload: (path) => { page.uploads.push(path); return { send: sends, hurry: () => { page.hurries += 1; }, stop: () => { page.stops += 1; } }; },
  });
  return page;
}

const take = (more = {}) => ({ type: "still_take", still_id: "s1", kind: "document_front", ...more });
const status = (more = {}) => ({ type: "still", still_id: "s1", run_id: "run_1", item_key: "document.front", kind: "document_front", state: "kept", usable: true, problems: [], ...more });

test("asked for a picture the page says so, takes it, sends it, and says what became of it", async () => {
  const page = takerPage();
  page.taker.receive(take());
  assert.deepEqual([page.shown, page.self.dataset["taking"]], ["taking_document", "true"]);
  await settle();
  assert.deepEqual([page.shown, page.self.dataset["taking"], page.uploads], ["sending", "false", ["/join/stills/s1"]]);
  assert.deepEqual(page.sent, [{ type: "still_taken", still_id: "s1" }]);
  page.taker.receive(status());
  assert.equal(page.shown, "good");
  await page.timers.advance(12_000);
  assert.equal(page.shown, null);
});

test("the same request again sends the same picture, and takes no second one", async () => {
  const page = takerPage({ sends: () => new Promise(() => {}) });
  page.taker.receive(take());
  await settle();
  page.taker.receive(take());
  page.taker.hurry();
  await settle();
  assert.deepEqual([page.takes, page.uploads.length, page.hurries], [1, 1, 2]);
});

test("a picture that cannot be used says so, and the next request takes a new one", async () => {
  const page = takerPage();
  page.taker.receive(take());
  await settle();
  page.taker.receive(status({ usable: false, problems: ["blurred"] }));
  assert.equal(page.shown, "bad");
  page.taker.receive(take({ still_id: "s2" }));
  await settle();
  assert.equal(page.takes, 2);
});

test("a camera that gives nothing and a server that refuses are told to both sides", async () => {
  const { CameraError } = await import("../../static/js/still_camera.js");
  const off = takerPage({ takes: async () => { throw new CameraError("camera_off"); } });
  off.taker.receive(take({ kind: "face" }));
  assert.equal(off.shown, "taking_face");
  await settle();
  assert.deepEqual([off.shown, off.sent], ["camera_off", [{ type: "still_failed", still_id: "s1", problem: "camera_off" }]]);
  const refused = takerPage({ sends: async () => "refused" });
  refused.taker.receive(take());
  await settle();
  assert.deepEqual([refused.shown, refused.sent.at(-1)], ["refused", { type: "still_failed", still_id: "s1", problem: "refused" }]);
});

test("the end of the call ends every upload", async () => {
  const page = takerPage({ sends: () => new Promise(() => {}) });
  page.taker.receive(take());
  await settle();
  page.taker.receive({ type: "ended" });
  assert.deepEqual([page.stops, page.shown], [1, null]);
});

/** The interviewer's page with a panel for one item. */
function panelPage() {
  const states = ["none", "asked", "taken", "good", "bad", "failed"].map((one) => new FakeElement({ "data-case": one }));
  const button = new FakeElement({ "data-role": "capture-still" });
  const picture = new FakeElement({ "data-role": "still-picture" });
  const box = new FakeElement({ "data-role": "still" }, [picture, new FakeElement({ "data-choose": "still-state" }, states), button]);
  const sent = [];
  const panel = new StillPanel(new FakeElement({}, [box]), (message) => sent.push(message));
  return { panel, sent, box, button, picture };
}

const front = (more = {}) => item("document.front", { kind: "document", status: "asking", ...more });

test("a picture can be asked for while a document or a face is being asked, and only then", () => {
  const { panel, sent, box, button } = panelPage();
  panel.select(item("identity.name", { status: "asking" }), "run_0");
  assert.deepEqual([panel.capture(), box.hidden], [false, true]);
  panel.select(front({ status: "open" }), null);
  assert.deepEqual([panel.capture(), box.hidden], [false, true]);
  panel.select(front(), "run_1");
  assert.deepEqual([panel.capture(), box.hidden, button.disabled], [true, false, false]);
  assert.deepEqual(sent, [{ type: "still_capture", run_id: "run_1" }]);
});

test("no second picture is asked for while one is on its way", () => {
  const { panel, box, button, picture } = panelPage();
  panel.select(front(), "run_1");
  for (const state of ["asked", "taken"]) {
    panel.receive(status({ state, usable: null }));
    assert.deepEqual([panel.capture(), button.disabled, box.dataset["still"], picture.hidden], [false, true, state, true]);
  }
  panel.receive(status({ usable: false, problems: ["too_dark"] }));
  assert.deepEqual([button.disabled, box.dataset["still"], picture.getAttribute("src")], [false, "bad", "/staff/evidence/s1/preview"]);
});

test("news of an older picture does not take the place of the newest one's", () => {
  const { panel, box } = panelPage();
  panel.select(front(), "run_1");
  panel.receive(status({ usable: false }));
  panel.receive(status({ still_id: "s2" }));
  panel.receive(status({ usable: false }));
  assert.equal(box.dataset["still"], "good");
});

test("a picture of an earlier asking says nothing about this one, and stays after the asking", () => {
  const { panel, box, button } = panelPage();
  panel.receive(status());
  panel.select(front(), "run_2");
  assert.equal(box.dataset["still"], "none");
  panel.select(front({ status: "admissible" }), null);
  assert.deepEqual([box.dataset["still"], box.hidden, button.hidden], ["good", false, true]);
});

test("a picture has one state", () => {
  assert.deepEqual([null, status({ state: "asked" }), status(), status({ usable: false }), status({ state: "failed" })].map(stateOf), ["none", "asked", "good", "bad", "failed"]);
});
