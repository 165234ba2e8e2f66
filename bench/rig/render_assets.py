"""How the speech and the pictures in `verifier/demo/assets` were made; needed again only to change them.

    python -m bench.rig.render_assets PATH/TO/astronaut.png

The picture is `skimage/data/astronaut.png` of scikit-image's wheel; the speech needs the command `flite`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from bench.rig import specimen
from bench.rig.sources import ASSETS, SAMPLE_RATE_HZ, Voice

SENTENCES = {
    **{
        f"digit-{digit}": word
        for digit, word in enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"))
    },
    "yes": "Yes.",
    "no": "No.",
    "yes-i-can-hear-you": "Yes, I can hear you.",
    "i-cannot-hear-you": "Sorry, I can't hear you.",
    "please-repeat": "Could you repeat the question, please?",
    "my-name": "My name is Alex Morgan.",
    "my-address": "I live at twelve Harbour Street, in Lisbon, Portugal.",
    "my-skill": "I have been writing services in Go for six years.",
    "welcome": "Good morning, and thank you for joining. Can you hear me well?",
    "ask-name": "Please tell me your full name.",
    "ask-address": "What is your address, your city and your country?",
    "ask-skill": "Please tell me about your last project.",
    "read-the-code": "I will now read a code. Please type what you hear.",
}
LOOPS = {
    Voice.SLT: (("my-name", 0.8), ("my-address", 1.0), ("my-skill", 1.1)),
    Voice.RMS: (("welcome", 0.9), ("ask-name", 0.8), ("ask-address", 0.7)),
}
"""What a voice says in its loop of about 12 s, each with the pause after it in seconds."""

_OPUS_BPS = 32_000
_OPUS_FRAME = 960
_JPEG_QUALITY, _DOCUMENT_QUALITY = 92, 85

# The model beside the person, which face detectors now and then take for a second face: its outline, and a
# part of the backdrop to paint it over with (left, top, right, bottom).
_MODEL = np.array([(338, 0), (512, 0), (512, 512), (374, 512), (368, 342), (354, 285), (338, 255)])
_BACKDROP = (290, 20, 335, 150)
_FEATHER = 4.0


def render(voice: Voice, sentence: str) -> npt.NDArray[np.int16]:
    """The sentence spoken by flite: int16, mono at 48 kHz.

    Raises:
        subprocess.CalledProcessError: flite lacks the voice.
    """
    with tempfile.TemporaryDirectory() as folder:
        spoken = Path(folder) / "spoken.wav"
        subprocess.run(["flite", "-voice", voice, "-t", sentence, "-o", str(spoken)], check=True)
        with wave.open(str(spoken)) as file:
            rate, samples = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), np.int16)
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
    parts = [part.to_ndarray()[0] for part in [*resampler.resample(frame), *resampler.resample(None)]]
    return np.concatenate(parts)


def write_opus(path: Path, samples: npt.NDArray[np.int16]) -> None:
    """Write int16 mono samples at 48 kHz as Ogg Opus in 20 ms packets, padded with silence to whole packets."""
    padded = np.pad(samples, (0, -len(samples) % _OPUS_FRAME))
    with av.open(str(path), "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=SAMPLE_RATE_HZ, layout="mono")
        stream.bit_rate = _OPUS_BPS
        stream.options = {"application": "voip"}
        for start in range(0, len(padded), _OPUS_FRAME):
            block = padded[start : start + _OPUS_FRAME].reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            frame.sample_rate, frame.pts = SAMPLE_RATE_HZ, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def without_model(picture: cv2.typing.MatLike) -> cv2.typing.MatLike:
    """The picture with the model beside the person painted over in the backdrop's colour."""
    left, top, right, bottom = _BACKDROP
    colour = np.median(picture[top:bottom, left:right].reshape(-1, 3), axis=0)
    mask = np.zeros(picture.shape[:2], np.float32)
    cv2.fillPoly(mask, [_MODEL.astype(np.int32)], 1.0)
    share = np.asarray(cv2.GaussianBlur(mask, (0, 0), _FEATHER))[..., np.newaxis]
    painted: npt.NDArray[np.uint8] = (np.asarray(picture) * (1 - share) + colour * share).round().astype(np.uint8)
    return painted


def write_document() -> None:
    """Draw the specimen document as a phone's camera sees it."""
    seen = specimen.scene(specimen.card(), specimen.View())
    cv2.imwrite(str(ASSETS / "document.jpg"), seen, [cv2.IMWRITE_JPEG_QUALITY, _DOCUMENT_QUALITY])


def main() -> None:
    """Write every asset anew."""
    picture = cv2.imread(sys.argv[1])
    if picture is None:
        raise SystemExit(f"{sys.argv[1]} is no picture")
    cv2.imwrite(str(ASSETS / "face.jpg"), without_model(picture), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    write_document()
    for voice, loop in LOOPS.items():
        folder = ASSETS / "speech" / voice
        folder.mkdir(parents=True, exist_ok=True)
        spoken = {name: render(voice, sentence) for name, sentence in SENTENCES.items()}
        for name, samples in spoken.items():
            write_opus(folder / f"{name}.opus", samples)
        pieces = [np.pad(spoken[name], (0, round(pause * SAMPLE_RATE_HZ))) for name, pause in loop]
        write_opus(folder / "loop.opus", np.concatenate(pieces))


if __name__ == "__main__":
    main()
