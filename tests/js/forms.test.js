// What a staff form sends, what it misses, and which field a refusal is about.
import assert from "node:assert/strict";
import { test } from "node:test";

import { fieldOf, missingIn, valuesOf } from "../../static/js/forms.js";

/** @param {string} name @param {string} value @param {object} [other] */
const field = (name, value, other = {}) => ({ name, value, type: "text", ...other });

test("text stays text, ticks become a list, hidden words become booleans", () => {
  const fields = [
    field("email", "true"),
    field("roles", "interviewer", { type: "checkbox", checked: true }),
    field("roles", "reviewer", { type: "checkbox", checked: false }),
    field("roles", "appeal_reviewer", { type: "checkbox", checked: true }),
    field("forget_authenticator", "true", { type: "hidden" }),
    field("session", "0123", { type: "hidden" }),
  ];
  assert.deepEqual(valuesOf(fields), {
    email: "true", roles: ["interviewer", "appeal_reviewer"], forget_authenticator: true, session: "0123",
  });
});

test("no tick is an empty list, not a missing member", () => {
  assert.deepEqual(valuesOf([field("roles", "reviewer", { type: "checkbox", checked: false })]), { roles: [] });
});

test("what is for the browser alone is not sent", () => {
  assert.deepEqual(valuesOf([field("username", "a@example.org", { type: "hidden" }), field("", "x")]), {});
});

test("a required field of nothing but blanks is missing", () => {
  const fields = [field("a", "  ", { required: true }), field("b", "", {}), field("c", "x", { required: true })];
  assert.deepEqual(missingIn(fields), ["a"]);
});

test("a refusal names its field by pointer or by name", () => {
  assert.equal(fieldOf({ field: "/roles/0" }), "roles");
  assert.equal(fieldOf({ field: "current" }), "current");
  assert.equal(fieldOf({}), "");
});
