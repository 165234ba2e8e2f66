"""The private page in every state of redress: real services over the fake store, formatted by the pages' own views."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cache
from typing import Any

from tests.contract.failed_case import ANSWER, CASE
from tests.core import failures
from tests.fakes import FakeUnits
from tests.service.redress_stage import DAY_MS, FREELANCER, HOUR_MS, NOT_ME, Redress, answering
from verifier.core.appeal import AppealOutcome
from verifier.core.model import VerificationStatus
from verifier.core.notice import NoticeKind, Outcome
from verifier.core.policy import SHIPPED
from verifier.core.proposal import Ruling, RulingOutcome
from verifier.core.verdicts import AccountEffect, AccountEffectReport
from verifier.web.pages import case_view
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
