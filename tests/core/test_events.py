"""Webhook bodies: what they state, and that every one fits the model that describes it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core import failures
from verifier.core import events
from verifier.core.appeal import Appeal, AppealAnswer, AppealOutcome
from verifier.core.decision import Verdict
from verifier.core.model import (
    AppealId,
    EndCause,
    EndpointId,
    Interview,
    InterviewId,
    InterviewState,
    PersonId,
    Result,
    Role,
    Verification,
    VerificationId,
    VerificationStatus,
)
from verifier.core.verdicts import AccountEffect, AccountEffectReport, Assessment, Blame, Decision, Fault
from verifier.core.webhook import EventType
from verifier.web.api.event_models import EVENT_MODELS

T0 = 1_790_000_000_123
CASE = Verification(
    id=VerificationId("ver_1"),
    external_id="case-1",
    test=False,
    status=VerificationStatus.AWAITING_FREELANCER,
    result=Result.NONE,
    legal_name="Ana Anić",
    email="ana@example.org",
    locale="bs",
    time_zone="Europe/Sarajevo",
    policy="default",
    metadata={},
    claims=(),
    created_ms=T0,
)
CALL = Interview(
    id=InterviewId("int_1"),
    verification_id=CASE.id,
    number=1,
    interviewer_id=PersonId("per_1"),
    state=InterviewState.ENDED,
    seed=1,
    policy_version="2026-11-a",
    checklist_version="2026-11-a",
    created_ms=T0,
    end_cause=EndCause.QUALITY_ABORT,
)
BLAME = Blame(Fault.INTERVIEWER_UPLINK, 0.9, Role.INTERVIEWER)
ASSESSED = Assessment(
    CALL.id, False, False, (), (), ("media.audio_interviewer_uplink",), BLAME, 0.4, 0.5, 60, "2026-11-a"
)


def decision(result: Result) -> Decision:
    return Decision(CASE.id, 1, result, CALL.id, None, ("checklist.incomplete",), "2026-11-a", T0)


REDRESS = events.Redress("https://verify.example.org/case", 184 * 24 * 3_600_000)
FAILED = decision(Result.FAILED)
APPEAL = Appeal(AppealId("apl_1"), CASE.id, 1, 1, T0, "I moved.")
ANSWER = AppealAnswer(AppealId("apl_1"), PersonId("per_c"), AppealOutcome.OVERTURNED, T0, "You are right. " * 6)

ALL: list[tuple[EventType, events.Data]] = [
    (EventType.VERIFICATION_CREATED, events.created(CASE)),
    (EventType.INTERVIEW_STARTED, events.interview_started(CALL)),
    (EventType.INTERVIEW_INCONCLUSIVE, events.interview_inconclusive(CALL, ASSESSED, Verdict.RETRY)),
    (EventType.INTERVIEW_INCONCLUSIVE, events.interview_inconclusive(CALL, ASSESSED, Verdict.EXHAUSTED)),
    (EventType.VERIFICATION_DECIDED, events.decided(decision(Result.VERIFIED), REDRESS)),
    (EventType.VERIFICATION_DECIDED, events.decided(decision(Result.INCONCLUSIVE), REDRESS)),
    (EventType.VERIFICATION_FAILURE_PROPOSED, events.failure_proposed(failures.proposal(), REDRESS)),
    (EventType.VERIFICATION_NEW_INTERVIEW, events.new_interview(ANSWER)),
    (EventType.DECISION_SUPERSEDED, events.superseded(FAILED, decision(Result.VERIFIED), REDRESS)),
    (EventType.DECISION_SUPERSEDED, events.superseded(FAILED, decision(Result.NONE), REDRESS)),
    (EventType.APPEAL_OPENED, events.appeal_opened(APPEAL, T0 + 1)),
    (EventType.APPEAL_DECIDED, events.appeal_decided(APPEAL, ANSWER, Result.VERIFIED)),
    (EventType.VERIFICATION_REDACTED, events.redacted()),
    (EventType.VERIFICATION_CANCELLED, events.closed()),
    (EventType.VERIFICATION_EXPIRED, events.closed()),
    (
        EventType.EFFECT_MISMATCH,
        events.effect_mismatch(AccountEffectReport(CASE.id, 1, AccountEffect.SUSPEND, T0, True), Result.VERIFIED),
    ),
    (
        EventType.EFFECT_MISMATCH,
        events.effect_mismatch(AccountEffectReport(CASE.id, 1, AccountEffect.SUSPEND, T0, True), Result.FAILED),
    ),
    (EventType.EFFECT_MISMATCH, events.reinstatement_overdue(decision(Result.VERIFIED), None)),
    (
        EventType.EFFECT_MISMATCH,
        events.reinstatement_overdue(
            decision(Result.NONE), AccountEffectReport(CASE.id, 1, AccountEffect.SUSPEND, T0, False)
        ),
    ),
    *((EventType.VERIFICATION_ALTERNATIVE_ROUTE, events.alternative_route(why)) for why in events.AlternativeReason),
]


ADVERSE: list[tuple[EventType, events.Data]] = [
    (EventType.VERIFICATION_DECIDED, events.decided(FAILED, REDRESS)),
    (EventType.APPEAL_DECIDED, events.appeal_decided(APPEAL, ANSWER, Result.FAILED)),
]
"""What is told of a confirmed failure."""


def told(type_: EventType, data: events.Data, status: VerificationStatus = CASE.status) -> dict[str, Any]:
    text = events.body(type_, T0, events.common(replace(CASE, status=status), 7, data))
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@pytest.mark.parametrize("status", VerificationStatus)
@pytest.mark.parametrize(("type_", "data"), [*ALL, *ADVERSE])
def test_every_body_fits_the_model_that_describes_it(
    type_: EventType, data: events.Data, status: VerificationStatus
) -> None:
    text = events.body(type_, T0, events.common(replace(CASE, status=status), 7, data))
    EVENT_MODELS[type_].model_validate_json(text)


def test_the_test_event_fits_its_model_too() -> None:
    data = events.endpoint_test(EndpointId("end_1"), True)
    EVENT_MODELS[EventType.ENDPOINT_TEST].model_validate_json(events.body(EventType.ENDPOINT_TEST, T0, data))


@pytest.mark.parametrize(("type_", "data"), ALL)
def test_no_event_but_of_a_failure_recommends_an_action_on_the_account(type_: EventType, data: events.Data) -> None:
    assert told(type_, data)["data"]["recommended_account_effect"] in {"none", "keep_current"}
    assert told(type_, data)["data"].get("adverse", False) is False


def test_only_a_confirmed_failure_recommends_a_suspension_and_says_where_to_appeal() -> None:
    data = told(EventType.VERIFICATION_DECIDED, events.decided(FAILED, REDRESS))["data"]
    assert (data["adverse"], data["recommended_account_effect"]) == (True, "suspend")
    assert data["statement_url"] == data["appeal_url"] == REDRESS.case_url
    assert data["appeal_deadline"] == events.timestamp(T0 + REDRESS.appeal_window_ms)


def test_a_failure_that_is_taken_back_awaits_the_reinstatement() -> None:
    taken_back = events.superseded(FAILED, decision(Result.VERIFIED), REDRESS)
    assert (taken_back["superseded_result"], taken_back["awaited_account_effect"]) == ("failed", "reinstate")
    kept = events.superseded(decision(Result.INCONCLUSIVE), decision(Result.NONE), REDRESS)
    assert kept["awaited_account_effect"] is None


@pytest.mark.parametrize(("type_", "data"), [*ALL, *ADVERSE])
def test_an_open_appeal_protects_work_in_flight_whatever_the_status(type_: EventType, data: events.Data) -> None:
    for status in VerificationStatus:
        common = events.common(replace(CASE, status=status), 7, data, appealed=True)
        assert common["protect_work_in_flight"] is True


@pytest.mark.parametrize(("type_", "data"), ALL)
def test_while_a_case_is_open_every_event_protects_work_in_flight(type_: EventType, data: events.Data) -> None:
    for status in set(VerificationStatus) - events.SETTLED:
        assert told(type_, data, status)["data"]["protect_work_in_flight"] is True


@pytest.mark.parametrize(("type_", "data"), [*ALL, *ADVERSE])
def test_no_event_carries_a_token_or_what_is_private(type_: EventType, data: events.Data) -> None:
    text = json.dumps(told(type_, data), ensure_ascii=False)
    assert "#" not in text and "http" not in text.replace(REDRESS.case_url, "")
    assert CASE.email not in text and CASE.legal_name not in text


def test_decided_has_the_members_of_the_contract_in_their_order() -> None:
    names = list(told(EventType.VERIFICATION_DECIDED, events.decided(decision(Result.VERIFIED), REDRESS))["data"])
    contract = re.findall(
        r"\w+",
        "decision_version result adverse reason_codes statement_url next_action recommended_account_effect "
        "appeal_url appeal_deadline policy_version",
    )
    assert names[:3] == ["verification_id", "external_id", "sequence"]
    assert [name for name in names if name in contract] == contract


def test_the_same_event_has_the_same_bytes() -> None:
    texts = {events.body(EventType.VERIFICATION_CREATED, T0, events.created(CASE)) for _ in range(3)}
    assert texts == {
        '{"type":"verification.created","timestamp":"2026-09-21T14:13:20.123Z",'
        '"data":{"policy":"default","created_at":"2026-09-21T14:13:20.123Z"}}'
    }


@pytest.mark.parametrize(
    ("blame", "side", "different"),
    [
        (Blame(Fault.INTERVIEWER_UPLINK, 1.0, Role.INTERVIEWER), "interviewer", True),
        (Blame(Fault.SERVER, 1.0), "server", True),
        (Blame(Fault.FREELANCER_DEVICE, 1.0, Role.FREELANCER), "freelancer", False),
        (Blame(Fault.BOTH, 1.0), "both", False),
        (Blame(Fault.SOURCE, 1.0), "unclear", False),
        (Blame(Fault.UNCLEAR, 0.0), "unclear", False),
        (Blame(None, 0.0), "none", False),
    ],
)
def test_the_side_at_fault_is_named_and_ours_brings_a_different_interviewer(
    blame: Blame, side: str, different: bool
) -> None:
    data = events.interview_inconclusive(CALL, replace(ASSESSED, blame=blame), Verdict.RETRY)
    assert data["fault_side"] == side
    assert data["retry"] == {"link": "same_join_link", "different_interviewer": different}
    assert data["next_action"] == "retry"


def test_when_no_retry_is_left_none_is_promised() -> None:
    data = events.interview_inconclusive(CALL, ASSESSED, Verdict.EXHAUSTED)
    assert (data["retry"], data["next_action"]) == (None, "alternative_route")


def test_on_the_alternative_route_the_decision_points_there() -> None:
    final = events.decided(decision(Result.INCONCLUSIVE), REDRESS)
    on_it = told(EventType.VERIFICATION_DECIDED, final, VerificationStatus.ALTERNATIVE_ROUTE)
    elsewhere = told(EventType.VERIFICATION_DECIDED, final, VerificationStatus.COMPLETED)
    assert on_it["data"]["next_action"] == "alternative_route"
    assert elsewhere["data"]["next_action"] == "new_verification"


@given(st.integers(min_value=0, max_value=4_102_444_800_000), st.integers(min_value=1, max_value=10**9))
def test_times_are_rfc_3339_and_sort_as_text(at_ms: int, later_ms: int) -> None:
    first, second = events.timestamp(at_ms), events.timestamp(at_ms + later_ms)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first)
    assert first < second


def test_where_another_call_is_on_offer_nobody_is_told_to_wait() -> None:
    taken_back = events.superseded(FAILED, decision(Result.NONE), REDRESS)
    appeal = events.appeal_decided(APPEAL, ANSWER, Result.NONE)
    for type_, data in ((EventType.DECISION_SUPERSEDED, taken_back), (EventType.APPEAL_DECIDED, appeal)):
        assert told(type_, data, VerificationStatus.RETRY_OFFERED)["data"]["next_action"] == "retry"
    assert events.after_decision(Result.NONE, VerificationStatus.RETRY_OFFERED) is events.NextAction.RETRY
    assert events.after_decision(Result.NONE, VerificationStatus.COMPLETED) is events.NextAction.WAIT
