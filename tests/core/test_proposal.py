"""A proposal's state is folded from its rows: no clock runs while he was not reached, nothing ends it twice."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core import failures
from tests.core.rows import PROPERTY
from verifier.core.policy import SHIPPED
from verifier.core.proposal import (
    OPEN,
    TRANSITIONS,
    ProposalEvent,
    ProposalRecord,
    ProposalState,
    Response,
    Ruling,
    RulingOutcome,
    WindowStop,
    next_state,
)
from verifier.errors import IllegalState, InvalidInput

S, E = ProposalState, ProposalEvent
DAY_MS = 24 * failures.HOUR_MS


@pytest.mark.parametrize(("state", "event"), list(product(S, E)))
def test_what_is_not_in_the_table_is_refused(state: S, event: E) -> None:
    if (state, event) in TRANSITIONS:
        assert next_state(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(IllegalState):
            next_state(state, event)


def test_confirmed_is_reached_from_a_closed_window_alone_and_left_by_nothing() -> None:
    assert [pair for pair, after in TRANSITIONS.items() if after is S.CONFIRMED] == [(S.TO_CONFIRM, E.CONFIRMED)]
    assert not [state for state, _ in TRANSITIONS if state not in OPEN]


def test_the_way_of_an_unanswered_proposal() -> None:
    record = failures.record()
    assert record.state(failures.PROPOSED_MS) is S.NOTIFYING
    assert record.state(failures.OPENED_MS) is S.WINDOW_OPEN
    assert record.state(failures.CLOSES_MS - 1) is S.WINDOW_OPEN
    assert record.state(failures.CLOSES_MS) is S.TO_CONFIRM
    assert record.window_closed_ms == failures.CLOSES_MS


def test_an_answer_closes_the_window_at_once() -> None:
    answered = failures.answered()
    assert answered.state(failures.response().at_ms - 1) is S.WINDOW_OPEN
    assert answered.state(failures.response().at_ms) is S.TO_CONFIRM
    assert answered.window_closed_ms == failures.response().at_ms


def test_a_bounce_stops_the_clock_until_he_is_reached_and_the_next_window_is_whole() -> None:
    bounced = failures.record(stops=(WindowStop(failures.PROPOSAL, 1, failures.OPENED_MS + DAY_MS),))
    later = failures.window(number=2, opened_ms=failures.CLOSES_MS, closes_ms=failures.CLOSES_MS + 7 * DAY_MS)
    reached = replace(bounced, windows=(*bounced.windows, later))
    assert bounced.state(failures.CLOSES_MS + DAY_MS) is S.NOTIFYING
    assert bounced.window_closed_ms is None
    assert reached.state(failures.CLOSES_MS + 6 * DAY_MS) is S.WINDOW_OPEN
    assert reached.state(failures.CLOSES_MS + 7 * DAY_MS) is S.TO_CONFIRM


def test_a_window_that_opens_in_the_millisecond_in_which_another_is_stopped_is_open() -> None:
    at_ms = failures.OPENED_MS + 5
    again = failures.window(number=2, opened_ms=at_ms, closes_ms=at_ms + SHIPPED.response_window_ms)
    stop = WindowStop(failures.PROPOSAL, 1, at_ms)
    record = failures.record(windows=(failures.window(), again), stops=(stop,), views=())
    assert record.state(at_ms) is S.WINDOW_OPEN


def test_a_bounce_after_the_window_ran_out_takes_the_time_back() -> None:
    late = failures.record(stops=(WindowStop(failures.PROPOSAL, 1, failures.CLOSES_MS + DAY_MS),))
    assert late.state(failures.CLOSES_MS) is S.TO_CONFIRM
    assert late.state(failures.CLOSES_MS + DAY_MS) is S.NOTIFYING


def test_a_bounce_after_his_answer_changes_nothing() -> None:
    answered = replace(
        failures.answered(), stops=(WindowStop(failures.PROPOSAL, 1, failures.response().at_ms + DAY_MS),)
    )
    assert answered.state(failures.response().at_ms + 2 * DAY_MS) is S.TO_CONFIRM


@pytest.mark.parametrize("text", ["", "   ", "x" * 10_001])
def test_an_empty_or_endless_answer_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Response(failures.PROPOSAL, 1, text)


@pytest.mark.parametrize("text", ["", "no", " " * 50, "x" * 5_001])
def test_a_ruling_without_a_reason_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        _ruling(1, text)


def _ruling(at_ms: int, text: str = "The still shows the very same city.") -> Ruling:
    call = failures.CALL
    return Ruling("rul_1", call.verification_id, call.id, failures.B, RulingOutcome.NEW_INTERVIEW, at_ms, text)


_OFFSETS = st.integers(0, 40).map(lambda days: failures.PROPOSED_MS + days * DAY_MS)


@st.composite
def _records(draw: Any) -> ProposalRecord:
    windows, stops, at_ms = [], [], failures.PROPOSED_MS
    for number in range(1, draw(st.integers(0, 3)) + 1):
        at_ms += draw(st.integers(0, 5)) * DAY_MS
        windows.append(failures.window(number=number, opened_ms=at_ms, closes_ms=at_ms + 7 * DAY_MS))
        if draw(st.booleans()):
            at_ms += draw(st.integers(0, 9)) * DAY_MS
            stops.append(WindowStop(failures.PROPOSAL, number, at_ms))
    response = failures.response(at_ms=draw(_OFFSETS)) if windows and draw(st.booleans()) else None
    ruling = _ruling(draw(_OFFSETS)) if draw(st.booleans()) else None
    return failures.record(windows=tuple(windows), stops=tuple(stops), response=response, ruling=ruling)


@given(_records(), _OFFSETS)
@PROPERTY
def test_nobody_can_confirm_unless_he_answered_or_had_a_whole_window(record: ProposalRecord, now_ms: int) -> None:
    if record.state(now_ms) is S.TO_CONFIRM:
        answered = record.response is not None and record.response.at_ms <= now_ms
        stopped = {stop.number for stop in record.stops if stop.at_ms <= now_ms}
        whole = any(window.closes_ms <= now_ms and window.number not in stopped for window in record.windows)
        assert answered or whole


@given(_records(), _OFFSETS, st.integers(0, 20))
@PROPERTY
def test_what_has_ended_stays_ended(record: ProposalRecord, now_ms: int, days: int) -> None:
    if record.state(now_ms) not in OPEN:
        assert record.state(now_ms + days * DAY_MS) is record.state(now_ms)
