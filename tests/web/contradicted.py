"""A conclusive, contradicted call in the house: its rows, its still with a picture, and everybody who reviews it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.contract.failed_case import CALL, CASE, add_conclusive_call
from tests.core import failures
from tests.web.house import Browser, House, open_house
from verifier.core.model import PersonId, ProposalId
from verifier.core.principal import FreelancerPrincipal, StaffPrincipal
from verifier.core.samples import InterviewRows
from verifier.core.statement import Ground
from verifier.ports.evidence import WrappedKey
from verifier.service.proposing import WrittenFact
from verifier.service.responding import Responding

PAGE = f"/staff/reviews/{CALL}"
FREELANCER = FreelancerPrincipal(CASE, "session-freelancer")
TEXT = "The city on the document is Zagreb; the claim says Sarajevo."
REASON = "The document that was sent afterwards shows that the claim was right."


@dataclass
class Contradicted:
    """The house with the case in it."""

    house: House

    async def browser(self, id_: PersonId) -> Browser:
        """Somebody's signed-in browser."""
        async with self.house.units(read_only=True) as unit:
            return await self.house.signed_in(await unit.people.get(id_))

    async def standing(self) -> str:
        """What a page that is opened now carries."""
        scenes = self.house.services.review.confirming._scenes
        derived = await scenes.standing(CALL)
        async with self.house.units(read_only=True) as unit:
            return (await scenes.docket(unit, derived)).standing

    async def statement(self, **other: Any) -> dict[str, Any]:
        """The body of a proposal as the page sends it."""
        return {
            "ground": "identity_contradicted",
            "facts": [written()],
            "seen": await self.standing(),
        } | other

    async def proposed(self, by: PersonId = failures.A) -> ProposalId:
        """Proposed, through the service."""
        fact = failures.fact()
        facts = (WrittenFact(fact.run_id, fact.still_id, fact.from_ms, fact.to_ms, TEXT),)
        async with self.house.units(read_only=True) as unit:
            principal = StaffPrincipal(await unit.people.get(by), f"session-{by}")
        proposing = self.house.services.review.proposing
        made = await proposing.propose(principal, CALL, Ground.IDENTITY_CONTRADICTED, facts, await self.standing())
        return made.id

    async def answered(self, id_: ProposalId) -> None:
        """The freelancer opens his page, and answers."""
        responding = Responding(self.house.units, self.house.clock, self.house.entropy)
        await responding.page_opened(FREELANCER)
        await responding.respond(FREELANCER, id_, "I moved to Zagreb last month.")

    async def watched(self, browser: Browser, id_: ProposalId) -> None:
        """The still opened, the cited stretch watched in real time."""
        assert (await browser.get(f"/staff/evidence/{failures.STILL}", "image/*")).status == 200
        watch = (await browser.post(f"/staff/proposals/{id_}/watch", {"fact": 1})).json
        position_ms = watch["from_ms"]
        while not watch["complete"]:
            self.house.clock.advance(s=1)
            position_ms += 1_000
            watch = (await browser.post(f"/staff/watches/{watch['watch_id']}", {"position_ms": position_ms})).json


def written(**other: Any) -> dict[str, Any]:
    """One fact as the page sends it."""
    fact = failures.fact()
    return {
        "run_id": fact.run_id,
        "still_id": fact.still_id,
        "from_ms": fact.from_ms,
        "to_ms": fact.to_ms,
        "text": TEXT,
    } | other


async def contradicted(
    aiohttp_client: Any,
    rows: InterviewRows = failures.ROWS,
    *,
    judged: bool = False,
    picture: bytes = b"\xff\xd8\xff\xe0 a picture",
    **settings: Any,
) -> Contradicted:
    """The house at the moment when somebody could propose; ``judged``: the stored verdict is that of other rows too."""
    house = await open_house(aiohttp_client, **settings)
    house.clock.advance(ms=failures.PROPOSED_MS - house.clock.now_ms())
    async with house.units() as unit:
        await add_conclusive_call(unit, rows if judged else failures.ROWS)
        await unit.samples.add(rows.server, rows.browser, rows.frames)
        key = await unit.evidence_keys.of_interview(CALL)
    assert key is not None and key.wrapped is not None
    house.evidence.known.add(key.master_key_id)
    wrapped = WrappedKey(key.wrapped, key.master_key_id)
    for name in (failures.STILL, f"{failures.STILL}_preview"):
        await house.evidence.write(CALL, name, wrapped, picture)
    return Contradicted(house)
