"""What the participants' cameras and microphones deliver: files for Chromium's fake capture devices.

    camera_file(Camera.FACE)                        # a .y4m file, 640x480 at 15 frames/s
    microphone_file(Voice.SLT)                      # a .wav file, somebody talking with pauses
    microphone_file(Voice.RMS, ["digit-4", "digit-7"])

Chromium plays each in a loop. The files are large, so they are made when first asked for and kept in `.test-tools/`
(git-ignored) under a name that changes with what made them. Used by tests/journey and the benchmarks.
"""

from __future__ import annotations

import hashlib
import math
import os
import tempfile
import wave
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from bench.truth.frame_numbers import burn

_ROOT = Path(__file__).resolve().parents[2]
ASSETS = _ROOT / "verifier" / "demo" / "assets"
CACHE = _ROOT / ".test-tools" / "sources"
SAMPLE_RATE_HZ = 48_000

Plane = npt.NDArray[np.uint8]


class Camera(StrEnum):
    """What a camera sees."""

    FACE = "face"
    """A face of ordinary webcam size, moving slightly, with sensor noise."""
    EMPTY = "empty"
    """The same without a person."""
    DARK = "dark"
    """The face in a room without light: the noise is there, the face is not to be made out."""
    BLACK = "black"
    """Every pixel black: a closed shutter."""
    STILL = "still"
    """The face without movement and noise: the same picture again and again."""
    BLURRED = "blurred"
    """The face out of focus: a camera that looks at the wall behind, or a greasy lens."""
    GLARING = "glaring"
    """The face before a window in the sun: most of the picture is as bright as a picture can be."""
    NUMBERED = "numbered"
    """The face, with the number of the frame burnt in below (``bench/truth/frame_numbers.py``)."""
    DOCUMENT = "document"
    """The specimen document on a desk, in focus; ask for a camera as large as a document needs (``DOCUMENT_SIZE``)."""
    HELD_DOCUMENT = "held-document"
    """Both: somebody who holds the specimen document up beside the face, in the same size."""


class Voice(StrEnum):
    """Who talks at a microphone."""

    SLT = "slt"
    RMS = "rms"
    SILENCE = "silence"


# The part of the picture that fills the camera: left, top, width; the height follows from the frame's shape.
_FRAMING = (10.0, 12.0, 440.0)
_EMPTY_FRAMING = (4.0, 20.0, 64.0)
_DOCUMENT_FRAMING = (0.0, 0.0, 1_920.0)
_HOLDING_FRAMING = (-60.0, 30.0, 640.0)
_HELD_SHARE, _HELD_MARGIN = 0.52, 0.005
"""Of the picture's width: how wide the held document is, and how far from the lower right corner."""
DOCUMENT_SIZE = (1_920, 1_080)
_FRAMINGS = {
    Camera.EMPTY: _EMPTY_FRAMING,
    Camera.DOCUMENT: _DOCUMENT_FRAMING,
    Camera.HELD_DOCUMENT: _HOLDING_FRAMING,
}
_NOISE_LUMA, _NOISE_CHROMA = 3.0, 1.5
_DARK_LUMA = 0.06
_BLACK_LUMA, _WHITE_LUMA, _NO_CHROMA = 16, 255, 128
_GLARE_GAIN = 3.5
_BLUR_SHARE = 0.03
"""Of the picture's width: standard deviation of the blur."""
_SILENCE_S = 2.0
PAUSE_S = 0.6
"""After each utterance at a microphone."""
_FINGERPRINT_LENGTH = 10
_NAME_LENGTH_MAX = 120


def camera_file(camera: Camera, *, width: int = 640, height: int = 480, fps: int = 15, seconds: float = 8.0) -> Path:
    """The path of a YUV4MPEG2 file that `--use-file-for-fake-video-capture` plays in a seamless loop.

    Args:
        camera: what it sees.
        width: pixels, even.
        height: pixels, even.
        fps: frames per second.
        seconds: length of the loop.
    """

    def write(path: Path) -> None:
        with path.open("wb") as file:
            file.write(f"YUV4MPEG2 W{width} H{height} F{fps}:1 Ip A1:1 C420\n".encode())
            for frame in camera_frames(camera, width=width, height=height, count=round(fps * seconds)):
                file.write(b"FRAME\n")
                file.write(frame.tobytes())

    return _cached(f"{camera}-{width}x{height}-{fps}-{seconds:g}", ".y4m", write)


def camera_frames(camera: Camera, *, width: int, height: int, count: int, seed: int = 1) -> Iterator[Plane]:
    """Yield `count` frames, each uint8 of shape (height × 3/2, width): I420 in video range (luma 16..235)."""
    rng = np.random.default_rng(seed)
    picture = _asset("document.jpg" if camera is Camera.DOCUMENT else "face.jpg")
    for number in range(count):
        if camera is Camera.BLACK:
            yield _black(width, height)
            continue
        turn = 0.0 if camera is Camera.STILL else 2 * math.pi * number / count
        view = _view(picture, _FRAMINGS.get(camera, _FRAMING), turn, width, height)
        if camera is Camera.HELD_DOCUMENT:
            _hold_up(view)
        if camera is Camera.BLURRED:
            view = cv2.GaussianBlur(view, (0, 0), _BLUR_SHARE * width)
        frame = cv2.cvtColor(view, cv2.COLOR_BGR2YUV_I420)
        sensed = frame.astype(np.uint8) if camera is Camera.STILL else _sensed(frame, camera, height, rng)
        if camera is Camera.NUMBERED:
            burn(sensed, number)
        yield sensed


def microphone_file(voice: Voice, utterances: Sequence[str] = ("loop",)) -> Path:
    """The path of a 48 kHz 16-bit mono WAV file that `--use-file-for-fake-audio-capture` plays in a loop.

    Args:
        voice: who talks.
        utterances: names of files in `verifier/demo/assets/speech/VOICE`, with a pause after each.
    """

    def write(path: Path) -> None:
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE_HZ)
            file.writeframes(_said(voice, utterances).tobytes())

    return _cached(f"{voice}-{'-'.join(utterances)}", ".wav", write)


def utterance(voice: Voice, name: str) -> npt.NDArray[np.int16]:
    """The samples of one spoken file: int16 of shape (samples,), mono at 48 kHz.

    Raises:
        FileNotFoundError: there is no such file.
    """
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
    parts: list[npt.NDArray[np.int16]] = []
    with av.open(str(ASSETS / "speech" / voice / f"{name}.opus")) as container:
        for frame in container.decode(audio=0):
            parts.extend(part.to_ndarray()[0] for part in resampler.resample(frame))
    return np.concatenate(parts)


def _said(voice: Voice, utterances: Sequence[str]) -> npt.NDArray[np.int16]:
    if voice is Voice.SILENCE:
        return np.zeros(round(_SILENCE_S * SAMPLE_RATE_HZ), np.int16)
    pause = np.zeros(round(PAUSE_S * SAMPLE_RATE_HZ), np.int16)
    return np.concatenate([part for name in utterances for part in (utterance(voice, name), pause)])


def _view(
    picture: npt.NDArray[np.uint8] | cv2.typing.MatLike,
    framing: tuple[float, float, float],
    turn: float,
    width: int,
    height: int,
) -> cv2.typing.MatLike:
    # Whole numbers of periods, so that the loop has no seam.
    left, top, across = framing
    scale = width / across * (1 + 0.006 * math.sin(turn))
    left += 2.0 * math.sin(2 * turn) + 0.6 * math.sin(5 * turn)
    top += 1.4 * math.cos(3 * turn)
    return cv2.warpAffine(
        np.asarray(picture),
        np.array([[scale, 0.0, -left * scale], [0.0, scale, -top * scale]]),
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _asset(name: str) -> cv2.typing.MatLike:
    picture = cv2.imread(str(ASSETS / name))
    if picture is None:
        raise FileNotFoundError(ASSETS / name)
    return picture


def _hold_up(view: cv2.typing.MatLike) -> None:
    height, width = view.shape[:2]
    document = _asset("document.jpg")
    across, margin = round(width * _HELD_SHARE), round(width * _HELD_MARGIN)
    down = across * document.shape[0] // document.shape[1]
    held = cv2.resize(document, (across, down), interpolation=cv2.INTER_AREA)
    view[height - margin - down : height - margin, width - margin - across : width - margin] = held


def _sensed(frame: cv2.typing.MatLike, camera: Camera, height: int, rng: np.random.Generator) -> Plane:
    values = np.asarray(frame, dtype=np.float32)
    if camera is Camera.DARK:
        values[:height] = _BLACK_LUMA + (values[:height] - _BLACK_LUMA) * _DARK_LUMA
        values[height:] = _NO_CHROMA + (values[height:] - _NO_CHROMA) * _DARK_LUMA
    if camera is Camera.GLARING:
        values[:height] = np.minimum(_WHITE_LUMA, _BLACK_LUMA + (values[:height] - _BLACK_LUMA) * _GLARE_GAIN)
    noise = rng.standard_normal(values.shape, dtype=np.float32)
    noise[:height] *= _NOISE_LUMA
    noise[height:] *= _NOISE_CHROMA
    sensed: Plane = np.clip(values + noise, 0, 255).round().astype(np.uint8)
    return sensed


def _black(width: int, height: int) -> Plane:
    frame = np.full((height * 3 // 2, width), _NO_CHROMA, np.uint8)
    frame[:height] = _BLACK_LUMA
    return frame


def _cached(name: str, suffix: str, write: Callable[[Path], None]) -> Path:
    if len(name) > _NAME_LENGTH_MAX:
        # Many utterances make a longer name than file systems take.
        name = f"{name[:_NAME_LENGTH_MAX]}-{hashlib.sha256(name.encode()).hexdigest()[:_FINGERPRINT_LENGTH]}"
    path = CACHE / f"{name}-{_fingerprint()}{suffix}"
    if path.exists():
        return path
    CACHE.mkdir(parents=True, exist_ok=True)
    for outdated in CACHE.glob(f"{name}-{'?' * _FINGERPRINT_LENGTH}{suffix}"):
        outdated.unlink(missing_ok=True)
    descriptor, unfinished = tempfile.mkstemp(dir=CACHE, suffix=suffix)
    os.close(descriptor)
    # Written aside and renamed: another process never sees half a file.
    try:
        write(Path(unfinished))
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink()
        raise
    return path


def _fingerprint() -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for asset in sorted(ASSETS.rglob("*.*")):
        digest.update(asset.name.encode() + str(asset.stat().st_size).encode())
    return digest.hexdigest()[:_FINGERPRINT_LENGTH]
