"""A database with at least one row in every table."""

from __future__ import annotations

from dataclasses import replace

from tests.contract import examples, failed_case
from tests.core import failures
from tests.fakes.runtime import START_MS
from tests.storage.databases import SEALER
from verifier.core.hold import LegalHold
from verifier.core.model import Answer, DeviceCheck, FlagId, FlagKind, InterviewId, Result, VerificationStatus
from verifier.core.notice import Outcome, Reply, after_attempt
from verifier.core.proposal import Ruling, RulingOutcome, WindowStop
from verifier.core.samples import InterviewRows
from verifier.core.staffing import Change, StaffChange
from verifier.core.tombstone import tombstone
from verifier.core.verdicts import AccountEffect, AccountEffectReport
from verifier.core.webhook import Attempt, DeliveryState, NextStep
from verifier.ports import UnitOfWork
from verifier.ports.credentials import ConflictOfInterest
from verifier.ports.redress import FlagResolution
from verifier.ports.storage import Consent, StoredAnswer
from verifier.storage import Store


async def fill(url: str) -> None:
    """One verified case with everything that can belong to one."""
    async with await Store.open(url, SEALER) as store, store.units() as uow:
        await examples.add_call(uow)
        await uow.runs.add(examples.run())
        await uow.runs.end(examples.run(ended_ms=START_MS + 9_000, answer=Answer.CONSISTENT, typed="4711"))
        await uow.runs.add(examples.run("run_open", number=2))
        await uow.flags.add(examples.flag())
        await uow.log.append(examples.CALL, START_MS, "chat", None, {"text": "hello"})
        await uow.samples.add([examples.server_sample()], [examples.browser_sample()], [examples.frame_sample()])
        await uow.interviews.save(examples.ended(examples.interview()))
        await uow.interviews.add(examples.interview("int_2", number=2, recording_consented=True), [examples.item()])
        await uow.recordings.add(examples.recording(interview_id="int_2"))
        await uow.verdicts.add([examples.finding()], examples.assessment())
        await _decide(uow)
        await _deliver(uow)
        await _admit(uow)
        await _fail(uow)
        await uow.holds.add(LegalHold(examples.CASE, 1, True, START_MS, "A court asked for it."))
        await uow.tombstones.add(tombstone(InterviewId("int_2"), InterviewRows((), (), ()), START_MS, START_MS))


async def _decide(uow: UnitOfWork) -> None:
    await uow.decisions.append(examples.decision())
    done = replace(examples.verification(), status=VerificationStatus.COMPLETED, result=Result.VERIFIED)
    await uow.verifications.save(done, VerificationStatus.IN_INTERVIEW)
    await uow.effects.add(AccountEffectReport(examples.CASE, 1, AccountEffect.KEEP_CURRENT, START_MS, False))
    await uow.consents.add(Consent(examples.CASE, True, False, START_MS))
    await uow.device_checks.add(DeviceCheck(START_MS, True, {"rtt_ms": 20.0}, person_id=examples.ANNA))


async def _deliver(uow: UnitOfWork) -> None:
    await uow.outbox.add_endpoint(examples.endpoint())
    delivery = examples.delivery(examples.event())
    await uow.outbox.add_event(delivery.event, [delivery])
    attempt = Attempt(delivery.message_id, 1, START_MS, 5, 500, "http_status", "no")
    await uow.outbox.record(attempt, NextStep(DeliveryState.PENDING, START_MS + 5_000))
    notice = examples.notice()
    await uow.notices.add(notice)
    await uow.notices.disown(examples.CASE, START_MS)
    refused = Reply(Outcome.REFUSED, "550", "5.1.1 <zoe@example.org>: unknown")
    await uow.notices.record(notice, *after_attempt(notice, refused, START_MS, 0))


async def _admit(uow: UnitOfWork) -> None:
    await uow.links.add(examples.link())
    await uow.sessions.add(examples.session())
    await uow.tickets.add(examples.ticket())
    await uow.second_factors.put(examples.second_factor())
    await uow.recovery_codes.replace(examples.ANNA, ("hash_recovery",), START_MS)
    await uow.staff_changes.add(StaffChange(examples.ANNA, START_MS, Change.ADDED, None, "interviewer"))
    await uow.conflicts.add(ConflictOfInterest(examples.CASE, examples.ANNA, START_MS))
    await uow.api_keys.add(examples.api_key())
    await uow.idempotency.begin(StoredAnswer("key_1", "abc", "body", START_MS, None, None))


async def _fail(uow: UnitOfWork) -> None:
    await failed_case.add_failed_case(uow)
    await uow.proposals.show(failures.PROPOSAL, failures.OPENED_MS)
    decided = await uow.decisions.current(failed_case.CASE)
    assert decided is not None
    await uow.decisions.show(decided, failures.DECIDED_MS)
    await uow.proposals.respond(failures.response())
    await uow.proposals.stop_window(WindowStop(failures.PROPOSAL, 1, failures.DECIDED_MS))
    await uow.flags.add(examples.flag("flg_fraud", interview_id=failed_case.CALL, kind=FlagKind.FRAUD))
    reason = "The camera label was that of an ordinary capture card."
    resolution = FlagResolution(FlagId("flg_fraud"), failed_case.CALL, failures.A, START_MS, reason)
    await uow.rulings.resolve(resolution, failures.CALL)
    ruling = Ruling("rul_1", failed_case.CASE, failed_case.CALL, failures.A, RulingOutcome.VERIFIED, START_MS, reason)
    await uow.rulings.add(ruling, failures.CALL)
