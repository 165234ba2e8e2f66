"""Time that never runs backwards, chance that never repeats, keys whose secret is shown once."""

from __future__ import annotations

import re
import time

import pytest

from tests.fakes import SeededEntropy
from verifier.app.keys import make_key
from verifier.app.runtime import AnchoredClock, SystemEntropy
from verifier.core.access import Scope, fingerprint


def test_a_stepped_wall_clock_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = AnchoredClock()
    before = clock.now_ms()
    assert abs(before - time.time_ns() // 1_000_000) < 60_000
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert before <= clock.now_ms() < before + 60_000


def test_the_clock_follows_the_monotonic_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = AnchoredClock()
    at_ns = time.monotonic_ns()
    monkeypatch.setattr(time, "monotonic_ns", lambda: at_ns)
    first = clock.now_ms()
    monkeypatch.setattr(time, "monotonic_ns", lambda: at_ns + 5_000_000_000)
    assert clock.now_ms() == first + 5_000


def test_ids_tokens_and_seeds_have_their_shape_and_differ() -> None:
    entropy = SystemEntropy()
    assert re.fullmatch(r"int_[a-z2-7]{26}", entropy.new_id("int"))
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", entropy.token())
    assert all(0 <= entropy.seed() < 2**63 for _ in range(100))
    assert len({entropy.token() for _ in range(100)}) == len({entropy.new_id("x") for _ in range(100)}) == 100


def test_a_key_is_stored_as_a_fingerprint_with_a_recognisable_beginning() -> None:
    for test, begin in ((False, "vi_live_"), (True, "vi_test_")):
        key, secret = make_key("Shop", 7, SeededEntropy(), test=test)
        assert secret.startswith(begin) and key.secret_hash == fingerprint(secret)
        assert secret.startswith(key.display) and len(key.display) < len(begin) + 6
        assert key.test is test and key.scopes == frozenset(Scope) and secret not in repr(key)
