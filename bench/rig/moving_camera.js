// What stands in for Firefox's fake camera, which shows one plain colour: a face that moves a little, with sensor noise, on a canvas, at
// the frame rate and size that the page asks for. Its fake microphone, a tone, stays. Run before a page's own scripts, inside a function
// whose parameter FACE is a JPEG in base64.

const NOISES = 8;
const SWAY_PX = 6;
/** The part of the picture that fills the camera: an ordinary webcam's framing. */
const FRAMING = { left: 10, top: 12, width: 440 };

const original = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);

function ideal(wanted, otherwise) {
  return typeof wanted === "object" ? wanted.ideal ?? wanted.exact ?? otherwise : wanted ?? otherwise;
}

function noise(width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const paper = canvas.getContext("2d");
  const image = paper.createImageData(width, height);
  for (let at = 0; at < image.data.length; at += 4) {
    const grey = Math.random() * 255;
    image.data.set([grey, grey, grey, 14], at);
  }
  paper.putImageData(image, 0, 0);
  return canvas;
}

/** The whole picture, decoded once; what a page's policy forbids to load, it may still decode. */
const face = createImageBitmap(new Blob([Uint8Array.from(atob(FACE), (letter) => letter.charCodeAt(0))], { type: "image/jpeg" }));

async function camera(constraints) {
  const width = ideal(constraints.width, 640), height = ideal(constraints.height, 480);
  const rate = ideal(constraints.frameRate, 30);
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const paper = canvas.getContext("2d");
  const picture = await face, grains = Array.from({ length: NOISES }, () => noise(width, height));
  let frame = 0;
  setInterval(() => {
    const sway = SWAY_PX * Math.sin(frame / 15);
    paper.drawImage(picture, FRAMING.left, FRAMING.top, FRAMING.width, FRAMING.width * height / width, sway - SWAY_PX, 0,
      width + 2 * SWAY_PX, height + 2 * SWAY_PX);
    paper.drawImage(grains[frame % NOISES], 0, 0);
    frame += 1;
  }, 1000 / rate);
  // Without a rate every drawing is a frame; with one, each tick of it that finds something drawn.
  return canvas.captureStream().getVideoTracks()[0];
}

if (original) {
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await original(constraints);
    for (const track of stream.getVideoTracks()) {
      stream.removeTrack(track);
      track.stop();
      stream.addTrack(await camera(typeof constraints.video === "object" ? constraints.video : {}));
    }
    return stream;
  };
}
