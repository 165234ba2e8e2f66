"""States of one call as a table. One rule: what is not in the table is refused and changes nothing.

An interview is created when an interviewer takes the call; it ends once, with a cause, and never comes back. Called
by service/interviewing.
"""

from __future__ import annotations

from enum import StrEnum

from verifier.core.model import InterviewState
from verifier.errors import IllegalState

_S = InterviewState


class InterviewEvent(StrEnum):
    """What can happen to a call."""

    OFFERED = "offered"
    ONE_LEG_CONNECTED = "one_leg_connected"
    BOTH_LEGS_CONNECTED = "both_legs_connected"
    DEGRADED = "degraded"
    RECOVERED = "recovered"
    LEG_LOST = "leg_lost"
    ENDED = "ended"


_E = InterviewEvent

TRANSITIONS: dict[tuple[InterviewState, InterviewEvent], InterviewState] = {
    (_S.CREATED, _E.OFFERED): _S.PREFLIGHT,
    (_S.PREFLIGHT, _E.ONE_LEG_CONNECTED): _S.WAITING,
    (_S.PREFLIGHT, _E.BOTH_LEGS_CONNECTED): _S.LIVE,
    (_S.WAITING, _E.BOTH_LEGS_CONNECTED): _S.LIVE,
    (_S.WAITING, _E.LEG_LOST): _S.PREFLIGHT,
    (_S.LIVE, _E.DEGRADED): _S.IMPAIRED,
    (_S.IMPAIRED, _E.RECOVERED): _S.LIVE,
    (_S.LIVE, _E.LEG_LOST): _S.RECONNECTING,
    (_S.IMPAIRED, _E.LEG_LOST): _S.RECONNECTING,
    (_S.RECONNECTING, _E.BOTH_LEGS_CONNECTED): _S.LIVE,
    **{(state, _E.ENDED): _S.ENDED for state in _S if state is not _S.ENDED},
}

CONVERSATION_STATES = frozenset({_S.LIVE, _S.IMPAIRED, _S.RECONNECTING})
"""States in which runs, answers and flags are accepted."""


def next_state(state: InterviewState, event: InterviewEvent) -> InterviewState:
    """The state after ``event``.

    Raises:
        IllegalState: the table has no such event in this state.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalState(f"An interview that is {state} cannot be {event}.") from None


def accepts(state: InterviewState, event: InterviewEvent) -> bool:
    """Whether the table contains ``event`` in ``state``."""
    return (state, event) in TRANSITIONS
