"""States of a notice, the retry schedule, and tags that nobody can make up."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.core.model import NoticeId, VerificationId
from verifier.core.notice import (
    ANSWER_CHARACTERS,
    JITTER_SHARE,
    RETRY_DELAYS_S,
    TRANSITIONS,
    Notice,
    NoticeEvent,
    NoticeKind,
    NoticeState,
    Outcome,
    RecipientKind,
    Reply,
    after_attempt,
    next_state,
    tag,
    tagged,
)
from verifier.errors import IllegalState

KEY = b"k" * 32
ID = NoticeId("ntc_" + "a" * 26)
NOTICE = Notice(
    ID, VerificationId("ver_1"), NoticeKind.FAILURE_PROPOSED, "pro_1", RecipientKind.FREELANCER, None, 1_000
)
UNDELIVERED_FOR_NOW = (
    Outcome.BUSY,
    Outcome.UNREACHABLE,
    Outcome.TIMED_OUT,
    Outcome.UNTRUSTED,
    Outcome.NOT_LET_IN,
    Outcome.OUR_FAULT,
)
IDS = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=26, max_size=26).map(lambda text: NoticeId(f"ntc_{text}"))


def after(notice: Notice, *outcomes: Outcome) -> Notice:
    for outcome in outcomes:
        notice, _ = after_attempt(notice, Reply(outcome), 5_000, 0)
    return notice


@pytest.mark.parametrize(("state", "event"), list(product(NoticeState, NoticeEvent)))
def test_what_is_not_in_the_table_is_refused(state: NoticeState, event: NoticeEvent) -> None:
    if (state, event) in TRANSITIONS:
        assert next_state(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(IllegalState):
            next_state(state, event)


def test_only_a_servers_answer_makes_a_notice_accepted() -> None:
    into = {(state, event) for (state, event), then in TRANSITIONS.items() if then is NoticeState.ACCEPTED}
    assert into == {(NoticeState.QUEUED, NoticeEvent.ACCEPTED)}
    accepting = {outcome for outcome in Outcome if after(NOTICE, outcome).state is NoticeState.ACCEPTED}
    assert accepting == {Outcome.ACCEPTED}
    assert after(NOTICE, Outcome.FILED).state is NoticeState.FILED


def test_nothing_leads_out_of_bounced_filed_and_withdrawn() -> None:
    for state in (NoticeState.BOUNCED, NoticeState.FILED, NoticeState.WITHDRAWN):
        assert {then for (start, _), then in TRANSITIONS.items() if start is state} <= {state}


def test_a_return_bounces_what_was_accepted_given_up_or_still_queued() -> None:
    for before in ((), (Outcome.ACCEPTED,), (Outcome.NO_ADDRESS,), (Outcome.BUSY,)):
        assert after(NOTICE, *before, Outcome.RETURNED).state is NoticeState.BOUNCED
    with pytest.raises(IllegalState):
        after(NOTICE, Outcome.FILED, Outcome.RETURNED)


@pytest.mark.parametrize("late", [Outcome.ACCEPTED, Outcome.REFUSED, Outcome.NO_ADDRESS, *UNDELIVERED_FOR_NOW])
def test_a_return_that_overtakes_the_record_of_its_attempt_stands(late: Outcome) -> None:
    assert after(NOTICE, Outcome.RETURNED, late).state is NoticeState.BOUNCED


@pytest.mark.parametrize("outcome", UNDELIVERED_FOR_NOW)
def test_what_was_not_refused_for_good_is_tried_again_until_the_attempts_are_used(outcome: Outcome) -> None:
    states = []
    notice = NOTICE
    for _ in RETRY_DELAYS_S:
        notice = after(notice, outcome)
        states.append(notice.state)
    assert states == [NoticeState.QUEUED] * (len(RETRY_DELAYS_S) - 1) + [NoticeState.FAILED]


def test_a_server_has_between_four_and_five_days() -> None:
    assert 4 * 86_400 <= sum(RETRY_DELAYS_S) <= sum(RETRY_DELAYS_S) * (1 + JITTER_SHARE) <= 5 * 86_400
    assert list(RETRY_DELAYS_S) == sorted(RETRY_DELAYS_S)


@given(st.integers(0, len(RETRY_DELAYS_S) - 2), st.integers(0, 2**45), st.floats(0, 1))
def test_the_delay_is_the_schedule_and_at_most_a_tenth_more(made: int, at_ms: int, jitter: float) -> None:
    notice, attempt = after_attempt(replace(NOTICE, attempts=made), Reply(Outcome.BUSY, "451"), at_ms, jitter)
    scheduled_ms = RETRY_DELAYS_S[made + 1] * 1_000
    assert scheduled_ms <= notice.next_attempt_ms - at_ms <= scheduled_ms * (1 + JITTER_SHARE) + 1
    assert (attempt.number, notice.attempts) == (made + 1, made + 1)


def test_the_history_keeps_the_answer_but_not_all_of_a_long_one() -> None:
    _, attempt = after_attempt(NOTICE, Reply(Outcome.ACCEPTED, "250", "x" * 9_999), 7_000, 0.5)
    assert (attempt.at_ms, attempt.code, attempt.outcome) == (7_000, "250", Outcome.ACCEPTED)
    assert attempt.answer == "x" * ANSWER_CHARACTERS


@given(IDS, st.binary(min_size=32, max_size=32))
def test_a_tag_names_its_notice_wherever_it_stands_and_in_capitals(id_: NoticeId, key: bytes) -> None:
    made = tag(id_, key)
    assert len(f"{'b' * 16}+{made}") <= 64
    for text in (made, f"<bounces+{made}@example.org>", f"rfc822; BOUNCES+{made.upper()}@EXAMPLE.ORG"):
        assert tagged(text, [key]) == (True, id_)


@given(IDS, IDS, st.integers(0, 15))
def test_a_tag_that_was_changed_or_made_with_another_key_names_nothing(
    id_: NoticeId, other: NoticeId, place: int
) -> None:
    made = tag(id_, KEY)
    begin, mac = made.split(".")
    changed = f"{begin}.{mac[:place]}{'a' if mac[place] != 'a' else 'b'}{mac[place + 1 :]}"
    assert tagged(changed, [KEY]) == (True, None)
    assert tagged(made, [b"o" * 32]) == (True, None)
    if other != id_:
        assert tagged(f"{other}.{mac}", [KEY]) == (True, None)


def test_a_text_without_a_tag_is_not_about_us() -> None:
    for text in ("", "bounces@example.org", f"{ID}", f"{ID}.", "ntc_short.abcdefghijklmnop"):
        assert tagged(text, [KEY]) == (False, None)


def test_a_forged_tag_before_a_genuine_one_does_not_hide_it() -> None:
    assert tagged(f"{ID}.{'a' * 16} {tag(ID, KEY)}", [KEY]) == (True, ID)
