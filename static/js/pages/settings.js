/** /staff/settings and the administrators' pages below it: each form is sent alone, and the page says what was done. */

import { createApi } from "../api.js";
import { copy } from "../copying.js";
import { wireForm } from "../forms.js";
import { signedOut, wireSignOut } from "../staff.js";
import { choose, fill, onAction, sessionOf } from "../view.js";

const api = createApi(window.fetch.bind(window), { session: () => sessionOf(document) });
const goTo = (/** @type {string} */ address) => location.assign(address);
/** @type {string[]} */
let codes = [];
let link = "";

/** What follows an answer, by the form's `data-then`. @type {Record<string, (answer: any, done: string) => void>} */
const THEN = {
  reload: (_, done) => goTo(`${location.pathname}?done=${encodeURIComponent(done)}`),
  authenticator: (answer) => {
    const box = open("take-over");
    fill(box, { secret: answer.secret });
    const qr = box.querySelector('[data-role="qr"]');
    qr?.setAttribute("viewBox", `0 0 ${answer.qr_size} ${answer.qr_size}`);
    qr?.firstElementChild?.setAttribute("d", answer.qr_path);
    /** @type {HTMLInputElement} */ (box.querySelector("input[name=code]")).focus();
  },
  codes: (answer, done) => {
    codes = answer.recovery_codes;
    fill(open("new-codes"), { recovery_codes: codes.map((code) => ({ code })) });
    const takeOver = document.querySelector('[data-part="take-over"]');
    if (takeOver instanceof HTMLElement) takeOver.hidden = true;
    say(done);
  },
  link: (answer) => {
    link = answer.link;
    const box = open("link");
    fill(box, { link });
    box.focus();
  },
  say: (_, done) => say(done),
};

/** @param {string} name of `data-part` */
function open(name) {
  const box = /** @type {HTMLElement} */ (document.querySelector(`[data-part="${name}"]`));
  box.hidden = false;
  return box;
}

/** @param {string} done case of `data-choose="done"` */
function say(done) {
  choose(document, "done", done);
  /** @type {HTMLElement | null} */ (document.querySelector('[data-choose="done"]'))?.focus();
}

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll('form[data-role="post-form"]'))) {
  const follow = THEN[form.dataset["then"] ?? "say"] ?? say;
  wireForm(document, api, form, (answer) => follow(answer, form.dataset["done"] ?? ""), (error) => signedOut(error, goTo));
}
wireSignOut(document, api, goTo);
onAction(document, {
  "copy-codes": (button) => copy(navigator, button, codes.join("\n")),
  "copy-link": (button) => copy(navigator, button, link),
});
