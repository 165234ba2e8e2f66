"""However a call is damaged, ``confirm`` never returns: properties over everything that tests/core/rows can damage.

Everything else holds in every example: the proposal is whole, its window closed, its evidence watched by the right
person. Only the call differs, so nothing but the call can be what refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core import failures
from tests.core.interviews import FIRST_S, RUN_S, SECONDS, call
from tests.core.rows import T0, VERDICT_PROPERTY, Call, cant_hear, telemetry
from verifier.core.failure import Failed, confirm
from verifier.core.model import Flag, FlagId, FlagKind, Role
from verifier.errors import IllegalState

Damage: TypeAlias = Callable[[Call], Any]

ASKED_S = FIRST_S + 2 * RUN_S
"""Live second in which the contradicted asking begins; it ends ``RUN_S`` - 1 seconds later."""
BEGIN, END = ASKED_S - 1, ASKED_S + RUN_S
"""Its window with the second before and after it."""

roles = st.sampled_from(list(Role))
shares = st.floats(0.25, 1.0)
stretches = st.tuples(st.integers(0, SECONDS - 1), st.integers(1, SECONDS)).map(lambda it: (it[0], it[0] + it[1]))


def loss(role: Role, up: bool, begin: int, end: int, share: float) -> Damage:
    return lambda it: (it.uplink_loss if up else it.downlink_loss)(role, begin, end, share)


def damages(where: st.SearchStrategy[tuple[int, int]]) -> st.SearchStrategy[Damage]:
    """One damage of the link, the source or the figures over a stretch from ``where``."""
    return st.one_of(
        st.builds(lambda who, up, at, share: loss(who, up, *at, share), roles, st.booleans(), where, shares),
        st.builds(lambda who, at: lambda it: it.outage(who, *at), roles, where),
        st.builds(lambda who, at: lambda it: it.silence(who, *at), roles, where),
        st.builds(lambda who, at: lambda it: it.mute(who, *at), roles, where),
        st.builds(lambda who, at: lambda it: it.withhold(who, *at), roles, where),
        st.builds(lambda who, at: lambda it: it.reconnect(who, at[0], min(at[1], SECONDS)), roles, where),
        st.builds(lambda who, at: lambda it: it.set(who, *at, server_row=False), roles, where),
    )


anywhere = damages(stretches)
upon_the_asking = damages(st.just((BEGIN, END)))
reported = st.one_of(
    st.builds(cant_hear, st.floats(ASKED_S, ASKED_S + RUN_S - 1), roles),
    st.builds(telemetry, st.floats(0, SECONDS)),
)
"""Flags after which nothing that was asked then, or at all, counts."""


def tried(damaged: Sequence[Damage], flags: tuple[Flag, ...] = ()) -> Failed:
    """The failure of the call after these damages."""
    built = call()
    for damage in damaged:
        damage(built)
    return confirm(failures.scene(built.rows(), flags), failures.record(), failures.reviewer(), failures.DECIDED_MS)


def refused(damaged: Sequence[Damage], flags: tuple[Flag, ...] = ()) -> bool:
    try:
        tried(damaged, flags)
    except IllegalState:
        return True
    return False


def test_without_damage_the_failure_is_there() -> None:
    assert tried([]).confirmer_id == failures.B


@VERDICT_PROPERTY
@given(upon_the_asking, st.lists(anywhere, max_size=3))
def test_i1_no_call_whose_contradicted_asking_was_damaged_is_ever_failed(upon: Damage, more: list[Damage]) -> None:
    with pytest.raises(IllegalState):
        tried([upon, *more])


@VERDICT_PROPERTY
@given(reported, st.lists(anywhere, max_size=3))
def test_i1_no_call_in_which_somebody_could_not_hear_or_figures_were_disputed_is_ever_failed(
    flag: Flag, more: list[Damage]
) -> None:
    with pytest.raises(IllegalState):
        tried(more, (flag,))


@VERDICT_PROPERTY
@given(st.lists(anywhere, min_size=1, max_size=2), st.lists(anywhere, min_size=1, max_size=2))
def test_making_a_call_worse_never_moves_it_to_failed(bad: list[Damage], worse: list[Damage]) -> None:
    if refused(bad):
        assert refused([*bad, *worse])


@VERDICT_PROPERTY
@given(st.lists(anywhere, max_size=2), st.floats(0, SECONDS))
def test_a_fraud_flag_opens_no_way_that_was_closed(damaged: list[Damage], at_s: float) -> None:
    flag = Flag(FlagId("fl_f"), failures.CALL.id, FlagKind.FRAUD, T0 + round(1_000 * at_s), Role.INTERVIEWER, "a mask")
    assert refused(damaged, (flag,)) is refused(damaged)
