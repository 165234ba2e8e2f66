import assert from "node:assert/strict";
import { test } from "node:test";

import { JitterTarget } from "../../static/js/jitter_target.js";

test("a link that loses nothing is left to the browser", () => {
  const target = new JitterTarget();
  assert.deepEqual([0, 2_000, 4_000].map((now) => target.next(0, now)), [null, null, null]);
});

test("where packets are asked for again they are waited for, until it has been calm", () => {
  const target = new JitterTarget();
  target.next(0, 0);
  assert.equal(target.next(9, 2_000), 200);
  assert.equal(target.next(20, 4_000), null, "it stays");
  assert.equal(target.next(20, 18_000), null, "not calm for long enough");
  assert.equal(target.next(20, 20_000), 0);
});

test("a single loss now and then changes nothing", () => {
  const target = new JitterTarget();
  target.next(0, 0);
  assert.deepEqual([target.next(1, 2_000), target.next(1, 4_000), target.next(2, 6_000)], [null, null, null]);
});

test("unknown figures and a count that begins anew change nothing", () => {
  const target = new JitterTarget();
  assert.equal(target.next(null, 0), null);
  target.next(50, 2_000);
  assert.equal(target.next(3, 4_000), null);
  assert.equal(target.next(9, 6_000), 200);
});
