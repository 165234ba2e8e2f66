import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../../static/js/api.js";
import { fillPlaceholders } from "../../static/js/view.js";
import { Draft, fault, refusal } from "../../static/js/writing.js";

/** A window's own storage. */
class Store {
  constructor() {
    /** @type {Map<string, string>} */
    this.kept = new Map();
  }
  /** @param {string} key */
  getItem(key) { return this.kept.get(key) ?? null; }
  /** @param {string} key @param {string} value */
  setItem(key, value) { this.kept.set(key, value); }
  /** @param {string} key */
  removeItem(key) { this.kept.delete(key); }
}

test("what is typed is kept until it was sent, and for its own matter alone", () => {
  const store = new Store();
  const draft = new Draft(store, "answer:prp_1");
  assert.equal(draft.read(), "");
  draft.keep("I moved.");
  assert.equal(new Draft(store, "answer:prp_1").read(), "I moved.");
  assert.equal(new Draft(store, "answer:prp_2").read(), "");
  draft.forget();
  assert.equal(store.kept.size, 0);
});

test("an emptied field leaves nothing behind", () => {
  const store = new Store();
  const draft = new Draft(store, "appeal:ver_1/1");
  draft.keep("x");
  draft.keep("");
  assert.equal(store.kept.size, 0);
});

test("words are needed, and as many characters as the server takes", () => {
  assert.equal(fault(" \n", 10), "empty");
  assert.equal(fault("I moved.", 10), null);
  assert.equal(fault("x".repeat(11), 10), "too_long");
  assert.equal(fault("😀".repeat(10), 10), null);
});

test("every refusal has a word that says what to do", () => {
  const refused = (/** @type {number} */ status, field = "") => refusal(new ApiError("x", status, { field }));
  assert.equal(refused(0), "offline");
  assert.equal(refused(401), "signed_out");
  assert.equal(refused(409, "late"), "late");
  assert.equal(refused(409, "answered"), "answered");
  assert.equal(refused(409, "open"), "open");
  assert.equal(refused(409, "over"), "over");
  assert.equal(refused(409, "changed"), "changed");
  assert.equal(refused(409, "closed"), "changed");
  assert.equal(refused(400, "/text"), "too_long");
  assert.equal(refused(429), "too_many");
  assert.equal(refused(503), "server");
  assert.throws(() => refusal(new Error("ours")));
});

test("numbers in a sentence are written as the page's language writes them", () => {
  assert.equal(fillPlaceholders("{least} to {most} characters, {at}", { least: 80, most: 10_000, at: "1:05" }), "80 to 10,000 characters, 1:05");
});
