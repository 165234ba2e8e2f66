/**
 * How the pages' scripts touch the markup, and nothing else: `hidden`, data attributes, `data-bind` text, `data-list` templates,
 * `data-choose` cases, `data-step` sections. One rule: no words and no markup in here; both come from the page.
 */

const OWN_ATTRIBUTES = new Set(["href", "value", "id", "title", "label"]);

/** @typedef {string | number | boolean | null | undefined} Scalar */
/** @typedef {{[name: string]: Scalar | Entry[]}} Entry */

/**
 * The element with this role, or null.
 * @param {ParentNode} root
 * @param {string} role
 * @returns {HTMLElement | null}
 */
export function find(root, role) {
  return root.querySelector(`[data-role="${role}"]`);
}

/**
 * The element with this role.
 * @param {ParentNode} root
 * @param {string} role
 * @returns {HTMLElement}
 * @throws {Error} when the page lacks it
 */
export function part(root, role) {
  const element = find(root, role);
  if (!element) throw new Error(`the page lacks data-role="${role}"`);
  return element;
}

/**
 * The media element with this role.
 * @param {ParentNode} root
 * @param {string} role
 */
export function media(root, role) {
  return /** @type {HTMLVideoElement} */ (part(root, role));
}

/** @param {ParentNode} root @param {string} role @param {boolean} shown */
export function show(root, role, shown) {
  const element = find(root, role);
  if (element) element.hidden = !shown;
}

/**
 * Put values into every `data-bind` and `data-bind-*` below root, and arrays into the `data-list` of that name.
 * @param {ParentNode} root
 * @param {Entry} data
 */
export function fill(root, data) {
  for (const [name, value] of Object.entries(data)) {
    if (Array.isArray(value)) fillList(root, name, value);
    else fillValue(root, name, value);
  }
}

/** @param {ParentNode} root @param {string} name @param {Scalar} value */
function fillValue(root, name, value) {
  const text = value === null || value === undefined ? "" : String(value);
  for (const element of root.querySelectorAll(`[data-bind="${name}"]`)) element.textContent = text;
  for (const attribute of BOUND_ATTRIBUTES) {
    for (const element of root.querySelectorAll(`[data-bind-${attribute}="${name}"]`)) {
      element.setAttribute(OWN_ATTRIBUTES.has(attribute) ? attribute : `data-${attribute}`, text);
    }
  }
}

const BOUND_ATTRIBUTES = ["href", "value", "id", "item", "state", "from", "match", "band", "reason", "testid"];

/** @param {ParentNode} root @param {string} name @param {Entry[]} entries */
function fillList(root, name, entries) {
  for (const list of root.querySelectorAll(`[data-list="${name}"]`)) {
    const template = /** @type {HTMLTemplateElement | null} */ (list.querySelector(":scope > template"));
    if (!template) continue;
    for (const old of [...list.children]) if (old !== template) old.remove();
    for (const entry of entries) list.append(stamp(template, entry));
  }
}

/**
 * A copy of a template's content, filled.
 * @param {HTMLTemplateElement} template
 * @param {Entry} entry
 * @returns {DocumentFragment}
 */
export function stamp(template, entry) {
  const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  fill(copy, entry);
  return copy;
}

/**
 * Show one case of a choice and hide the others; null hides the choice as a whole. An unknown case shows `fallback`.
 * @param {ParentNode} root
 * @param {string} name of `data-choose`
 * @param {string | null} chosen
 * @param {string} [fallback]
 */
export function choose(root, name, chosen, fallback) {
  for (const box of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(`[data-choose="${name}"]`))) {
    const cases = [.../** @type {NodeListOf<HTMLElement>} */ (box.querySelectorAll("[data-case]"))];
    const known = cases.some((one) => one.dataset["case"] === chosen);
    const wanted = known ? chosen : chosen === null ? null : (fallback ?? null);
    for (const one of cases) one.hidden = one.dataset["case"] !== wanted;
    box.hidden = wanted === null;
  }
}

/**
 * Show one step of the page, put the focus on its heading, and tell the style sheet.
 * @param {Document} document
 * @param {string} name of `data-step`
 */
export function showStep(document, name) {
  for (const step of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-step]"))) {
    const wanted = step.dataset["step"] === name;
    const changed = step.hidden === wanted;
    step.hidden = !wanted;
    if (wanted && changed) focusHeading(step);
  }
  if (name === "call") document.body.dataset["view"] = "call";
  else delete document.body.dataset["view"];
}

/** @param {ParentNode} root */
export function focusHeading(root) {
  for (const heading of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('h1[tabindex="-1"]'))) {
    if (heading.closest("[hidden]") === null) {
      heading.focus();
      return;
    }
  }
}

/** @param {Document} document @returns {string} name of the step that is shown, or "" */
export function currentStep(document) {
  for (const step of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-step]"))) {
    if (!step.hidden) return step.dataset["step"] ?? "";
  }
  return "";
}

/**
 * Call the handler named by the `data-action` of whatever was pressed below root.
 * @param {HTMLElement | Document} root
 * @param {Record<string, (button: HTMLElement) => void>} handlers
 */
export function onAction(root, handlers) {
  root.addEventListener("click", (event) => {
    const target = /** @type {Element | null} */ (event.target);
    const button = /** @type {HTMLElement | null} */ (target?.closest("[data-action]") ?? null);
    const action = button?.dataset["action"];
    if (button && action && Object.hasOwn(handlers, action)) handlers[action]?.(button);
  });
}

/**
 * Ask with the page's own dialog.
 * @param {ParentNode} root
 * @param {string} name of `data-dialog`
 * @returns {Promise<boolean>} true when confirmed
 */
export function confirmed(root, name) {
  const dialog = /** @type {HTMLDialogElement | null} */ (root.querySelector(`[data-dialog="${name}"]`));
  if (!dialog) return Promise.resolve(true);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "confirm"), { once: true });
  });
}

/**
 * The page's words for a code, with {placeholders} filled; null when the page has none.
 * @param {ParentNode} root
 * @param {string} template of `data-template`
 * @param {string} code of `data-word` or `data-case`
 * @param {Record<string, Scalar>} [values]
 * @returns {string | null}
 */
export function words(root, template, code, values = {}) {
  for (const holder of /** @type {NodeListOf<HTMLTemplateElement>} */ (
    root.querySelectorAll(`template[data-template="${template}"]`))) {
    const found = holder.content.querySelector(`[data-word="${code}"], [data-case="${code}"]`);
    if (found) return fillPlaceholders(found.textContent ?? "", values);
  }
  return null;
}

/**
 * What a list calls an item of the checklist; the question itself where the page has no name for it.
 * @param {ParentNode} root
 * @param {{key: string, question: string, claim: string | null}} item
 */
export function itemName(root, { key, question, claim }) {
  const [kind, what] = key.split(".");
  return words(root, "words", `item.${kind}.${what}`) ?? words(root, "words", `item.${kind}`, { claim }) ?? question;
}

/**
 * The page's sentence for a reason; a code of a later version gets the general one.
 * @param {ParentNode} root
 * @param {string} code
 */
export function reasonText(root, code) {
  return words(root, "reasons", code) ?? words(root, "reasons", "other") ?? "";
}

/** The text with its {names} replaced; numbers as the page's language writes them. @param {string} text @param {Record<string, Scalar>} values */
export function fillPlaceholders(text, values) {
  return text.trim().replace(/\{(\w+)\}/g, (whole, name) => (name in values ? written(values[name]) : whole));
}

/** @param {Scalar} value */
function written(value) {
  if (typeof value !== "number") return String(value);
  return new Intl.NumberFormat(globalThis.document?.documentElement?.lang || "en").format(value);
}

/**
 * The session that the page was printed for, or null.
 * @param {Document} document
 * @returns {string | null}
 */
export function sessionOf(document) {
  const session = pageData(document)["session"];
  return typeof session === "string" ? session : null;
}

/**
 * The page's JSON block.
 * @param {Document} document
 * @returns {Record<string, any>}
 */
export function pageData(document) {
  const text = document.getElementById("page-data")?.textContent ?? "";
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
