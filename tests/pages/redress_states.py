"""The private page in every state of redress: real services over the fake store, formatted by the pages' own views."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cache
from typing import Any

from tests.contract import examples
from tests.contract.failed_case import ANSWER, CASE, C
from tests.core import failures
from tests.fakes import FakeUnits
from tests.service.redress_stage import DAY_MS, FREELANCER, HOUR_MS, NOT_ME, Redress, answering
from verifier.core.appeal import AppealOutcome
from verifier.core.model import Flag, FlagId, FlagKind, PersonId, Role, StaffRole, VerificationStatus
from verifier.core.notice import NoticeKind, Outcome
from verifier.core.policy import SHIPPED
from verifier.core.proposal import Ruling, RulingOutcome
from verifier.core.verdicts import AccountEffect, AccountEffectReport
from verifier.web.pages import appeals_view, case_view
from verifier.web.pages.redress_view import Reading
from verifier.wording.catalogue import SOURCE, Catalogue

EN = Catalogue(SOURCE, {})
WORDS = (
    "I moved to Zagreb in October and the marketplace still has my old address in Sarajevo. The document in the "
    "picture is the new one.\n\nThe registration office can confirm it: my file number is on the back."
)
REASON = "The registration that you named shows that you moved before the call. The claim was out of date, not untrue."


async def _proposed(redress: Redress) -> None:
    notice = await redress.proposed()
    await redress.mail(notice.id, Outcome.ACCEPTED)
    await redress.responding.page_opened(FREELANCER)
    redress.clock.advance(ms=DAY_MS)


async def _answered(redress: Redress) -> None:
    await _proposed(redress)
    await redress.responding.respond(FREELANCER, failures.PROPOSAL, WORDS)
    redress.clock.advance(ms=HOUR_MS)


async def _late(redress: Redress) -> None:
    await _proposed(redress)
    redress.clock.advance(ms=SHIPPED.response_window_ms)
    await redress.responding.tick()


async def _rejected(redress: Redress) -> None:
    await _answered(redress)
    at_ms = redress.clock.now_ms()
    outcome = RulingOutcome.NEW_INTERVIEW
    async with redress.units() as unit:
        ruling = Ruling("rul_1", CASE, failures.CALL.id, failures.B, outcome, at_ms, REASON, failures.PROPOSAL)
        await unit.rulings.add(ruling, failures.CALL)
        case = await unit.verifications.get(CASE)
        await unit.verifications.save(replace(case, status=VerificationStatus.RETRY_OFFERED), case.status)
    redress.clock.advance(ms=HOUR_MS)


def _ruled(outcome: RulingOutcome, status: VerificationStatus) -> Callable[[Redress], Awaitable[None]]:
    """A reviewer decides about the call without a proposal."""

    async def ruled(redress: Redress) -> None:
        await redress.reviewed()
        async with redress.units() as unit:
            ruling = Ruling("rul_1", CASE, failures.CALL.id, failures.A, outcome, redress.clock.now_ms(), REASON)
            await unit.rulings.add(ruling, failures.CALL)
            case = await unit.verifications.get(CASE)
            await unit.verifications.save(replace(case, status=status), case.status)
        redress.clock.advance(ms=HOUR_MS)

    return ruled


async def _failed(redress: Redress) -> None:
    await redress.failed()
    async with redress.units() as unit:
        await unit.effects.add(AccountEffectReport(CASE, 1, AccountEffect.SUSPEND, redress.clock.now_ms(), False))
        notice = await redress.noticed(unit, NoticeKind.DECIDED, "1")
    await redress.mail(notice.id, Outcome.ACCEPTED)
    await redress.responding.page_opened(FREELANCER)
    redress.clock.advance(ms=3 * DAY_MS)


async def _over(redress: Redress) -> None:
    await _failed(redress)
    redress.clock.advance(ms=SHIPPED.appeal_window_ms)


async def _appealed(redress: Redress) -> None:
    await _failed(redress)
    await redress.appealing.open(FREELANCER, 1, WORDS)
    redress.clock.advance(ms=4 * DAY_MS)


def _closed(outcome: AppealOutcome) -> Callable[[Redress], Awaitable[None]]:
    async def closed(redress: Redress) -> None:
        await _appealed(redress)
        async with redress.units(read_only=True) as unit:
            (appeal,) = await unit.appeals.open()
        await redress.appealing.answer(await redress.staff(), appeal.id, answering(outcome, ANSWER))
        redress.clock.advance(ms=HOUR_MS)

    return closed


async def _unsupported(redress: Redress) -> None:
    await _proposed(redress)
    async with redress.units() as unit:
        await unit.effects.add(AccountEffectReport(CASE, 0, AccountEffect.SUSPEND, redress.clock.now_ms(), True))


async def _disowned(redress: Redress) -> None:
    await _proposed(redress)
    await redress.disowning.report(NOT_ME)
    await redress.responding.page_opened(FREELANCER)


REACHED: dict[str, Callable[[Redress], Awaitable[None]]] = {
    "proposed": _proposed,
    "answered": _answered,
    "late": _late,
    "rejected": _rejected,
    "ruled-new-interview": _ruled(RulingOutcome.NEW_INTERVIEW, VerificationStatus.RETRY_OFFERED),
    "ruled-alternative": _ruled(RulingOutcome.ALTERNATIVE_ROUTE, VerificationStatus.ALTERNATIVE_ROUTE),
    "failed": _failed,
    "appeal-over": _over,
    "appealed": _appealed,
    "upheld": _closed(AppealOutcome.UPHELD),
    "overturned": _closed(AppealOutcome.OVERTURNED),
    "new-interview": _closed(AppealOutcome.NEW_INTERVIEW),
    "unsupported": _unsupported,
    "disowned": _disowned,
}
"""Every state that has its own look."""


@cache
def pages() -> dict[str, dict[str, Any]]:
    """The page's variable ``case`` by the name of the state."""
    return asyncio.run(_pages())


async def _pages() -> dict[str, dict[str, Any]]:
    shown = {}
    for name, reach in REACHED.items():
        redress = Redress(FakeUnits())
        await reach(redress)
        state = await redress.joining.case(FREELANCER)
        shown[name] = case_view.case(state, await redress.own_quality.cited(CASE), "Northwind Freelance", EN)
    return shown


# ---------------------------------------------------------------- the staff's side


async def _hindered(redress: Redress) -> None:
    """A fraud flag is open, another verification too."""
    await _appealed(redress)
    flag = Flag(FlagId("flg_f"), failures.CALL.id, FlagKind.FRAUD, failures.ASKED.started_ms, Role.INTERVIEWER)
    async with redress.units() as unit:
        await unit.flags.add(flag)
        await unit.verifications.add(examples.verification("ver_other", external_id="failed-case"))


async def _breached(redress: Redress) -> None:
    await _appealed(redress)
    redress.clock.advance(ms=SHIPPED.appeal_answer_within_ms)


async def _again(redress: Redress) -> None:
    """Upheld, and appealed against once more."""
    await _closed(AppealOutcome.UPHELD)(redress)
    await redress.appealing.open(FREELANCER, 1, "The office confirms it now. " + WORDS)


DESK: dict[str, tuple[Callable[[Redress], Awaitable[None]], PersonId]] = {
    "open": (_appealed, C),
    "involved": (_appealed, failures.B),
    "hindered": (_hindered, C),
    "breached": (_breached, C),
    "again": (_again, C),
    "overturned": (_closed(AppealOutcome.OVERTURNED), C),
}
"""The page of one appeal, and who looks at it."""


@cache
def desk() -> dict[str, dict[str, Any]]:
    """The variables of appeal.html by the name of the state, and of appeals.html as ``list`` and ``empty``."""
    return asyncio.run(_desk())


async def _desk() -> dict[str, dict[str, Any]]:
    shown: dict[str, dict[str, Any]] = {}
    for name, (reach, id_) in DESK.items():
        redress = Redress(FakeUnits())
        await reach(redress)
        reading = Reading("UTC", EN, redress.clock.now_ms(), staff=True)
        person = await redress.staff(id_)
        roles = frozenset({StaffRole.APPEAL_REVIEWER})
        who = replace(person, person=replace(person.person, roles=roles))
        async with redress.units(read_only=True) as unit:
            appeal = (await unit.appeals.of_verification(CASE))[-1][0]
        found = await redress.desk.appeal(who, appeal.id)
        shown[name] = appeals_view.appeal(found, await redress.own_quality.cited(CASE), reading)
        shown[f"list-{name}"] = appeals_view.listing(await redress.desk.listing(who), reading)
    return {**shown, "list-empty": {"open": [], "answered": []}}
