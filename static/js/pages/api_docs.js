/** /api/docs: fetches the OpenAPI document and fills the page with it. */

import { described, paragraphs } from "../openapi.js";
import { fill, find, part, words } from "../view.js";

/** @param {Document} document @param {typeof fetch} load */
async function start(document, load) {
  const root = /** @type {HTMLElement} */ (document.querySelector("[data-openapi]"));
  try {
    const response = await load(root.dataset["openapi"] ?? "");
    if (!response.ok) throw new Error(`the description answered ${response.status}`);
    render(document, root, await response.json());
    root.dataset["api"] = "ready";
  } catch (error) {
    root.dataset["api"] = "failed";
    console.error(error);
    return;
  }
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

/** @param {Document} document @param {HTMLElement} root @param {Record<string, any>} api */
function render(document, root, api) {
  const said = (/** @type {string} */ word) => words(document, "api-words", word) ?? "";
  const { groups, operations } = described(api, { required: said("required"), webhooks: said("webhooks") });
  fill(root, { groups, operations });
  for (const method of root.querySelectorAll("[data-bind-method]")) {
    method.setAttribute("data-method", method.textContent ?? "");
  }
  for (const operation of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(".operation"))) {
    hideEmpty(operation);
  }
  part(root, "description").replaceChildren(...paragraphs(String(api["info"]?.description ?? "")).map((parts) => {
    const paragraph = document.createElement("p");
    paragraph.append(...parts.map(({ kind, text }) => {
      if (kind === "text") return text;
      const element = document.createElement(kind);
      element.textContent = text;
      return element;
    }));
    return paragraph;
  }));
}

/** Leave out the tables and examples that an operation does not have. @param {HTMLElement} operation */
function hideEmpty(operation) {
  const table = /** @type {HTMLElement | null} */ (operation.querySelector(".table-scroll"));
  const rows = operation.querySelectorAll("tbody > tr").length;
  if (table) table.hidden = rows === 0;
  part(operation, "parameters-title").hidden = rows === 0;
  const example = find(operation, "example");
  if (example) example.hidden = example.querySelector("code")?.textContent === "";
}

void start(document, window.fetch.bind(window));
