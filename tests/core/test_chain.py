"""The audit chain: nothing can be changed, left out, moved or put in without it showing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.rows import PROPERTY
from verifier.core.chain import FREELANCER, GENESIS, SYSTEM, Actor, ActorKind, AuditEntry, broken_at, digest, link
from verifier.core.model import VerificationId

CASE = VerificationId("ver_1")


def chain(length: int = 5) -> tuple[AuditEntry, ...]:
    entries: list[AuditEntry] = []
    for number in range(length):
        before = entries[-1] if entries else None
        entries.append(link(CASE, before, 100 + number, "case.read", Actor(ActorKind.STAFF, "per_a"), {"n": number}))
    return tuple(entries)


def test_a_chain_begins_at_genesis_and_is_whole() -> None:
    entries = chain()
    assert entries[0].previous_hash == GENESIS
    assert [entry.sequence for entry in entries] == [1, 2, 3, 4, 5]
    assert broken_at(entries) is None
    assert broken_at(()) is None


@pytest.mark.parametrize(
    "other",
    [
        {"at_ms": 1},
        {"action": "case.closed"},
        {"actor_id": "per_b"},
        {"actor_kind": ActorKind.SYSTEM},
        {"facts": {"n": 99}},
        {"hash": "0" * 64},
        {"previous_hash": "1" * 64},
        {"verification_id": "ver_2"},
        {"sequence": 9},
    ],
    ids=str,
)
def test_a_changed_entry_shows_even_when_its_own_hash_is_made_to_fit(other: dict[str, Any]) -> None:
    entries = list(chain())
    entries[2] = replace(entries[2], **other)
    assert broken_at(entries) == 3
    if "hash" not in other:
        entries[2] = replace(entries[2], hash=digest(entries[2]))
        assert broken_at(entries) in {3, 4}


@given(st.integers(2, 8), st.data())
@PROPERTY
def test_leaving_out_or_swapping_or_repeating_entries_shows(length: int, data: st.DataObject) -> None:
    entries = list(chain(length))
    place = data.draw(st.integers(0, length - 2))
    assert broken_at(entries[:place] + entries[place + 1 :]) is not None
    swapped = [*entries]
    swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
    assert broken_at(swapped) is not None
    assert broken_at([*entries[: place + 1], *entries[place:]]) is not None


def test_a_truncated_chain_is_whole_but_shorter_which_the_signed_head_shows() -> None:
    assert broken_at(chain()[:3]) is None
    assert chain()[2].hash != chain()[4].hash


def test_time_never_runs_backwards_in_a_chain() -> None:
    first = link(CASE, None, 100, "case.read", FREELANCER, {})
    second = link(CASE, first, 50, "case.read", SYSTEM, {})
    assert second.at_ms == 100
    assert broken_at((first, second)) is None
