/**
 * What the checklist message means for each page: pure functions from the message to what is shown. One rule: whether something counts is
 * said by the server only; nothing here judges.
 */

/** @typedef {import("./protocol.js").Checklist} Checklist */
/** @typedef {import("./protocol.js").ChecklistItem} ChecklistItem */
/** @typedef {import("./protocol.js").QualityUpdate} QualityUpdate */
/** @typedef {"idle" | "speak" | "type" | "sent" | "matched" | "mismatched"} CodeState */
/** @typedef {"idle" | "asking" | "code" | "again" | "done"} AskState */
/** @typedef {"idle" | "pending" | "yes" | "kept" | "no"} Admissible */

/** Nothing is left to do with these. An item that settles is taken as done until the server says otherwise. */
const SETTLED = new Set(["admissible", "settling"]);

/** @param {Checklist} checklist */
export function progressOf(checklist) {
  const done = checklist.items.filter((item) => item.status === "admissible").length;
  return { done, total: checklist.items.length };
}

/** @param {Checklist} checklist @param {string | null} key @returns {ChecklistItem | null} */
export function itemOf(checklist, key) {
  return checklist.items.find((item) => item.key === key) ?? null;
}

/** Place of an item, from 1; 0 when it is not there. @param {Checklist} checklist @param {string} key */
export function numberOf(checklist, key) {
  return checklist.items.findIndex((item) => item.key === key) + 1;
}

/**
 * How much hangs on an item, as `data-mandatory` says it: a skill decides nothing, while a document that nobody has to show can contradict.
 * @param {ChecklistItem} item
 * @returns {"true" | "false" | "optional"}
 */
export function weightOf({ kind, mandatory }) {
  if (mandatory) return "true";
  return kind === "profile" ? "false" : "optional";
}

/** How many required items have no asking that counts: with one of them the interview is inconclusive. @param {Checklist} checklist */
export function missing(checklist) {
  return checklist.items.filter((item) => item.mandatory && !SETTLED.has(item.status)).length;
}

/**
 * The item to ask after `key`: the next that is not settled, going round once; null when all are.
 * @param {Checklist} checklist
 * @param {string | null} key
 * @returns {string | null}
 */
export function nextOpen(checklist, key) {
  const { items } = checklist;
  const from = items.findIndex((item) => item.key === key);
  for (let step = 1; step <= items.length; step += 1) {
    const item = items[(from + step) % items.length];
    if (item && !SETTLED.has(item.status)) return item.key;
  }
  return null;
}

/**
 * The item before or after `key`, without going round.
 * @param {Checklist} checklist
 * @param {string | null} key
 * @param {1 | -1} step
 */
export function neighbour(checklist, key, step) {
  const from = checklist.items.findIndex((item) => item.key === key);
  const index = Math.min(checklist.items.length - 1, Math.max(0, from + step));
  return checklist.items[index]?.key ?? null;
}

/**
 * What can be done with the selected item.
 * @param {ChecklistItem} item
 * @returns {AskState}
 */
export function askStateOf(item) {
  switch (item.status) {
    case "asking":
      return item.kind === "comprehension" ? "code" : "asking";
    case "admissible":
    case "settling":
      return "done";
    case "ask_again":
      return "again";
    default:
      return "idle";
  }
}

/**
 * Whether the asking counts, as far as the server said.
 * @param {ChecklistItem} item
 * @param {string | null} runId the open run
 * @param {QualityUpdate | null} quality the newest one
 * @returns {{admissible: Admissible, reason: string | null}} reason: the first code, when it does not count
 */
export function admissibilityOf(item, runId, quality) {
  if (item.status === "admissible") return { admissible: "kept", reason: null };
  if (item.status === "ask_again") return { admissible: "no", reason: item.reasons[0] ?? "other" };
  if (item.status === "settling") return { admissible: "pending", reason: null };
  if (item.status !== "asking") return { admissible: "idle", reason: null };
  if (!quality || quality.run_id !== runId || quality.run_admissible === null) return { admissible: "pending", reason: null };
  if (quality.run_admissible) return { admissible: "yes", reason: null };
  return { admissible: "no", reason: quality.run_reasons[0] ?? "other" };
}

/**
 * Whether an answer may be given to the selected item. A code is answered by typing it; only that it was not heard can be said.
 * @param {ChecklistItem} item
 * @param {import("./protocol.js").Answer} answer
 */
export function mayAnswer(item, answer) {
  const state = askStateOf(item);
  return state === "asking" || (state === "code" && answer === "not_heard");
}

/** A person is kept from asking over a weak connection for this long; then it is his choice, and the server judges the asking anyway. */
export const LONGEST_HOLD_MS = 20_000;

/**
 * Whether nothing at all is known about the four directions yet, as in the first seconds of a call and after a break: an asking would not count.
 * @param {import("./protocol.js").QualityUpdate | null} quality
 */
export function unmeasured(quality) {
  return quality === null || Object.values(quality.indicators).every((word) => word === "unknown");
}

/** Keeps a question from being asked again while the connection is weak: that would only waste it; but not for ever. */
export class WeakLinkHold {
  constructor() {
    /** When each asking was first held. @type {Map<string, number>} */
    this._since = new Map();
  }

  /**
   * @param {string} asking which asking is to be repeated; each new one is held anew
   * @param {boolean} weak
   * @param {number} now
   * @returns {"wait" | "try" | null} null: nothing keeps it from being asked again
   */
  of(asking, weak, now) {
    if (!weak) {
      this._since.delete(asking);
      return null;
    }
    const since = this._since.get(asking) ?? now;
    this._since.set(asking, since);
    return now - since < LONGEST_HOLD_MS ? "wait" : "try";
  }
}

/** Follows the comprehension code through its states; matched and mismatched stay until the next question. */
export class CodeCard {
  constructor() {
    /** @type {CodeState} */
    this.state = "idle";
    /** @type {string | null} */
    this.code = null;
    /** @type {string | null} */
    this._key = null;
    /** @type {string | null} */
    this._runId = null;
  }

  /** @param {Checklist} checklist */
  update(checklist) {
    const item = itemOf(checklist, checklist.current);
    if (item && item.kind === "comprehension" && item.status === "asking") this._asking(item, checklist.run_id);
    else this._notAsking(checklist);
  }

  /** The person sent what was typed. */
  sent() {
    if (this.state === "type") this.state = "sent";
  }

  /** The server refused what was typed: it may be typed again. */
  refused() {
    if (this.state === "sent") this.state = "type";
  }

  /** @param {ChecklistItem} item @param {string | null} runId */
  _asking(item, runId) {
    const same = item.key === this._key && runId === this._runId;
    this._key = item.key;
    this._runId = runId;
    this.code = item.types_code ? null : item.claim;
    if (same && this.state === "sent") return;
    this.state = item.types_code ? "type" : "speak";
  }

  /** @param {Checklist} checklist */
  _notAsking(checklist) {
    const item = itemOf(checklist, this._key);
    const other = checklist.current !== null && checklist.current !== this._key;
    if (!item || other) this.state = "idle";
    else if (item.status === "settling") this.state = "sent";
    else if (["speak", "type", "sent"].includes(this.state)) this.state = item.status === "admissible" ? "matched" : "mismatched";
  }
}

/** "4 0 7 2": digits apart, so that they are read one by one. @param {string | null} code */
export function spacedDigits(code) {
  return [...(code ?? "")].join(" ");
}
