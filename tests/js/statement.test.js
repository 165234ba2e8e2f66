/** A statement of reasons as it is written: everything that is missing is named, and what is sent says what was marked. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { bodyOf, emptyFact, problemsOf, secondsOf, stretchOf } from "../../static/js/review/statement.js";

const ASKING = { run_id: "run_1", from_s: 28.4, to_s: 38.2, grounds: ["identity_contradicted", "impersonation"] };
const FACT = { run_id: "run_1", still_id: "stl_1", from: "0:28", to: "0:33", text: "The city on the document is Zagreb." };
const WHOLE = { ground: "identity_contradicted", facts: [FACT] };

/** @param {Partial<typeof FACT>} other */
function codes(other, ground = WHOLE.ground) {
  return problemsOf({ ground, facts: [{ ...FACT, ...other }] }, [ASKING]).map(({ code, field }) => `${code} ${field}`);
}

test("a whole statement has no problem and is sent in the server's time", () => {
  assert.deepEqual(problemsOf(WHOLE, [ASKING]), []);
  assert.deepEqual(bodyOf({ ...WHOLE, facts: [{ ...FACT, text: "  words  " }] }, 1_000_000, "3.in_review.0.0.0"), {
    ground: "identity_contradicted",
    facts: [{ run_id: "run_1", still_id: "stl_1", from_ms: 1_028_000, to_ms: 1_033_000, text: "words" }],
    seen: "3.in_review.0.0.0",
  });
});

test("every field that is missing is named", () => {
  const problems = problemsOf({ ground: "", facts: [emptyFact()] }, [ASKING]);
  assert.deepEqual(problems.map(({ code }) => code), ["ground", "run_id", "from", "still_id", "text"]);
  assert.deepEqual(problemsOf({ ground: "x", facts: [] }, [ASKING]).map(({ code }) => code), ["facts"]);
});

test("a stretch lies within its asking, in order, and is a time at all", () => {
  assert.deepEqual(codes({ from: "0:28", to: "0:39" }), [], "the asking is judged with a second around it");
  assert.deepEqual(codes({ from: "0:27" }), ["outside /facts/0/from_ms"]);
  assert.deepEqual(codes({ to: "0:40" }), ["outside /facts/0/from_ms"]);
  assert.deepEqual(codes({ to: "0:28" }), ["order /facts/0/to_ms"]);
  assert.deepEqual(codes({ from: "later" }), ["from /facts/0/from_ms"]);
  assert.deepEqual(codes({ to: "" }), ["to /facts/0/to_ms"]);
});

test("an asking carries only the grounds that fit it, and what is said has a length", () => {
  assert.deepEqual(codes({}, "face_mismatch"), ["unfit /facts/0/run_id"]);
  assert.deepEqual(codes({ text: "too short" }), ["text /facts/0/text"]);
  assert.deepEqual(codes({ text: " ".repeat(40) }), ["text /facts/0/text"]);
  assert.deepEqual(codes({ text: "x".repeat(2_001) }), ["text /facts/0/text"]);
});

test("times are read as they are shown", () => {
  const read = { "0:00": 0, "3:05": 185, " 12:59 ": 779, "45": 45, "0:60": null, "1:2:3": null, "-1:00": null, "": null, "1.5": null };
  for (const [text, seconds] of Object.entries(read)) assert.equal(secondsOf(text), seconds, text);
});

test("the stretch that is offered for an asking may always be cited", () => {
  for (const from_s of [0, 0.4, 28, 28.999]) {
    const asking = { ...ASKING, from_s, to_s: from_s + 9.3 };
    const { from, to } = stretchOf(asking);
    assert.ok(from >= 0 && from <= from_s && to >= asking.to_s && to <= asking.to_s + 1);
  }
});
