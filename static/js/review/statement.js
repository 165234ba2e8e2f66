/** A statement of reasons as it is written. One rule: pure; what is missing is named, and nothing is filled in by guessing. */

/**
 * @typedef {{run_id: string, still_id: string, from: string, to: string, text: string}} WrittenFact from and to as "m:ss" into the call
 * @typedef {{ground: string, facts: WrittenFact[]}} Written
 * @typedef {{run_id: string, from_s: number, to_s: number, grounds: string[]}} Asking
 * @typedef {{field: string, code: string, number: number}} Problem field: a pointer as in the server's answers; number of the fact, 0 for none
 */

export const TEXT_MIN = 20;
export const TEXT_MAX = 2_000;
export const REASON_MIN = 20;
export const REASON_MAX = 5_000;
export const FACTS_MAX = 12;
/** Outside of an asking by this much a stretch may still lie. */
const PADDING_S = 1;

/** @returns {WrittenFact} */
export function emptyFact() {
  return { run_id: "", still_id: "", from: "", to: "", text: "" };
}

/**
 * Seconds into the call, null for what is no time.
 * @param {string} text "m:ss", or seconds alone
 */
export function secondsOf(text) {
  const found = /^\s*(?:(\d{1,3}):)?(\d{1,5})\s*$/.exec(text);
  if (!found) return null;
  const [, minutes, seconds] = found;
  if (minutes !== undefined && Number(seconds) > 59) return null;
  return Number(minutes ?? 0) * 60 + Number(seconds);
}

/**
 * Everything that is missing, in the order of the page.
 * @param {Written} written
 * @param {Asking[]} askings
 * @returns {Problem[]}
 */
export function problemsOf({ ground, facts }, askings) {
  const problems = ground === "" ? [problem("/ground", "ground")] : [];
  if (facts.length === 0) problems.push(problem("/facts", "facts"));
  facts.forEach((fact, index) => problems.push(...problemsOfFact(fact, index, ground, askings)));
  return problems;
}

/** @param {WrittenFact} fact @param {number} index @param {string} ground @param {Asking[]} askings @returns {Problem[]} */
function problemsOfFact(fact, index, ground, askings) {
  const at = (/** @type {string} */ field, /** @type {string} */ code) => problem(`/facts/${index}/${field}`, code, index + 1);
  const asking = askings.find(({ run_id }) => run_id === fact.run_id);
  const found = [];
  if (!asking) found.push(at("run_id", "run_id"));
  else if (ground !== "" && !asking.grounds.includes(ground)) found.push(at("run_id", "unfit"));
  found.push(...stretchProblems(fact, asking, at));
  if (fact.still_id === "") found.push(at("still_id", "still_id"));
  const length = fact.text.trim().length;
  if (length < TEXT_MIN || length > TEXT_MAX) found.push(at("text", "text"));
  return found;
}

/** @param {WrittenFact} fact @param {Asking | undefined} asking @param {(field: string, code: string) => Problem} at @returns {Problem[]} */
function stretchProblems(fact, asking, at) {
  const from = secondsOf(fact.from);
  const to = secondsOf(fact.to);
  if (from === null) return [at("from_ms", "from")];
  if (to === null) return [at("to_ms", "to")];
  if (to <= from) return [at("to_ms", "order")];
  const outside = asking && (from < asking.from_s - PADDING_S || to > asking.to_s + PADDING_S);
  return outside ? [at("from_ms", "outside")] : [];
}

/** @param {string} field @param {string} code @param {number} [number] @returns {Problem} */
function problem(field, code, number = 0) {
  return { field, code, number };
}

/**
 * What is sent; only what has no problem may be.
 * @param {Written} written
 * @param {number} startMs where the call's axis begins
 * @param {string} seen
 */
export function bodyOf({ ground, facts }, startMs, seen) {
  const at = (/** @type {string} */ text) => startMs + 1_000 * (secondsOf(text) ?? 0);
  const whole = facts.map(({ run_id, still_id, from, to, text }) => ({
    run_id, still_id, from_ms: at(from), to_ms: at(to), text: text.trim(),
  }));
  return { ground, facts: whole, seen };
}

/**
 * The stretch of an asking in whole seconds; it ends up to a second outside of it, as far as a citation may.
 * @param {Asking} asking
 */
export function stretchOf({ from_s, to_s }) {
  return { from: Math.max(0, Math.floor(from_s)), to: Math.ceil(to_s) };
}
