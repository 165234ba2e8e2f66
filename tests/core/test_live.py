"""What both people see while they talk."""

from __future__ import annotations

import pytest

from tests.core.rows import T0, Call, F, I
from verifier.core.live import FourIndicators, Indicators, Word, indicators
from verifier.core.model import Role
from verifier.core.policy import SHIPPED
from verifier.core.samples import InterviewRows
from verifier.core.verdicts import Fault

FINE = FourIndicators(Word.GOOD, Word.GOOD, Word.GOOD, Word.GOOD)


def live(call: Call, now_s: float = 30) -> Indicators:
    """At a moment, from the rows of the last fifteen seconds that have come by then."""
    rows, now = call.rows(), T0 + round(1_000 * now_s)
    recent = InterviewRows(
        tuple(row for row in rows.server if now - 15_000 <= row.at_ms <= now),
        tuple(row for row in rows.browser if now - 15_000 <= row.received_ms <= now),
        (),
    )
    return indicators(recent, now, SHIPPED)


@pytest.mark.parametrize("now", [12, 20.3, 30.7, 40.99])
def test_a_clean_call_is_good_for_both_at_every_moment(now: float) -> None:
    view = live(Call(), now)
    assert view.of(F) == view.of(I) == FINE
    assert view.blame.fault is None


def test_silence_is_no_fault() -> None:
    assert live(Call().silence(F, 0, 60).silence(I, 0, 60)).of(F) == FINE


def test_both_see_the_same_direction_from_their_own_end() -> None:
    view = live(Call().uplink_loss(F, 20, 40, 0.4))
    assert view.of(F).heard is Word.POOR and view.of(I).hear is Word.POOR
    assert view.of(F).hear is Word.GOOD and view.of(I).heard is Word.GOOD
    assert (view.blame.fault, view.blame.side) == (Fault.FREELANCER_UPLINK, F)


@pytest.mark.parametrize("role", Role)
def test_a_weak_link_is_named_for_the_banner(role: Role) -> None:
    view = live(Call().uplink_loss(role, 20, 40, 0.4).downlink_loss(role, 20, 40, 0.4))
    assert view.blame.side is role


def test_nothing_measured_is_unknown_not_good() -> None:
    view = indicators(InterviewRows((), (), ()), T0, SHIPPED)
    assert view.of(F) == FourIndicators(*[Word.UNKNOWN] * 4)


def test_missing_rows_of_one_browser_are_unknown() -> None:
    assert live(Call().withhold(I, 18, 40)).of(I).hear is Word.UNKNOWN


def test_one_measured_second_is_too_little_for_a_word() -> None:
    assert live(Call().set(F, 25, 28, server_row=False)).of(I).hear is Word.UNKNOWN


def test_one_rough_second_does_not_make_the_word_poor() -> None:
    assert live(Call().set(I, 25, 26, fps_cap=10.0)).of(I).see is not Word.POOR
