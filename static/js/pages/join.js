/** /join: the freelancer's way from the link to the result. One rule: the server says where he stands (`next`); a reload asks it again. */

import { ApiError, createApi } from "../api.js";
import { wireConsent } from "../consent_form.js";
import { DeviceError, LocalMedia, alreadyAllowed } from "../devices.js";
import { GreenRoom } from "../green_room.js";
import { forgetFragment, incompleteLink, linkIn, linkProblem, takeStraightOn } from "../link.js";
import { NetworkCheck } from "../network_check.js";
import { JoinCall } from "../join_call.js";
import { isOpen, showExplanation, showResult } from "../join_views.js";
import { ServerClock, windowTimers } from "../timers.js";
import { choose, confirmed, currentStep, fill, onAction, show, showStep } from "../view.js";

/** @typedef {import("../join_views.js").JoinState} JoinState */

const language = document.documentElement.lang || "en";
const api = createApi(window.fetch.bind(window), { session: () => joined?.session ?? null });
const timers = windowTimers(window);
const clock = new ServerClock(() => performance.now());
const callRoot = /** @type {HTMLElement} */ (document.querySelector('[data-step="call"]'));
const greenRoot = /** @type {HTMLElement} */ (document.querySelector('[data-step="green-room"]'));

const placeOf = document.getElementById.bind(document);
let link = linkIn(location.hash, placeOf);
/** Kept in memory only, for the case that the server asks for the link again. */
let token = link.token;
/** He comes from his private page, where he has pressed the button that the result would show him once more. */
let straightOn = takeStraightOn(window);
/** @type {JoinState | null} */
let joined = null;

const RESULT_FIRST_MS = 2_000;
const RESULT_LAST_MS = 30_000;

const devices = new LocalMedia(navigator, (kind, track) => {
  if (currentStep(document) === "green-room") greenRoom.trackChanged(kind, track);
  call.trackChanged(kind, track);
});
const greenRoom = new GreenRoom({
  root: greenRoot, devices, timers,
  onReady: (ready) => {
    /** @type {HTMLButtonElement} */ (document.querySelector('[data-action="green-room-continue"]')).disabled = !ready;
    show(document, "green-room-hint", !ready);
  },
});
const network = new NetworkCheck({
  root: greenRoot, api, prefix: "/join", devices, language, timers, document, needDevices: () => greenRoom.open(),
  onDone: () => undefined,
});
const call = new JoinCall({
  window, root: callRoot, api, devices, clock, timers, language,
  speaker: () => greenRoom.speaker,
  onOver: () => { void refresh(); },
  onSessionEnded: sessionEnded,
  onRefused: () => showError("server"),
  onDevicesRefused: async () => {
    showStep(document, "green-room");
    await greenRoom.open();
  },
});

async function start() {
  if (!("RTCPeerConnection" in window) || !navigator.mediaDevices) {
    showError("unsupported");
    return;
  }
  showStep(document, "loading");
  try {
    if (link.incomplete) throw incompleteLink();
    const state = token ? await api.post("/join/exchange", { token }) : await api.get("/join/state");
    if (state.next === "over") {
      showOver(state.case_url);
      return;
    }
    forgetFragment(window);
    await goOn(state);
  } catch (error) {
    linkFailed(error);
  }
}

/** No interview is ahead any more. The link stays in the address: nothing was opened by it. @param {string} caseUrl */
function showOver(caseUrl) {
  fill(document, { case_url: caseUrl });
  showStep(document, "over");
}

/** @param {unknown} error */
function linkFailed(error) {
  if (!(error instanceof ApiError)) throw error;
  choose(document, "link-problem", linkProblem(error, token !== null), "expired");
  showStep(document, "link-problem");
}

/** Go where the server says. @param {JoinState} state */
async function goOn(state) {
  joined = state;
  clock.note(state.server_ms);
  const toTheCall = straightOn && state.next === "result" && state.retry && state.consent?.interview;
  straightOn = false;
  switch (toTheCall ? "green_room" : state.next) {
    case "explain":
      showExplanation(document, state, language);
      showStep(document, "explain");
      break;
    case "green_room":
      await enterGreenRoom();
      break;
    case "waiting":
      await enterWaiting();
      break;
    case "call":
      await enterCall();
      break;
    default:
      call.letGo();
      showResult(document, state);
      showStep(document, "result");
      if (isOpen(state)) timers.set(() => { void lookAgain(RESULT_FIRST_MS); }, RESULT_FIRST_MS);
  }
}

/** The result may still change: look again, ever more rarely, as long as it is shown. @param {number} waitedMs */
async function lookAgain(waitedMs) {
  if (currentStep(document) !== "result") return;
  const state = await api.get("/join/state").catch(() => null);
  if (currentStep(document) !== "result") return;
  if (state && state.next === "result") showResult(document, joined = state);
  const waitMs = Math.min(RESULT_LAST_MS, waitedMs * 1.5);
  if (!state || isOpen(state)) timers.set(() => { void lookAgain(waitMs); }, waitMs);
}

/** Do something that answers with the new state, then go on from there. @param {() => Promise<JoinState>} request */
async function step(request) {
  try {
    await goOn(await request());
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === "not_authenticated" || error.code === "link_refused") sessionEnded();
    else showError(error.status === 0 ? "offline" : "server", error.problem["reference"]);
  }
}

const refresh = () => step(() => api.get("/join/state"));

async function enterGreenRoom() {
  showStep(document, "green-room");
  void network.lookForRelay();
  if (devices.ready) greenRoom.show();
  else if (await alreadyAllowed(navigator)) await greenRoom.open();
}

/** Waiting needs the devices, so that the call can start by itself. */
async function enterWaiting() {
  if (!devices.ready && !(await openQuietly())) {
    await enterGreenRoom();
    return;
  }
  greenRoom.leave();
  choose(document, "waiting", "next");
  showStep(document, "waiting-room");
  call.showSelf();
  call.begin();
}

/** Back in a call: at once when the devices are allowed, else after one press. */
async function enterCall() {
  showStep(document, "call");
  const ready = devices.ready || (await openQuietly());
  call.begin();
  call.showSelf();
  if (!ready) call.view?.pressNeeded(true);
}

/** @returns {Promise<boolean>} whether both devices could be turned on without asking */
async function openQuietly() {
  if (!(await alreadyAllowed(navigator))) return false;
  try {
    await devices.open();
    return true;
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    return false;
  }
}

/** The session is gone: another window took it, or it was revoked. */
function sessionEnded() {
  call.letGo();
  choose(document, "link-problem", token ? "used_elsewhere" : "expired");
  showStep(document, "link-problem");
}

/** @param {"offline" | "unsupported" | "server"} problem @param {unknown} [reference] */
function showError(problem, reference) {
  choose(document, "error", problem);
  show(document, "error-reference", typeof reference === "string");
  if (typeof reference === "string") fill(document, { reference });
  showStep(document, "error");
}

function leaveWaiting() {
  call.leaveQueue();
  if (!joined) return;
  showResult(document, { ...joined, status: "awaiting_freelancer", result: "none", retry: true, last_interview: null });
  showStep(document, "result");
}

/** @param {boolean} interview @param {boolean} recording */
const consent = (interview, recording) => step(() => api.post("/join/consent", { interview, recording }));

/** @param {HTMLElement} button */
async function copyCaseLink(button) {
  await navigator.clipboard.writeText(new URL(joined?.case_url ?? "/case", location.href).href);
  button.dataset["copy"] = "copied";
}

wireConsent(document, (recording) => { void consent(true, recording); });
onAction(document, {
  "explain-continue": () => showStep(document, "consent"),
  "back": () => {
    if (joined && currentStep(document) === "consent") showExplanation(document, joined, language);
    showStep(document, currentStep(document) === "green-room" ? "consent" : "explain");
  },
  "decline-consent": () => { void confirmed(document, "decline").then((yes) => (yes ? consent(false, false) : undefined)); },
  "alternative-route": () => { void step(() => api.post("/join/alternative")); },
  "decline-retry": () => { void step(() => api.post("/join/decline-retry")); },
  "green-room-continue": () => { void (call.isOpen ? call.play().then(() => showStep(document, "call")) : enterWaiting()); },
  "leave-waiting": leaveWaiting,
  "play": () => { void call.play(); },
  "stop-connection": () => { void call.leave("abort", "stop-connection"); },
  "leave": () => { void call.leave("leave", "leave"); },
  "retry": () => { void (joined?.consent?.interview ? enterGreenRoom() : start()); },
  "retry-link": () => { void start(); },
  "take-over": () => { void start(); },
  "take-back": () => { void start(); },
  "copy-case-link": (button) => { void copyCaseLink(button); },
  "reload": () => location.reload(),
});
for (const name of ["cannot-hear", "toggle-microphone", "toggle-camera", "toggle-chat", "close-chat"]) {
  onAction(callRoot, { [name]: (button) => call.view?.actions()[name]?.(button) });
}
addEventListener("hashchange", () => {
  link = linkIn(location.hash, placeOf);
  if (!link.token && !link.incomplete) return;
  token = link.token;
  joined = null;
  call.end();
  void start();
});
void start();
