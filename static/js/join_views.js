/** What /join shows of the case's state: pure functions and fills of the page's own markup. */

import { claimText, itemClaimText } from "./claim_text.js";
import { itemOf, numberOf, progressOf } from "./checklist.js";
import { minutesText } from "./timers.js";
import { choose, fill, find, itemName, pageData, part, reasonText, show, words } from "./view.js";

/**
 * As the server answers on /join.
 * @typedef {object} JoinState
 * @property {string} status
 * @property {string} result
 * @property {string} legal_name
 * @property {{kind: string, field: string, value: string}[]} claims
 * @property {{kind: string, question: string, optional: boolean}[]} checklist_preview
 * @property {number} minutes
 * @property {{interview: boolean, recording: boolean} | null} consent
 * @property {{id: string, state: string, number: number} | null} interview
 * @property {{number: number, conclusive: boolean, cause: string, reasons: string[], fault_side: string | null} | null} last_interview
 * @property {boolean} retry
 * @property {string | null} case_url
 * @property {string} next
 * @property {number} server_ms
 * @property {string} session which session the page belongs to
 */

/** @param {Document} document @param {JoinState} state @param {string} language */
export function showExplanation(document, state, language) {
  const step = /** @type {HTMLElement} */ (document.querySelector('[data-step="explain"]'));
  fill(step, {
    items: state.checklist_preview.map(({ kind, question, optional }) => (
      { title: question, hint: words(document, "words", optional ? "optional" : `kind.${kind}`) })),
    claims: state.claims.map(({ kind, field, value }) => ({
      field: words(document, "words", `claim.${kind === "identity" ? field : kind}`) ?? field,
      value: claimText(kind === "identity" ? field : kind, value, language),
    })),
    platform_name: String(pageData(document)["platform_name"] ?? ""),
  });
  const minutes = words(document, "words", "minutes", { minutes: new Intl.NumberFormat(language).format(state.minutes) });
  if (minutes) fill(step, { duration: minutes });
}

/** Cases in which the private page says more than this one, and the reader has something to do there. */
const ON_PRIVATE_PAGE = new Set(["awaiting_response", "failed"]);

/**
 * Case of the result panel. Another call after one that was clear was ordered by a person.
 * @param {Pick<JoinState, "status" | "result" | "last_interview">} state
 * @returns {string}
 */
export function resultCase({ status, result, last_interview }) {
  if (status === "retry_offered" && last_interview?.conclusive) return "another_call";
  return status === "completed" || result === "verified" ? result : status;
}

/**
 * Whether somebody else may still change the result while it is looked at; of a failure an appeal may.
 * @param {Pick<JoinState, "status" | "result">} state
 */
export function isOpen({ status, result }) {
  return ["in_review", "in_interview", "awaiting_response"].includes(status) || result === "failed";
}

/** @param {Document} document @param {JoinState} state */
export function showResult(document, state) {
  const step = /** @type {HTMLElement} */ (document.querySelector('[data-step="result"]'));
  const shown = resultCase(state);
  choose(step, "result", shown, "awaiting_freelancer");
  const last = state.result === "verified" ? null : state.last_interview;
  const reasons = (last?.conclusive === false ? last.reasons : [])
    .map((code) => ({ text: reasonText(document, code) }));
  show(step, "reasons", reasons.length > 0);
  const box = find(step, "reasons");
  if (box) fill(box, { reasons });
  choose(step, "fault-note", last?.conclusive === false ? (last.fault_side ?? null) : null);
  show(step, "next", false);
  const retry = /** @type {HTMLElement} */ (step.querySelector('[data-action="retry"]'));
  retry.hidden = !state.retry;
  show(step, "retry-hint", state.retry);
  show(step, "decline-retry", state.retry && state.status === "retry_offered");
  show(step, "case-link", state.case_url !== null);
  if (state.case_url !== null) fill(step, { case_url: state.case_url });
  find(step, "case-url")?.classList.toggle("primary", ON_PRIVATE_PAGE.has(shown));
}

/**
 * Case of the waiting room.
 * @param {Pick<import("./protocol.js").Waiting, "position" | "estimate_s" | "interviewers">} waiting
 * @returns {"queued" | "next" | "nobody"}
 */
export function waitingCase({ position, interviewers }) {
  if (interviewers === 0) return "nobody";
  return position <= 1 ? "next" : "queued";
}

/** @param {Document} document @param {import("./protocol.js").Waiting} waiting @param {string} language */
export function showWaiting(document, waiting, language) {
  choose(document, "waiting", waitingCase(waiting));
  const estimate = waiting.estimate_s === null ? "–" : minutesText(waiting.estimate_s, language);
  fill(document, { position: waiting.position, estimate });
}

/**
 * The current question as text, and how far the checklist has come.
 * @param {Document} document
 * @param {import("./protocol.js").Checklist} checklist
 * @param {string} language
 */
export function showProgress(document, checklist, language) {
  const question = part(document, "question");
  const item = itemOf(checklist, checklist.current);
  const asked = checklist.items.some((one) => one.runs > 0);
  question.dataset["question"] = item ? "asking" : asked ? "between" : "none";
  if (item) {
    const claim = item.kind === "comprehension" ? "" : itemClaimText(item, language); // there the claim is the code, which has a card of its own
    fill(question, { number: numberOf(checklist, item.key), claim, text: item.question });
    show(question, "question-claim", Boolean(claim));
  }
  const progress = checklist.items.map((one) => ({ title: itemName(document, one), state: one.status }));
  fill(part(document, "progress"), { ...progressOf(checklist), progress });
}
