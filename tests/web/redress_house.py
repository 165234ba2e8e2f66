"""A house in which a call was contradicted, a failure proposed, decided, appealed against; browsers of everybody."""

from __future__ import annotations

from dataclasses import replace

from tests.contract import failed_case
from tests.contract.failed_case import CASE, C
from tests.core import failures
from tests.service.redress_stage import SCENE
from tests.web.house import Browser, House
from verifier.core import decision
from verifier.core.access import Audience, Link, fingerprint
from verifier.core.failure import confirm
from verifier.core.model import PersonId, Verification, VerificationStatus
from verifier.core.policy import PolicyBook
from verifier.ports import UnitOfWork
from verifier.service.recording_decisions import Recorder

TOKEN = "token-of-the-private-page"
NOT_ME = "token-to-disown-a-message"
DAY_MS = 24 * failures.HOUR_MS
WORDS = "I moved to Zagreb last month; the marketplace still has my old address."


async def reviewed(house: House) -> None:
    """The call waits for a reviewer; the freelancer has a link to his page."""
    at(house, failures.PROPOSED_MS)
    rows = failures.ROWS
    async with house.units() as unit:
        await failed_case.add_conclusive_call(unit)
        await unit.samples.add(rows.server, rows.browser, rows.frames)
        await unit.links.add(Link(fingerprint(TOKEN), Audience.CASE, house.clock.now_ms(), None, CASE))
        await unit.links.add(Link(fingerprint(NOT_ME), Audience.NOT_ME, house.clock.now_ms(), None, CASE))


async def proposed(house: House) -> None:
    """A proposes a failure; nobody has been reached."""
    await reviewed(house)
    async with house.units() as unit:
        await unit.proposals.add(failures.proposal())
        await _moves(unit, VerificationStatus.AWAITING_RESPONSE)


async def failed(house: House) -> None:
    """B confirms after the window ran out."""
    await reviewed(house)
    at(house, failures.DECIDED_MS)
    async with house.units() as unit:
        await failed_case.add_proposal(unit)
        record = await unit.proposals.record(failures.PROPOSAL)
        outcome = confirm(SCENE, record, failures.reviewer(), failures.DECIDED_MS)
        case = await _moves(unit, VerificationStatus.COMPLETED)
        recorder = Recorder(house.clock, house.entropy, PolicyBook(), "https://verify.example.org/case")
        await recorder.record(unit, case, decision.failed(outcome, None), (outcome, failed_case.trainings()))


async def appealed(house: House) -> str:
    """The freelancer appeals; the id of his appeal."""
    await failed(house)
    at(house, failures.DECIDED_MS + failures.HOUR_MS)
    browser = await freelancer(house)
    assert (await browser.post("/case/appeal", {"decision_version": 1, "text": WORDS})).status == 200
    async with house.units(read_only=True) as unit:
        (appeal,) = await unit.appeals.open()
    return appeal.id


async def freelancer(house: House, token: str = TOKEN) -> Browser:
    """A browser with the private page open."""
    browser = house.browser()
    assert (await browser.post("/case/exchange", {"token": token})).status == 200
    return browser


async def staff(house: House, id_: PersonId = C) -> Browser:
    """The signed-in browser of somebody who works here."""
    async with house.units(read_only=True) as unit:
        person = await unit.people.get(id_)
    browser = house.browser()
    await house.sign_in(browser, person)
    return browser


def at(house: House, ms: int) -> None:
    """Go to this moment."""
    house.clock.advance(ms=ms - house.clock.now_ms())


async def _moves(unit: UnitOfWork, status: VerificationStatus) -> Verification:
    case = await unit.verifications.get(CASE)
    moved = replace(case, status=status)
    await unit.verifications.save(moved, case.status)
    return moved
