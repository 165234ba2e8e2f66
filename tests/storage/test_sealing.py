"""A sealed secret opens with its key, in its place, unchanged; in every other case it says nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.errors import ConfigurationInvalid, SealBroken
from verifier.storage.sealing import Sealer

OLD, NEW, FOREIGN = bytes(32), b"n" * 32, b"f" * 32
HERE, THERE = "endpoints.secrets:end_1", "endpoints.secrets:end_2"


@given(st.binary(max_size=200), st.text(max_size=40))
def test_what_was_sealed_opens_in_its_context(plaintext: bytes, context: str) -> None:
    sealed = Sealer((NEW,)).seal(plaintext, context)
    assert Sealer((NEW,)).open(sealed, context) == plaintext
    assert len(sealed) == len(plaintext) + 29
    if len(plaintext) >= 8:
        assert plaintext not in sealed


def test_the_same_secret_is_never_sealed_to_the_same_bytes() -> None:
    sealer = Sealer((NEW,))
    assert len({sealer.seal(b"whsec_x", HERE) for _ in range(50)}) == 50


def test_keys_rotate_without_touching_what_the_old_one_sealed() -> None:
    before = Sealer((OLD,)).seal(b"secret", HERE)
    rotated = Sealer((NEW, OLD))
    assert rotated.open(before, HERE) == b"secret"
    after = rotated.seal(b"secret", HERE)
    assert Sealer((NEW,)).open(after, HERE) == b"secret"
    with pytest.raises(SealBroken):
        Sealer((OLD,)).open(after, HERE)


@pytest.mark.parametrize("keys", [(FOREIGN,), (FOREIGN, OLD)])
def test_a_foreign_key_opens_nothing(keys: tuple[bytes, ...]) -> None:
    with pytest.raises(SealBroken):
        Sealer(keys).open(Sealer((NEW,)).seal(b"secret", HERE), HERE)


def test_a_value_that_was_copied_to_another_row_does_not_open() -> None:
    sealer = Sealer((NEW,))
    with pytest.raises(SealBroken):
        sealer.open(sealer.seal(b"secret", HERE), THERE)


@given(st.integers(min_value=0, max_value=34), st.integers(min_value=1, max_value=255))
def test_a_changed_byte_is_noticed(position: int, change: int) -> None:
    sealer = Sealer((NEW,))
    sealed = bytearray(sealer.seal(b"secret", HERE))
    sealed[position] ^= change
    with pytest.raises(SealBroken):
        sealer.open(bytes(sealed), HERE)


@given(st.binary(max_size=60))
def test_bytes_that_were_never_sealed_do_not_open(stray: bytes) -> None:
    with pytest.raises(SealBroken) as refused:
        Sealer((NEW,)).open(stray, HERE)
    assert HERE not in refused.value.detail


@pytest.mark.parametrize("keys", [(), (b"short",), (NEW, b"")])
def test_keys_of_another_length_are_refused(keys: tuple[bytes, ...]) -> None:
    with pytest.raises(ConfigurationInvalid):
        Sealer(keys)
