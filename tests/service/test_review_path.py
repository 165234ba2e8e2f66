"""The path to failed through the services, over both stores: it exists, and every door of it refuses what it must."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contract.failed_case import CALL, CASE
from tests.core import failures
from tests.fakes import FakeUnits
from tests.service.review_stage import INTERVIEWER, REASON, A, B, ReviewStage, staged, written
from verifier.core.chain import broken_at
from verifier.core.model import (
    FlagId,
    InterviewId,
    PersonId,
    ProposalId,
    Result,
    RunId,
    StaffRole,
    StillId,
    VerificationStatus,
)
from verifier.core.policy import SHIPPED, PolicyBook
from verifier.core.principal import STEP_UP_MS
from verifier.core.proposal import ProposalState, RulingOutcome
from verifier.core.statement import Ground
from verifier.core.webhook import EventType
from verifier.errors import (
    Conflict,
    IllegalState,
    InvalidInput,
    NotAllowed,
    NotFound,
    RecordsDiffer,
    SecondFactorNeeded,
)
from verifier.ports.credentials import ConflictOfInterest
from verifier.service.auditing import Auditing, Difference


@pytest.fixture(params=["fake", "sqlite"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ReviewStage]:
    async with staged(request.param, tmp_path) as built:
        yield built


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[ReviewStage]:
    async with staged("fake", tmp_path) as built:
        yield built


async def confirm(stage: ReviewStage, id_: ProposalId, by: PersonId = B, seen: str | None = None) -> None:
    seen = await stage.standing() if seen is None else seen
    await stage.confirming.confirm(await stage.who(by), id_, seen)


# ---------------------------------------------------------------- the path


async def test_a_failure_is_proposed_answered_watched_and_confirmed(stage: ReviewStage) -> None:
    proposal = await stage.propose()
    assert (await stage.case()).status is VerificationStatus.AWAITING_RESPONSE
    assert await stage.notices() == [("failure_proposed", proposal.id)]
    told = json.loads((await stage.events())[-1].body)
    assert told["type"] == "verification.failure_proposed"
    assert (told["data"]["recommended_account_effect"], told["data"]["protect_work_in_flight"]) == (
        "keep_current",
        True,
    )
    stage.clock.advance(minutes=1)
    await stage.delivered()
    stage.clock.advance(hours=1)
    await stage.answered(proposal.id)
    await stage.watched(proposal.id)
    await confirm(stage, proposal.id)
    (decided,) = await stage.decisions()
    assert (decided.result, decided.decided_by, decided.proposal_id) == (Result.FAILED, B, proposal.id)
    case = await stage.case()
    assert (case.status, case.result) == (VerificationStatus.COMPLETED, Result.FAILED)
    last = json.loads((await stage.events())[-1].body)
    assert (last["type"], last["data"]["result"]) == ("verification.decided", "failed")
    assert ("decided", "1") in await stage.notices()
    chain = await stage.chain()
    assert broken_at(chain) is None
    actions = [entry.action for entry in chain if entry.action != "platform.told"]
    assert actions == [
        "failure.proposed",
        "proposal.shown",
        "response.window_opened",
        "response.given",
        "evidence.read",
        "evidence.watched",
        "decision.made",
    ]
    assert "Zagreb" not in json.dumps([dict(entry.facts) for entry in chain]), "the chain holds digests, no words"


async def test_a_window_that_ran_out_unanswered_can_be_confirmed_too(stage: ReviewStage) -> None:
    proposal = await stage.propose()
    await stage.delivered()
    stage.clock.advance(ms=SHIPPED.response_window_ms + 1)
    assert (await stage.case()).status is VerificationStatus.AWAITING_RESPONSE
    await stage.watched(proposal.id)
    await confirm(stage, proposal.id)
    assert (await stage.case()).result is Result.FAILED
    assert "response.window_elapsed" in [entry.action for entry in await stage.chain()]


@pytest.mark.parametrize(
    ("outcome", "status", "result", "event"),
    [
        (RulingOutcome.VERIFIED, VerificationStatus.COMPLETED, Result.VERIFIED, EventType.VERIFICATION_DECIDED),
        (
            RulingOutcome.NEW_INTERVIEW,
            VerificationStatus.RETRY_OFFERED,
            Result.NONE,
            EventType.VERIFICATION_NEW_INTERVIEW,
        ),
        (
            RulingOutcome.ALTERNATIVE_ROUTE,
            VerificationStatus.ALTERNATIVE_ROUTE,
            Result.NONE,
            EventType.VERIFICATION_ALTERNATIVE_ROUTE,
        ),
    ],
)
async def test_a_proposal_is_rejected_at_any_time_with_a_reason(
    stage: ReviewStage, outcome: RulingOutcome, status: VerificationStatus, result: Result, event: EventType
) -> None:
    proposal = await stage.propose()
    await stage.confirming.reject(await stage.who(B), proposal.id, outcome, REASON, await stage.standing())
    case = await stage.case()
    assert (case.status, case.result) == (status, result)
    assert (await stage.events())[-1].type is event
    assert ("proposal_rejected", proposal.id) in await stage.notices()
    assert "ruled" not in dict(await stage.notices())
    ruling = (await stage.record(proposal.id)).ruling
    assert ruling and (ruling.outcome, ruling.person_id, ruling.text) == (outcome, B, REASON)
    assert [each.action for each in await stage.chain() if each.action == "failure.rejected"]


@pytest.mark.parametrize("outcome", list(RulingOutcome))
async def test_a_reviewer_rules_on_a_contradicted_call_without_proposing(
    stage: ReviewStage, outcome: RulingOutcome
) -> None:
    await stage.rulings.rule(await stage.who(A), CALL, outcome, REASON, await stage.standing())
    case = await stage.case()
    assert case.result is (Result.VERIFIED if outcome is RulingOutcome.VERIFIED else Result.NONE)
    async with stage.units(read_only=True) as unit:
        (ruling,) = await unit.rulings.of_verification(case.id)
    told = ("decided", "1") if outcome is RulingOutcome.VERIFIED else ("ruled", ruling.id)
    assert await stage.notices() == [told], "the freelancer is told once, and of each outcome"
    with pytest.raises(IllegalState):
        await stage.propose(B)


async def test_after_a_rejection_another_call_can_be_proposed_upon_but_never_this_one(memory: ReviewStage) -> None:
    proposal = await memory.propose()
    await memory.confirming.reject(
        await memory.who(B), proposal.id, RulingOutcome.NEW_INTERVIEW, REASON, await memory.standing()
    )
    with pytest.raises(IllegalState, match="not in review"):
        await memory.propose()


# ---------------------------------------------------------------- I1: the evidence


async def test_i1_nothing_is_proposed_when_the_stored_verdict_does_not_follow_from_the_rows() -> None:
    stage = ReviewStage(FakeUnits())
    lost = failures.call().uplink_loss(failures.ROWS.server[0].leg, 30, 60, 0.5).rows()
    await stage.fill(lost)
    with pytest.raises(RecordsDiffer):
        await stage.standing()
    with pytest.raises(RecordsDiffer):
        await stage.propose(seen="0")


async def test_i1_without_a_still_that_can_be_shown_nothing_is_proposed(stage: ReviewStage) -> None:
    async with stage.units() as unit:
        await unit.evidence_keys.destroy(CALL, stage.clock.now_ms())
    with pytest.raises(IllegalState, match="still"):
        await stage.propose()


async def test_i1_a_still_that_is_erased_in_the_same_millisecond_was_there_when_cited(
    memory: ReviewStage,
) -> None:
    await memory.propose()
    async with memory.units() as unit:
        await unit.evidence_keys.destroy(CALL, memory.clock.now_ms())
    found = [one.what async for one in Auditing(memory.units, PolicyBook()).audit() if isinstance(one, Difference)]
    assert [what for what in found if "rules forbid" in what] == []


async def test_i1_evidence_that_was_erased_meanwhile_confirms_nothing(stage: ReviewStage) -> None:
    proposal = await stage.ready()
    async with stage.units() as unit:
        await unit.evidence_keys.destroy(CALL, stage.clock.now_ms())
    before = await stage.snapshot()
    with pytest.raises(IllegalState, match="still"):
        await confirm(stage, proposal.id)
    assert await stage.snapshot() == before


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"run_id": RunId("run_of_another_case")}, "/facts/0/run_id"),
        ({"run_id": RunId("run_face.present_1")}, "/facts/0/run_id"),
        ({"still_id": StillId("")}, "/facts/0/still_id"),
        ({"still_id": StillId("stl_of_another_case")}, "/facts/0/still_id"),
        ({"from_ms": failures.ASKED.started_ms - 60_000}, "/facts/0/from_ms"),
        ({"to_ms": failures.ASKED.started_ms}, "/facts/0/to_ms"),
        ({"text": "too short"}, "/facts/0/text"),
    ],
)
async def test_i3_a_fact_without_all_of_its_evidence_is_refused_by_name(
    memory: ReviewStage, other: dict[str, object], field: str
) -> None:
    before = await memory.snapshot()
    with pytest.raises((IllegalState, InvalidInput)) as refused:
        await memory.propose(A, written(**other))
    assert refused.value.field == field
    assert await memory.snapshot() == before


async def test_i3_a_statement_without_a_fact_or_with_a_ground_that_does_not_fit_is_refused(
    memory: ReviewStage,
) -> None:
    who, seen = await memory.who(A), await memory.standing()
    with pytest.raises(InvalidInput) as refused:
        await memory.proposing.propose(who, CALL, Ground.IDENTITY_CONTRADICTED, (), seen)
    assert refused.value.field == "/facts"
    with pytest.raises(IllegalState) as unfit:
        await memory.propose(ground=Ground.INJECTED_VIDEO)
    assert unfit.value.field == "/ground"


# ---------------------------------------------------------------- I2: the people


async def test_i2_the_interviewer_proposes_confirms_and_rules_nothing_even_with_every_role(stage: ReviewStage) -> None:
    who = await stage.who(INTERVIEWER)
    await stage.changed(who, roles=frozenset(StaffRole))
    async with stage.units() as unit:
        await unit.trainings.add(failures.training(INTERVIEWER, StaffRole.REVIEWER))
    with pytest.raises(NotAllowed, match="held this interview"):
        await stage.propose(INTERVIEWER)
    with pytest.raises(NotAllowed, match="held this interview"):
        await stage.rulings.rule(who, CALL, RulingOutcome.VERIFIED, REASON, await stage.standing())
    proposal = await stage.ready()
    with pytest.raises(NotAllowed, match="held this interview"):
        await confirm(stage, proposal.id, INTERVIEWER)
    with pytest.raises(NotAllowed, match="held this interview"):
        await stage.watching.begin(who, proposal.id, 1)


async def test_i2_the_proposer_neither_watches_confirms_nor_rejects(stage: ReviewStage) -> None:
    proposal = await stage.ready()
    who, before = await stage.who(A), await stage.snapshot()
    with pytest.raises(NotAllowed, match="made this proposal"):
        await confirm(stage, proposal.id, A)
    with pytest.raises(NotAllowed, match="made this proposal"):
        await stage.confirming.reject(who, proposal.id, RulingOutcome.VERIFIED, REASON, await stage.standing())
    await stage.opened(A)
    with pytest.raises(NotAllowed, match="made this proposal"):
        await stage.watching.begin(who, proposal.id, 1)
    assert (await stage.snapshot())[:3] == before[:3]


@pytest.mark.parametrize("role", [StaffRole.INTERVIEWER, StaffRole.APPEAL_REVIEWER, StaffRole.ADMINISTRATOR])
async def test_i2_no_other_role_proposes_confirms_rejects_rules_or_resolves(
    memory: ReviewStage, role: StaffRole
) -> None:
    flag = await memory.fraud_flag()
    who = await memory.another("per_other", role)
    seen = await memory.standing()
    with pytest.raises(NotAllowed):
        await memory.proposing.propose(who, CALL, Ground.IDENTITY_CONTRADICTED, (written(),), seen)
    with pytest.raises(NotAllowed):
        await memory.rulings.rule(who, CALL, RulingOutcome.VERIFIED, REASON, seen)
    with pytest.raises(NotAllowed):
        await memory.rulings.resolve(who, CALL, flag, REASON, seen)
    proposal = await memory.ready()
    with pytest.raises(NotAllowed):
        await confirm(memory, proposal.id, who.person.id)
    with pytest.raises(NotAllowed):
        await memory.confirming.reject(who, proposal.id, RulingOutcome.NEW_INTERVIEW, REASON, await memory.standing())
    with pytest.raises(NotAllowed):
        await memory.watching.begin(who, proposal.id, 1)


async def test_i2_who_was_never_trained_or_not_any_more_does_nothing(memory: ReviewStage) -> None:
    proposal = await memory.ready()
    new = await memory.another("per_new", StaffRole.REVIEWER, trained=False)
    with pytest.raises(NotAllowed, match="training"):
        await confirm(memory, proposal.id, new.person.id)
    old = await memory.another("per_old", StaffRole.REVIEWER, trained=False)
    async with memory.units() as unit:
        ended = failures.training(old.person.id, StaffRole.REVIEWER, valid_until_ms=memory.clock.now_ms() - 1)
        await unit.trainings.add(ended)
    with pytest.raises(NotAllowed, match="training"):
        await confirm(memory, proposal.id, old.person.id)


async def test_i2_a_role_that_was_taken_away_while_signed_in_counts_no_more(stage: ReviewStage) -> None:
    proposal = await stage.ready()
    who, seen = await stage.who(B), await stage.standing()
    await stage.changed(who, roles=frozenset())
    with pytest.raises(NotAllowed):
        await stage.confirming.confirm(who, proposal.id, seen)
    await stage.changed(who, roles=who.person.roles, disabled_ms=stage.clock.now_ms())
    with pytest.raises(NotAllowed):
        await stage.confirming.confirm(who, proposal.id, seen)
    assert await stage.decisions() == ()


async def test_i2_who_declared_a_conflict_of_interest_does_nothing(stage: ReviewStage) -> None:
    proposal = await stage.ready()
    async with stage.units() as unit:
        await unit.conflicts.add(ConflictOfInterest(CASE, B, stage.clock.now_ms()))
    with pytest.raises(NotAllowed, match="conflict of interest"):
        await confirm(stage, proposal.id)


async def test_i2_what_may_end_a_case_needs_a_recent_one_time_code(memory: ReviewStage) -> None:
    proposal = await memory.ready()
    long_ago = memory.clock.now_ms() - STEP_UP_MS - 1
    who, seen = replace(await memory.who(B), second_factor_ms=long_ago), await memory.standing()
    facts = (written(),)
    for act in (
        memory.proposing.propose(who, CALL, Ground.IDENTITY_CONTRADICTED, facts, seen),
        memory.confirming.confirm(who, proposal.id, seen),
        memory.confirming.reject(who, proposal.id, RulingOutcome.VERIFIED, REASON, seen),
        memory.rulings.rule(who, CALL, RulingOutcome.VERIFIED, REASON, seen),
    ):
        with pytest.raises(SecondFactorNeeded):
            await act
    await memory.confirming.confirm(replace(who, second_factor_ms=long_ago + 2), proposal.id, seen)


# ---------------------------------------------------------------- I4: the window and the evidence that was opened


async def test_i4_nothing_is_confirmed_before_the_freelancer_was_reached_or_while_he_may_answer(
    stage: ReviewStage,
) -> None:
    proposal = await stage.propose()
    await stage.watched(proposal.id)
    with pytest.raises(IllegalState, match="can still answer"):
        await confirm(stage, proposal.id)
    await stage.delivered()
    stage.clock.advance(ms=SHIPPED.response_window_ms - 1)
    with pytest.raises(IllegalState, match="can still answer"):
        await confirm(stage, proposal.id)
    assert await stage.decisions() == ()
    stage.clock.advance(ms=1)
    await confirm(stage, proposal.id)


async def test_i4_nothing_is_confirmed_whose_evidence_was_not_watched_by_this_person(stage: ReviewStage) -> None:
    proposal = await stage.propose()
    await stage.delivered()
    await stage.answered(proposal.id)
    other = await stage.another("per_d", StaffRole.REVIEWER)
    await stage.watched(proposal.id, other.person.id)
    with pytest.raises(IllegalState, match="Watch"):
        await confirm(stage, proposal.id)


# ---------------------------------------------------------------- stale pages, double submits, two at once


async def test_a_page_that_is_older_than_the_case_changes_nothing(stage: ReviewStage) -> None:
    seen = await stage.standing()
    proposal = await stage.propose(seen=seen)
    before = await stage.snapshot()
    for again in (A, B):
        with pytest.raises(Conflict, match="after you opened the page"):
            await stage.propose(again, seen=seen)
    with pytest.raises(Conflict):
        await stage.rulings.rule(await stage.who(B), CALL, RulingOutcome.VERIFIED, REASON, seen)
    assert await stage.snapshot() == before
    await stage.delivered()
    unanswered = await stage.standing()
    await stage.answered(proposal.id)
    await stage.watched(proposal.id)
    with pytest.raises(Conflict):
        await confirm(stage, proposal.id, seen=unanswered)


async def test_a_second_proposal_waits_for_the_first_one(stage: ReviewStage) -> None:
    await stage.propose()
    with pytest.raises(IllegalState, match="proposed already"):
        await stage.propose(B)
    with pytest.raises(IllegalState, match="proposed already"):
        await stage.rulings.rule(await stage.who(B), CALL, RulingOutcome.VERIFIED, REASON, await stage.standing())


async def test_of_two_deciders_at_once_exactly_one_decides(stage: ReviewStage) -> None:
    proposal = await stage.ready()
    other = await stage.another("per_d", StaffRole.REVIEWER)
    seen = await stage.standing()
    both = await asyncio.gather(
        stage.confirming.confirm(await stage.who(B), proposal.id, seen),
        stage.confirming.reject(other, proposal.id, RulingOutcome.VERIFIED, REASON, seen),
        return_exceptions=True,
    )
    refused = [each for each in both if isinstance(each, Conflict)]
    assert len(refused) == 1 and "already" in refused[0].detail
    assert [each.version for each in await stage.decisions()] == [1]
    assert broken_at(await stage.chain()) is None


async def test_of_two_confirmations_at_once_exactly_one_is_stored(stage: ReviewStage) -> None:
    proposal = await stage.ready()
    who, seen = await stage.who(B), await stage.standing()
    both = await asyncio.gather(
        *(stage.confirming.confirm(who, proposal.id, seen) for _ in range(2)), return_exceptions=True
    )
    assert sum(isinstance(each, Conflict) for each in both) == 1
    assert len(await stage.decisions()) == 1


async def test_what_is_not_there_is_not_found(memory: ReviewStage) -> None:
    who = await memory.who(A)
    for act in (
        memory.proposing.propose(who, InterviewId("int_none"), Ground.FACE_MISMATCH, (written(),), ""),
        memory.rulings.rule(who, InterviewId("int_none"), RulingOutcome.VERIFIED, REASON, ""),
        memory.confirming.confirm(who, ProposalId("prp_none"), ""),
        memory.watching.begin(who, ProposalId("prp_none"), 1),
    ):
        with pytest.raises(NotFound):
            await act


# ---------------------------------------------------------------- fraud flags


async def test_a_fraud_flag_blocks_verified_until_a_reviewer_resolves_it_with_a_reason(stage: ReviewStage) -> None:
    flag = await stage.fraud_flag()
    who = await stage.who(A)
    with pytest.raises(IllegalState, match="fraud flag"):
        await stage.rulings.rule(who, CALL, RulingOutcome.VERIFIED, REASON, await stage.standing())
    for text in ("", "too short"):
        with pytest.raises(InvalidInput) as refused:
            await stage.rulings.resolve(who, CALL, flag, text, await stage.standing())
        assert refused.value.field == "/text"
    seen = await stage.standing()
    await stage.rulings.resolve(who, CALL, flag, "The second voice came from a radio, as he showed.", seen)
    with pytest.raises(Conflict):
        await stage.rulings.resolve(who, CALL, flag, "The second voice came from a radio, as he showed.", seen)
    with pytest.raises(IllegalState, match="no open fraud flag"):
        await stage.rulings.resolve(who, CALL, flag, REASON, await stage.standing())
    await stage.rulings.rule(who, CALL, RulingOutcome.VERIFIED, REASON, await stage.standing())
    assert (await stage.case()).result is Result.VERIFIED
    assert "flag.resolved" in [each.action for each in await stage.chain()]


async def test_only_a_flag_of_this_interview_can_be_resolved(memory: ReviewStage) -> None:
    await memory.fraud_flag()
    with pytest.raises(IllegalState):
        await memory.rulings.resolve(await memory.who(A), CALL, FlagId("flg_other"), REASON, await memory.standing())


@pytest.mark.parametrize(("who", "before"), [(INTERVIEWER, True), (A, False)], ids=["interviewer", "proposer"])
async def test_i2_nobody_confirms_where_somebody_who_knows_the_freelancer_took_part(
    stage: ReviewStage, who: PersonId, before: bool
) -> None:
    async def declare() -> None:
        async with stage.units() as unit:
            await unit.conflicts.add(ConflictOfInterest(CASE, who, stage.clock.now_ms()))

    if before:
        await declare()
        with pytest.raises(IllegalState, match="conflict of interest"):
            await stage.propose()
        return
    proposal = await stage.propose()
    stage.clock.advance(minutes=1)
    await stage.delivered()
    stage.clock.advance(hours=1)
    await declare()
    await stage.answered(proposal.id)
    await stage.watched(proposal.id)
    stage.clock.advance(minutes=1)
    with pytest.raises(IllegalState, match="conflict of interest"):
        await stage.confirming.confirm(await stage.who(B), proposal.id, await stage.standing())


async def test_an_answer_is_never_older_than_the_window_that_it_opens(stage: ReviewStage) -> None:
    """The page was not opened before, and the clock goes on while the answer waits for its turn."""
    proposal = await stage.propose()
    stage.clock.advance(minutes=1)
    now_ms, asked = stage.clock.now_ms, 0

    def going_on() -> int:
        nonlocal asked
        asked += 1
        return now_ms() + asked

    stage.clock.now_ms = going_on  # type: ignore[method-assign]
    await stage.answered(proposal.id)
    stage.clock.now_ms = now_ms  # type: ignore[method-assign]
    stage.clock.advance(minutes=1)
    record = await stage.record(proposal.id)
    assert record.response is not None and record.response.at_ms >= record.windows[0].opened_ms
    assert record.state(stage.clock.now_ms()) is ProposalState.TO_CONFIRM
