/** "I know this person": asked first, declared for good, needs no reason. */

import { confirmed } from "./view.js";

/**
 * @param {Document} document
 * @param {import("./api.js").Api} api
 * @param {HTMLElement} button carries the case as `data-item`
 * @returns {Promise<boolean>} whether it was declared; rejects as the api does
 */
export async function declareConflict(document, api, button) {
  const id = button.dataset["item"] ?? button.closest("[data-item]")?.getAttribute("data-item") ?? "";
  if (id === "" || !(await confirmed(document, "conflict"))) return false;
  await api.post(`/staff/cases/${encodeURIComponent(id)}/conflict`);
  return true;
}
