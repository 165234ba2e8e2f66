/**
 * Plays the recordings of both people as one. One rule: there is one clock, and it stands while a film that should be seen is not there.
 *
 * Films are put to the clock, never the other way round. Where nothing was recorded the clock goes on and the page says so.
 */

import { clockOf, correction, placeOf } from "./sync.js";

/**
 * @typedef {import("./sync.js").Track} Track
 * @typedef {{track: Track, figure: HTMLElement, video: HTMLVideoElement, sound: boolean, muted: boolean}} Film
 *
 * @typedef {object} Ports
 * @property {() => number} now ms on a clock that only goes forwards
 * @property {(call: () => void, everyMs: number) => () => void} repeat until the returned function is called
 * @property {(second: number) => void} moved a new second is playing
 */

const TICK_MS = 40;
/** Enough of the file is there to go on from this place. */
const HAVE_FUTURE = 3;
/** A paused film within this of its place is left alone, in seconds. */
const STILL_S = 0.01;

/** Both films of one call. */
export class Player {
  /**
   * @param {HTMLElement} card
   * @param {Track[]} tracks
   * @param {number} total seconds of the call
   * @param {Ports} ports
   */
  constructor(card, tracks, total, ports) {
    this._card = card;
    this._total = total;
    this._ports = ports;
    /** @type {Film[]} */
    this._films = tracks.map((track) => filmOf(card, track));
    this._at = 0;
    this._playing = false;
    this._led = false;
    this._since = 0;
    this._loaded = false;
    this._told = -1;
    /** @type {() => void} */
    this._halt = () => {};
    for (const film of this._films) film.video.addEventListener("error", () => this._failed());
    this._show();
  }

  /** Seconds of the call. */
  get at() {
    return this._at;
  }

  get playing() {
    return this._playing;
  }

  /** Whether somebody else says where it plays. */
  get led() {
    return this._led;
  }

  toggle() {
    if (this._playing) this.pause();
    else this.play();
  }

  play() {
    if (this._playing) return;
    this._load();
    if (this._at >= this._total) this._at = 0;
    this._playing = true;
    this._since = this._ports.now();
    this._told = -1;
    this._halt = this._ports.repeat(() => this._tick(), TICK_MS);
    this._tick();
  }

  pause() {
    this._halt();
    this._halt = () => {};
    this._playing = false;
    this._led = false;
    for (const { video } of this._films) video.pause();
    this._state("paused");
  }

  /** Go there; goes on playing if it did. @param {number} at seconds of the call */
  seek(at) {
    this._at = Math.max(0, Math.min(this._total, at));
    this._told = Math.floor(this._at);
    if (this._loaded || this._playing) this._place();
    this._show();
  }

  /**
   * Somebody else's replay stands there and goes on in real time: play beside it.
   * @param {number} second of the call
   */
  follow(second) {
    if (this._at < second - 0.5 || this._at > second + 1.5) this.seek(second);
    this._led = true;
    this.play();
  }

  /** @param {string} leg @returns {boolean} whether it is silent now */
  mute(leg) {
    const film = this._films.find(({ track }) => track.leg === leg);
    if (!film) return false;
    film.muted = !film.muted;
    film.video.muted = film.muted || !film.sound;
    return film.muted;
  }

  _load() {
    if (this._loaded) return;
    this._loaded = true;
    for (const { video, track } of this._films) {
      video.preload = "auto";
      video.src = track.url;
    }
  }

  _tick() {
    const now = this._ports.now();
    const passed = (now - this._since) / 1_000;
    this._since = now;
    if (this._waiting()) {
      this._state("waiting");
    } else {
      this._state("playing");
      this._at = Math.min(this._total, this._at + passed);
    }
    this._place();
    this._tell();
    if (this._at >= this._total) this.pause();
  }

  /** A film that should be seen now is not there yet. */
  _waiting() {
    return this._films.some(({ video, track }) => placeOf(track, this._at).inside && (video.seeking || video.readyState < HAVE_FUTURE)
      && !video.ended);
  }

  /** Put every film to the clock. */
  _place() {
    const waits = this._waiting();
    for (const film of this._films) {
      const place = placeOf(film.track, this._at);
      film.figure.dataset["picture"] = place.inside && place.picture ? "there" : "gap";
      if (!place.inside) film.video.pause();
      else if (this._playing && !waits) this._run(film, place);
      else this._stand(film, place);
      film.sound = place.inside && place.sound;
      film.video.muted = film.muted || !film.sound;
    }
  }

  /** @param {Film} film @param {import("./sync.js").Place} place */
  _run({ video, sound }, place) {
    const { seek, rate } = correction(place.file, video.currentTime);
    // Behind a gap of the sound players go on early: they count samples.
    if (seek || (place.sound && !sound)) video.currentTime = place.file;
    video.playbackRate = rate;
    if (video.paused && !video.ended) void video.play().catch(() => {});
  }

  /** @param {Film} film @param {import("./sync.js").Place} place */
  _stand({ video }, place) {
    video.pause();
    if (Math.abs(video.currentTime - place.file) > STILL_S) video.currentTime = place.file;
  }

  _tell() {
    const second = Math.floor(this._at);
    if (second === this._told) return;
    this._told = second;
    this._show();
    if (!this._led && second < this._total) this._ports.moved(second);
  }

  _show() {
    const shown = this._card.querySelector('[data-bind="at"]');
    if (shown) shown.textContent = clockOf(this._at);
    for (const { figure, track } of this._films) {
      const place = placeOf(track, this._at);
      figure.dataset["picture"] = place.inside && place.picture ? "there" : "gap";
    }
  }

  _failed() {
    if (!this._loaded) return;
    this.pause();
    this._loaded = false;
    this._state("failed");
  }

  /** @param {"paused" | "playing" | "waiting" | "failed"} state */
  _state(state) {
    if (this._card.dataset["playback"] !== state) this._card.dataset["playback"] = state;
  }
}

/** @param {HTMLElement} card @param {Track} track @returns {Film} */
function filmOf(card, track) {
  const figure = /** @type {HTMLElement} */ (card.querySelector(`.recorded[data-leg="${track.leg}"]`));
  const video = /** @type {HTMLVideoElement} */ (figure.querySelector("video"));
  return { track, figure, video, sound: false, muted: false };
}
