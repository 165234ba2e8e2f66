/** /staff/check: the interviewer's own devices and connection; the server's verdict opens the queue. */

import { createApi } from "../api.js";
import { LocalMedia, alreadyAllowed } from "../devices.js";
import { GreenRoom } from "../green_room.js";
import { NetworkCheck } from "../network_check.js";
import { signedOut, wireSignOut } from "../staff.js";
import { timeOfDay, windowTimers } from "../timers.js";
import { choose, fill, sessionOf } from "../view.js";

const language = document.documentElement.lang || "en";
const api = createApi(window.fetch.bind(window), { session: () => sessionOf(document) });
const timers = windowTimers(window);
const page = /** @type {HTMLElement} */ (document.querySelector('[data-testid="check"]'));
const goTo = (/** @type {string} */ address) => location.assign(address);

const devices = new LocalMedia(navigator, (kind, track) => greenRoom.trackChanged(kind, track));
const greenRoom = new GreenRoom({ root: page, devices, timers, onReady: () => undefined });
const network = new NetworkCheck({
  root: page, api, prefix: "/staff", devices, language, timers, document, needDevices: () => greenRoom.open(),
  onDone: (verdict, error, ours) => { void judged(verdict, error, ours); },
});

/**
 * @param {import("../check.js").CheckVerdict | null} verdict
 * @param {import("../api.js").ApiError | null} error
 * @param {boolean} ours
 */
async function judged(verdict, error, ours) {
  if (ours) {
    choose(page, "check-verdict", "ours");
  } else if (error) {
    if (!signedOut(error, goTo)) choose(page, "check-verdict", "unsaved");
  } else if (!verdict?.passed) {
    const devicesAtFault = verdict?.problems.some((problem) => problem.startsWith("device.")) ?? false;
    choose(page, "check-verdict", devicesAtFault ? "devices" : "network");
  } else {
    await showStored();
  }
}

/** Whether a passed check is stored, and until when it opens the queue. */
async function showStored() {
  try {
    const { check } = await api.get("/staff/queue.json");
    if (!check?.valid) return;
    fill(page, { valid_until: timeOfDay(check.valid_until_ms, language) });
    choose(page, "check-verdict", "passed");
  } catch (error) {
    signedOut(error, goTo);
  }
}

async function start() {
  void network.lookForRelay();
  await showStored();
  if (await alreadyAllowed(navigator)) await greenRoom.open();
}

wireSignOut(document, api, goTo);
void start();
