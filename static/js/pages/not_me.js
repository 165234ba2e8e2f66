/** /case/not-me: one press. The token stays in the fragment until the server has taken it; nothing of the case is asked for. */

import { ApiError, createApi } from "../api.js";
import { forgetFragment, tokenIn } from "../link.js";
import { choose, onAction, pageData, showStep } from "../view.js";

const api = createApi(window.fetch.bind(window));
const token = tokenIn(location.hash);

async function report() {
  try {
    await api.post(String(pageData(document)["post_url"]), { token });
    forgetFragment(window);
    showStep(document, "done");
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.passing) choose(document, "not-me-problem", error.status === 0 ? "offline" : "server");
    else showStep(document, "link-problem");
  }
}

if (token === null) showStep(document, "link-problem");
onAction(document, { "not-me": () => { void report(); } });
