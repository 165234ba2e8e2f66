/**
 * The charts, drawn by uPlot. One rule: a second without a figure has no line, and every colour is a custom property of the style sheet.
 */

import uPlot from "../../vendor/uplot/uPlot.esm.js";
import { ticks } from "./axis.js";
import { numberText } from "./format.js";
import { plot } from "./lanes.js";
import { levels } from "./model.js";

/**
 * @typedef {import("./axis.js").View} View
 * @typedef {import("./model.js").Model} Model
 * @typedef {import("./model.js").Chart} Chart
 * @typedef {import("../../vendor/uplot/uPlot.esm.js").default} Drawing
 */

const HEIGHT_PX = 92;
const HATCH_STEP_PX = 9;
/** Left out by uPlot when it draws nothing of its own there. */
const NO_BIND = { mousedown: none, mouseup: none, click: none, dblclick: none, mousemove: none, mouseleave: none, mouseenter: none };

/** All charts of one timeline. */
export class Charts {
  /**
   * @param {ParentNode} root the timeline
   * @param {Model} model
   * @param {View} view
   * @param {string} language
   */
  constructor(root, model, view, language) {
    this._model = model;
    this._view = view;
    this._language = language;
    this._root = /** @type {HTMLElement} */ (root);
    this._colours = coloursOf(this._root);
    this._places = model.charts.map((chart) => plot(root, chart.name));
    this._drawings = model.charts.map((chart, index) => this._create(chart, /** @type {HTMLElement} */ (this._places[index])));
  }

  /** @param {View} view */
  show(view) {
    this._view = view;
    for (const drawing of this._drawings) drawing.setScale("x", { min: view.from, max: view.to });
  }

  /** Take the width that the page gives now. */
  resize() {
    this._drawings.forEach((drawing, index) => {
      const width = this._places[index]?.clientWidth ?? 0;
      if (width > 0 && width !== drawing.width) drawing.setSize({ width, height: HEIGHT_PX });
    });
  }

  /** Read the colours again, after the scheme changed. */
  recolour() {
    this._colours = coloursOf(this._root);
    for (const drawing of this._drawings) drawing.redraw(false);
  }

  /** Mark the figures of one second in every chart. @param {number} second */
  point(second) {
    for (const drawing of this._drawings) {
      drawing.setCursor({ left: drawing.valToPos(second + 0.5, "x"), top: 0 }, false);
    }
  }

  /** Make room for charts of newer figures. */
  destroy() {
    for (const drawing of this._drawings) drawing.destroy();
  }

  /** @param {Chart} chart @param {HTMLElement} place @returns {Drawing} */
  _create(chart, place) {
    place.replaceChildren();
    const xs = Array.from({ length: this._model.total }, (_, second) => second + 0.5);
    const top = Math.max(0, ...chart.limits.map(({ value }) => value));
    const axis = { stroke: () => this._colours.ink, grid: { stroke: () => this._colours.grid, width: 1 }, ticks: { show: false } };
    const font = `11px ${getComputedStyle(place).fontFamily}`;
    return new uPlot({
      width: place.clientWidth,
      height: HEIGHT_PX,
      padding: [8, 0, 6, 0],
      legend: { show: false },
      scales: {
        x: { time: false, range: () => [this._view.from, this._view.to] },
        y: { range: (/** @type {unknown} */ _, /** @type {number | null} */ __, /** @type {number | null} */ most) => [0, Math.max((most ?? 0) * 1.1, top * 1.3) || 1] },
      },
      axes: [
        { ...axis, size: 0, values: () => [], splits: () => ticks(this._view, place.clientWidth) },
        { ...axis, size: gutterOf(place), font, gap: 6, space: 26, values: (/** @type {unknown} */ _, /** @type {number[]} */ at) => at.map((value) => axisText(value, this._language)) },
      ],
      series: [{}, ...chart.lines.map(({ direction }) => ({
        stroke: () => this._colours.lines[direction] ?? this._colours.ink,
        width: 1.75,
        dash: direction.endsWith("downlink") ? [5, 3] : [],
        points: { show: false },
        paths: levelPaths,
      }))],
      cursor: { x: false, y: false, drag: { x: false, y: false, setScale: false }, bind: NO_BIND, points: { size: 7 } },
      hooks: {
        drawClear: [(/** @type {Drawing} */ drawing) => this._hatch(drawing)],
        draw: [(/** @type {Drawing} */ drawing) => this._limits(drawing, chart)],
      },
    }, [xs, ...chart.lines.map(({ values }) => values)], place);
  }

  /** Hatch what was asked but did not count. @param {Drawing} drawing */
  _hatch(drawing) {
    const { ctx, bbox } = drawing;
    for (const window of this._model.windows) {
      if (window.verdict !== "no") continue;
      const left = Math.max(bbox.left, drawing.valToPos(window.paddedFrom, "x", true));
      const right = Math.min(bbox.left + bbox.width, drawing.valToPos(window.paddedTo, "x", true));
      if (right <= left) continue;
      ctx.save();
      ctx.beginPath();
      ctx.rect(left, bbox.top, right - left, bbox.height);
      ctx.clip();
      ctx.strokeStyle = this._colours.hatch;
      ctx.lineWidth = devicePixelRatio;
      ctx.beginPath();
      const step = HATCH_STEP_PX * devicePixelRatio;
      const begin = bbox.left + Math.floor((left - bbox.left - bbox.height) / step) * step;
      for (let x = begin; x < right; x += step) {
        ctx.moveTo(x, bbox.top + bbox.height);
        ctx.lineTo(x + bbox.height, bbox.top);
      }
      ctx.stroke();
      ctx.restore();
    }
  }

  /** @param {Drawing} drawing @param {Chart} chart */
  _limits(drawing, chart) {
    const { ctx, bbox } = drawing;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = this._colours.limit;
    ctx.lineWidth = devicePixelRatio;
    ctx.font = `600 ${10.5 * devicePixelRatio}px ${getComputedStyle(this._root).fontFamily}`;
    ctx.textAlign = "right";
    ctx.textBaseline = "bottom";
    chart.limits.forEach(({ value, sign }, index) => {
      const y = Math.round(drawing.valToPos(value, "y", true)) + 0.5;
      ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      const text = `${sign} ${axisText(value, this._language)}`;
      ctx.fillText(text, bbox.left + bbox.width - (4 + 52 * index) * devicePixelRatio, y - devicePixelRatio);
    });
    ctx.restore();
  }
}

/** @returns {null} */
function none() {
  return null;
}

/** @param {number} value @param {string} language */
function axisText(value, language) {
  return numberText(value, Number.isInteger(Math.round(value * 1e6) / 1e6) ? 0 : value < 1 ? 2 : 1, language);
}

/**
 * A level for each measured second, joined where neighbours are measured too.
 * @param {Drawing} drawing
 * @param {number} series
 * @param {number} first
 * @param {number} last
 */
function levelPaths(drawing, series, first, last) {
  const stroke = new Path2D();
  const values = /** @type {(number | null)[]} */ (drawing.data[series]);
  for (const line of levels(values, first - 1, last + 1)) {
    line.forEach(([x, y], index) => {
      const point = /** @type {const} */ ([drawing.valToPos(x, "x", true), drawing.valToPos(y, "y", true)]);
      if (index === 0) stroke.moveTo(...point);
      else stroke.lineTo(...point);
    });
  }
  return { stroke, fill: null, clip: null, band: null, flags: 1 };
}

/** @param {HTMLElement} place @returns {number} width that the style sheet leaves for the numbers on the left */
function gutterOf(place) {
  return Number.parseFloat(getComputedStyle(place).getPropertyValue("--axis")) || 48;
}

/** @param {HTMLElement} root */
function coloursOf(root) {
  const style = getComputedStyle(root);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const [freelancer, interviewer] = [colour("--leg-freelancer"), colour("--leg-interviewer")];
  return {
    ink: colour("--ink-3"), grid: colour("--grid"), hatch: colour("--hatch-line") || colour("--hatch"), limit: colour("--poor"),
    /** @type {Record<string, string>} */
    lines: {
      freelancer_uplink: freelancer, freelancer_downlink: freelancer, interviewer_uplink: interviewer, interviewer_downlink: interviewer,
    },
  };
}
