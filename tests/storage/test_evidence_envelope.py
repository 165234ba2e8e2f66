"""Evidence comes back as it was kept, or not at all."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier.errors import SealBroken
from verifier.storage.evidence.envelope import CHUNK_BYTES, HEADER_BYTES, TAG_BYTES, opened, sealed

KEY, OTHER = b"k" * 32, b"o" * 32
HERE, THERE = "int_1/sti_1", "int_1/sti_2"
BLOCK = CHUNK_BYTES + TAG_BYTES
THREE = bytes(range(256)) * (3 * CHUNK_BYTES // 256 - 1)
"""Three chunks, the last one not full."""


def kept(content: bytes, key: bytes = KEY, name: str = HERE) -> bytes:
    return b"".join(sealed(content, key, name))


def read(file: bytes, key: bytes = KEY, name: str = HERE) -> bytes:
    return b"".join(opened(io.BytesIO(file), key, name))


def chunks(file: bytes) -> list[bytes]:
    return [file[start : start + BLOCK] for start in range(HEADER_BYTES, len(file), BLOCK)]


def refused(file: bytes, key: bytes = KEY, name: str = HERE) -> None:
    with pytest.raises(SealBroken):
        read(file, key, name)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 200_000])
def test_what_was_kept_comes_back_whatever_its_size(size: int) -> None:
    content = (bytes(range(251)) * (size // 251 + 1))[:size]
    assert read(kept(content)) == content
    assert len(kept(content)) == size + HEADER_BYTES + TAG_BYTES * max(1, -(-size // CHUNK_BYTES))


def test_the_same_content_is_never_kept_as_the_same_bytes() -> None:
    assert len({kept(b"a picture") for _ in range(50)}) == 50


def test_nothing_of_the_content_is_seen() -> None:
    assert THREE[:64] not in kept(THREE) and b"PNG" not in kept(b"PNG" * 100)


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
@settings(max_examples=60, deadline=None)
def test_a_changed_byte_anywhere_is_refused(place: int, change: int) -> None:
    file = bytearray(kept(THREE))
    file[place % len(file)] ^= change
    refused(bytes(file))


@given(st.integers(min_value=1))
@settings(max_examples=60, deadline=None)
def test_a_cut_anywhere_is_refused(place: int) -> None:
    file = kept(THREE)
    refused(file[: -(place % len(file)) or None] if place % len(file) else b"")


@pytest.mark.parametrize("left", [0, 1, 2])
def test_a_cut_between_two_chunks_is_refused(left: int) -> None:
    file = kept(THREE)
    refused(file[: HEADER_BYTES + left * BLOCK])


def test_chunks_in_another_order_left_out_or_twice_are_refused() -> None:
    file = kept(THREE)
    head, (first, second, third) = file[:HEADER_BYTES], chunks(file)
    assert read(head + first + second + third) == THREE
    for order in ((second, first, third), (first, third), (second, third), (first, first, second, third)):
        refused(head + b"".join(order))
    refused(file + third)
    refused(file + b"\0")


def test_chunks_of_another_file_of_the_same_interview_are_refused() -> None:
    one, other = kept(THREE), kept(THREE[::-1])
    (first, _, _), (_, second, third) = chunks(one), chunks(other)
    refused(one[:HEADER_BYTES] + first + second + third)


def test_evidence_moved_to_another_name_or_interview_is_refused() -> None:
    refused(kept(THREE), name=THERE)
    refused(kept(THREE), name="int_2/sti_1")


def test_another_key_opens_nothing() -> None:
    refused(kept(b""), key=OTHER)


def test_nothing_is_given_out_of_a_chunk_that_is_not_proven() -> None:
    file = bytearray(kept(THREE))
    file[-1] ^= 1
    given_out = []
    with pytest.raises(SealBroken):
        for chunk in opened(io.BytesIO(bytes(file)), KEY, HERE):
            given_out.append(chunk)
    assert b"".join(given_out) == THREE[: 2 * CHUNK_BYTES]


@given(st.binary(max_size=200))
def test_bytes_that_were_never_kept_are_refused(stray: bytes) -> None:
    refused(stray)
