"""A message that went to somebody else: one press takes back what was sent, and nobody loses time by it."""

from __future__ import annotations

import pytest

from tests.contract.failed_case import CASE
from tests.core import failures
from tests.service.redress_stage import ADMINISTRATOR, DAY_MS, FREELANCER, NOT_ME, Redress
from verifier.core.access import Audience, Link, Session, fingerprint
from verifier.core.model import StaffRole, VerificationStatus
from verifier.core.notice import NoticeKind, Outcome, Reply
from verifier.core.policy import SHIPPED
from verifier.core.proposal import DeliveredBy, ProposalState
from verifier.errors import LinkRefused
from verifier.service.case_clocks import delivered_ms
from verifier.service.noticing import Followers, Noticing


async def proposed(redress: Redress) -> None:
    notice = await redress.proposed()
    await redress.mail(notice.id, Outcome.ACCEPTED)


async def state(redress: Redress) -> ProposalState:
    return (await redress.record()).state(redress.clock.now_ms())


async def test_the_window_stops_even_though_the_page_was_opened_by_that_link(redress: Redress) -> None:
    await proposed(redress)
    await redress.responding.page_opened(FREELANCER)
    redress.clock.advance(ms=DAY_MS)
    await redress.disowning.report(NOT_ME)
    assert await state(redress) is ProposalState.NOTIFYING
    assert "message.disowned" in await redress.actions()


async def test_a_window_that_ran_out_meanwhile_begins_anew(redress: Redress) -> None:
    await proposed(redress)
    redress.clock.advance(ms=SHIPPED.response_window_ms)
    await redress.responding.tick()
    await redress.disowning.report(NOT_ME)
    case = await redress.case()
    assert (await state(redress), case.status) == (ProposalState.NOTIFYING, VerificationStatus.AWAITING_RESPONSE)


async def test_when_the_freelancer_opens_his_page_by_another_link_a_whole_window_begins(redress: Redress) -> None:
    await proposed(redress)
    await redress.responding.page_opened(FREELANCER)
    await redress.disowning.report(NOT_ME)
    redress.clock.advance(ms=DAY_MS)
    await redress.responding.page_opened(FREELANCER)
    window = (await redress.record()).window
    assert window is not None
    assert (window.number, window.delivered_by, window.opened_ms) == (
        2,
        DeliveredBy.PAGE_OPENED,
        redress.clock.now_ms(),
    )


async def test_links_that_were_mailed_die_and_signed_in_browsers_are_signed_out(redress: Redress) -> None:
    await proposed(redress)
    (notice,) = await redress.notices(NoticeKind.FAILURE_PROPOSED)
    async with redress.units() as unit:
        await unit.links.add(Link("mailed", Audience.CASE, 1, None, CASE, notice_id=notice.id))
        await unit.links.add(Link("shown", Audience.CASE, 1, None, CASE))
        await unit.links.add(Link("join", Audience.FREELANCER, 1, None, CASE))
        later = redress.clock.now_ms() + DAY_MS
        await unit.sessions.add(Session("session", Audience.CASE, 1, later, CASE))
    await redress.disowning.report(NOT_ME)
    async with redress.units(read_only=True) as unit:
        links = {hash_: await unit.links.by_hash(hash_) for hash_ in ("mailed", "shown", "join")}
        session = await unit.sessions.by_hash("session")
    assert {hash_ for hash_, link in links.items() if link and link.revoked_ms is not None} == {"mailed"}
    assert session is not None and session.revoked_ms is not None


async def test_reviewers_and_administrators_are_told_and_see_it_until_he_is_reached(redress: Redress) -> None:
    await proposed(redress)
    await redress.disowning.report(NOT_ME)
    told = await redress.notices(NoticeKind.NOT_ME_REPORTED)
    assert {notice.person_id for notice in told} == {failures.A, failures.B, ADMINISTRATOR}
    await redress.escalating.tick()
    reviewer = (await redress.staff(failures.A)).person
    assert [alarm.kind for alarm in redress.escalating.alarms(reviewer)] == ["disowned"]
    await redress.responding.page_opened(FREELANCER)
    await redress.escalating.tick()
    assert redress.escalating.alarms(reviewer) == ()


async def test_saying_it_twice_changes_nothing(redress: Redress) -> None:
    await proposed(redress)
    await redress.disowning.report(NOT_ME)
    await redress.responding.page_opened(FREELANCER)
    before = await redress.chain()
    await redress.disowning.report(NOT_ME)
    assert await redress.chain() == before
    assert await state(redress) is ProposalState.WINDOW_OPEN


async def test_i11_what_was_shown_by_that_link_starts_no_period_for_an_appeal(redress: Redress) -> None:
    decided = await redress.failed()
    async with redress.units() as unit:
        notice = await redress.noticed(unit, NoticeKind.DECIDED, "1")
        await unit.links.add(Link(fingerprint(NOT_ME), Audience.NOT_ME, 1, None, CASE, notice_id=notice.id))
    await redress.mail(notice.id, Outcome.ACCEPTED)
    await redress.responding.page_opened(FREELANCER)
    async with redress.units(read_only=True) as unit:
        assert await delivered_ms(unit, decided) == redress.clock.now_ms()
    await redress.disowning.report(NOT_ME)
    async with redress.units(read_only=True) as unit:
        assert await delivered_ms(unit, decided) is None


@pytest.mark.parametrize("audience", [Audience.CASE, Audience.FREELANCER])
async def test_no_other_link_disowns_anything(redress: Redress, audience: Audience) -> None:
    await proposed(redress)
    async with redress.units() as unit:
        await unit.links.add(Link(fingerprint("another-link-altogether"), audience, 1, None, CASE))
    for token in ("another-link-altogether", "unknown-token-of-nobody"):
        with pytest.raises(LinkRefused):
            await redress.disowning.report(token)
    assert await state(redress) is ProposalState.WINDOW_OPEN
    assert not await redress.notices(NoticeKind.NOT_ME_REPORTED)
    assert StaffRole.REVIEWER in (await redress.staff(failures.A)).person.roles


@pytest.mark.parametrize("late_ms", [0, 30_000])
async def test_a_letter_that_is_recorded_after_its_address_was_disowned_opens_no_window(
    redress: Redress, late_ms: int
) -> None:
    """The mail server took it; before that is stored, somebody says that the address is his."""
    notice = await redress.proposed()
    followers = Followers({NoticeKind.FAILURE_PROPOSED: redress.responding.mail_accepted}, {})
    noticing = Noticing(redress.units, redress.clock, redress.entropy, redress.book, "https://v.example", followers)
    await noticing.compose(notice.id)
    accepted_ms = redress.clock.now_ms()
    redress.clock.advance(ms=late_ms + 1)
    await redress.disowning.report(NOT_ME)
    await noticing.record(notice.id, Reply(Outcome.ACCEPTED, "250", "queued"), accepted_ms)
    redress.clock.advance(ms=SHIPPED.response_window_ms + 1)
    await redress.responding.tick()
    record = await redress.record()
    assert record.windows == () and record.state(redress.clock.now_ms()) is ProposalState.NOTIFYING
