/** Sounds made on the spot: three notes for the loudspeaker test and when a call starts. */

const NOTES_HZ = [523.25, 659.25, 783.99]; // C5, E5, G5
const NOTE_S = 0.28;
const LOUDNESS = 0.25;

/**
 * Play three rising notes.
 * @param {AudioContext} context
 * @returns {Promise<void>} resolves when they are over
 */
export async function playNotes(context) {
  if (context.state === "suspended") await context.resume();
  const start = context.currentTime + 0.05;
  NOTES_HZ.forEach((hertz, index) => note(context, hertz, start + index * NOTE_S));
  const end = start + NOTES_HZ.length * NOTE_S;
  await new Promise((resolve) => {
    const silence = context.createConstantSource();
    silence.onended = () => resolve(undefined);
    silence.start(start);
    silence.stop(end);
  });
}

/** @param {AudioContext} context @param {number} hertz @param {number} at */
function note(context, hertz, at) {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.frequency.value = hertz;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
  gain.gain.linearRampToValueAtTime(0, at + NOTE_S);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + NOTE_S);
}

/**
 * An audio context that plays on a chosen loudspeaker, where the browser can.
 * @param {string} speaker device id, or "" for the usual one
 * @returns {Promise<AudioContext>}
 */
export async function contextOn(speaker) {
  const context = new AudioContext();
  const sink = /** @type {{setSinkId?: (id: string) => Promise<void>}} */ (/** @type {unknown} */ (context));
  if (speaker && typeof sink.setSinkId === "function") {
    await sink.setSinkId(speaker).catch(() => undefined); // unplugged meanwhile: the usual one is heard
  }
  return context;
}
