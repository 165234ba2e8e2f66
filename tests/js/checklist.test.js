import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../static/js/api.js";
import { isShortcut } from "../../static/js/ask_panel.js";
import { CodeCard, LONGEST_HOLD_MS, WeakLinkHold, admissibilityOf, askStateOf, mayAnswer, missing, neighbour, nextOpen, progressOf, spacedDigits, unmeasured, weightOf } from "../../static/js/checklist.js";
import { endCase, overCase } from "../../static/js/end_panel.js";
import { claimText, itemClaimText } from "../../static/js/claim_text.js";
import { ticketsFrom } from "../../static/js/join_call.js";
import { isOpen, resultCase, waitingCase } from "../../static/js/join_views.js";
import { gateCase, languageNames, mayTake, takeCase } from "../../static/js/queue_view.js";
import { itemName } from "../../static/js/view.js";
import { item, quality } from "./fakes.js";

const list = (items, current = null, run_id = null) => ({ type: "checklist", items, current, run_id });
const code = (more = {}) => item("comprehension.hear_interviewer", { kind: "comprehension", claim: "4072", ...more });

test("progress counts only what the server says is admissible", () => {
  const items = [item("a", { status: "admissible" }), item("b", { status: "settling" }), item("c", { status: "ask_again" }), item("d")];
  assert.deepEqual(progressOf(list(items)), { done: 1, total: 4 });
});

test("before the call is finished it is told how many required questions have no asking that counts", () => {
  const must = (status) => item(status, { status, mandatory: true });
  const items = [must("admissible"), must("settling"), must("open"), must("ask_again"), item("skill", { mandatory: false })];
  assert.equal(missing(list(items)), 2);
});

test("a document that nobody has to show is optional, and only a skill is for information", () => {
  assert.equal(weightOf(item("a", { kind: "document", mandatory: true })), "true");
  assert.equal(weightOf(item("a", { kind: "document", mandatory: false })), "optional");
  assert.equal(weightOf(item("a", { kind: "profile", mandatory: false })), "false");
});

test("a list names an item in short, in a later round too, and never with its code", () => {
  const names = { "item.comprehension.hear_interviewer": "Code: they hear you", "item.profile": "Skill: {claim}" };
  const page = { content: { querySelector: (selector) => {
    const name = names[/data-word="([^"]+)"/.exec(selector)?.[1] ?? ""];
    return name ? { textContent: name } : null;
  } } };
  const root = { querySelectorAll: () => [page] };
  assert.equal(itemName(root, code()), "Code: they hear you");
  assert.equal(itemName(root, code({ key: "comprehension.hear_interviewer.2" })), "Code: they hear you");
  assert.equal(itemName(root, item("profile.clm_1", { kind: "profile", claim: "Go" })), "Skill: Go");
  assert.equal(itemName(root, item("later.kind", { question: "What is new?" })), "What is new?");
});

test("the next question is the next that is not settled, going round once", () => {
  const checklist = list([item("a"), item("b", { status: "admissible" }), item("c", { status: "ask_again" })]);
  assert.equal(nextOpen(checklist, "a"), "c");
  assert.equal(nextOpen(checklist, "c"), "a");
  assert.equal(nextOpen(list([item("a", { status: "admissible" })]), "a"), null);
  assert.equal(nextOpen(list([]), null), null);
});

test("moving by keys stops at both ends", () => {
  const checklist = list([item("a"), item("b")]);
  assert.deepEqual([neighbour(checklist, "a", -1), neighbour(checklist, "a", 1), neighbour(checklist, "b", 1)], ["a", "b", "b"]);
});

test("a code is asked in another way than a question", () => {
  assert.equal(askStateOf(item("a", { status: "asking" })), "asking");
  assert.equal(askStateOf(code({ status: "asking" })), "code");
  assert.deepEqual(["open", "ask_again", "settling", "admissible"].map((status) => askStateOf(item("a", { status }))), ["idle", "again", "done", "done"]);
});

test("of a code only that it was not heard can be marked by hand", () => {
  assert.equal(mayAnswer(code({ status: "asking" }), "consistent"), false);
  assert.equal(mayAnswer(code({ status: "asking" }), "not_heard"), true);
  assert.equal(mayAnswer(item("a"), "consistent"), false);
  assert.equal(mayAnswer(item("a", { status: "asking" }), "consistent"), true);
});

test("an open asking is admissible only when this run is said to be", () => {
  const asking = item("a", { status: "asking" });
  const said = (more) => admissibilityOf(asking, "run_1", quality({ run_id: "run_1", ...more })).admissible;
  assert.equal(said({ run_admissible: true }), "yes");
  assert.equal(said({ run_admissible: null }), "pending");
  assert.equal(said({ run_admissible: true, run_id: "run_0" }), "pending");
  assert.equal(admissibilityOf(asking, "run_1", null).admissible, "pending");
  assert.deepEqual(admissibilityOf(asking, "run_1", quality({ run_id: "run_1", run_admissible: false, run_reasons: ["coverage", "flagged"] })), { admissible: "no", reason: "coverage" });
});

test("an asking that ended counts only when the server says so", () => {
  assert.equal(admissibilityOf(item("a", { status: "settling" }), null, null).admissible, "pending");
  assert.equal(admissibilityOf(item("a", { status: "admissible" }), null, null).admissible, "kept");
  assert.deepEqual(admissibilityOf(item("a", { status: "ask_again", reasons: [] }), null, null), { admissible: "no", reason: "other" });
});

test("the hearing side types the code, the server's word decides whether it matched", () => {
  const card = new CodeCard();
  const types = (status) => code({ status, types_code: true, claim: null });
  card.update(list([types("asking")], types("asking").key, "run_1"));
  assert.deepEqual([card.state, card.code], ["type", null]);
  card.sent();
  card.update(list([types("asking")], types("asking").key, "run_1"));
  assert.equal(card.state, "sent");
  card.update(list([types("settling")]));
  assert.equal(card.state, "sent");
  card.update(list([types("admissible")]));
  assert.equal(card.state, "matched");
});

test("the speaking side sees the code while it is asked, and a mismatch asks for a new one", () => {
  const card = new CodeCard();
  card.update(list([code({ status: "asking" })], code().key, "run_1"));
  assert.deepEqual([card.state, card.code], ["speak", "4072"]);
  card.update(list([code({ status: "ask_again", claim: null })]));
  assert.equal(card.state, "mismatched");
  card.update(list([code({ status: "asking", claim: "9181" })], code().key, "run_2"));
  assert.deepEqual([card.state, card.code], ["speak", "9181"]);
});

test("the card goes away with the next question, and a refused code may be typed again", () => {
  const card = new CodeCard();
  const typing = code({ status: "asking", types_code: true });
  card.update(list([typing, item("b")], typing.key, "run_1"));
  card.sent();
  card.refused();
  assert.equal(card.state, "type");
  card.update(list([code({ status: "admissible" }), item("b", { status: "asking" })], "b", "run_2"));
  assert.equal(card.state, "idle");
});

test("in the field for the code every key but a digit is a shortcut, in any other field none is", () => {
  const page = /** @type {Document} */ (/** @type {unknown} */ ({ querySelector: () => null }));
  const pressed = (key, field) => {
    const selectors = { code: ["input", '[data-role="code-input"]'], chat: ["input"], page: [] }[field];
    const target = { closest: (selector) => selector.split(", ").some((one) => selectors.includes(one)) ? target : null };
    return isShortcut(/** @type {KeyboardEvent} */ (/** @type {unknown} */ ({ key, target })), page);
  };
  assert.deepEqual(["h", " ", "j", "4", "Enter", "Backspace"].map((key) => pressed(key, "code")), [true, true, true, false, false, false]);
  assert.deepEqual(["h", " ", "1"].map((key) => pressed(key, "chat")), [false, false, false]);
  assert.deepEqual(["h", " ", "1"].map((key) => pressed(key, "page")), [true, true, true]);
});

test("digits are shown apart", () => assert.equal(spacedDigits("4072"), "4 0 7 2"));

test("the end panel offers what the server offers, and waits while it does not know", () => {
  assert.deepEqual(["may_verify", "to_review", "retry", "exhausted"].map((next) => endCase({ decided: null, next })), ["may_verify", "to_review", "retry", "exhausted"]);
  assert.equal(endCase({ decided: null, next: null }), "computing");
  assert.equal(endCase({ decided: { version: 1, result: "verified" }, next: "may_verify" }), "decided");
  assert.deepEqual(["completed", "quality_abort", "freelancer_no_show", "server_lost", null].map(overCase), [null, "quality_abort", "no_show", "closed", "closed"]);
});

test("a decided case shows its result, an open one its status", () => {
  const last_interview = null;
  for (const result of ["verified", "inconclusive", "failed"]) {
    assert.equal(resultCase({ status: "completed", result, last_interview }), result);
  }
  assert.equal(resultCase({ status: "awaiting_response", result: "none", last_interview }), "awaiting_response");
});

test("another call after a clear one was ordered by a person, after any other it is a retry", () => {
  const last = { number: 1, cause: "completed", reasons: [], fault_side: null };
  const offered = { status: "retry_offered", result: "none" };
  assert.equal(resultCase({ ...offered, last_interview: { ...last, conclusive: true } }), "another_call");
  assert.equal(resultCase({ ...offered, last_interview: { ...last, conclusive: false } }), "retry_offered");
  assert.equal(resultCase({ ...offered, last_interview: null }), "retry_offered");
});

test("a page that is left open hears of every case that others may still change", () => {
  for (const status of ["in_review", "in_interview", "awaiting_response"]) assert.ok(isOpen({ status, result: "none" }));
  assert.ok(isOpen({ status: "completed", result: "failed" }), "an appeal may change it");
  assert.ok(!isOpen({ status: "completed", result: "verified" }));
  assert.ok(!isOpen({ status: "cancelled", result: "none" }));
});

test("the waiting room is honest about nobody being there", () => {
  assert.equal(waitingCase({ position: 1, estimate_s: null, interviewers: 0 }), "nobody");
  assert.equal(waitingCase({ position: 1, estimate_s: null, interviewers: 2 }), "next");
  assert.equal(waitingCase({ position: 2, estimate_s: 60, interviewers: 2 }), "queued");
});

test("only a valid check and somebody who waits open the next call", () => {
  const check = { passed: true, valid: true, valid_until_ms: 1, figures: {} };
  const waiting = [{ position: 1, match: true }];
  assert.equal(takeCase({ check, waiting }), "ready");
  assert.equal(takeCase({ check: { ...check, valid: false }, waiting }), "gate");
  assert.equal(takeCase({ check, gate: "after_fault", waiting }), "gate");
  assert.equal(takeCase({ check: null, waiting }), "gate");
  assert.equal(takeCase({ check, waiting: [] }), "empty");
  assert.equal(takeCase({ check, waiting: [{ position: 1, match: false }] }), "no_match");
  assert.deepEqual([gateCase({ check: null }), gateCase({ check: { ...check, passed: false } })], ["not_checked", "failed"]);
});

test("languages are named in the reader's language, once", () => {
  assert.equal(languageNames(["en", "English", "bs", "not a tag"], "en"), "English, Bosnian, not a tag");
});

test("over a weak connection asking again waits, but at most 20 s", () => {
  const hold = new WeakLinkHold();
  assert.equal(LONGEST_HOLD_MS, 20_000);
  assert.equal(hold.of("a 1", true, 1_000), "wait");
  assert.equal(hold.of("a 1", true, 20_999), "wait");
  assert.equal(hold.of("a 1", true, 21_000), "try");
  assert.equal(hold.of("a 2", true, 22_000), "wait", "a new asking is held anew");
  assert.equal(hold.of("b 1", true, 22_000), "wait");
  assert.equal(hold.of("a 1", true, 22_000), "try", "looking at another question starts nothing anew");
  assert.equal(hold.of("a 2", false, 23_000), null);
  assert.equal(hold.of("a 2", true, 60_000), "wait", "a steady second ends the wait");
});

test("claims are told by name and not by code", () => {
  assert.equal(claimText("country", "BA", "en"), "Bosnia & Herzegovina");
  assert.equal(claimText("country", "Bosnia and Herzegovina", "en"), "Bosnia and Herzegovina");
  assert.equal(claimText("date_of_birth", "1990-03-14", "en"), "March 14, 1990");
  assert.equal(claimText("date_of_birth", "1990-99-99", "en"), "1990-99-99");
  assert.equal(claimText("language", "bs", "en"), "Bosnian");
  assert.equal(claimText("language", "en-x", "en"), "en-x");
  assert.equal(claimText("skill", "Go", "en"), "Go");
  assert.equal(claimText("city", null, "en"), "");
  assert.equal(itemClaimText(item("identity.country", { claim: "pt" }), "es"), "Portugal");
  assert.equal(itemClaimText(item("profile.country", { claim: "PT" }), "en"), "PT");
});

test("a freelancer whose language nobody speaks can be taken all the same", () => {
  const queue = { gate: "valid", waiting: [{ match: false }], in_call: null };
  assert.deepEqual([takeCase(queue), mayTake(queue)], ["no_match", true]);
  assert.equal(mayTake({ ...queue, in_call: "int_1" }), false);
  assert.equal(mayTake({ ...queue, waiting: [] }), false);
  assert.equal(mayTake({ ...queue, gate: "expired" }), false);
});

test("after a call that ended meanwhile no ticket is asked for", async () => {
  const posts = [];
  const api = (next) => ({ get: async () => ({ next }), post: async (path) => { posts.push(path); return { ticket: "t", url: "/ws" }; } });
  await assert.rejects(ticketsFrom(api("result"), () => true)(), (error) => error instanceof ApiError && !error.passing);
  assert.deepEqual(posts, []);
  await ticketsFrom(api("call"), () => true)();
  await ticketsFrom(api("result"), () => false)();
  assert.deepEqual(posts, ["/join/ticket", "/join/ticket"]);
});

test("nothing is asked before the first direction has been measured", () => {
  const all = (/** @type {string} */ word) => ({
    audio_from_freelancer: word, audio_from_interviewer: "unknown", video_from_freelancer: "unknown", video_from_interviewer: "unknown",
  });
  const quality = (/** @type {string} */ word) => /** @type {any} */ ({ type: "quality", indicators: all(word) });
  assert.equal(unmeasured(null), true);
  assert.equal(unmeasured(quality("unknown")), true);
  assert.equal(unmeasured(quality("good")), false);
});
