/** Pictures in the browser: frames of a track, sizes, smaller copies. One rule: everything here leaves as JPEG without metadata. */

const QUALITY = 0.92;
const SMALLER_PX = 4_096;
const SMALLER_QUALITY = 0.85;
/** Frames that a camera needs after a change of resolution until exposure and focus have settled. */
const SETTLING_FRAMES = 4;
const LONGEST_SETTLING_MS = 1_500;

/**
 * The newest frame of a video track as JPEG.
 * @param {Window & typeof globalThis} window
 * @param {MediaStreamTrack} track
 * @returns {Promise<Blob>}
 */
export async function grabFrame(window, track) {
  const video = window.document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new window.MediaStream([track]);
  try {
    await video.play();
    await settled(window, video);
    return await encoded(window, video, video.videoWidth, video.videoHeight, QUALITY);
  } finally {
    video.pause();
    video.srcObject = null;
  }
}

/** @param {Window & typeof globalThis} window @param {Blob} blob */
export async function pixelsOf(window, blob) {
  const bitmap = await window.createImageBitmap(blob);
  const pixels = bitmap.width * bitmap.height;
  bitmap.close();
  return pixels;
}

/** The same picture with fewer bytes. @param {Window & typeof globalThis} window @param {Blob} blob */
export async function smaller(window, blob) {
  const bitmap = await window.createImageBitmap(blob);
  const scale = Math.min(1, SMALLER_PX / Math.max(bitmap.width, bitmap.height));
  try {
    return await encoded(window, bitmap, Math.round(bitmap.width * scale), Math.round(bitmap.height * scale), SMALLER_QUALITY);
  } finally {
    bitmap.close();
  }
}

/** @param {Window} window @param {HTMLVideoElement} video @returns {Promise<void>} */
function settled(window, video) {
  return new Promise((resolve) => {
    let frames = 0;
    const limit = window.setTimeout(resolve, LONGEST_SETTLING_MS);
    const next = () => {
      frames += 1;
      if (frames < SETTLING_FRAMES) {
        video.requestVideoFrameCallback(next);
        return;
      }
      window.clearTimeout(limit);
      resolve();
    };
    if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(next);
  });
}

/**
 * @param {Window} window
 * @param {CanvasImageSource} source
 * @param {number} width
 * @param {number} height
 * @param {number} quality 0..1
 * @returns {Promise<Blob>}
 */
function encoded(window, source, width, height, quality) {
  const canvas = window.document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.drawImage(source, 0, 0, width, height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture is empty"))), "image/jpeg", quality);
  });
}
