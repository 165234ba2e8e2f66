/** What /staff/queue shows: pure functions from the server's answer. */

import { claimText } from "./claim_text.js";

/**
 * @typedef {object} QueueAnswer
 * @property {{passed: boolean, valid: boolean, valid_until_ms: number | null, figures: Record<string, unknown>} | null} check
 * @property {"untrained" | "not_checked" | "valid" | "expired" | "failed" | "after_fault"} [gate]
 * @property {WaitingEntry[]} waiting
 * @property {string | null} in_call
 * @property {number} server_ms
 */
/**
 * @typedef {object} WaitingEntry
 * @property {number} position
 * @property {number} wait_ms
 * @property {string[]} languages
 * @property {string} legal_name_initials
 * @property {number} interview_number
 * @property {string} id of the case
 * @property {string} [reference]
 * @property {string | null} [check] band of the freelancer's own check
 * @property {boolean} [match] whether one of the languages is the interviewer's
 */

/** Case of the gate. @param {Pick<QueueAnswer, "check" | "gate">} queue */
export function gateCase({ check, gate }) {
  if (gate) return gate;
  if (check === null) return "not_checked";
  if (!check.passed) return "failed";
  return check.valid ? "valid" : "expired";
}

/** Why the next call can or cannot be taken. @param {QueueAnswer} queue */
export function takeCase(queue) {
  const { waiting } = queue;
  if (gateCase(queue) !== "valid") return "gate";
  if (waiting.length === 0) return "empty";
  return waiting.some(({ match }) => match !== false) ? "ready" : "no_match";
}

/** Whether the next call can be taken: a freelancer whose language nobody speaks is still better served by somebody than by nobody. @param {QueueAnswer} queue */
export function mayTake(queue) {
  return queue.in_call === null && ["ready", "no_match"].includes(takeCase(queue));
}

/**
 * Names of languages in the reader's language.
 * @param {string[]} codes BCP 47
 * @param {string} language
 */
export function languageNames(codes, language) {
  const known = codes.map((code) => claimText("language", code, language));
  return known.filter((name, index) => known.findIndex((one) => one.toLowerCase() === name.toLowerCase()) === index).join(", ");
}
