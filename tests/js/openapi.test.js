import assert from "node:assert/strict";
import test from "node:test";

import { described, paragraphs, sample, typeName } from "../../static/js/openapi.js";

const api = {
  servers: [{ url: "https://verifier.example/api/v1" }],
  paths: {
    "/things": {
      post: {
        operationId: "createThing", summary: "Create a thing", description: "It is kept. Scope: things:write.", tags: ["Things"],
        parameters: [{ name: "Idempotency-Key", in: "header", required: false, schema: { type: "string", maxLength: 255 } }],
        requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/Thing" } } } },
        responses: { 201: { description: "Created" }, 400: { description: "invalid_input: no" } },
      },
      get: { operationId: "listThings", summary: "List things", tags: ["Things"], responses: {} },
    },
  },
  webhooks: { "thing.made": { post: { operationId: "on.thing.made", summary: "thing.made", responses: {} } } },
  components: {
    schemas: {
      Thing: {
        type: "object", required: ["name", "owner"],
        properties: {
          name: { type: "string", maxLength: 9, description: "What it is called." },
          owner: { $ref: "#/components/schemas/Owner" },
          born: { anyOf: [{ type: "string", format: "date" }, { type: "null" }], default: null },
        },
      },
      Owner: { type: "object", required: [], properties: { kinds: { type: "array", items: { enum: ["a", "b"] } } } },
    },
  },
};
const words = { required: "required", webhooks: "Webhooks" };

test("operations keep their order and webhooks come last", () => {
  const { groups, operations } = described(api, words);
  assert.deepEqual(groups.map((group) => group.name), ["Things", "Webhooks"]);
  assert.deepEqual(operations.map((one) => [one.method, one.path]), [
    ["POST", "/api/v1/things"], ["GET", "/api/v1/things"], ["POST", "thing.made"],
  ]);
});

test("an operation shows its scope, its parameters and every member of its body", () => {
  const [create] = described(api, words).operations;
  assert.deepEqual([create?.description, create?.scope], ["It is kept.", "Scope: things:write."]);
  assert.deepEqual(create?.fields, [
    { name: "Idempotency-Key", type: "header: string ≤ 255", required: "", meaning: "" },
    { name: "name", type: "string ≤ 9", required: "required", meaning: "What it is called." },
    { name: "owner", type: "object", required: "required", meaning: "" },
    { name: "owner.kinds", type: "a | b[]", required: "", meaning: "" },
    { name: "born", type: "string (date) | null", required: "", meaning: "" },
  ]);
});

test("the example has the shape of the body", () => {
  assert.deepEqual(sample(api, { $ref: "#/components/schemas/Thing" }), { name: "…", owner: { kinds: ["a"] }, born: "1990-02-01" });
  assert.equal(typeName(api, { const: "x" }), '"x"');
});

test("the description's emphasis becomes parts, never markup", () => {
  assert.deepEqual(paragraphs("A **b** `c`\nd\n\n<i>e</i>"), [
    [{ kind: "text", text: "A " }, { kind: "strong", text: "b" }, { kind: "text", text: " " }, { kind: "code", text: "c" }, { kind: "text", text: " d" }],
    [{ kind: "text", text: "<i>e</i>" }],
  ]);
});
