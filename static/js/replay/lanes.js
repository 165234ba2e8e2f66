/**
 * The lanes above the charts: time, questions, events, and the four bands. One rule: everything is placed on the one visible stretch, and
 * an element exists only for what can be seen.
 */

import { part } from "../view.js";
import { percent, ticks } from "./axis.js";
import { STREAMS } from "./contract.js";
import { atText } from "./format.js";
import { placed, rowsUsed } from "./labels.js";

/**
 * @typedef {import("./axis.js").View} View
 * @typedef {import("./model.js").Model} Model
 * @typedef {import("./model.js").Window} Window
 * @typedef {import("./wording.js").Wording} Wording
 * @typedef {{element: HTMLElement, from: number, label: HTMLElement, weight: number}} Labelled
 */

const ROW_PX = 20;
const BAND_PX = 26;
const MOST_ROWS = { windows: 7, events: 5 };

/** All lanes of one timeline. */
export class Lanes {
  /**
   * @param {ParentNode} root the timeline
   * @param {Wording} wording
   * @param {(runId: string) => string | null} itemOf the item's name as the page prints it
   */
  constructor(root, wording, itemOf) {
    this._axis = plot(root, "axis");
    this._items = plot(root, "items");
    this._events = plot(root, "events");
    this._bands = new Map(STREAMS.map((stream) => [stream, plot(root, stream)]));
    this._wording = wording;
    this._itemOf = itemOf;
  }

  /** The part of the page that the time axis covers. */
  get axis() {
    return this._axis;
  }

  /** @param {Model} model @param {View} view */
  draw(model, view) {
    const width = this._axis.clientWidth;
    this._drawAxis(view, width);
    this._drawWindows(model, view, width);
    this._drawMarks(model, view, width);
    for (const [stream, lane] of this._bands) {
      clear(lane);
      const template = templateOf(lane);
      for (const stretch of model.stretches[stream]) {
        if (stretch.to <= view.from || stretch.from >= view.to) continue;
        const element = stamped(template);
        element.dataset["band"] = stretch.band;
        element.title = this._wording.stretch(stretch);
        spread(element, view, stretch.from, stretch.to);
        lane.append(element);
      }
    }
  }

  /** @param {View} view @param {number} width */
  _drawAxis(view, width) {
    clear(this._axis);
    for (const at of ticks(view, width)) {
      const element = stamped(templateOf(this._axis));
      element.textContent = atText(at);
      element.style.left = `${percent(view, at)}%`;
      this._axis.append(element);
    }
  }

  /** @param {Model} model @param {View} view @param {number} width */
  _drawWindows(model, view, width) {
    clear(this._items);
    /** @type {Labelled[]} */
    const labelled = [];
    for (const window of model.windows) {
      if (window.paddedTo <= view.from || window.paddedFrom >= view.to) continue;
      const element = this._windowElement(window, view);
      this._items.append(element);
      const from = Math.max(view.from, window.paddedFrom);
      labelled.push({ element, from, label: part1(element, ".window-label"), weight: window.verdict === "no" ? 0 : 1 });
    }
    settle(this._items, labelled, view, width, MOST_ROWS.windows);
  }

  /** @param {Window} window @param {View} view */
  _windowElement(window, view) {
    const element = /** @type {HTMLAnchorElement} */ (stamped(templateOf(this._items)));
    const item = this._itemOf(window.run.id) ?? window.run.question;
    const verdict = this._wording.verdict(window);
    element.href = `#run-${window.run.id}`;
    element.dataset["run"] = window.run.id;
    element.dataset["admissible"] = window.verdict;
    element.title = this._wording.sentence("window", { item, from: atText(window.from), to: atText(window.to), verdict });
    part1(element, ".window-title").textContent = item;
    part1(element, ".window-reason").textContent = window.verdict === "no" ? this._wording.reasons(window.run.reasons) : "";
    const [from, to] = spread(element, view, window.paddedFrom, window.paddedTo);
    const core = part1(element, ".window-core");
    const begin = Math.max(from, window.from);
    core.style.left = `${100 * (begin - from) / (to - from)}%`;
    core.style.width = `${Math.max(0, 100 * (Math.min(to, window.to) - begin) / (to - from))}%`;
    return element;
  }

  /** @param {Model} model @param {View} view @param {number} width */
  _drawMarks(model, view, width) {
    clear(this._events);
    /** @type {Labelled[]} */
    const labelled = [];
    for (const mark of model.marks) {
      if (mark.from > view.to || (mark.to ?? mark.from) < view.from) continue;
      const element = stamped(templateOf(this._events));
      const word = part1(element, ".event-word");
      word.textContent = this._wording.mark(mark);
      element.dataset["kind"] = mark.still ? "still" : mark.kind;
      if (mark.still) word.setAttribute("href", `#still-${mark.still.id}`);
      element.title = `${atText(mark.from)} ${word.textContent}`;
      this._events.append(element);
      if (mark.to !== null) {
        word.remove();
        spread(element, view, mark.from, mark.to);
        continue;
      }
      element.style.left = `${percent(view, mark.from)}%`;
      labelled.push({ element, from: mark.from, label: word, weight: mark.kind === "chat" ? 1 : 0 });
    }
    settle(this._events, labelled, view, width, MOST_ROWS.events);
  }
}

/**
 * Give every label a row of its lane, and the lane the height that it needs. Labels without room are left to the title.
 * @param {HTMLElement} lane
 * @param {Labelled[]} labelled
 * @param {View} view
 * @param {number} width
 * @param {number} most rows
 */
function settle(lane, labelled, view, width, most) {
  const inBand = lane.dataset["list"] === "windows";
  for (const { label } of labelled) label.style.maxWidth = `${width}px`;
  const measured = labelled.map(({ from, label, weight }) => ({
    left: width * percent(view, from) / 100, width: Math.min(label.offsetWidth + 1, width), weight,
  }));
  const places = placed(measured, width, most);
  const top = inBand ? BAND_PX : 0;
  lane.style.height = `${top + ROW_PX * Math.max(1, rowsUsed(places))}px`;
  labelled.forEach(({ label }, index) => {
    const place = places[index];
    label.hidden = !place;
    if (!place) return;
    label.style.left = `${place.left - (measured[index]?.left ?? 0)}px`;
    label.style.top = `${top + ROW_PX * place.row}px`;
  });
}

/** @param {ParentNode} root @param {string} track @returns {HTMLElement} */
export function plot(root, track) {
  const box = root.querySelector(`[data-track="${track}"]`);
  if (!box) throw new Error(`the page lacks the track ${track}`);
  return part(box, "plot");
}

/** @param {HTMLElement} lane */
function clear(lane) {
  lane.replaceChildren(templateOf(lane));
}

/** @param {HTMLElement} lane @returns {HTMLTemplateElement} */
function templateOf(lane) {
  return /** @type {HTMLTemplateElement} */ (part1(lane, ":scope > template"));
}

/** @param {HTMLTemplateElement} template @returns {HTMLElement} */
function stamped(template) {
  const copy = template.content.firstElementChild?.cloneNode(true);
  if (!copy) throw new Error("the lane's template is empty");
  return /** @type {HTMLElement} */ (copy);
}

/** @param {ParentNode} root @param {string} selector @returns {HTMLElement} */
function part1(root, selector) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`the page lacks ${selector}`);
  return /** @type {HTMLElement} */ (found);
}

/**
 * Place an element over its visible part.
 * @param {HTMLElement} element
 * @param {View} view
 * @param {number} from
 * @param {number} to
 * @returns {[number, number]} the visible part in seconds
 */
function spread(element, view, from, to) {
  const [begin, end] = [Math.max(view.from, from), Math.min(view.to, to)];
  element.style.left = `${percent(view, begin)}%`;
  element.style.width = `${percent(view, end) - percent(view, begin)}%`;
  return [begin, end];
}
