/**
 * The timeline as a whole: one visible stretch, one second that is looked at, one that is kept. One rule: every part of the page shows
 * that same stretch and that same second.
 */

import { find, part, show } from "../view.js";
import { around, following, whole, within, zoomed } from "./axis.js";
import { Charts } from "./charts.js";
import { showSecond } from "./figures.js";
import { commandOf } from "./keyboard.js";
import { Lanes } from "./lanes.js";
import { firstLook } from "./model.js";
import { listen, placeOf } from "./pointer.js";

/**
 * @typedef {import("./axis.js").View} View
 * @typedef {import("./model.js").Model} Model
 * @typedef {import("./wording.js").Wording} Wording
 */

const CLOSER = 0.5;

/** One timeline with its figures panel. */
export class Timeline {
  /**
   * @param {HTMLElement} card the section that holds both
   * @param {Wording} wording
   * @param {string} language
   * @param {(runId: string) => string | null} itemOf
   */
  constructor(card, wording, language, itemOf) {
    this._root = /** @type {HTMLElement} */ (card.querySelector('[data-testid="timeline"]'));
    this._panel = part(card, "figures");
    this._wording = wording;
    this._language = language;
    this._itemOf = itemOf;
    this._lanes = new Lanes(this._root, wording, itemOf);
    /** @type {Model | null} */
    this._model = null;
    /** @type {Charts | null} */
    this._charts = null;
    /** @type {View} */
    this._view = { from: 0, to: 1 };
    /** @type {number | null} */
    this._hovered = null;
    /** @type {number | null} */
    this._pinned = null;
    this._resting = 0;
    this._shown = -1;
    this._frame = 0;
    /** @type {((stretch: View) => void) | null} */
    this._marking = null;
    /** A person has gone to a second. @type {(second: number) => void} */
    this.chosen = () => {};
    /** A person has pressed the key that plays. */
    this.playPressed = () => {};
    listen(this._root, this._lanes.axis, () => this._view, {
      hovered: (at) => this._hover(at),
      dragging: (stretch) => this._select(stretch),
      dragged: (stretch) => this._dragged(stretch),
      pressed: (at) => this._choose(Math.floor(at)),
    });
    new ResizeObserver(() => this._resize()).observe(this._root);
  }

  /** Show a call, all of it. @param {Model} model */
  load(model) {
    this._charts?.destroy();
    this._model = model;
    this._view = whole(model.total);
    this._resting = firstLook(model);
    this._pinned = null;
    this._lanes.draw(model, this._view);
    this._charts = new Charts(this._root, model, this._view, this._language);
    this._shown = -1;
    this._update();
  }

  /** @param {View} stretch seconds */
  look(stretch) {
    if (!this._model) return;
    this._view = within(stretch, this._model.total);
    this._redraw();
  }

  /** Zoom by a factor about the second that is looked at. @param {number} factor */
  zoom(factor) {
    if (!this._model) return;
    this._view = zoomed(this._view, this._model.total, factor, this._second + 0.5);
    this._redraw();
  }

  zoomIn() {
    this.zoom(CLOSER);
  }

  zoomOut() {
    this.zoom(1 / CLOSER);
  }

  zoomAll() {
    if (this._model) this.look(whole(this._model.total));
  }

  /** Go to one asking and keep its first second. @param {string} runId */
  showRun(runId) {
    const window = this._model?.windows.find(({ run }) => run.id === runId);
    if (!window || !this._model) return;
    this.look(around({ from: window.paddedFrom, to: window.paddedTo }, this._model.total));
    this._choose(Math.floor(window.from));
  }

  /** Keep a second, so that the panel stays. @param {number} second */
  pin(second) {
    if (!this._model) return;
    this._pinned = Math.max(0, Math.min(this._model.total - 1, second));
    const view = following(this._view, this._model.total, this._pinned);
    if (view !== this._view) this.look(view);
    this._update();
  }

  /** @param {number} second */
  _choose(second) {
    this.pin(second);
    if (this._pinned !== null) this.chosen(this._pinned);
  }

  unpin() {
    if (this._pinned !== null) this._resting = this._pinned;
    this._pinned = null;
    this._update();
  }

  /** The second that is kept, null while none is. */
  get pinned() {
    return this._pinned;
  }

  /** The second that is looked at. */
  get second() {
    return this._second;
  }

  /** A stretch of the call with a little room, e.g. what a statement cites. @param {View} stretch seconds */
  showStretch(stretch) {
    if (!this._model) return;
    this.look(around(stretch, this._model.total));
    this._choose(Math.floor(stretch.from));
  }

  /** The next stretch that is dragged is given away instead of being zoomed to; null: zoom again. @param {((stretch: View) => void) | null} marked */
  mark(marked) {
    this._marking = marked;
    this._root.dataset["marking"] = marked ? "yes" : "no";
  }

  /** @param {View} stretch */
  _dragged(stretch) {
    const marked = this._marking;
    this.mark(null);
    if (marked) marked(stretch);
    else this.look(stretch);
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the key was used */
  key(event) {
    const command = commandOf(event, this._root.contains(document.activeElement));
    if (!command || !this._model) return false;
    switch (command.do) {
      case "zoom-in": this.zoomIn(); break;
      case "zoom-out": this.zoomOut(); break;
      case "zoom-all": this.zoomAll(); break;
      case "unpin": this.unpin(); break;
      case "first": this._choose(0); break;
      case "last": this._choose(this._model.total - 1); break;
      case "step": this._choose(this._second + command.by); break;
      case "play": this.playPressed(); break;
    }
    return true;
  }

  /** Take the colours of the scheme that holds now. */
  recolour() {
    this._charts?.recolour();
  }

  get _second() {
    return this._pinned ?? this._hovered ?? this._resting;
  }

  /** @param {number | null} at */
  _hover(at) {
    const second = at === null || !this._model ? null : Math.min(this._model.total - 1, Math.floor(at));
    if (second === null && this._hovered !== null) this._resting = this._hovered;
    if (second === this._hovered) return;
    this._hovered = second;
    this._soon();
  }

  /** @param {View | null} stretch */
  _select(stretch) {
    const selection = find(this._root, "selection");
    if (!selection) return;
    selection.hidden = stretch === null;
    if (!stretch) return;
    selection.style.left = `${this._left(stretch.from)}px`;
    selection.style.width = `${this._left(stretch.to) - this._left(stretch.from)}px`;
  }

  _soon() {
    if (this._frame !== 0) return;
    this._frame = requestAnimationFrame(() => {
      this._frame = 0;
      this._update();
    });
  }

  _redraw() {
    if (!this._model) return;
    this._lanes.draw(this._model, this._view);
    this._charts?.show(this._view);
    this._update();
  }

  _resize() {
    if (!this._model || this._lanes.axis.clientWidth === 0) return;
    this._charts?.resize();
    this._redraw();
  }

  _update() {
    if (!this._model) return;
    const second = this._second;
    this._line("cursor", this._pinned !== null && this._hovered === null ? null : this._hovered ?? second);
    this._line("pin", this._pinned);
    show(this._panel, "unpin", this._pinned !== null);
    this._charts?.point(second);
    if (second === this._shown) return;
    this._shown = second;
    showSecond(this._panel, this._model, second, this._wording, this._language, this._itemOf);
  }

  /** @param {string} role @param {number | null} second */
  _line(role, second) {
    const line = part(this._root, role);
    line.hidden = second === null || second + 1 <= this._view.from || second >= this._view.to;
    if (second === null) return;
    line.style.left = `${this._left(Math.max(this._view.from, Math.min(this._view.to, second + 0.5)))}px`;
  }

  /** @param {number} at @returns {number} pixels from the timeline's left edge */
  _left(at) {
    const axis = this._lanes.axis.getBoundingClientRect();
    return axis.left - this._root.getBoundingClientRect().left + placeOf(at, axis.width, this._view);
  }
}
