/** /staff/enrol: a password and a proven authenticator, then the recovery codes, once. */

import { createApi } from "../api.js";
import { copy } from "../copying.js";
import { wireForm } from "../forms.js";
import { signedOut } from "../staff.js";
import { fill, onAction, part, sessionOf, showStep } from "../view.js";

const api = createApi(window.fetch.bind(window), { session: () => sessionOf(document) });
const goTo = (/** @type {string} */ address) => location.replace(address);
/** @type {string[]} */
let codes = [];

wireForm(document, api, /** @type {HTMLFormElement} */ (part(document, "enrol-form")), (answer) => {
  codes = answer.recovery_codes;
  if (codes.length === 0) {
    goTo(answer.next);
    return;
  }
  fill(document, { recovery_codes: codes.map((code) => ({ code })), next: answer.next });
  showStep(document, "codes");
}, (error) => signedOut(error, goTo));
onAction(document, { "copy-codes": (button) => copy(navigator, button, codes.join("\n")) });
