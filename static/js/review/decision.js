/** The panel beside the replay: forms, watching, stills. One rule: it offers what the page was printed with; the server decides. */

import { ApiError } from "../api.js";
import { signedOut } from "../staff.js";
import { confirmed, fill, find, onAction, part, show, words } from "../view.js";
import { Drafts } from "./drafts.js";
import { followLinks } from "./errors.js";
import { StatementForm } from "./statement_form.js";
import { Watcher } from "./watcher.js";
import { WordForm } from "./word_form.js";

/**
 * As printed by the server (web/pages/reviews.py).
 * @typedef {object} Acts
 * @property {string} standing
 * @property {string} person
 * @property {string} propose_url
 * @property {string} rule_url
 * @property {string} flags_url
 * @property {string} verify_url
 * @property {string | null} proposal_url
 * @property {string} watches_url
 * @property {import("./statement.js").Asking[]} findings
 *
 * @typedef {object} Ports
 * @property {import("../api.js").Api} api
 * @property {(address: string) => void} goTo
 * @property {() => void} reload
 * @property {import("../writing.js").Store} store of the tab
 * @property {import("../replay/timeline.js").Timeline} timeline
 * @property {import("../replay/player.js").Player | null} player of the recording, null when there is none to play
 * @property {import("../still_viewer.js").StillViewer} stills of the page
 * @property {number} startMs
 * @property {string} interviewId
 */

/** One panel. */
export class Decision {
  /** @param {HTMLElement} panel @param {Acts} acts @param {Ports} ports */
  constructor(panel, acts, ports) {
    this._panel = panel;
    this._acts = acts;
    this._ports = ports;
    this._drafts = new Drafts(ports.store, `${acts.person}.${ports.interviewId}`);
    this._watcher = new Watcher({
      api: ports.api, beatUrl: acts.watches_url, startMs: ports.startMs,
      replay: { play: (seconds) => this._show(seconds), pinned: () => ports.timeline.pinned },
      now: () => performance.now(), visible: () => !document.hidden,
      repeat: (call, everyMs) => {
        const handle = setInterval(call, everyMs);
        return () => clearInterval(handle);
      },
    });
    /** @type {StatementForm | null} */
    this._statement = null;
    this._wireForms();
    this._wireActions();
    followLinks(panel);
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the key was used */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "Escape" && this._watcher.running) {
      this._watcher.stop();
      return true;
    }
    const typing = /** @type {Element | null} */ (event.target)?.closest("input:not([type=radio]), textarea, select, dialog");
    if (typing || !this._statement || !/** @type {HTMLDetailsElement | null} */ (find(this._panel, "propose"))?.open) return false;
    if (event.key === "[") this._statement.mark({ from: this._ports.timeline.second });
    else if (event.key === "]") this._statement.mark({ to: this._ports.timeline.second + 1 });
    else return false;
    return true;
  }

  get watching() {
    return this._watcher.running;
  }

  stopWatching() {
    this._watcher.stop();
  }

  /** A watched stretch is shown on the timeline, and in the recording when there is one. @param {number} second */
  _show(second) {
    this._ports.timeline.pin(second);
    this._ports.player?.follow(second);
  }

  _wireForms() {
    const { findings, propose_url, standing, rule_url, proposal_url, flags_url } = this._acts;
    const propose = find(this._panel, "propose");
    if (propose) {
      this._statement = new StatementForm(propose, {
        askings: findings, startMs: this._ports.startMs, seen: standing, drafts: this._drafts,
        send: (body) => this._send(propose_url, body, (text, pointer) => this._statement?.refused(text, pointer)),
      });
    }
    this._wordForm(find(this._panel, "rule-form"), rule_url, "rule");
    this._wordForm(find(this._panel, "reject-form"), `${proposal_url}/reject`, "reject");
    for (const form of /** @type {NodeListOf<HTMLElement>} */ (this._panel.querySelectorAll('[data-role="resolve-form"]'))) {
      const flag = /** @type {HTMLElement | null} */ (form.closest("[data-flag-id]"))?.dataset["flagId"] ?? "";
      this._wordForm(form, `${flags_url}/${encodeURIComponent(flag)}/resolution`, null);
    }
  }

  /** @param {HTMLElement | null} form @param {string} url @param {string | null} dialog */
  _wordForm(form, url, dialog) {
    if (!form) return;
    const box = dialog === null ? null : /** @type {HTMLElement | null} */ (this._panel.querySelector(`[data-dialog="${dialog}"]`));
    const made = new WordForm(/** @type {HTMLFormElement} */ (form), {
      drafts: this._drafts, dialog: box,
      send: (word) => this._send(url, { ...word, seen: this._acts.standing }, (text) => made.refused(text)),
    });
  }

  _wireActions() {
    const { timeline } = this._ports;
    const cited = (/** @type {HTMLElement} */ button) => /** @type {HTMLElement} */ (button.closest("[data-fact]"));
    onAction(this._panel, {
      "add-fact": () => this._statement?.add(),
      "remove-fact": (button) => this._statement?.remove(button),
      "mark-from": () => this._statement?.mark({ from: timeline.second }),
      "mark-to": () => this._statement?.mark({ to: timeline.second + 1 }),
      "mark-drag": (button) => this._markByDragging(button),
      "send-proposal": (button) => void this._guarded(button, () => this._statement?.send()),
      "change-proposal": () => this._statement?.change(),
      "open-still": (button) => void this._openStill(button),
      "show-cited": (button) => timeline.showStretch(this._stretch(cited(button))),
      "watch": (button) => void this._watch(cited(button)),
      "stop-watching": () => this._watcher.stop(),
      "confirm-failure": (button) => void this._confirm(button),
      "decide-verified": (button) => void this._guarded(button, () => this._send(this._acts.verify_url, {}, (text) => this._stale(text))),
      "reload-page": () => this._ports.reload(),
    });
  }

  /** @param {HTMLElement} button */
  _markByDragging(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    this._ports.timeline.mark(on ? ({ from, to }) => {
      button.setAttribute("aria-pressed", "false");
      this._statement?.mark({ from: Math.floor(from), to: Math.ceil(to) });
    } : null);
  }

  /** @param {HTMLElement} button */
  async _openStill(button) {
    const id = button.dataset["citedStill"] ?? "";
    if (!(await this._ports.stills.open(id))) return;
    for (const one of this._panel.querySelectorAll(`[data-cited-still="${CSS.escape(id)}"]`)) {
      const fact = /** @type {HTMLElement | null} */ (one.closest("[data-fact]"));
      if (fact) fact.dataset["opened"] = "yes";
    }
  }

  /** @param {HTMLElement} fact */
  async _watch(fact) {
    this._watcher.stop();
    this._problem(fact, "");
    try {
      const watched = await this._ports.api.post(`${this._acts.proposal_url}/watch`, { fact: Number(fact.dataset["fact"]) });
      this._ports.timeline.showStretch(this._stretch(fact));
      fact.dataset["running"] = "yes";
      show(fact, "watching", true);
      this._watcher.begin(watched, {
        progressed: (now) => this._progress(fact, now),
        ended: (reason) => this._ended(fact, reason),
      });
    } catch (error) {
      this._problem(fact, this._textOf(error));
    }
  }

  /** @param {HTMLElement} fact @param {import("./watcher.js").Watched} watched */
  _progress(fact, { from_ms, to_ms, reached_ms }) {
    const bar = /** @type {HTMLProgressElement | null} */ (fact.querySelector("progress"));
    if (bar) bar.value = 100 * (reached_ms - from_ms) / (to_ms - from_ms);
    const done = Math.floor((reached_ms - from_ms) / 1_000);
    fill(fact, { progress: words(document, "decision-words", "progress", { done, all: Math.ceil((to_ms - from_ms) / 1_000) }) });
  }

  /** @param {HTMLElement} fact @param {Parameters<import("./watcher.js").Listener["ended"]>[0]} reason */
  _ended(fact, reason) {
    delete fact.dataset["running"];
    this._ports.player?.pause();
    show(fact, "watching", false);
    if (reason === "complete") this._complete(fact);
    else if (reason === "moved" || reason === "offline") this._problem(fact, words(document, "decision-words", `error.${reason}`) ?? reason);
    else if (reason !== "stopped") this._problem(fact, this._textOf(reason));
  }

  /** @param {HTMLElement} fact */
  _complete(fact) {
    fact.dataset["watched"] = "yes";
    part(this._panel, "decision-status").textContent = words(document, "decision-words", "watched");
    const all = [...this._panel.querySelectorAll('[data-role="proposal"] [data-fact]')];
    if (!all.every((one) => /** @type {HTMLElement} */ (one).dataset["watched"] === "yes") || !find(this._panel, "confirm")) return;
    show(this._panel, "confirm", true);
    show(this._panel, "missing", false);
  }

  /** @param {HTMLElement} fact @returns {{from: number, to: number}} seconds of the axis */
  _stretch(fact) {
    const at = (/** @type {string} */ name) => (Number(fact.dataset[name]) - this._ports.startMs) / 1_000;
    return { from: at("from"), to: at("to") };
  }

  /** @param {HTMLElement} button */
  async _confirm(button) {
    if (!(await confirmed(this._panel, "confirm-failure"))) return;
    await this._guarded(button, () => this._send(`${this._acts.proposal_url}/confirm`, { seen: this._acts.standing }, (text) => this._stale(text)));
  }

  /** One press, one request. @param {HTMLElement} button @param {() => Promise<unknown> | undefined} act */
  async _guarded(button, act) {
    const pressed = /** @type {HTMLButtonElement} */ (button);
    pressed.disabled = true;
    try {
      await act();
    } finally {
      pressed.disabled = false;
    }
  }

  /**
   * Send an act; when it is stored the page shows, a moment later, what the case is now.
   * @param {string} url
   * @param {object} body
   * @param {(text: string, pointer: string) => void} refused
   * @returns {Promise<boolean>} whether it is stored
   */
  async _send(url, body, refused) {
    try {
      await this._ports.api.post(url, body);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (signedOut(error, this._ports.goTo)) return false;
      const pointer = typeof error.problem["field"] === "string" ? error.problem["field"] : "";
      if (error.code === "conflict") this._stale(this._textOf(error));
      show(this._panel, "step-up", error.code === "second_factor_needed");
      refused(this._textOf(error), pointer);
      return false;
    }
    setTimeout(this._ports.reload);
    return true;
  }

  /** @param {string} text */
  _stale(text) {
    const notice = part(this._panel, "stale");
    fill(notice, { problem: text });
    notice.hidden = false;
    notice.scrollIntoView({ block: "nearest" });
  }

  /** @param {HTMLElement} fact @param {string} text */
  _problem(fact, text) {
    const box = find(fact, "watch-error");
    if (!box) return;
    fill(box, { problem: text });
    box.hidden = text === "";
  }

  /** @param {unknown} error @returns {string} */
  _textOf(error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 0) return words(document, "decision-words", "error.offline") ?? error.code;
    const detail = error.problem["detail"];
    return error.status < 500 && typeof detail === "string" ? detail : words(document, "decision-words", "error.ours") ?? error.code;
  }
}
