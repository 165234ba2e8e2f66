/**
 * An OpenAPI 3.1 document as the entries that the API page shows. Pure: no DOM, no words of its own apart from type names.
 */

/** @typedef {Record<string, any>} Json */
/** @typedef {import("./view.js").Entry} Entry */
/** @typedef {{required: string, webhooks: string}} Words */

const METHODS = new Set(["get", "post", "put", "patch", "delete"]);

/**
 * Groups for the navigation and operations for the body, webhooks last.
 * @param {Json} api
 * @param {Words} words
 * @returns {{groups: Entry[], operations: Entry[]}}
 */
export function described(api, words) {
  const base = new URL(api["servers"]?.[0]?.url ?? "http://localhost").pathname.replace(/\/$/, "");
  const found = [
    ...Object.entries(api["paths"] ?? {}).flatMap(([path, item]) => inItem(item).map(([method, operation]) =>
      ({ group: String(operation["tags"]?.[0] ?? ""), method, path: base + path, operation }))),
    ...Object.entries(api["webhooks"] ?? {}).flatMap(([name, item]) => inItem(item).map(([method, operation]) =>
      ({ group: words.webhooks, method, path: name, operation }))),
  ];
  /** @type {Map<string, Entry[]>} */
  const groups = new Map();
  for (const { group, method, operation } of found) {
    const links = groups.get(group) ?? [];
    links.push({ href: `#${operation["operationId"]}`, method: method.toUpperCase(), title: operation["summary"] });
    groups.set(group, links);
  }
  return {
    groups: [...groups].map(([name, links]) => ({ name, links })),
    operations: found.map(({ method, path, operation }) => entry(api, words, method, path, operation)),
  };
}

/** @param {Json} item @returns {[string, Json][]} */
function inItem(item) {
  return Object.entries(item).filter(([method]) => METHODS.has(method));
}

/** @param {Json} api @param {Words} words @param {string} method @param {string} path @param {Json} operation @returns {Entry} */
function entry(api, words, method, path, operation) {
  const body = operation["requestBody"]?.content?.["application/json"]?.schema;
  const parameters = (operation["parameters"] ?? []).map((/** @type {Json} */ one) => ({
    name: one["name"],
    type: `${one["in"]}: ${typeName(api, one["schema"] ?? {})}`,
    required: one["required"] ? words.required : "",
    meaning: one["description"] ?? "",
  }));
  const [description, scope] = withoutScope(operation["description"] ?? "");
  return {
    id: operation["operationId"],
    method: method.toUpperCase(),
    path,
    summary: operation["summary"],
    description,
    scope,
    fields: [...parameters, ...(body ? fields(api, words, body, "") : [])],
    answers: Object.entries(operation["responses"] ?? {}).map(([status, answer]) =>
      ({ status, meaning: answer["description"] ?? "" })),
    example: body ? JSON.stringify(sample(api, body), null, 2) : "",
  };
}

/** @param {string} text @returns {[string, string]} the description, and its last sentence when that names the scope */
function withoutScope(text) {
  const at = text.lastIndexOf("Scope: ");
  return at < 0 ? [text, ""] : [text.slice(0, at).trim(), text.slice(at)];
}

/** @param {Json} api @param {Json} schema @returns {Json} */
function resolved(api, schema) {
  const name = typeof schema["$ref"] === "string" ? schema["$ref"].split("/").pop() : null;
  if (name) return { ...api["components"]?.schemas?.[name], ...(schema["description"] ? { description: schema["description"] } : {}) };
  const kept = (schema["anyOf"] ?? []).find((/** @type {Json} */ one) => one["type"] !== "null");
  return kept ? { ...resolved(api, kept), ...(schema["description"] ? { description: schema["description"] } : {}) } : schema;
}

/** @param {Json} api @param {Words} words @param {Json} schema @param {string} prefix @returns {Entry[]} */
function fields(api, words, schema, prefix) {
  const object = resolved(api, schema);
  const required = new Set(object["required"] ?? []);
  return Object.entries(object["properties"] ?? {}).flatMap(([name, member]) => {
    const inner = resolved(api, member);
    const row = {
      name: prefix + name,
      type: typeName(api, member),
      required: required.has(name) ? words.required : "",
      meaning: inner["description"] ?? "",
    };
    return inner["properties"] ? [row, ...fields(api, words, inner, `${prefix}${name}.`)] : [row];
  });
}

/** @param {Json} api @param {Json} schema @returns {string} */
export function typeName(api, schema) {
  const inner = resolved(api, schema);
  const nullable = (schema["anyOf"] ?? []).some((/** @type {Json} */ one) => one["type"] === "null") ? " | null" : "";
  if (inner["enum"]) return inner["enum"].join(" | ") + nullable;
  if (inner["const"] !== undefined) return JSON.stringify(inner["const"]) + nullable;
  if (inner["type"] === "array") return `${typeName(api, inner["items"] ?? {})}[]${nullable}`;
  const format = inner["format"] ? ` (${inner["format"]})` : "";
  const limit = inner["maxLength"] ? ` ≤ ${inner["maxLength"]}` : "";
  return `${inner["type"] ?? "any"}${format}${limit}${nullable}`;
}

const SAMPLES = new Map([["email", "ana@example.org"], ["date", "1990-02-01"], ["date-time", "2026-11-23T14:05:00.123Z"]]);

/** @param {Json} api @param {Json} schema @returns {any} a value of the schema's shape */
export function sample(api, schema) {
  const inner = resolved(api, schema);
  if (inner["const"] !== undefined) return inner["const"];
  if (inner["enum"]) return inner["enum"][0];
  if (inner["properties"]) {
    return Object.fromEntries(Object.entries(inner["properties"]).map(([name, member]) => [name, sample(api, member)]));
  }
  switch (inner["type"]) {
    case "array": return inner["maxItems"] === 0 ? [] : [sample(api, inner["items"] ?? {})];
    case "integer": return inner["minimum"] ?? 1;
    case "number": return 0.5;
    case "boolean": return true;
    case "object": return {};
    default: return SAMPLES.get(inner["format"]) ?? "…";
  }
}

/**
 * Paragraphs of the description; `**bold**` and `` `code` `` become parts with a kind.
 * @param {string} text
 * @returns {{kind: "text" | "strong" | "code", text: string}[][]}
 */
export function paragraphs(text) {
  return text.split(/\n\s*\n/).map((paragraph) =>
    paragraph.replace(/\s+/g, " ").trim().split(/(\*\*[^*]+\*\*|`[^`]+`)/).filter(Boolean).map((piece) => {
      if (piece.startsWith("**")) return { kind: "strong", text: piece.slice(2, -2) };
      if (piece.startsWith("`")) return { kind: "code", text: piece.slice(1, -1) };
      return { kind: "text", text: piece };
    }));
}
