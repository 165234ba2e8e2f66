"""A policy may tighten the shipped limits; nothing that looks like tightening may loosen them."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import pytest

from verifier.core.policy import FORMER, SHIPPED, SHIPPED_TESTS, Policy, PolicyBook
from verifier.core.tightening import AS_SHIPPED, HIGHER_IS_TIGHTER, VERDICT_MAXIMA
from verifier.errors import PolicyInvalid

NUMBERS = [f.name for f in fields(Policy) if isinstance(f.default, (int, float))]


def tried(name: str, value: Any) -> Policy:
    return replace(SHIPPED, version="mine", **{name: value})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_limit_that_is_not_finite_is_refused(name: str, value: float) -> None:
    with pytest.raises(PolicyInvalid, match=name):
        tried(name, value)


@pytest.mark.parametrize("name", sorted(HIGHER_IS_TIGHTER))
def test_a_minimum_cannot_be_lowered(name: str) -> None:
    with pytest.raises(PolicyInvalid, match=name):
        tried(name, getattr(SHIPPED, name) - (1 if isinstance(getattr(SHIPPED, name), int) else 0.001))


@pytest.mark.parametrize("name", sorted(VERDICT_MAXIMA))
def test_a_maximum_cannot_be_raised(name: str) -> None:
    with pytest.raises(PolicyInvalid, match=name):
        tried(name, getattr(SHIPPED, name) + (1 if isinstance(getattr(SHIPPED, name), int) else 0.001))


@pytest.mark.parametrize(
    "name", [name for name in NUMBERS if name not in {"audio_level_min_dbov", "audio_overheard_dbfs"}]
)
def test_a_limit_below_zero_is_refused(name: str) -> None:
    with pytest.raises(PolicyInvalid, match=name):
        tried(name, -1)


@pytest.mark.parametrize("name", sorted(AS_SHIPPED))
@pytest.mark.parametrize("change", [-0.01, 0.01])
def test_a_limit_that_is_tighter_neither_way_stays_as_shipped(name: str, change: float) -> None:
    """Sound measured at a higher rate has fewer milliseconds missing; blame moved from one leg falls on another."""
    with pytest.raises(PolicyInvalid, match=name):
        tried(
            name, getattr(SHIPPED, name) + (round(100 * change) if isinstance(getattr(SHIPPED, name), int) else change)
        )


def test_every_number_is_a_minimum_a_maximum_as_shipped_or_bears_on_no_verdict() -> None:
    free = set(NUMBERS) - HIGHER_IS_TIGHTER - VERDICT_MAXIMA - AS_SHIPPED
    assert free == {
        "live_window_s", "preview_pending_ms", "inconclusive_by_freelancer_max", "no_show_ms", "profile_questions",
        "keep_verified_ms", "keep_inconclusive_ms", "keep_aborted_ms", "keep_record_ms",
    }  # fmt: skip


def test_less_speech_does_not_count_as_having_been_heard() -> None:
    """With 0 ms every silent second would count as one in which somebody spoke."""
    with pytest.raises(PolicyInvalid, match="speech_min_ms"):
        tried("speech_min_ms", 0.0)


def test_no_shipped_test_can_be_left_out_and_none_invented() -> None:
    with pytest.raises(PolicyInvalid, match="trust"):
        tried("tests", tuple(test for test in SHIPPED_TESTS if test != "trust"))
    with pytest.raises(PolicyInvalid, match="video_blockiness"):
        tried("tests", (*SHIPPED_TESTS, "video_blockiness"))


def test_the_tests_that_are_absent_stay_named() -> None:
    with pytest.raises(PolicyInvalid, match="video_blockiness"):
        tried("absent_tests", ("read_back_after_disputed_link",))


def test_interviews_of_an_earlier_version_are_judged_by_the_tests_it_contained() -> None:
    book = PolicyBook()
    for former in FORMER:
        assert book.pinned(former.version) is former and former.version != SHIPPED.version
        assert set(former.tests) < set(SHIPPED_TESTS) and "document_still" in former.absent_tests
    assert PolicyBook(replace(SHIPPED, version="mine")).pinned("2026-11-a") is FORMER[0]


def test_a_document_may_be_required_and_never_be_unrequired() -> None:
    required = tried("document_mandatory", True)
    assert required.document_mandatory and not SHIPPED.document_mandatory


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(PolicyInvalid) as refused:
        replace(SHIPPED, min_coverage=0.5, audio_window_max=0.9)
    assert "min_coverage" in refused.value.detail and "audio_window_max" in refused.value.detail


def test_tighter_limits_pass() -> None:
    tight = replace(SHIPPED, version="tight", min_coverage=1.0, audio_window_max=0.0, face_min_fps=15.0)
    assert tight.min_coverage == 1.0


def test_a_book_knows_its_versions_and_no_others() -> None:
    tight = replace(SHIPPED, version="tight")
    book = PolicyBook(tight, (SHIPPED,))
    assert book.pinned("tight") is tight and book.pinned(SHIPPED.version) is SHIPPED
    with pytest.raises(PolicyInvalid):
        book.pinned("lost")
    assert book.promised(SHIPPED.version) is SHIPPED and book.promised("lost") is tight
