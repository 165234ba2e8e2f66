// Init script: keeps what this page's browser really plays and shows, for the ground truth. Nothing of it comes from getStats.
//
// Sound is read after the jitter buffer, as it goes to the loudspeaker; of every shown picture the strip with the burnt-in number
// (bench/truth/frame_numbers.py) is kept as the brightness of its cells. `window.verifierRigTake()` hands out what came since the last call.
(() => {
  if (!('MediaStreamTrackProcessor' in window)) return;
  const CELLS = 20, STRIP_SHARE = 32 / 480;
  const taken = { sound: [], pictures: [] };
  const now = () => performance.timeOrigin + performance.now();

  async function each(track, use) {
    // What is not read in time is dropped, and a busy page reads late: the queue holds some seconds.
    const reader = new MediaStreamTrackProcessor({ track, maxBufferSize: track.kind === 'audio' ? 500 : 30 }).readable.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      await use(value);
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

  /** Brightness of the cells, from the middle of the strip's rows: nothing but these rows is copied out of the frame. */
  async function cellsOf(frame) {
    const { width, height } = frame.visibleRect;
    const strip = height * STRIP_SHARE;
    const rect = { x: 0, y: 2 * Math.round((height - strip * 0.75) / 2), width: 2 * Math.floor(width / 2), height: 2 * Math.ceil(strip / 8) };
    const luma = new Uint8Array(frame.allocationSize({ rect }));
    const [{ offset, stride }] = await frame.copyTo(luma, { rect });
    return Array.from({ length: CELLS }, (_, cell) => {
      const from = Math.ceil((cell + 0.25) * rect.width / CELLS), to = Math.max(from + 1, Math.floor((cell + 0.75) * rect.width / CELLS));
      let sum = 0;
      for (let y = 0; y < rect.height; y += 1) for (let x = from; x < to; x += 1) sum += luma[offset + y * stride + x];
      return Math.round(sum / (rect.height * (to - from)));
    });
  }

  function keepPictures(stream) {
    return async (frame) => {
      const at_ms = now(), { width, height } = frame.visibleRect;
      if (frame.format !== 'I420' && frame.format !== 'NV12') throw new Error(`a picture in ${frame.format}`);
      taken.pictures.push({ stream, at_ms, width, height, cells: await cellsOf(frame) });
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
