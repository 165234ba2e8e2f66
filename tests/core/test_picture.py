"""An upload is a picture by its own structure, and what is kept of it is the picture alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.pictures import (
    PLACE,
    chunk,
    exif,
    jpeg,
    jpeg_claiming,
    pixels,
    png,
    png_of,
    segment,
    with_chunks,
    with_segments,
)
from verifier.core.picture import MAX_BYTES, MAX_PIXELS, picture
from verifier.errors import InvalidInput, TooLarge

FUZZ = settings(max_examples=200, deadline=None, derandomize=True, database=None)
JPEG, PNG = jpeg(), png()
WHOLE = [JPEG, jpeg(progressive=True), jpeg(pixels()[..., 0]), PNG, png(pixels()[..., 0])]


def decoded(content: bytes, flags: int = cv2.IMREAD_COLOR) -> np.ndarray:
    found = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    assert found is not None
    return found


@pytest.mark.parametrize("sent", WHOLE, ids=["jpeg", "progressive", "grey jpeg", "png", "grey png"])
def test_every_pixel_of_what_cameras_make_is_kept(sent: bytes) -> None:
    found = picture(sent)
    assert (found.width, found.height) == (64, 48)
    assert np.array_equal(decoded(found.content), decoded(sent))
    assert picture(found.content) == found, "what is kept is a picture by the same rule"


@pytest.mark.parametrize(
    "sent",
    [
        with_segments(JPEG, exif()),
        with_segments(JPEG, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PLACE)),
        with_segments(JPEG, segment(0xFE, PLACE), segment(0xED, PLACE), segment(0xE2, b"MPF\0" + PLACE)),
        with_segments(JPEG, segment(0xE0, b"JFXX\0\x10" + PLACE)),
        JPEG + with_segments(JPEG, exif()),
        JPEG + b"PK\x03\x04" + PLACE,
        with_chunks(PNG, chunk(b"tEXt", b"Comment\0" + PLACE), chunk(b"eXIf", PLACE), chunk(b"tIME", PLACE)),
        PNG + PLACE,
    ],
)
def test_nothing_but_the_picture_is_kept(sent: bytes) -> None:
    found = picture(sent)
    assert PLACE in sent and PLACE not in found.content and b"Exif" not in found.content
    assert found.content in (JPEG, PNG)


def test_a_thumbnail_in_the_first_segment_is_not_kept() -> None:
    thumbnail = bytes(range(3)) * 4
    sent = JPEG.replace(JPEG[2:20], segment(0xE0, JPEG[6:18] + b"\2\2" + thumbnail))
    assert thumbnail in sent and picture(sent).content == JPEG


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_how_to_turn_the_picture_is_kept(orientation: int, order: str) -> None:
    sent = with_segments(jpeg(pixels(), 100), exif(orientation, order))
    found = picture(sent)
    assert np.array_equal(decoded(found.content), decoded(sent)), "decoders turn both alike"
    assert found.turned is (orientation >= 5) and PLACE not in found.content


@pytest.mark.parametrize(
    "payload", [b"", b"II*\0", b"XX*\0\0\0\0\x08", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff"]
)
def test_an_orientation_that_cannot_be_read_means_upright(payload: bytes) -> None:
    assert picture(with_segments(JPEG, segment(0xE1, b"Exif\0\0" + payload))).content == JPEG


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\xff\xd8",
        b"GIF89a" + bytes(40),
        b"RIFF\0\0\0\0WEBPVP8 ",
        b"\0\0\0\x18ftypheic",
        b"BM" + bytes(99),
        b"<svg xmlns='x'/>",
        b"<html>",
        b"%PDF-1.7",
        b"\0" * 99,
        PNG[1:],
        b"\n" + JPEG,
    ],
)
def test_what_is_no_picture_is_refused(sent: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        picture(sent)
    assert refused.value.field in {"not_a_picture", "incomplete"}


@pytest.mark.parametrize("sent", WHOLE, ids=["jpeg", "progressive", "grey jpeg", "png", "grey png"])
def test_a_picture_cut_anywhere_is_refused(sent: bytes) -> None:
    for length in range(4, len(sent), max(1, len(sent) // 97)):
        with pytest.raises(InvalidInput):
            picture(sent[:length])
    with pytest.raises(InvalidInput, match="not whole"):
        picture(sent[:-1])


def test_a_changed_byte_in_a_png_is_noticed() -> None:
    sent = bytearray(PNG)
    sent[len(PNG) // 2] ^= 1
    with pytest.raises(InvalidInput, match="not whole"):
        picture(bytes(sent))


@pytest.mark.parametrize("sent", [jpeg_claiming(60_000, 60_000), png_of(100_000, 100_000, bytes(100))])
def test_a_small_file_that_would_grow_large_is_refused_by_its_header(sent: bytes) -> None:
    assert len(sent) < 10_000
    with pytest.raises(TooLarge) as refused:
        picture(sent)
    assert refused.value.field == "too_many_pixels"


def test_long_and_thin_is_refused_and_the_largest_sensor_is_not() -> None:
    for width, height in ((20_000, 100), (100, 20_000)):
        with pytest.raises(TooLarge):
            picture(jpeg_claiming(width, height))
    assert picture(jpeg_claiming(8_000, 6_000)).width * 6_000 <= MAX_PIXELS


def test_compressed_text_and_profiles_where_bombs_hide_never_reach_a_decoder() -> None:
    bomb = chunk(b"zTXt", b"Comment\0\0" + bytes(5_000)) + chunk(b"iCCP", b"profile\0\0" + bytes(5_000))
    assert picture(with_chunks(PNG, bomb)).content == PNG


def test_an_animation_is_kept_as_its_one_picture() -> None:
    sent = with_chunks(PNG, chunk(b"acTL", bytes(8)), chunk(b"fcTL", bytes(26)))
    assert picture(sent).content == PNG


@pytest.mark.parametrize(
    "sent",
    [
        JPEG.replace(b"\xff\xc0", b"\xff\xc3"),
        JPEG.replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc0\x00\x11\x0c"),
        jpeg_claiming(0, 48),
        jpeg_claiming(64, 0),
        with_segments(JPEG, JPEG[JPEG.index(b"\xff\xc0") :][:19]),
        with_segments(JPEG, segment(0xDC, b"\0\x10")),
        JPEG[:-2] + JPEG[JPEG.index(b"\xff\xda") :][:14] * 70 + b"\xff\xd9",
        with_chunks(PNG, chunk(b"QQQQ", b"")),
        with_chunks(PNG, PNG[8:33]),
        PNG[:8] + PNG[33:],
        png_of(4, 4, bytes(20), depth=3),
        png_of(4, 4, bytes(20), colour=5),
        png_of(0, 4, bytes(20)),
        PNG[:33] + chunk(b"IEND", b""),
    ],
)
def test_kinds_that_cameras_do_not_make_are_refused(sent: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        picture(sent)
    assert refused.value.field in {"unusual", "incomplete"}


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(TooLarge, match="12 MiB"):
        picture(JPEG + bytes(MAX_BYTES))


def test_a_file_of_nothing_but_markers_is_looked_at_once() -> None:
    """Each byte could begin a marker; a reader that started anew at each would take minutes."""
    begin = JPEG[: JPEG.index(b"\xff\xda") + 14]
    with pytest.raises(InvalidInput):
        picture(begin + b"\xff" * (MAX_BYTES - len(begin)))


@FUZZ
@given(st.sampled_from(WHOLE), st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=12), st.integers(0))
def test_damaged_files_are_refused_or_still_pictures(sent: bytes, changes: list[tuple[int, int]], cut: int) -> None:
    made = bytearray(sent)
    for place, value in changes:
        made[place % len(made)] = value
    try:
        found = picture(bytes(made[: len(made) - cut % 40]))
    except (InvalidInput, TooLarge):
        return
    assert 0 < found.width * found.height <= MAX_PIXELS and len(found.content) <= len(sent)


@FUZZ
@given(st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b""]), st.binary(max_size=300))
def test_any_bytes_at_all_are_refused_in_words(begin: bytes, rest: bytes) -> None:
    with pytest.raises((InvalidInput, TooLarge)):
        picture(begin + rest)
