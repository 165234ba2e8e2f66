"""Redaction erases what is personal in one step, keeps what was decided provable, and comes for nobody too early."""

from __future__ import annotations

import json

import pytest

from tests.contract.failed_case import CALL, CASE
from tests.fakes import SeededEntropy
from tests.service.keeping_stage import WHY, Keeping
from tests.service.redress_stage import FREELANCER, HOUR_MS
from verifier.core.chain import OPERATOR, broken_at, text_digest
from verifier.core.erased import ERASED, is_erased
from verifier.core.model import Result, VerificationId, VerificationStatus
from verifier.core.webhook import EventType
from verifier.errors import IllegalState, NotFound
from verifier.service.redacting import Redacting


async def test_a_redacted_case_keeps_status_result_and_decisions_and_loses_every_word(keeping: Keeping) -> None:
    decided = await keeping.failed()
    keeping.over()
    redacted = await keeping.redacting.redact(CASE, OPERATOR)
    assert (redacted.external_id, redacted.legal_name, redacted.email) == (ERASED, ERASED, "")
    assert (redacted.status, redacted.result) == (VerificationStatus.COMPLETED, Result.FAILED)
    assert redacted.redacted_ms == keeping.clock.now_ms()
    assert await keeping.redress.decisions() == (decided,)
    record = await keeping.redress.record()
    assert all(is_erased(fact.text) for fact in record.proposal.statement.facts)
    assert (await keeping.rows()).server, "figures are kept until their own time has come"


async def test_the_chain_stays_whole_and_tells_who_redacted_the_case(keeping: Keeping) -> None:
    await keeping.failed()
    keeping.over()
    before = await keeping.redress.chain()
    await keeping.redacting.redact(CASE, OPERATOR)
    after = await keeping.redress.chain()
    assert after[: len(before)] == before
    redacted, told = after[len(before) :]
    assert (redacted.action, redacted.actor_kind) == ("case.redacted", OPERATOR.kind)
    assert redacted.facts["evidence_keys"] == [CALL]
    assert (told.action, told.facts["type"]) == ("platform.told", EventType.VERIFICATION_REDACTED)


async def test_the_platform_recognises_its_case_in_the_last_event_and_in_no_later_one(keeping: Keeping) -> None:
    await keeping.failed()
    keeping.over()
    await keeping.redacting.redact(CASE, OPERATOR)
    async with keeping.units(read_only=True) as unit:
        *earlier, last = await unit.outbox.events_of(CASE)
        due = await unit.outbox.due(keeping.clock.now_ms(), 9)
        proofs = {
            entry.facts.get("event_id"): entry.facts.get("sha256") for entry in await unit.audit.of_verification(CASE)
        }
    proofs = {entry.facts.get("event_id"): entry.facts.get("sha256") for entry in await keeping.redress.chain()}
    assert {event.body for event in earlier} == {""}
    assert json.loads(last.body)["data"]["external_id"] == "failed-case"
    assert proofs[last.id] == text_digest(last.body)
    assert [delivery.event.id for delivery in due] == [last.id]


async def test_links_and_sessions_end_and_stills_cannot_be_opened_any_more(keeping: Keeping) -> None:
    await keeping.failed()
    keeping.over()
    await keeping.redacting.redact(CASE, OPERATOR)
    async with keeping.units(read_only=True) as unit:
        link, session = await unit.links.by_hash("link"), await unit.sessions.by_hash("session")
        check = await unit.device_checks.latest_of_verification(CASE)
    assert link is not None and link.revoked_ms == keeping.clock.now_ms()
    assert session is not None and session.revoked_ms == keeping.clock.now_ms()
    assert check is not None and check.figures == {}
    assert not await keeping.key_is_whole()
    assert keeping.files.interviews == [CALL]


async def test_asking_twice_changes_nothing(keeping: Keeping) -> None:
    await keeping.failed()
    keeping.over()
    first = await keeping.redacting.redact(CASE, OPERATOR)
    chain = await keeping.redress.chain()
    keeping.clock.advance(ms=HOUR_MS)
    assert await keeping.redacting.redact(CASE, OPERATOR) == first
    assert await keeping.redress.chain() == chain


async def test_a_bad_id_is_said_clearly(keeping: Keeping) -> None:
    with pytest.raises(NotFound):
        await keeping.redacting.redact(VerificationId("ver_nobody"), OPERATOR)
    await keeping.failed()
    keeping.over()
    with pytest.raises(NotFound):
        await keeping.redacting.redact(CASE, OPERATOR, test=True)


async def refused(keeping: Keeping, rule: str) -> None:
    before, chain = await keeping.redress.case(), await keeping.redress.chain()
    with pytest.raises(IllegalState) as error:
        await keeping.redacting.redact(CASE, OPERATOR)
    assert error.value.field == rule
    assert (await keeping.redress.case(), await keeping.redress.chain()) == (before, chain)
    assert keeping.files.interviews == []


async def test_an_open_case_is_not_redacted(keeping: Keeping) -> None:
    await keeping.redress.proposed()
    await refused(keeping, "open")


async def test_a_case_is_not_redacted_before_the_freelancer_was_told_of_the_decision(keeping: Keeping) -> None:
    await keeping.redress.failed()
    keeping.redress.clock.advance(days=900)
    await refused(keeping, "not_reached")


async def test_a_case_is_not_redacted_while_it_can_be_appealed_against(keeping: Keeping) -> None:
    await keeping.failed()
    keeping.over(-1)
    await refused(keeping, "after_appeal")


async def test_a_case_is_not_redacted_while_an_appeal_is_open(keeping: Keeping) -> None:
    await keeping.failed()
    await keeping.redress.appealing.open(FREELANCER, 1, "I moved before the call.")
    keeping.over()
    await refused(keeping, "appealed")


async def test_a_case_under_legal_hold_is_not_redacted_until_the_hold_is_released(keeping: Keeping) -> None:
    await keeping.failed()
    keeping.over()
    await keeping.holding.place(CASE, WHY)
    await refused(keeping, "held")
    await keeping.holding.release(CASE, "The court has decided.")
    assert (await keeping.redacting.redact(CASE, OPERATOR)).redacted_ms is not None


class NoMoreIds(SeededEntropy):
    """Fails where the event would be made, after everything was erased."""

    def new_id(self, prefix: str) -> str:
        raise IllegalState("no more ids")


async def test_what_cannot_be_stored_whole_is_not_stored_at_all(keeping: Keeping) -> None:
    await keeping.failed()
    keeping.over()
    before = await keeping.redress.case()
    failing = Redacting(keeping.units, keeping.clock, NoMoreIds(), keeping.redress.book, keeping.files)
    with pytest.raises(IllegalState, match="no more ids"):
        await failing.redact(CASE, OPERATOR)
    assert await keeping.redress.case() == before
    assert await keeping.key_is_whole() and broken_at(await keeping.redress.chain()) is None
    assert keeping.files.interviews == []
