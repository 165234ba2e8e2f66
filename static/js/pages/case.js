/** /case: exchanges the private link's token; the page itself is printed by the server. */

import { ApiError, createApi } from "../api.js";
import { forgetFragment, linkProblem, tokenIn } from "../link.js";
import { choose, currentStep, onAction, showStep } from "../view.js";

const api = createApi(window.fetch.bind(window));
const token = tokenIn(location.hash);

async function open() {
  // Printed whole and no newer link in the address: nothing to do.
  if (!token && currentStep(document) === "") return;
  try {
    if (!token) throw new ApiError("not_authenticated", 401);
    await api.post("/case/exchange", { token });
    forgetFragment(window);
    location.reload();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (!error.passing) forgetFragment(window);
    choose(document, "link-problem", linkProblem(error), "expired");
    showStep(document, "link-problem");
  }
}

onAction(document, { "retry-link": () => { void open(); } });
addEventListener("hashchange", () => location.reload());
void open();
