"""Notices: written with the change, composed when sent and never untrue, recorded with what follows from the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.contract import failed_case
from tests.core import failures
from tests.fakes import FakeUnits, ManualClock, SeededEntropy
from tests.storage.databases import fresh_database
from verifier.core import decision
from verifier.core.access import Audience, fingerprint
from verifier.core.appeal import AppealOutcome
from verifier.core.clocks import ClockKind
from verifier.core.letter import (
    Answered,
    AppealClosed,
    Appealed,
    Breached,
    Decided,
    Disowned,
    Letter,
    Proposed,
    Rejected,
    Ruled,
)
from verifier.core.model import InterviewId, InterviewState, NoticeId, Result, VerificationStatus
from verifier.core.notice import (
    RETRY_DELAYS_S,
    TO_STAFF,
    Notice,
    NoticeKind,
    NoticeState,
    Outcome,
    Reply,
)
from verifier.core.policy import SHIPPED, PolicyBook
from verifier.core.proposal import Ruling, RulingOutcome, WindowStop
from verifier.core.statement import Ground
from verifier.core.verdicts import Decision
from verifier.errors import IllegalState, NotFound, OurError
from verifier.ports import UnitOfWork, UnitOfWorkFactory
from verifier.service.noticing import Followers, Noticing, notices_of, tell
from verifier.storage import Store

CASE = failed_case.CASE
ORIGIN = "https://verifier.example"
TAKEN = Reply(Outcome.ACCEPTED, "250", "queued")
REFUSED = Reply(Outcome.REFUSED, "550", "<zoe@example.org> unknown")
BUSY = Reply(Outcome.BUSY, "451", "later")
RETURNED = Reply(Outcome.RETURNED, "5.1.1", "unknown")
_K = NoticeKind


@dataclass
class Desk:
    """A case with a proposed failure, and the desk of notices over either store."""

    units: UnitOfWorkFactory
    clock: ManualClock = field(default_factory=lambda: ManualClock(failures.PROPOSED_MS))
    entropy: SeededEntropy = field(default_factory=SeededEntropy)
    followed: list[tuple[str, NoticeKind, int]] = field(default_factory=list)
    breaks: bool = False

    def __post_init__(self) -> None:
        async def follow(unit: UnitOfWork, notice: Notice, at_ms: int) -> None:
            if self.breaks:
                raise OurError("What follows could not be done.")
            self.followed.append((notice.state.value, notice.kind, at_ms))

        followers = Followers({_K.FAILURE_PROPOSED: follow}, {_K.FAILURE_PROPOSED: follow})
        self.noticing = Noticing(self.units, self.clock, self.entropy, PolicyBook(), ORIGIN + "/", followers)

    async def tell(self, kind: NoticeKind = _K.FAILURE_PROPOSED, subject: str = failures.PROPOSAL) -> Notice:
        person = failures.B if kind in TO_STAFF else None
        async with self.units() as unit:
            return await tell(unit, kind, subject, self.clock, self.entropy, case=CASE, person=person)

    async def letter(self, notice: Notice) -> Letter:
        composed = await self.noticing.compose(notice.id)
        assert isinstance(composed, Letter)
        return composed

    async def stored(self, id_: NoticeId) -> Notice:
        async with self.units(read_only=True) as unit:
            return await unit.notices.get(id_)

    async def overtaken(self, notice: Notice) -> bool:
        return await self.noticing.compose(notice.id) == Reply(Outcome.OVERTAKEN)


@pytest.fixture(params=["fake", "sqlite"])
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    if request.param == "fake":
        built = Desk(FakeUnits())
        await _propose(built)
        yield built
        return
    async with await Store.open(fresh_database(tmp_path)) as store:
        built = Desk(store.units)
        await _propose(built)
        yield built


async def _propose(desk: Desk) -> None:
    async with desk.units() as unit:
        await failed_case.add_conclusive_call(unit)
        await unit.proposals.add(failures.proposal())


async def _fail(desk: Desk) -> Decision:
    """The window ran out, B watched and confirmed."""
    async with desk.units() as unit:
        await unit.proposals.open_window(failures.window())
        await unit.proposals.add_view(failures.view())
        decided = await failed_case.add_failure(unit)
    desk.clock.advance(ms=failures.DECIDED_MS - desk.clock.now_ms())
    return decided


# ---------------------------------------------------------------- written with the change


async def test_a_notice_is_stored_with_the_change_or_not_at_all(desk: Desk) -> None:
    with pytest.raises(ValueError, match="afterwards"):
        async with desk.units() as unit:
            await tell(unit, _K.FAILURE_PROPOSED, failures.PROPOSAL, desk.clock, desk.entropy, case=CASE)
            raise ValueError("something failed afterwards")
    assert await desk.noticing.due(9) == () and await desk.noticing.next_due_ms() is None
    notice = await desk.tell()
    assert await desk.noticing.due(9) == (notice,)
    assert await desk.noticing.next_due_ms() == desk.clock.now_ms()


async def test_staff_notices_go_to_staff_and_the_others_to_the_freelancer(desk: Desk) -> None:
    async with desk.units() as unit:
        for kind in NoticeKind:
            person = None if kind in TO_STAFF else failures.B
            with pytest.raises(OurError):
                await tell(unit, kind, "x", desk.clock, desk.entropy, case=CASE, person=person)


# ---------------------------------------------------------------- composed when it is sent


async def test_a_proposed_failure_is_told_with_its_ground_and_the_earliest_end_of_the_window(desk: Desk) -> None:
    letter = await desk.letter(await desk.tell())
    until_ms = desk.clock.now_ms() + SHIPPED.response_window_ms
    assert letter.facts == Proposed(Ground.IDENTITY_CONTRADICTED, SHIPPED.response_window_ms, until_ms)
    assert (letter.address, letter.name) == ("zoe@example.org", "Zoë Müller")
    assert (letter.language, letter.time_zone, letter.test) == ("en", "Europe/Berlin", False)


async def test_when_the_page_was_opened_first_the_letter_names_the_window_that_runs(desk: Desk) -> None:
    notice = await desk.tell()
    async with desk.units() as unit:
        await unit.proposals.open_window(failures.window())
    desk.clock.advance(days=3)
    facts = (await desk.letter(notice)).facts
    assert isinstance(facts, Proposed) and facts.answer_until_ms == failures.CLOSES_MS


async def test_each_attempt_has_links_of_its_own_of_which_only_the_hash_is_stored(desk: Desk) -> None:
    notice = await desk.tell()
    first, second = await desk.letter(notice), await desk.letter(notice)
    seen = set()
    for letter in (first, second):
        for url, page, audience in (
            (letter.page_url, "/case#", Audience.CASE),
            (letter.not_me_url, "/case/not-me#", Audience.NOT_ME),
        ):
            token = url.removeprefix(ORIGIN + page)
            assert len(token) == 43 and token not in repr(letter)
            seen.add(token)
            async with desk.units(read_only=True) as unit:
                link = await unit.links.by_hash(fingerprint(token))
                assert link is not None and (link.audience, link.verification_id) == (audience, CASE)
                assert (link.expires_ms, link.used_ms, link.revoked_ms) == (None, None, None)
                assert link.notice_id == notice.id
                assert await unit.links.by_hash(token) is None
    assert len(seen) == 4


async def test_only_messages_about_a_call_can_be_disowned(desk: Desk) -> None:
    await _fail(desk)
    async with desk.units() as unit:
        await unit.appeals.add(failed_case.appeal())
    assert (await desk.letter(await desk.tell(_K.DECIDED, "1"))).not_me_url
    assert not (await desk.letter(await desk.tell(_K.APPEAL_RECEIVED, "apl_1"))).not_me_url


async def test_an_answer_is_acknowledged_with_the_moment_by_which_he_hears_from_us(desk: Desk) -> None:
    response = failures.response()
    async with desk.units() as unit:
        await unit.proposals.open_window(failures.window())
        await unit.proposals.respond(response)
    desk.clock.advance(ms=response.at_ms - desk.clock.now_ms())
    facts = (await desk.letter(await desk.tell(_K.RESPONSE_RECEIVED))).facts
    assert facts == Answered(response.at_ms, response.at_ms + SHIPPED.confirm_within_ms)


async def test_a_decision_is_told_with_its_ground_and_the_time_for_an_appeal(desk: Desk) -> None:
    decided = await _fail(desk)
    facts = (await desk.letter(await desk.tell(_K.DECIDED, "1"))).facts
    until_ms = decided.at_ms + SHIPPED.appeal_window_ms
    assert facts == Decided(1, Result.FAILED, Ground.IDENTITY_CONTRADICTED, until_ms)
    assert isinstance(facts, Decided) and not facts.replaces


async def test_an_appeal_is_acknowledged_and_its_answer_told(desk: Desk) -> None:
    decided = await _fail(desk)
    appeal = failed_case.appeal()
    async with desk.units() as unit:
        await unit.appeals.add(appeal)
    received = await desk.tell(_K.APPEAL_RECEIVED, appeal.id)
    due_ms = appeal.opened_ms + SHIPPED.appeal_answer_within_ms
    assert (await desk.letter(received)).facts == Appealed(appeal.opened_ms, due_ms)
    answered = await desk.tell(_K.APPEAL_ANSWERED, appeal.id)
    assert await desk.overtaken(answered), "there is no answer yet"
    async with desk.units() as unit:
        await unit.appeals.answer(failed_case.answer(), decided)
    assert (await desk.letter(answered)).facts == AppealClosed(AppealOutcome.UPHELD)
    assert await desk.overtaken(received)


async def test_a_rejection_is_told_with_what_comes_next(desk: Desk) -> None:
    notice = await desk.tell(_K.PROPOSAL_REJECTED)
    assert await desk.overtaken(notice), "nothing is rejected yet"
    await _reject(desk)
    assert (await desk.letter(notice)).facts == Rejected(RulingOutcome.NEW_INTERVIEW)


async def test_a_rejection_is_not_told_any_more_once_something_was_decided(desk: Desk) -> None:
    await _reject(desk)
    notice = await desk.tell(_K.PROPOSAL_REJECTED)
    later = decision.Case(CASE, desk.clock.now_ms() + 1)
    async with desk.units() as unit:
        (ruling,) = await unit.rulings.of_verification(CASE)
        verified = replace(ruling, outcome=RulingOutcome.VERIFIED)
        assessment = failures.scene().assessment
        await unit.decisions.append(decision.ruled_verified(assessment, (), None, verified, later))
    assert await desk.overtaken(notice)


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (RulingOutcome.NEW_INTERVIEW, VerificationStatus.RETRY_OFFERED),
        (RulingOutcome.ALTERNATIVE_ROUTE, VerificationStatus.ALTERNATIVE_ROUTE),
    ],
)
async def test_a_ruling_is_told_with_what_it_orders_and_the_way_to_the_page(
    desk: Desk, outcome: RulingOutcome, status: VerificationStatus
) -> None:
    notice = await desk.tell(_K.RULED, "rul_1")
    assert await desk.overtaken(notice), "nothing is ruled yet"
    await _rule(desk, outcome, status)
    letter = await desk.letter(notice)
    assert letter.facts == Ruled(outcome) and letter.page_url.startswith(f"{ORIGIN}/case#")
    assert letter.not_me_url, "it may be the first message that reaches this address"


@pytest.mark.parametrize(
    "since", [VerificationStatus.COMPLETED, VerificationStatus.CANCELLED, VerificationStatus.ALTERNATIVE_ROUTE]
)
async def test_a_ruling_is_not_told_any_more_once_the_case_went_another_way(
    desk: Desk, since: VerificationStatus
) -> None:
    await _rule(desk, RulingOutcome.NEW_INTERVIEW, since)
    assert await desk.overtaken(await desk.tell(_K.RULED, "rul_1"))


async def test_a_ruling_is_not_told_any_more_once_the_ordered_call_began(
    desk: Desk,
) -> None:
    await _rule(desk, RulingOutcome.NEW_INTERVIEW, VerificationStatus.RETRY_OFFERED)
    notice = await desk.tell(_K.RULED, "rul_1")
    assert not await desk.overtaken(notice)
    call = replace(failures.CALL, id=InterviewId("int_later"), number=2, created_ms=desk.clock.now_ms() + 1)
    began = replace(call, state=InterviewState.CREATED, live_ms=None, ended_ms=None, end_cause=None)
    async with desk.units() as unit:
        await unit.interviews.add(began, [])
    assert await desk.overtaken(notice), "he has had the call that it tells of"


async def test_staff_are_told_without_a_token_and_without_the_freelancers_name(desk: Desk) -> None:
    clock = (await _escalate(desk))[0]
    breach = await desk.letter(await desk.tell(_K.CLOCK_BREACHED, clock.name))
    assert breach.facts == Breached("failed-case", ClockKind.CONFIRM, clock.due_ms)
    disowned = await desk.letter(await desk.tell(_K.NOT_ME_REPORTED, CASE))
    assert disowned.facts == Disowned("failed-case")
    for letter in (breach, disowned):
        assert (letter.address, letter.page_url, letter.not_me_url) == ("per_b@example.org", f"{ORIGIN}/staff", "")


# ---------------------------------------------------------------- nothing untrue


async def test_a_proposal_that_is_not_open_any_more_is_not_told(desk: Desk) -> None:
    late = await desk.tell()
    await _reject(desk)
    assert await desk.overtaken(late)
    await desk.noticing.record(late.id, Reply(Outcome.OVERTAKEN), desk.clock.now_ms())
    assert (await desk.stored(late.id)).state is NoticeState.WITHDRAWN
    assert desk.followed == []


async def test_the_end_of_an_unanswered_window_and_the_decision_overtake_the_proposal(desk: Desk) -> None:
    late = await desk.tell()
    await _fail(desk)
    assert await desk.overtaken(late)


async def test_after_a_bounce_the_proposal_is_told_again(desk: Desk) -> None:
    async with desk.units() as unit:
        await unit.proposals.open_window(failures.window())
        await unit.proposals.stop_window(WindowStop(failures.PROPOSAL, 1, failures.OPENED_MS + 1))
    desk.clock.advance(days=2)
    facts = (await desk.letter(await desk.tell())).facts
    assert isinstance(facts, Proposed)
    assert facts.answer_until_ms == desk.clock.now_ms() + SHIPPED.response_window_ms


async def test_an_older_version_of_a_decision_is_not_told_any_more(desk: Desk) -> None:
    decided = await _fail(desk)
    appeal, overturned = failed_case.appeal(), failed_case.answer(AppealOutcome.OVERTURNED)
    first, closed = await desk.tell(_K.DECIDED, "1"), await desk.tell(_K.APPEAL_ANSWERED, appeal.id)
    assert not await desk.overtaken(first)
    async with desk.units() as unit:
        await unit.appeals.add(appeal)
        await unit.appeals.answer(overturned, decided)
    assert await desk.overtaken(closed), "the version that takes it back is not there yet"
    assessment = failures.scene().assessment
    now = decision.Case(CASE, overturned.at_ms)
    async with desk.units() as unit:
        await unit.decisions.append(decision.superseding(assessment, (), decided, appeal, overturned, now))
    assert await desk.overtaken(first)
    newest = await desk.tell(_K.DECISION_SUPERSEDED, "2")
    assert (await desk.letter(newest)).facts == Decided(2, Result.VERIFIED, None, None)
    assert (await desk.letter(closed)).facts == AppealClosed(AppealOutcome.OVERTURNED)


async def test_a_case_without_an_address_tells_nobody_and_makes_no_link(desk: Desk) -> None:
    notice = await desk.tell()
    async with desk.units() as unit:
        await unit.verifications.add(
            failed_case.verification(
                "ver_redacted", email="", external_id="redacted", status=VerificationStatus.AWAITING_FREELANCER
            )
        )
        silent = await tell(unit, _K.NOT_ME_REPORTED, CASE, desk.clock, desk.entropy, case=CASE, person=failures.B)
        unreachable = Notice(
            NoticeId("ntc_" + "z" * 26),
            failed_case.verification("ver_redacted").id,
            _K.FAILURE_PROPOSED,
            failures.PROPOSAL,
            notice.recipient_kind,
            None,
            1,
        )
        await unit.notices.add(unreachable)
    assert await desk.noticing.compose(unreachable.id) == Reply(Outcome.NO_ADDRESS)
    assert isinstance(await desk.noticing.compose(silent.id), Letter)


async def test_nothing_is_sent_to_an_address_that_somebody_disowned(desk: Desk) -> None:
    notice = await desk.tell()
    async with desk.units() as unit:
        await unit.notices.disown(CASE, desk.clock.now_ms())
    assert await desk.noticing.compose(notice.id) == Reply(Outcome.NO_ADDRESS)
    assert isinstance(await desk.noticing.compose((await desk.tell(_K.NOT_ME_REPORTED, CASE)).id), Letter)


# ---------------------------------------------------------------- recorded with what follows


async def test_acceptance_is_followed_in_the_same_transaction(desk: Desk) -> None:
    notice = await desk.tell()
    at_ms = desk.clock.advance(s=2)
    desk.breaks = True
    with pytest.raises(OurError):
        await desk.noticing.record(notice.id, TAKEN, at_ms)
    assert await desk.stored(notice.id) == notice, "what could not be followed was not recorded either"
    desk.breaks = False
    await desk.noticing.record(notice.id, TAKEN, at_ms)
    assert desk.followed == [("accepted", _K.FAILURE_PROPOSED, at_ms)]
    assert (await desk.stored(notice.id)).state is NoticeState.ACCEPTED


async def test_a_refusal_and_a_return_are_bounces_and_are_followed_once(desk: Desk) -> None:
    refused, returned = await desk.tell(), await desk.tell()
    await desk.noticing.record(refused.id, REFUSED, 5)
    await desk.noticing.record(returned.id, TAKEN, 6)
    assert await desk.noticing.returned(returned.id, RETURNED) is True
    assert await desk.noticing.returned(returned.id, RETURNED) is False
    now_ms = desk.clock.now_ms()
    assert [(state, at_ms) for state, _, at_ms in desk.followed] == [
        ("bounced", 5),
        ("accepted", 6),
        ("bounced", now_ms),
    ]
    async with desk.units(read_only=True) as unit:
        history = await unit.notices.attempts(returned.id)
    assert [(one.number, one.outcome, one.code) for one in history] == [
        (1, Outcome.ACCEPTED, "250"),
        (2, Outcome.RETURNED, "5.1.1"),
    ]


async def test_a_file_is_no_acceptance_and_a_delay_sets_nothing_off(desk: Desk) -> None:
    filed, deferred = await desk.tell(), await desk.tell()
    await desk.noticing.record(filed.id, Reply(Outcome.FILED), 5)
    await desk.noticing.record(deferred.id, BUSY, 5)
    assert desk.followed == []
    assert (await desk.stored(filed.id)).state is NoticeState.FILED
    assert (await desk.stored(deferred.id)).next_attempt_ms >= 5 + RETRY_DELAYS_S[1] * 1_000
    with pytest.raises(IllegalState):
        await desk.noticing.returned(filed.id, RETURNED)


async def test_a_return_that_comes_before_the_record_of_its_attempt_stands(desk: Desk) -> None:
    notice = await desk.tell()
    assert await desk.noticing.returned(notice.id, RETURNED) is True
    assert await desk.overtaken(notice)
    await desk.noticing.record(notice.id, TAKEN, 7)
    assert (await desk.stored(notice.id)).state is NoticeState.BOUNCED
    assert [state for state, _, _ in desk.followed] == ["bounced"]


async def test_kinds_that_nobody_follows_are_recorded_all_the_same(desk: Desk) -> None:
    notice = await desk.tell(_K.NOT_ME_REPORTED, CASE)
    await desk.noticing.record(notice.id, TAKEN, 5)
    await desk.noticing.returned(notice.id, RETURNED)
    assert desk.followed == []


async def test_a_notice_that_was_never_written_has_no_fate(desk: Desk) -> None:
    for verb in (desk.noticing.compose(NoticeId("ntc_9")), desk.noticing.record(NoticeId("ntc_9"), TAKEN, 5)):
        with pytest.raises(NotFound):
            await verb
    with pytest.raises(NotFound):
        await desk.noticing.returned(NoticeId("ntc_9"), RETURNED)


async def test_pages_are_given_what_the_freelancer_was_told_and_whether_it_got_there(desk: Desk) -> None:
    first = await desk.tell()
    await desk.tell(_K.NOT_ME_REPORTED, CASE)
    desk.clock.advance(s=1)
    await desk.tell(_K.RESPONSE_RECEIVED)
    await desk.noticing.record(first.id, BUSY, 5)
    await desk.noticing.record(first.id, TAKEN, 70_000)
    async with desk.units(read_only=True) as unit:
        shown = await notices_of(unit, CASE)
    assert [(one["kind"], one["state"], one["at_ms"], one["attempts"]) for one in shown] == [
        ("failure_proposed", "accepted", 70_000, 2),
        ("response_received", "queued", None, 0),
    ]


async def _reject(desk: Desk) -> None:
    ruling = Ruling(
        "rul_1",
        CASE,
        failures.CALL.id,
        failures.B,
        RulingOutcome.NEW_INTERVIEW,
        desk.clock.now_ms(),
        "The document shows the city that the freelancer named in the call.",
        failures.PROPOSAL,
    )
    async with desk.units() as unit:
        await unit.rulings.add(ruling, failures.CALL)


async def _rule(desk: Desk, outcome: RulingOutcome, status: VerificationStatus) -> None:
    """A reviewer decides without a proposal, and the case goes on to this status."""
    text = "The document could not be read on any of the pictures."
    ruling = Ruling("rul_1", CASE, failures.CALL.id, failures.A, outcome, desk.clock.now_ms(), text)
    async with desk.units() as unit:
        await unit.rulings.add(ruling, failures.CALL)
        case = await unit.verifications.get(CASE)
        await unit.verifications.save(replace(case, status=status), case.status)


async def _escalate(desk: Desk) -> tuple[failed_case.Clock, ...]:
    clock = failed_case.Clock(ClockKind.CONFIRM, failures.PROPOSAL, 1, desk.clock.now_ms())
    async with desk.units() as unit:
        await unit.escalations.add(clock, CASE, desk.clock.now_ms() + 1)
        return await unit.escalations.of_verification(CASE)
