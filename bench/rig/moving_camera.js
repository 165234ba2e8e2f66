// What stands in for Firefox's fake camera, which shows one plain colour: a moving scene with sensor noise on a canvas, at the
// frame rate and size that the page asks for. Its fake microphone, a tone, stays. Run before a page's own scripts.

const NOISES = 8;
const COARSE = 20;

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

function scene(width, height) {
  const canvas = new OffscreenCanvas(width * 2, height);
  const paper = canvas.getContext("2d");
  for (let x = 0; x < width * 2; x += COARSE) {
    for (let y = 0; y < height; y += COARSE) {
      paper.fillStyle = `hsl(${(x * 7 + y * 3) % 360} 40% ${35 + ((x * y) / COARSE) % 30}%)`;
      paper.fillRect(x, y, COARSE, COARSE);
    }
  }
  return canvas;
}

function camera(constraints) {
  const width = ideal(constraints.width, 640), height = ideal(constraints.height, 480);
  const rate = ideal(constraints.frameRate, 30);
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const paper = canvas.getContext("2d");
  const background = scene(width, height), grains = Array.from({ length: NOISES }, () => noise(width, height));
  let frame = 0;
  setInterval(() => {
    paper.drawImage(background, -(frame % width), 0);
    paper.fillStyle = "#c99";
    paper.beginPath();
    paper.ellipse(width / 2 + 20 * Math.sin(frame / 15), height / 2, width / 7, height / 4, 0, 0, 7);
    paper.fill();
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
      stream.addTrack(camera(typeof constraints.video === "object" ? constraints.video : {}));
    }
    return stream;
  };
}
