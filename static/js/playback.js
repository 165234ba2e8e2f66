/** The other person's sound and picture. One rule: when the browser refuses to play without a press, the page asks for one. */

export class Playback {
  /**
   * @param {HTMLVideoElement} video shows the picture, always muted
   * @param {HTMLAudioElement} audio plays the sound
   * @param {Document} document
   * @param {(needed: boolean) => void} onPressNeeded
   */
  constructor(video, audio, document, onPressNeeded) {
    this._video = video;
    this._audio = audio;
    this._document = document;
    this._onPressNeeded = onPressNeeded;
    this._again = () => { if (document.visibilityState === "visible") void this.play(); };
    video.muted = true; // sound comes from the audio element, so that a picture always may start by itself
    video.playsInline = true;
    document.addEventListener("visibilitychange", this._again);
  }

  /** Show or play a track of the current generation. @param {MediaStreamTrack} track */
  take(track) {
    const element = track.kind === "audio" ? this._audio : this._video;
    element.srcObject = new MediaStream([track]);
    void this.play();
  }

  /** Start whatever stands still, after a press or when the page is visible again. */
  async play() {
    const waiting = [this._audio, this._video].filter((element) => element.srcObject && element.paused);
    let refused = false;
    await Promise.all(waiting.map((element) => element.play().catch((error) => {
      if (error?.name === "NotAllowedError") refused = true; // AbortError: a newer source took its place
    })));
    this._onPressNeeded(refused);
  }

  /** Play on a chosen loudspeaker. @param {string} speaker */
  async useSpeaker(speaker) {
    if (speaker && typeof this._audio.setSinkId === "function") await this._audio.setSinkId(speaker).catch(() => undefined);
  }

  stop() {
    this._document.removeEventListener("visibilitychange", this._again);
    this._audio.srcObject = null;
    this._video.srcObject = null;
  }
}
