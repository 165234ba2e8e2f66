/** Pointing at the timeline: hover, press, drag. One rule: reports moments and stretches in seconds, and knows no picture of them. */

import { percent } from "./axis.js";

/**
 * @typedef {import("./axis.js").View} View
 * @typedef {object} Handlers
 * @property {(at: number | null) => void} hovered null: the pointer left
 * @property {(stretch: View | null) => void} dragging null: the drag is over
 * @property {(stretch: View) => void} dragged
 * @property {(at: number) => void} pressed
 */

const DRAG_PX = 6;

/**
 * The moment under a horizontal place, or null left or right of the axis.
 * @param {number} x pixels
 * @param {{left: number, width: number}} axis
 * @param {View} view
 */
export function momentAt(x, axis, view) {
  if (axis.width <= 0 || x < axis.left || x > axis.left + axis.width) return null;
  return view.from + (x - axis.left) / axis.width * (view.to - view.from);
}

/**
 * The pixels from the left edge of the axis at which a moment lies.
 * @param {number} at
 * @param {number} width of the axis
 * @param {View} view
 */
export function placeOf(at, width, view) {
  return width * percent(view, at) / 100;
}

/**
 * Listen to the pointer on the timeline.
 * @param {HTMLElement} timeline
 * @param {HTMLElement} axis element that spans the time axis
 * @param {() => View} view
 * @param {Handlers} handlers
 */
export function listen(timeline, axis, view, handlers) {
  /** @type {{x: number, at: number, id: number, moving: boolean} | null} */
  let held = null;
  let justDragged = false;
  const clamped = (/** @type {number} */ x) => {
    const box = axis.getBoundingClientRect();
    return /** @type {number} */ (momentAt(Math.min(Math.max(x, box.left), box.right), box, view()));
  };
  timeline.addEventListener("pointerdown", (event) => {
    justDragged = false;
    const at = momentAt(event.clientX, axis.getBoundingClientRect(), view());
    if (event.button === 0 && at !== null) held = { x: event.clientX, at, id: event.pointerId, moving: false };
  });
  timeline.addEventListener("pointermove", (event) => {
    handlers.hovered(momentAt(event.clientX, axis.getBoundingClientRect(), view()));
    if (!held || event.pointerId !== held.id) return;
    if (!held.moving && Math.abs(event.clientX - held.x) >= DRAG_PX) {
      held.moving = true;
      timeline.setPointerCapture(event.pointerId);
    }
    if (held.moving) handlers.dragging(ordered(held.at, clamped(event.clientX)));
  });
  timeline.addEventListener("pointerup", (event) => {
    const was = held;
    held = null;
    if (!was || event.pointerId !== was.id) return;
    if (was.moving) {
      justDragged = true;
      handlers.dragging(null);
      handlers.dragged(ordered(was.at, clamped(event.clientX)));
    } else if (!(/** @type {Element} */ (event.target).closest("a[href]"))) {
      handlers.pressed(was.at);
    }
  });
  timeline.addEventListener("pointercancel", () => {
    held = null;
    handlers.dragging(null);
  });
  timeline.addEventListener("pointerleave", () => handlers.hovered(null));
  timeline.addEventListener("click", (event) => {
    if (justDragged) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
    justDragged = false;
  }, { capture: true });
}

/** @param {number} one @param {number} other @returns {View} */
function ordered(one, other) {
  return { from: Math.min(one, other), to: Math.max(one, other) };
}
