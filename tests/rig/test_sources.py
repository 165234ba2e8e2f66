"""What the fake cameras and microphones deliver is what the quality checks are meant to see."""

from __future__ import annotations

import wave

import cv2
import numpy as np
import pytest

from bench.rig.sources import (
    ASSETS,
    DOCUMENT_SIZE,
    SAMPLE_RATE_HZ,
    Camera,
    Voice,
    camera_file,
    camera_frames,
    microphone_file,
    utterance,
)
from bench.truth.frame_numbers import read
from verifier.core.evidence import StillKind
from verifier.core.policy import SHIPPED
from verifier.core.quality.image import glare_share, measure_document, sharpness
from verifier.core.quality.still import problems_of

WIDTH, HEIGHT = 640, 480
HAAR = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")
DIGITS = [f"digit-{digit}" for digit in range(10)]


def luma(camera: Camera, count: int = 120, every: int = 6) -> list[np.ndarray]:
    frames = camera_frames(camera, width=WIDTH, height=HEIGHT, count=count)
    return [frame[:HEIGHT] for number, frame in enumerate(frames) if number % every == 0]


def faces(picture: np.ndarray, width: int) -> list[int]:
    scaled = cv2.resize(picture, (width, width * HEIGHT // WIDTH), interpolation=cv2.INTER_AREA)
    return [int(face[2]) for face in HAAR.detectMultiScale(scaled, 1.1, 5)]


@pytest.mark.parametrize("width", [640, 320])
def test_every_frame_of_the_face_shows_one_face_of_ordinary_size(width):
    found = [faces(picture, width) for picture in luma(Camera.FACE)]
    assert all(len(sizes) == 1 for sizes in found)
    assert all(width * 0.18 < sizes[0] < width * 0.28 for sizes in found)


@pytest.mark.parametrize("camera", [Camera.EMPTY, Camera.DARK, Camera.BLACK])
def test_no_frame_without_a_visible_face_shows_one(camera):
    assert [faces(picture, WIDTH) for picture in luma(camera, every=20)] == [[]] * 6


@pytest.mark.parametrize("camera", [Camera.DOCUMENT, Camera.HELD_DOCUMENT])
def test_every_frame_of_the_document_can_be_read_at_its_own_size(camera):
    width, height = DOCUMENT_SIZE
    for frame in camera_frames(camera, width=width, height=height, count=3):
        picture = cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_YUV2BGR_I420), cv2.COLOR_BGR2GRAY)
        assert problems_of(StillKind.DOCUMENT_FRONT, measure_document(picture), SHIPPED) == ()


def test_who_holds_a_document_up_is_seen_beside_it():
    width, height = DOCUMENT_SIZE
    for frame in camera_frames(Camera.HELD_DOCUMENT, width=width, height=height, count=3):
        cropped = frame[:height, (width - height * 4 // 3) // 2 : (width + height * 4 // 3) // 2]
        assert len(faces(cropped, 640)) == 1


def test_black_is_black_and_dark_is_nearly_so():
    assert {int(picture.max()) for picture in luma(Camera.BLACK, count=2, every=1)} == {16}
    assert all(16 < picture.mean() < 30 for picture in luma(Camera.DARK, count=2, every=1))


def test_what_is_blurred_or_glaring_is_so_by_the_products_own_measure_and_the_face_is_not():
    for camera in (Camera.FACE, Camera.BLURRED, Camera.GLARING):
        for picture in luma(camera, every=20):
            assert (sharpness(picture) < SHIPPED.usable_sharpness_min) == (camera is Camera.BLURRED), camera
            assert (glare_share(picture) > SHIPPED.usable_glare_max) == (camera is Camera.GLARING), camera


def test_the_frames_of_the_numbered_camera_are_those_of_the_face_with_their_number():
    for number, (face, frame) in enumerate(zip(luma(Camera.FACE, 3, 1), luma(Camera.NUMBERED, 3, 1), strict=True)):
        strip = frame[HEIGHT - 20 : HEIGHT - 12].reshape(8, 20, WIDTH // 20)[:, :, 8:24]
        assert read(list(strip.mean(axis=(0, 2)))) == number
        assert np.array_equal(face[: HEIGHT - 32], frame[: HEIGHT - 32])


def test_only_the_still_and_the_black_camera_repeat_their_frames():
    for camera in Camera:
        first, second = luma(camera, count=4, every=1)[:2]
        assert np.array_equal(first, second) == (camera in {Camera.STILL, Camera.BLACK}), camera


def test_a_camera_file_holds_the_frames_that_were_asked_for():
    path = camera_file(Camera.BLACK, width=64, height=48, fps=15, seconds=2)
    header, _, frames = path.read_bytes().partition(b"\n")
    assert header == b"YUV4MPEG2 W64 H48 F15:1 Ip A1:1 C420"
    assert len(frames) == 30 * (len(b"FRAME\n") + 64 * 48 * 3 // 2)


def test_a_camera_file_is_made_once():
    first = camera_file(Camera.STILL, width=64, height=48, seconds=1)
    made_at = first.stat().st_mtime_ns
    assert camera_file(Camera.STILL, width=64, height=48, seconds=1).stat().st_mtime_ns == made_at


@pytest.mark.parametrize("voice", [Voice.SLT, Voice.RMS])
def test_a_microphone_loops_about_twelve_seconds_of_speech_with_pauses(voice):
    with wave.open(str(microphone_file(voice))) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (SAMPLE_RATE_HZ, 2, 1)
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float64)
    tenths = samples[: len(samples) // 4800 * 4800].reshape(-1, 4800)
    loud = np.sqrt((tenths**2).mean(axis=1)) > 300
    assert 10 < len(samples) / SAMPLE_RATE_HZ < 14
    assert 0.5 < loud.mean() < 0.9


def test_a_microphone_says_the_digits_it_is_told_to():
    with wave.open(str(microphone_file(Voice.RMS, ["digit-4", "digit-7"]))) as file:
        frames = file.getnframes()
    spoken = [len(utterance(Voice.RMS, digit)) for digit in ("digit-4", "digit-7")]
    assert frames == sum(spoken) + 2 * round(0.6 * SAMPLE_RATE_HZ)


def test_a_silent_microphone_is_silent():
    with wave.open(str(microphone_file(Voice.SILENCE))) as file:
        assert not any(file.readframes(file.getnframes()))


@pytest.mark.parametrize("voice", [Voice.SLT, Voice.RMS])
def test_every_digit_is_spoken_loud_enough_to_hear(voice):
    for digit in DIGITS:
        samples = utterance(voice, digit)
        assert 0.3 < len(samples) / SAMPLE_RATE_HZ < 1.5
        assert np.abs(samples.astype(np.int32)).max() > 5000


def test_the_assets_are_small_and_their_licence_lies_beside_them():
    assert sum(path.stat().st_size for path in ASSETS.rglob("*") if path.is_file()) < 3_000_000
    assert (ASSETS / "LICENSES.md").is_file()
