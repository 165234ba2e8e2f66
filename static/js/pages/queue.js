/** /staff/queue: who waits, the gate of one's own check, and the next call. Asking every two seconds is also what keeps the interviewer present. */

import { ApiError, createApi } from "../api.js";
import { declareConflict } from "../conflict.js";
import { gateCase, languageNames, mayTake, takeCase } from "../queue_view.js";
import { signedOut, wireSignOut } from "../staff.js";
import { clockText, timeOfDay, windowTimers } from "../timers.js";
import { contextOn, playNotes } from "../tone.js";
import { isShortcut } from "../ask_panel.js";
import { choose, fill, onAction, sessionOf, show, words } from "../view.js";

/** @typedef {import("../queue_view.js").QueueAnswer} QueueAnswer */

const EVERY_MS = 2_000;
const language = document.documentElement.lang || "en";
const api = createApi(window.fetch.bind(window), { session: () => sessionOf(document) });
const timers = windowTimers(window);
const page = /** @type {HTMLElement} */ (document.querySelector("[data-queue]"));
const takeButton = /** @type {HTMLButtonElement} */ (page.querySelector('[data-action="take-next"]'));
const goTo = (/** @type {string} */ address) => location.assign(address);

/** @type {number | null} */
let waitingBefore = null;
let taking = false;

async function refresh() {
  try {
    showQueue(await api.get("/staff/queue.json"));
  } catch (error) {
    if (signedOut(error, goTo)) return;
    if (!(error instanceof ApiError)) throw error;
    page.dataset["queue"] = "error";
    takeButton.disabled = true;
  }
  timers.set(() => { void refresh(); }, EVERY_MS);
}

/** @param {QueueAnswer} queue */
function showQueue(queue) {
  page.dataset["queue"] = queue.waiting.length === 0 ? "empty" : "ready";
  fill(page, {
    as_of: timeOfDay(Date.now(), language),
    count: queue.waiting.length,
    valid_until: queue.check?.valid_until_ms ? timeOfDay(queue.check.valid_until_ms, language) : "",
    waiting: queue.waiting.map(rowOf),
  });
  choose(page, "gate", gateCase(queue));
  showTake(queue);
  show(page, "resume", queue.in_call !== null);
  if (queue.in_call !== null) fill(page, { interview_url: `/staff/interviews/${queue.in_call}` });
  if (waitingBefore === 0 && queue.waiting.length > 0) void chime();
  waitingBefore = queue.waiting.length;
}

/** @param {QueueAnswer} queue */
function showTake(queue) {
  if (taking) return;
  takeButton.disabled = !mayTake(queue);
  choose(page, "take-next-why", takeCase(queue));
}

/** @param {import("../queue_view.js").WaitingEntry} entry */
function rowOf(entry) {
  const kind = entry.interview_number > 1 ? "retry" : "first";
  return {
    id: entry.id,
    position: entry.position,
    reference: entry.reference ?? entry.legal_name_initials,
    languages: languageNames(entry.languages, language),
    call: words(page, "call-kind", kind, { number: entry.interview_number }),
    check: entry.check ?? "unknown",
    waiting_for: clockText(entry.wait_ms),
    match: entry.match ?? true,
  };
}

async function take() {
  if (taking || takeButton.disabled) return;
  taking = true;
  takeButton.disabled = true;
  choose(page, "take-next-why", "taking");
  try {
    const { url } = await api.post("/staff/take");
    goTo(url);
  } catch (error) {
    if (signedOut(error, goTo)) return;
    if (!(error instanceof ApiError)) throw error;
    choose(page, "take-next-why", error.code === "conflict" ? "taken" : error.code === "not_allowed" ? "gate" : "failed");
    timers.set(() => { taking = false; }, EVERY_MS * 2);
  }
}

/** Somebody arrived. Browsers stay silent until the page was pressed once; nothing is lost then, the table shows it. */
async function chime() {
  const context = await contextOn("");
  if (context.state === "running") await playNotes(context);
  await context.close();
}

/** @param {HTMLElement} button */
async function keepAway(button) {
  try {
    if (await declareConflict(document, api, button)) button.closest("tr")?.remove();
  } catch (error) {
    if (signedOut(error, goTo)) return;
    if (!(error instanceof ApiError)) throw error;
    choose(page, "take-next-why", "failed");
  }
}

onAction(page, { "take-next": () => { void take(); }, "declare-conflict": (button) => { void keepAway(button); } });
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "n" && isShortcut(event, document)) void take();
});
wireSignOut(document, api, goTo);
void refresh();
