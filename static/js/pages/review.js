/** /staff/reviews/{id}: the replay. The page prints the facts; this fetches the figures of every second and draws them. */

import { ApiError, createApi } from "../api.js";
import { declareConflict } from "../conflict.js";
import { modelOf } from "../replay/model.js";
import { Player } from "../replay/player.js";
import { showTests } from "../replay/run_figures.js";
import { Timeline } from "../replay/timeline.js";
import { Wording } from "../replay/wording.js";
import { Decision } from "../review/decision.js";
import { signedOut, wireSignOut } from "../staff.js";
import { StillViewer } from "../still_viewer.js";
import { find, onAction, pageData, part, sessionOf, show } from "../view.js";

const language = document.documentElement.lang || "en";
const api = createApi(window.fetch.bind(window), { timeoutMs: 60_000, session: () => sessionOf(document) });
const goTo = (/** @type {string} */ address) => location.assign(address);
const page = /** @type {HTMLElement} */ (document.querySelector("[data-interview]"));
const card = part(page, "timeline");
const wording = new Wording(card);
const viewer = new StillViewer(page);
const timeline = new Timeline(card, wording, language, itemOf);

const recording = part(page, "recording");
const player = playerOf();
const decision = decisionOf(find(page, "decision"));

/** @returns {Player | null} what plays the recording; null when there is none to play */
function playerOf() {
  const { recording: tracks, duration_s: total } = pageData(document);
  if (!tracks || tracks.length === 0) return null;
  const made = new Player(recording, tracks, total, {
    now: () => performance.now(), moved: (second) => timeline.pin(second),
    repeat: (call, everyMs) => {
      const handle = setInterval(call, everyMs);
      return () => clearInterval(handle);
    },
  });
  timeline.chosen = (second) => made.seek(second);
  timeline.playPressed = playOrPause;
  return made;
}

/** Whoever pauses while a cited stretch is watched stops watching. */
function playOrPause() {
  if (decision?.watching) decision.stopWatching();
  else player?.toggle();
}

/** @param {HTMLElement} button */
function mute(button) {
  const silent = player?.mute(button.dataset["leg"] ?? "") ?? false;
  button.setAttribute("aria-pressed", String(silent));
}

/** @param {HTMLElement | null} panel @returns {Decision | null} */
function decisionOf(panel) {
  const { panel: acts, start_ms: startMs, interview_id: interviewId } = pageData(document);
  if (!panel || !acts) return null;
  return new Decision(panel, acts, { api, goTo, reload: () => location.reload(), store: tabStore(), timeline, player, stills: viewer, startMs, interviewId });
}

/** What the tab keeps; where the browser forbids that, nothing is kept. @returns {import("../writing.js").Store} */
function tabStore() {
  try {
    return window.sessionStorage;
  } catch {
    return { getItem: () => null, setItem: () => {}, removeItem: () => {} };
  }
}

/** @param {string} runId @returns {string | null} */
function itemOf(runId) {
  return document.getElementById(`run-${runId}`)?.querySelector('[data-role="run-item"]')?.textContent ?? null;
}

async function load() {
  card.dataset["timeline"] = "loading";
  try {
    const model = modelOf(await api.get(pageData(document)["quality_url"]));
    show(card, "running", model.running);
    card.dataset["timeline"] = model.total === 0 || isUnmeasured(model) ? "empty" : "ready";
    showTests(page, model, wording, language);
    if (card.dataset["timeline"] === "ready") timeline.load(model);
    showLinked();
  } catch (error) {
    if (signedOut(error, goTo)) return;
    card.dataset["timeline"] = "error";
    if (!(error instanceof ApiError)) throw error;
  }
}

/** @param {import("../replay/model.js").Model} model */
function isUnmeasured({ replay }) {
  return Object.values(replay.legs).every((seconds) => seconds.every(({ covered }) => !covered));
}

/** A link to one asking opens the timeline there. */
function showLinked() {
  if (location.hash.startsWith("#run-")) timeline.showRun(decodeURIComponent(location.hash.slice("#run-".length)));
}

/** @param {string | undefined} runId */
function goToRun(runId) {
  timeline.showRun(runId ?? "");
  card.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

/** @param {HTMLElement} button */
async function keepAway(button) {
  try {
    if (await declareConflict(document, api, button)) location.reload();
  } catch (error) {
    if (!signedOut(error, goTo)) location.reload();
  }
}

onAction(page, {
  "zoom-in": () => timeline.zoomIn(),
  "zoom-out": () => timeline.zoomOut(),
  "zoom-all": () => timeline.zoomAll(),
  "unpin": () => timeline.unpin(),
  "play-recording": () => playOrPause(),
  "mute-film": (button) => mute(button),
  "declare-conflict": (button) => { void keepAway(button); },
  "reload-timeline": () => { if (card.dataset["timeline"] === "error") void load(); else location.reload(); },
  "show-run": (button) => goToRun(button.dataset["run"]),
  ...viewer.actions(),
});
page.addEventListener("click", (event) => {
  if (viewer.press(/** @type {Element | null} */ (event.target))) event.preventDefault();
});
card.addEventListener("click", (event) => {
  const window = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("a.window"));
  if (!window) return;
  event.preventDefault();
  timeline.showRun(window.dataset["run"] ?? "");
});
document.addEventListener("keydown", (event) => {
  if (card.dataset["timeline"] !== "ready") return;
  if (decision?.key(event) || timeline.key(event)) event.preventDefault();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => timeline.recolour());
wireSignOut(document, api, goTo);
void load();
