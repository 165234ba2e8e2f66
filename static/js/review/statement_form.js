/** The form of a proposal: write, check, send. One rule: it holds what was written until the server has it. */

import { atText } from "../replay/format.js";
import { fill, find, part, show, stamp, words } from "../view.js";
import { showErrors } from "./errors.js";
import { bodyOf, emptyFact, FACTS_MAX, problemsOf, secondsOf, stretchOf, TEXT_MAX } from "./statement.js";

/**
 * @typedef {import("./statement.js").Written} Written
 * @typedef {import("./statement.js").WrittenFact} WrittenFact
 * @typedef {import("./statement.js").Asking} Asking
 * @typedef {"run_id" | "still_id" | "from" | "to" | "text"} Field
 */

const DRAFT = "proposal";
/** Fields of a fact by their name in the server's answers. @type {Readonly<Record<string, Field>>} */
const FIELDS = { run_id: "run_id", still_id: "still_id", from_ms: "from", to_ms: "to", text: "text" };

/** One form. */
export class StatementForm {
  /**
   * @param {HTMLElement} root the part with role "propose"
   * @param {{askings: Asking[], startMs: number, seen: string, drafts: import("./drafts.js").Drafts, send: (body: object) => Promise<boolean>}} ports
   *   send: whether it is stored
   */
  constructor(root, ports) {
    this._root = root;
    this._ports = ports;
    this._form = /** @type {HTMLFormElement} */ (part(root, "propose-form"));
    this._facts = part(root, "facts");
    this._template = /** @type {HTMLTemplateElement} */ (this._facts.querySelector(":scope > template"));
    this._made = 0;
    this._restore();
    this._form.addEventListener("input", (event) => this._changed(/** @type {HTMLElement} */ (event.target)));
    this._form.addEventListener("focusin", (event) => this._activate(/** @type {HTMLElement} */ (event.target)));
    this._form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.check();
    });
  }

  /** Where a stretch that is marked on the timeline goes: the fact that was touched last. @returns {HTMLElement | null} */
  get active() {
    return this._facts.querySelector('[data-active="yes"]') ?? this._facts.querySelector('[data-role="fact"]');
  }

  /** @returns {Written} */
  get written() {
    const ground = /** @type {HTMLInputElement | null} */ (this._form.querySelector('[name="ground"]:checked'))?.value ?? "";
    return { ground, facts: this._fieldsets().map((fact) => written(fact)) };
  }

  /** @param {WrittenFact} [fact] */
  add(fact = emptyFact()) {
    if (this._fieldsets().length >= FACTS_MAX) return;
    this._made += 1;
    const made = this._made;
    this._facts.append(stamp(this._template, {}));
    const fieldset = /** @type {HTMLElement} */ (this._facts.lastElementChild);
    for (const input of fields(fieldset)) {
      const name = input.dataset["field"] ?? "";
      input.id = `fact-${made}-${name}${input.type === "radio" ? `-${input.value}` : ""}`;
      if (input.type === "radio") input.name = `fact-${made}-still`;
    }
    write(fieldset, fact);
    this._renumber();
    this._activate(fieldset);
    this._count(fieldset);
  }

  /** @param {HTMLElement} inside */
  remove(inside) {
    inside.closest('[data-role="fact"]')?.remove();
    this._renumber();
    this._keep();
  }

  /** Put a moment or a stretch of the timeline into the fact that was touched last. @param {{from?: number, to?: number}} marked seconds */
  mark({ from, to }) {
    const fact = this.active;
    if (!fact) return;
    if (from !== undefined) field(fact, "from").value = atText(from);
    if (to !== undefined) field(fact, "to").value = atText(to);
    this._keep();
  }

  /** What is missing is named; when nothing is, everything is shown once more before it is sent. */
  check() {
    const { askings } = this._ports;
    const problems = problemsOf(this.written, askings);
    showErrors(this._form, problems.map(({ field: pointer, code, number }) => ({
      text: words(document, "decision-words", `error.${code}`, { number }) ?? code, field: this._fieldAt(pointer),
    })));
    if (problems.length > 0) return;
    this._summarise();
    this._step("summary");
  }

  change() {
    this._step("form");
  }

  /** Send it; whatever comes back, what was written stays until it is stored. */
  async send() {
    const { drafts, send, startMs, seen } = this._ports;
    if (await send(bodyOf(this.written, startMs, seen))) drafts.forget(DRAFT);
  }

  /**
   * Show a refusal of the server where the person can do something about it.
   * @param {string} text
   * @param {string} pointer of the field to blame, or ""
   */
  refused(text, pointer) {
    const blamed = this._fieldAt(pointer);
    if (blamed) this._step("form");
    showErrors(blamed ? this._form : part(this._root, "propose-summary"), [{ text, field: blamed }]);
  }

  _restore() {
    const kept = /** @type {Written | null} */ (this._ports.drafts.read(DRAFT));
    for (const fact of kept?.facts ?? [emptyFact()]) this.add({ ...emptyFact(), ...fact });
    if (!kept) return;
    const ground = /** @type {HTMLInputElement | null} */ (this._form.querySelector(`[name="ground"][value="${CSS.escape(kept.ground)}"]`));
    if (ground) ground.checked = true;
    /** @type {HTMLDetailsElement} */ (this._root).open = true;
  }

  _keep() {
    this._ports.drafts.keep(DRAFT, this.written);
  }

  /** @param {HTMLElement} input */
  _changed(input) {
    const fact = /** @type {HTMLElement | null} */ (input.closest('[data-role="fact"]'));
    if (fact && input.dataset["field"] === "run_id") this._prefill(fact);
    if (fact) this._count(fact);
    this._renumber();
    this._keep();
  }

  /** The asking's own stretch, where nothing was marked yet. @param {HTMLElement} fact */
  _prefill(fact) {
    const asking = this._ports.askings.find(({ run_id }) => run_id === field(fact, "run_id").value);
    if (!asking || field(fact, "from").value !== "" || field(fact, "to").value !== "") return;
    const { from, to } = stretchOf(asking);
    field(fact, "from").value = atText(from);
    field(fact, "to").value = atText(to);
  }

  /** @param {HTMLElement} inside */
  _activate(inside) {
    const active = inside.closest('[data-role="fact"]');
    if (!active) return;
    for (const fact of this._fieldsets()) fact.dataset["active"] = fact === active ? "yes" : "no";
  }

  _renumber() {
    const facts = this._fieldsets();
    facts.forEach((fact, index) => {
      const asked = /** @type {HTMLSelectElement} */ (/** @type {unknown} */ (field(fact, "run_id"))).selectedOptions[0];
      const item = asked?.value ? asked.textContent : null;
      const title = words(document, "decision-words", item ? "fact.about" : "fact", { number: index + 1, item }) ?? "";
      fill(fact, { title });
      const remove = /** @type {HTMLElement | null} */ (fact.querySelector('[data-action="remove-fact"]'));
      if (remove) remove.hidden = facts.length < 2;
    });
  }

  /** @param {HTMLElement} fact */
  _count(fact) {
    const count = find(fact, "count");
    const length = field(fact, "text").value.trim().length;
    if (count) count.textContent = words(document, "decision-words", "count", { count: length, most: TEXT_MAX });
  }

  _summarise() {
    const { ground, facts } = this.written;
    const label = this._form.querySelector(`label[for="ground-${CSS.escape(ground)}"]`)?.textContent ?? ground;
    const summary = part(this._root, "propose-summary");
    fill(summary, {
      ground: label,
      summary: this._fieldsets().map((fieldset, index) => {
        const { from, to, text, still_id } = /** @type {WrittenFact} */ (facts[index]);
        const seconds = (secondsOf(to) ?? 0) - (secondsOf(from) ?? 0);
        const still = fieldset.querySelector(`[value="${CSS.escape(still_id)}"]`)?.closest("label")?.querySelector("img")?.alt ?? "";
        return {
          title: fieldset.querySelector('[data-bind="title"]')?.textContent ?? "",
          stretch: words(document, "decision-words", "stretch", { from, to, seconds }), still, text: text.trim(),
        };
      }),
    });
  }

  /** @param {"form" | "summary"} step */
  _step(step) {
    this._form.hidden = step !== "form";
    show(this._root, "propose-summary", step === "summary");
    if (step === "summary") part(this._root, "summary-title").focus();
    else showErrors(part(this._root, "propose-summary"), []);
  }

  /** @returns {HTMLElement[]} */
  _fieldsets() {
    return [.../** @type {NodeListOf<HTMLElement>} */ (this._facts.querySelectorAll('[data-role="fact"]'))];
  }

  /** @param {string} pointer @returns {HTMLElement | null} */
  _fieldAt(pointer) {
    if (pointer === "/ground") return this._form.querySelector('[name="ground"]');
    const [, , index, name] = pointer.split("/");
    const fact = this._fieldsets()[Number(index)];
    const known = FIELDS[name ?? ""];
    return fact && known ? field(fact, known) : null;
  }
}

/** @param {HTMLElement} fact @returns {HTMLInputElement[]} */
function fields(fact) {
  return [.../** @type {NodeListOf<HTMLInputElement>} */ (fact.querySelectorAll("[data-field]"))];
}

/** The field of that name; of the stills the first one that can be chosen. @param {HTMLElement} fact @param {Field} name */
function field(fact, name) {
  const found = /** @type {HTMLInputElement | null} */ (fact.querySelector(`[data-field="${name}"]:not(:disabled)`));
  return found ?? /** @type {HTMLInputElement} */ (fact.querySelector(`[data-field="${name}"]`) ?? fact);
}

/** @param {HTMLElement} fact @returns {WrittenFact} */
function written(fact) {
  const still = /** @type {HTMLInputElement | null} */ (fact.querySelector('[data-field="still_id"]:checked'));
  const of = (/** @type {Field} */ name) => field(fact, name).value;
  return { run_id: of("run_id"), still_id: still?.value ?? "", from: of("from"), to: of("to"), text: of("text") };
}

/** @param {HTMLElement} fact @param {WrittenFact} kept */
function write(fact, kept) {
  for (const input of fields(fact)) {
    const name = /** @type {Field} */ (input.dataset["field"]);
    if (input.type === "radio") input.checked = input.value === kept.still_id;
    else input.value = kept[name];
  }
}
