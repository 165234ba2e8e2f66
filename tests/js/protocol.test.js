import assert from "node:assert/strict";
import { test } from "node:test";
import { BROWSER_MESSAGES, ProtocolError, SERVER_MESSAGES, parse, serialise } from "../../static/js/protocol.js";
import { welcome } from "./fakes.js";

test("every message of the page survives the wire", () => {
  for (const [type, fields] of Object.entries(BROWSER_MESSAGES)) {
    const message = { type, ...Object.fromEntries(fields.map((name) => [name, 1])) };
    assert.deepEqual(JSON.parse(serialise(message)), message);
  }
});

test("every message of the server is read whole", () => {
  for (const [type, fields] of Object.entries(SERVER_MESSAGES)) {
    const message = { type, ...Object.fromEntries(fields.map((name) => [name, "x"])) };
    assert.deepEqual(parse(JSON.stringify(message)), message);
  }
});

test("a message with a foreign or a missing field is not sent", () => {
  assert.throws(() => serialise({ type: "ready", extra: 1 }), ProtocolError);
  assert.throws(() => serialise({ type: "chat" }), ProtocolError);
  assert.throws(() => serialise({ type: "shout", text: "x" }), ProtocolError);
});

test("a field that the server adds later is left out", () => {
  assert.equal("later" in parse(JSON.stringify(welcome({ later: 1 }))), false);
});

test("what is no message is refused", () => {
  for (const text of ["", "[]", "null", "7", "{}", '{"type":"toString"}', '{"type":"__proto__"}', '{"type":"welcome"}']) {
    assert.throws(() => parse(text), ProtocolError, text);
  }
});
