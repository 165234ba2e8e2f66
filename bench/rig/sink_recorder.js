// Init script: keeps what this page's browser really plays and shows, for the ground truth. Nothing of it comes from getStats.
//
// Sound is read after the jitter buffer, as it goes to the loudspeaker; of every shown picture the strip with the burnt-in number
// (bench/truth/frame_numbers.py) is kept as the brightness of its cells. `window.verifierRigTake()` hands out what came since the last call.
(() => {
  if (!('MediaStreamTrackProcessor' in window)) return;
  const CELLS = 20, STRIP_SHARE = 32 / 480, CELL_PX = 8;
  const taken = { sound: [], pictures: [] };
  const now = () => performance.timeOrigin + performance.now();

  async function each(track, use) {
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      use(value);
      value.close();
    }
  }

  function keepSound(stream) {
    return (data) => {
      const samples = new Float32Array(data.numberOfFrames);
      data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      const whole = Int16Array.from(samples, (sample) => Math.max(-32768, Math.min(32767, Math.round(sample * 32768))));
      taken.sound.push({ stream, at_ms: now(), media_us: data.timestamp, rate: data.sampleRate, samples: whole });
    };
  }

  function keepPictures(stream) {
    const paper = new OffscreenCanvas(CELLS * CELL_PX, CELL_PX).getContext('2d', { willReadFrequently: true });
    return (frame) => {
      const { displayWidth: width, displayHeight: height } = frame;
      const strip = height * STRIP_SHARE;
      paper.drawImage(frame, 0, height - strip * 0.75, width, strip * 0.5, 0, 0, CELLS * CELL_PX, CELL_PX);
      const { data } = paper.getImageData(0, 0, CELLS * CELL_PX, CELL_PX);
      const cells = Array.from({ length: CELLS }, (_, cell) => {
        let sum = 0, count = 0;
        for (let y = 2; y < CELL_PX - 2; y += 1) {
          for (let x = cell * CELL_PX + 2; x < (cell + 1) * CELL_PX - 2; x += 1, count += 1) sum += data[4 * (y * CELLS * CELL_PX + x) + 1];
        }
        return Math.round(sum / count);
      });
      taken.pictures.push({ stream, at_ms: now(), width, height, cells });
    };
  }

  let streams = 0;
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(...values) {
      super(...values);
      this.addEventListener('track', ({ track }) => {
        streams += 1;
        // A clone: whoever reads a track's frames must not take them from the page.
        void each(track.clone(), track.kind === 'audio' ? keepSound(streams) : keepPictures(streams));
      });
    }
  };

  function base64(parts) {
    const whole = new Int16Array(parts.reduce((length, { samples }) => length + samples.length, 0));
    let at = 0;
    for (const { samples } of parts) { whole.set(samples, at); at += samples.length; }
    const bytes = new Uint8Array(whole.buffer);
    let text = '';
    for (let from = 0; from < bytes.length; from += 32768) text += String.fromCharCode(...bytes.subarray(from, from + 32768));
    return btoa(text);
  }

  window.verifierRigTake = () => {
    const sound = taken.sound.splice(0), pictures = taken.pictures.splice(0);
    const parts = sound.map(({ stream, at_ms, media_us, rate, samples }) => ({ stream, at_ms, media_us, rate, count: samples.length }));
    return { parts, samples: base64(sound), pictures };
  };
})();
