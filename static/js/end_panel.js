/** The interviewer's end page: what the measurements allow. One rule: it offers what the server offers, and `failed` is never among it. */

import { figureText } from "./indicators.js";
import { choose, fill, find, part, reasonText, show } from "./view.js";

/**
 * As the server answers on /staff/interviews/{id}/outcome.
 * @typedef {object} Outcome
 * @property {boolean} ended
 * @property {string | null} cause
 * @property {boolean} conclusive
 * @property {string[]} reasons
 * @property {string | null} fault
 * @property {string | null} fault_side
 * @property {number} bad_share_relied
 * @property {number} bad_share_live
 * @property {"may_verify" | "to_review" | "retry" | "exhausted" | null} next
 * @property {string[]} next_reasons
 * @property {{key: string, question: string, answer: string | null, admissible: boolean, mandatory: boolean, reasons: string[]}[]} items
 * @property {{version: number, result: string} | null} decided
 * @property {{max_bad_share_relied: number, max_bad_share_live: number}} limits from the policy that the interview is pinned to
 */

/**
 * Case of the end panel.
 * @param {Outcome} outcome
 */
export function endCase({ decided, next }) {
  if (decided?.result === "verified") return "decided";
  return next ?? "computing";
}

/**
 * Case of the page for a call that ended in another way than by finishing; null when the end panel is shown.
 * @param {string | null} cause
 */
export function overCase(cause) {
  switch (cause) {
    case "completed":
      return null;
    case "freelancer_left":
    case "quality_abort":
    case "technical_abort":
      return cause;
    case "freelancer_no_show":
      return "no_show";
    default:
      return "closed";
  }
}

/** @param {HTMLElement} root @param {Outcome} outcome @param {string} language */
export function showEnd(root, outcome, language) {
  choose(root, "end", endCase(outcome));
  const reasons = outcome.conclusive ? outcome.next_reasons : outcome.reasons;
  show(root, "end-reasons", reasons.length > 0);
  const box = find(root, "end-reasons");
  if (box) fill(box, { reasons: reasons.map((code) => ({ text: reasonText(root, code) })) });
  show(root, "own-fault", !outcome.conclusive && outcome.fault_side === "interviewer");
  fill(part(root, "end-figures"), figures(outcome, language));
  choose(root, "end-flag", outcome.next_reasons.includes("review.fraud_flag") ? "open" : "none");
}

/** @param {Outcome} outcome @param {string} language */
function figures(outcome, language) {
  const mandatory = new Map();
  for (const { key, mandatory: needed, admissible } of outcome.items) {
    if (needed) mandatory.set(key, mandatory.get(key) || admissible); // one row for each asking
  }
  const percent = (/** @type {number} */ share) => figureText(share * 100, 1, language);
  return {
    admissible: [...mandatory.values()].filter(Boolean).length,
    mandatory: mandatory.size,
    bad_windows: percent(outcome.bad_share_relied),
    bad_live: percent(outcome.bad_share_live),
    bad_windows_limit: percent(outcome.limits.max_bad_share_relied),
    bad_live_limit: percent(outcome.limits.max_bad_share_live),
  };
}
