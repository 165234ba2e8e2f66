/** Keys of the replay. One rule: a key that the page does not use is left to the browser. */

/**
 * @typedef {{do: "zoom-in" | "zoom-out" | "zoom-all" | "unpin" | "first" | "last" | "play"} | {do: "step", by: number}} Command
 */

/** @type {Readonly<Record<string, Command>>} */
const KEYS = {
  "+": { do: "zoom-in" }, "=": { do: "zoom-in" }, "-": { do: "zoom-out" }, "−": { do: "zoom-out" }, "0": { do: "zoom-all" },
  "k": { do: "play" }, "K": { do: "play" },
  "Escape": { do: "unpin" }, "Home": { do: "first" }, "End": { do: "last" },
};
/** Keys that scroll pages and tables, so that they belong to the timeline only while it has the focus. */
const NEEDS_FOCUS = new Set(["Home", "End"]);
const ELSEWHERE = "input, textarea, select, [contenteditable], .table-scroll, dialog";

/**
 * What a key means; null when it means nothing here.
 * @param {{key: string, shiftKey: boolean, ctrlKey: boolean, metaKey: boolean, altKey: boolean, target: EventTarget | null}} event
 * @param {boolean} focused the timeline has the focus
 * @returns {Command | null}
 */
export function commandOf(event, focused) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const target = /** @type {Element | null} */ (event.target);
  if (typeof target?.closest === "function" && target.closest(ELSEWHERE)) return null;
  if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
    return { do: "step", by: (event.key === "ArrowLeft" ? -1 : 1) * (event.shiftKey ? 10 : 1) };
  }
  if (NEEDS_FOCUS.has(event.key) && !focused) return null;
  return Object.hasOwn(KEYS, event.key) ? (KEYS[event.key] ?? null) : null;
}
