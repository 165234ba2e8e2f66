"""States of a call: the table is the whole truth, the end is final."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.rows import PROPERTY
from verifier.core.interview import CONVERSATION_STATES, TRANSITIONS, InterviewEvent, accepts, next_state
from verifier.core.model import InterviewState
from verifier.errors import IllegalState


@pytest.mark.parametrize(("state", "event"), list(product(InterviewState, InterviewEvent)))
def test_what_is_not_in_the_table_is_refused(state: InterviewState, event: InterviewEvent) -> None:
    assert accepts(state, event) is ((state, event) in TRANSITIONS)
    if accepts(state, event):
        assert next_state(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(IllegalState):
            next_state(state, event)


def test_every_state_but_the_end_can_end_and_the_end_is_final() -> None:
    assert {state for state, event in TRANSITIONS if event is InterviewEvent.ENDED} == set(InterviewState) - {
        InterviewState.ENDED
    }
    assert not any(state is InterviewState.ENDED for state, _ in TRANSITIONS)


@given(st.lists(st.sampled_from(InterviewEvent)))
@PROPERTY
def test_nobody_converses_before_both_legs_were_connected(events: list[InterviewEvent]) -> None:
    state, both = InterviewState.CREATED, False
    for event in events:
        if accepts(state, event):
            state, both = next_state(state, event), both or event is InterviewEvent.BOTH_LEGS_CONNECTED
        assert state not in CONVERSATION_STATES or both
