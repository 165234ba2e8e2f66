/** /staff/interviews/{id}: the interviewer's call, and its end. */

import { ApiError, createApi } from "../api.js";
import { declareConflict } from "../conflict.js";
import { AskPanel, isShortcut } from "../ask_panel.js";
import { openCall } from "../call_page.js";
import { DeviceError, LocalMedia, alreadyAllowed } from "../devices.js";
import { overCase, showEnd } from "../end_panel.js";
import { LIMITS } from "../protocol.js";
import { signedOut, wireSignOut } from "../staff.js";
import { StillPanel } from "../still_panel.js";
import { ServerClock, clockText, windowTimers } from "../timers.js";
import { choose, confirmed, currentStep, fill, onAction, part, sessionOf, showStep } from "../view.js";

const language = document.documentElement.lang || "en";
const page = /** @type {HTMLElement} */ (document.querySelector("[data-interview]"));
const callRoot = /** @type {HTMLElement} */ (page.querySelector('[data-step="call"]'));
const path = `/staff/interviews/${page.dataset["interview"]}`;
const api = createApi(window.fetch.bind(window), { session: () => sessionOf(document) });
const timers = windowTimers(window);
const clock = new ServerClock(() => performance.now());
const goTo = (/** @type {string} */ address) => location.assign(address);

const RETRY_MS = 1_000;

/** @type {import("../call_page.js").OpenCall | null} */
let call = null;
const stills = new StillPanel(callRoot, send);
const panel = new AskPanel(callRoot, send, language, () => performance.now(), stills);
const devices = new LocalMedia(navigator, (kind, track) => {
  void call?.session.trackChanged(kind, track);
  call?.view.notice(track ? "device_back" : "device_lost");
  if (track) call?.view.showSelf();
});

async function start() {
  try {
    const outcome = await api.get(`${path}/outcome`);
    if (outcome.ended) await showOutcome(outcome);
    else await enterCall();
  } catch (error) {
    failed(error);
  }
}

/** @param {unknown} error */
function failed(error) {
  if (!(error instanceof ApiError)) throw error;
  if (!signedOut(error, goTo)) showError(error.status === 0 ? "offline" : "server");
}

async function enterCall() {
  showStep(document, "call");
  if (await alreadyAllowed(navigator) && !(await openDevices())) return;
  begin();
}

/** @returns {Promise<boolean>} */
async function openDevices() {
  try {
    await devices.open();
    return true;
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    showError("devices");
    return false;
  }
}

function begin() {
  call = openCall({
    window, root: callRoot, api, prefix: "/staff", sound: part(document, "remote-audio"), me: "interviewer",
    fetchTicket: () => api.post(`${path}/ticket`), devices, clock, timers, language, onMessage: received, onSocket: socketChanged, onTick: showElapsed,
  });
  call.view.showSelf();
  if (!devices.ready) call.view.pressNeeded(true);
  call.session.start();
}

/** @param {import("../protocol.js").BrowserMessage} message */
function send(message) {
  if (call && !call.session.send(message)) call.view.notice("refused");
}

/** @param {import("../protocol.js").ServerMessage} message */
function received(message) {
  switch (message.type) {
    case "checklist":
      panel.update(message);
      break;
    case "quality":
      panel.quality(message);
      break;
    case "still":
      stills.receive(message);
      break;
    case "log":
      if (message.kind === "flag" && message.body["kind"] === "fraud") choose(callRoot, "flag-state", "raised");
      break;
    case "ended":
      letGo();
      if (message.cause === "completed") showStep(document, "end");
      void ended();
      break;
    default:
  }
}

function showElapsed() {
  const now = clock.now();
  const since = call?.view.liveSince ?? null;
  if (now !== null && since !== null) fill(callRoot, { elapsed: clockText(now - since) });
}

/** @param {import("../socket.js").SocketState} state @param {string} code */
function socketChanged(state, code) {
  if (state === "taken_over") {
    letGo();
    showStep(document, "taken-over");
  } else if (state === "refused") {
    letGo();
    if (code === "not_authenticated") goTo("/staff");
    else void ended();
  }
}

function letGo() {
  call?.close();
  call = null;
  devices.close();
}

/** The call is over: the outcome may still be computed. */
async function ended() {
  choose(document, "end", "computing");
  try {
    const outcome = await api.get(`${path}/outcome`);
    if (outcome.ended) await showOutcome(outcome);
    else timers.set(() => { void ended(); }, RETRY_MS);
  } catch (error) {
    if (!(error instanceof ApiError) || !error.passing) failed(error);
    else timers.set(() => { void ended(); }, RETRY_MS);
  }
}

/** @param {import("../end_panel.js").Outcome} outcome */
async function showOutcome(outcome) {
  const over = overCase(outcome.cause);
  if (over !== null) {
    choose(document, "over", over);
    showStep(document, "over");
    return;
  }
  showEnd(/** @type {HTMLElement} */ (page.querySelector('[data-step="end"]')), outcome, language);
  showStep(document, "end");
  if (outcome.next === null) timers.set(() => { void ended(); }, RETRY_MS);
}

async function decideVerified() {
  try {
    await showOutcome(await api.post(`${path}/verify`));
  } catch (error) {
    if (error instanceof ApiError && !error.passing && error.code !== "not_authenticated") choose(document, "end", "refused");
    else failed(error);
  }
}

/** @param {"devices" | "offline" | "server"} problem */
function showError(problem) {
  choose(document, "error", problem);
  showStep(document, "error");
}

async function pressPlay() {
  if (!devices.ready) {
    if (!(await openDevices())) return;
    call?.view.showSelf();
    call?.session.devicesReady();
  }
  await call?.playback.play();
}

/** @param {string} dialog @param {() => import("../protocol.js").BrowserMessage} message */
async function sendConfirmed(dialog, message) {
  if (await confirmed(callRoot, dialog)) send(message());
}

/** @returns {import("../protocol.js").RaiseFlag} */
function fraudFlag() {
  const reason = /** @type {HTMLTextAreaElement} */ (callRoot.querySelector('[name="reason"]'));
  return { type: "flag", kind: "fraud", note: reason.value.trim().slice(0, LIMITS.MAX_NOTE_CHARACTERS) };
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  if (currentStep(document) !== "call" || !isShortcut(event, document)) return;
  const key = event.key.toLowerCase();
  if (key === "h") send({ type: "flag", kind: "cant_hear", note: "" });
  else if (!panel.key(key)) return;
  event.preventDefault();
}

/** @param {HTMLElement} button */
async function keepAway(button) {
  try {
    await declareConflict(document, api, button);
  } catch (error) {
    failed(error);
  }
}

onAction(callRoot, {
  ...panel.actions(),
  "play": () => { void pressPlay(); },
  "stop-connection": () => { void sendConfirmed("stop-connection", () => ({ type: "abort" })); },
  "leave": () => { void sendConfirmed("leave", () => ({ type: "leave" })); },
  "finish": () => { void sendConfirmed("finish", () => ({ type: "complete" })); },
  "flag-fraud": () => { void sendConfirmed("flag-fraud", fraudFlag); },
  "declare-conflict": (button) => { void keepAway(button); },
});
for (const name of ["cannot-hear", "toggle-microphone", "toggle-camera", "toggle-chat", "close-chat"]) {
  onAction(callRoot, { [name]: (button) => call?.view.actions()[name]?.(button) });
}
onAction(document, {
  "decide-verified": () => { void decideVerified(); },
  "take-back": () => location.reload(),
  "reload": () => location.reload(),
});
document.addEventListener("keydown", pressed);
wireSignOut(document, api, goTo);
void start();
