"""One truth (I7): after any sequence of decisions, every page, message, answer and event of a case states the same.

The whole server is composed as it runs, over a real database, with a clock that the test moves. Each walk takes steps
of review, appeal, reports and redaction; after each step everything that anybody can read about the case is read, and
held against the current decision version.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import DummyCookieJar
from aiohttp.test_utils import TestClient, TestServer

from tests.fakes import ManualClock
from tests.machine.calls import Held, Script, hold
from tests.machine.world import World
from tests.web.house import Answer as Read
from tests.web.house import Browser
from verifier.app import compose as composition
from verifier.app.keys import make_key
from verifier.app.mailing import desk
from verifier.config import load
from verifier.core import events
from verifier.core.access import Audience, Session, fingerprint
from verifier.core.appeal import AppealOutcome
from verifier.core.erased import is_erased
from verifier.core.letter import Letter, Ruled
from verifier.core.model import Answer, Result, StaffRole, Verification, VerificationId, VerificationStatus
from verifier.core.notice import NoticeKind
from verifier.core.proposal import ProposalState, RulingOutcome
from verifier.core.statement import Ground
from verifier.core.verdicts import AccountEffect, Decision
from verifier.service.appealing import Answering
from verifier.service.proposing import WrittenFact
from verifier.storage import upgrade
from verifier.web.security import COOKIES

HOUR_MS = 3_600_000
TEXT = "The city on the document is Zagreb; the claim says Sarajevo."
REASON = "The document that was sent afterwards shows that the claim was right."
WRONG_CITY = Script(answers=(("identity", Answer.INCONSISTENT),))
STATING = {"verification.decided", "decision.superseded"}
ORDERED = {
    RulingOutcome.NEW_INTERVIEW: VerificationStatus.RETRY_OFFERED,
    RulingOutcome.ALTERNATIVE_ROUTE: VerificationStatus.ALTERNATIVE_ROUTE,
}
"""Where a case stands while a letter about a ruling may be sent."""


@dataclass
class Walk:
    """A composed server, its people, one case."""

    house: composition.House
    world: World
    client: TestClient[Any, Any]
    key: str
    case: VerificationId
    read: int = 0
    held: list[Held] = field(default_factory=list)

    # ------------------------------------------------------------ steps

    async def call(self, script: Script, by: str = "per_ines") -> None:
        """The freelancer waits, a call is held."""
        await self.world.stage.waiting.arrive(self.case)
        who = await self.world.who(by)
        await self.world.stage.check(who.person.id)
        found = await hold(self.world.stage, who, script)
        self.world.ledger.held[found.id] = found
        self.held.append(found)

    async def contradicted_call(self) -> None:
        """A conclusive call that contradicts the city."""
        await self.call(WRONG_CITY, "per_ines" if not self.held else "per_axel")

    async def bad_call(self) -> None:
        """The same answers over a bad interviewer link."""
        await self.call(Script("interviewer_uplink", WRONG_CITY.answers))

    async def good_call(self) -> None:
        """Everything consistent, and the interviewer decides."""
        by = "per_ines" if not self.held else "per_axel"
        await self.call(Script(), by)
        await self.world.stage.deciding.verify(await self.world.who(by), self.held[-1].id)

    async def propose(self) -> None:
        """A proposes."""
        id_ = self.held[-1].id
        async with self.world.units(read_only=True) as unit:
            run = next(one for one in await unit.runs.of_interview(id_) if one.answer is Answer.INCONSISTENT)
            still = (await unit.stills.of_interview(id_))[0]
        fact = WrittenFact(run.id, still.id, run.started_ms, run.started_ms + 2_000, TEXT)
        seen = await self.world.standing(id_)
        who = await self.world.who("per_rita")
        await self.world.proposing.propose(who, id_, Ground.IDENTITY_CONTRADICTED, (fact,), seen)

    async def answer(self) -> None:
        """The freelancer opens his page and answers."""
        record = await self.record()
        who = self.world.freelancer(self.case)
        await self.world.responding.page_opened(who)
        await self.world.responding.respond(who, record.proposal.id, "I moved to Zagreb last month.")

    async def silence(self) -> None:
        """The freelancer opens his page and says nothing for a week."""
        await self.world.responding.page_opened(self.world.freelancer(self.case))
        self.world.clock.advance(days=7)
        await self.world.responding.tick()

    async def confirm(self) -> None:
        """B watches and confirms."""
        record = await self.record()
        proposal, fact = record.proposal, record.proposal.statement.facts[0]
        who = await self.world.who("per_rolf")
        await self.world.opened(self.case, who.person.id, fact.still_id)
        watch = await self.world.watching.begin(who, proposal.id, 1)
        for second in range(1, 4):
            self.world.clock.advance(s=1)
            if not watch.complete:
                watch = await self.world.watching.beat(who, watch.watch_id, fact.from_ms + 1_000 * second)
        await self.world.confirming.confirm(who, proposal.id, await self.world.standing(proposal.interview_id))

    def reject(self, outcome: RulingOutcome) -> Callable[[], Awaitable[None]]:
        """B rejects the proposal."""

        async def rejected() -> None:
            proposal = (await self.record()).proposal
            seen = await self.world.standing(proposal.interview_id)
            who = await self.world.who("per_rolf")
            await self.world.confirming.reject(who, proposal.id, outcome, REASON, seen)

        return rejected

    def rule(self, outcome: RulingOutcome) -> Callable[[], Awaitable[None]]:
        """A decides something else than a failure."""

        async def ruled() -> None:
            id_ = self.held[-1].id
            who = await self.world.who("per_rita")
            await self.world.rulings.rule(who, id_, outcome, REASON, await self.world.standing(id_))

        return ruled

    async def decline(self) -> None:
        """No further call."""
        await self.world.stage.deciding.decline_retry(self.world.freelancer(self.case))

    async def appeal(self) -> None:
        """The freelancer appeals."""
        decision = await self.decision()
        assert decision is not None
        await self.world.appealing.open(self.world.freelancer(self.case), decision.version, "I moved before the call.")

    def answer_appeal(self, outcome: AppealOutcome, by: str = "per_alma") -> Callable[[], Awaitable[None]]:
        """Somebody uninvolved answers."""

        async def answered() -> None:
            async with self.world.units(read_only=True) as unit:
                (appeal,) = await unit.appeals.open()
            text = f"You sent the registration of your address, {appeal.id}; it was issued before the call was held."
            sent = Answering(outcome, text, appeal.decision_version)
            await self.world.appealing.answer(await self.world.who(by), appeal.id, sent)

        return answered

    def report(self, effect: AccountEffect) -> Callable[[], Awaitable[None]]:
        """The platform reports what it did."""

        async def reported() -> None:
            decision = await self.decision()
            version = decision.version if decision else 0
            await self.world.results.report_effect(self.world.platform, self.case, version, effect)

        return reported

    async def late_clocks(self) -> None:
        """A promise runs out and is told."""
        self.world.clock.advance(days=20)
        await self.world.escalating.tick()

    async def redact(self) -> None:
        """Personal data ends, long after."""
        self.world.clock.advance(days=400)
        answer = await self.api("POST", f"/verifications/{self.case}/redact", {})
        assert answer.status == 200, answer.text

    # ------------------------------------------------------------ what is stored

    async def record(self) -> Any:
        """The newest proposal."""
        async with self.world.units(read_only=True) as unit:
            return (await unit.proposals.of_verification(self.case))[-1]

    async def decision(self) -> Decision | None:
        """The current version."""
        async with self.world.units(read_only=True) as unit:
            return await unit.decisions.current(self.case)

    async def stored(self) -> Verification:
        """The case."""
        async with self.world.units(read_only=True) as unit:
            return await unit.verifications.get(self.case)

    # ------------------------------------------------------------ reading

    async def api(self, method: str, path: str, body: Any = None) -> Read:
        """The platform's program."""
        headers = {"Authorization": f"Bearer {self.key}"}
        if method == "POST":
            self.read += 1
            headers["Idempotency-Key"] = f"walk-{self.read}"
        async with self.client.request(method, f"/api/v1{path}", headers=headers, json=body) as answer:
            text = await answer.text()
            return Read(answer.status, answer.headers, text, json.loads(text) if text else None)

    async def browser(self, audience: Audience, person: str | None = None) -> Browser:
        """Somebody's browser with a session of now."""
        self.read += 1
        secret, now_ms = f"secret-{self.read}", self.world.clock.now_ms()
        case = self.case if person is None else None
        async with self.world.units() as unit:
            await unit.sessions.add(
                Session(
                    fingerprint(secret),
                    audience,
                    now_ms,
                    now_ms + HOUR_MS,
                    case,
                    person_id=person,
                    second_factor_ms=None if person is None else now_ms,
                )
            )
        browser = Browser(self.client)
        browser.cookies[COOKIES[audience]] = secret
        return browser


@pytest.fixture
async def walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Walk]:
    clock = ManualClock()
    monkeypatch.setattr(composition, "AnchoredClock", lambda: clock)
    settings = load(data_dir=tmp_path, public_url="https://verify.example.org")
    upgrade(settings.database)
    house = await composition.compose(settings)
    world = World(house.store.units, clock)
    await world.fill()
    key, secret = make_key("shop", clock.now_ms(), house.entropy, test=False)
    async with house.store.units() as unit:
        await unit.api_keys.add(key)
    client = TestClient(TestServer(house.web_application()), cookie_jar=DummyCookieJar())
    client._server.skip_url_asserts = True
    await client.start_server()
    yield Walk(house, world, client, secret, await world.new_case())
    await client.close()
    await house.store.close()


# ---------------------------------------------------------------- what anybody can read


async def truths(walk: Walk) -> dict[str, tuple[str, int | None]]:
    """(result, decision version) as each reader is told it, by who tells it; None where it names no version."""
    said: dict[str, tuple[str, int | None]] = {}
    answer = (await walk.api("GET", f"/verifications/{walk.case}")).json
    said["API"] = (answer["result"], answer["decision"]["version"] if answer["decision"] else None)
    listed = (await walk.api("GET", "/verifications")).json
    said["API list"] = (next(one for one in listed["data"] if one["id"] == walk.case)["result"], None)
    async with walk.world.units(read_only=True) as unit:
        told = await unit.outbox.events_of(walk.case)
    stating = [json.loads(event.body)["data"] for event in told if event.type in STATING and event.body]
    if not any(is_erased(event.body) or not event.body for event in told):
        said["webhook"] = (stating[-1]["result"], stating[-1]["decision_version"]) if stating else ("none", None)
    reader = await walk.browser(Audience.CASE)
    page = (await reader.get("/case")).text
    said["case page"] = (_marked(page, "data-result"), None)
    state = (await reader.get("/case/state", accept="application/json")).json
    said["case state"] = (state["result"], state["decision"]["version"] if state["decision"] else None)
    export = (await reader.get("/case/export.json", accept="application/json")).json
    said["export"] = _of_export(export)
    joiner = await walk.browser(Audience.FREELANCER)
    joined = (await joiner.get("/join/state", accept="application/json")).json
    said["join state"] = (joined["result"], None)
    said |= await _staff(walk)
    return said


async def _staff(walk: Walk) -> dict[str, tuple[str, int | None]]:
    said: dict[str, tuple[str, int | None]] = {}
    reviewer = await walk.browser(Audience.STAFF, "per_rita")
    for held in walk.held:
        page = await reviewer.get(f"/staff/reviews/{held.id}")
        assert page.status == 200, page.text
        replay = (await reviewer.get(f"/staff/reviews/{held.id}/replay.json", accept="application/json")).json
        version = replay["decision"]["version"] if replay["decision"] else None
        said[f"replay {held.id}"] = (replay["verification"]["result"], version)
    return said


def _marked(page: str, attribute: str) -> str:
    (value,) = set(re.findall(rf'data-testid="case-result" {attribute}="([a-z_]+)"', page))
    return str(value)


def _of_export(export: dict[str, Any]) -> tuple[str, int | None]:
    decisions = export["decisions"]
    newest = max(decisions, key=lambda one: one["version"], default=None)
    return (newest["result"], newest["version"]) if newest else ("none", None)


async def agree(walk: Walk) -> None:
    """Everybody is told the current decision version, and nothing promises what does not hold."""
    current, case = await walk.decision(), await walk.stored()
    truth = (current.result.value, current.version) if current else ("none", None)
    for who, (result, version) in (await truths(walk)).items():
        assert result == truth[0], f"{who} says {result}, decided is {truth}"
        assert version in (None, truth[1]), f"{who} names version {version}, decided is {truth}"
    await _letters_agree(walk, current)
    await _account_agrees(walk, current, case)


async def _letters_agree(walk: Walk, current: Decision | None) -> None:
    """A letter that would be sent now about a decision states the current one, or is not sent."""
    house = walk.house
    noticing = desk(house.settings, house.store.units, house.clock, house.entropy, house.policies)
    async with walk.world.units(read_only=True) as unit:
        notices = await unit.notices.of_verification(walk.case)
    for notice in notices:
        if notice.kind in {NoticeKind.DECIDED, NoticeKind.DECISION_SUPERSEDED} and notice.person_id is None:
            letter = await noticing.compose(notice.id)
            if isinstance(letter, Letter):
                assert current is not None and notice.subject_id == str(current.version)
        if notice.kind is NoticeKind.RULED:
            letter = await noticing.compose(notice.id)
            if isinstance(letter, Letter):
                assert isinstance(letter.facts, Ruled)
                assert (await walk.stored()).status is ORDERED[letter.facts.outcome]


async def _account_agrees(walk: Walk, current: Decision | None, case: Verification) -> None:
    """Only a standing failure recommends anything, and an open case or appeal protects work in flight everywhere."""
    answer = (await walk.api("GET", f"/verifications/{walk.case}")).json
    async with walk.world.units(read_only=True) as unit:
        bodies = [event.body for event in await unit.outbox.events_of(walk.case)]
        appealed = any(reply is None for _, reply in await unit.appeals.of_verification(walk.case))
    protects = events.protects_work(case.status, appealed=appealed)
    assert answer["protect_work_in_flight"] is protects
    page = (await (await walk.browser(Audience.CASE)).get("/case")).text
    assert ('data-testid="protected"' in page) is (protects and bool(walk.held)), "the page says what the API answers"
    told = [json.loads(body)["data"] for body in bodies if body and not is_erased(body)]
    assert len(bodies) == case.sequence
    assert all(one["protect_work_in_flight"] is protects for one in told[-1:]), told[-1]
    recommended = answer["decision"]["recommended_account_effect"] if answer["decision"] else "none"
    assert (recommended == "suspend") is (current is not None and current.result is Result.FAILED)


WALKS: dict[str, Callable[[Walk], list[Callable[[], Awaitable[None]]]]] = {
    "verified": lambda w: [w.good_call, w.report(AccountEffect.SUSPEND), w.redact],
    "ruled verified": lambda w: [w.contradicted_call, w.rule(RulingOutcome.VERIFIED)],
    "another way": lambda w: [w.contradicted_call, w.rule(RulingOutcome.ALTERNATIVE_ROUTE)],
    "ruled, called again, ruled": lambda w: [
        w.contradicted_call,
        w.rule(RulingOutcome.NEW_INTERVIEW),
        w.contradicted_call,
        w.rule(RulingOutcome.ALTERNATIVE_ROUTE),
    ],
    "rejected, called again, verified": lambda w: [
        w.contradicted_call,
        w.propose,
        w.reject(RulingOutcome.NEW_INTERVIEW),
        w.good_call,
    ],
    "failed, upheld, redacted": lambda w: [
        w.contradicted_call,
        w.propose,
        w.answer,
        w.confirm,
        w.report(AccountEffect.SUSPEND),
        w.appeal,
        w.late_clocks,
        w.answer_appeal(AppealOutcome.UPHELD),
        w.redact,
    ],
    "failed in silence, overturned, reinstated": lambda w: [
        w.contradicted_call,
        w.propose,
        w.silence,
        w.confirm,
        w.report(AccountEffect.SUSPEND),
        w.appeal,
        w.answer_appeal(AppealOutcome.OVERTURNED),
        w.report(AccountEffect.SUSPEND),
        w.late_clocks,
        w.report(AccountEffect.REINSTATE),
        w.redact,
    ],
    "failed, called again on appeal, failed again, overturned": lambda w: [
        w.contradicted_call,
        w.propose,
        w.answer,
        w.confirm,
        w.appeal,
        w.answer_appeal(AppealOutcome.NEW_INTERVIEW),
        w.contradicted_call,
        w.propose,
        w.answer,
        w.confirm,
        w.appeal,
        w.answer_appeal(AppealOutcome.OVERTURNED, "per_rosa"),
    ],
    "a bad link, declined, appealed, verified": lambda w: [
        w.bad_call,
        w.decline,
        w.appeal,
        w.answer_appeal(AppealOutcome.NEW_INTERVIEW),
        w.good_call,
    ],
}


@pytest.mark.parametrize("name", WALKS)
async def test_i7_everybody_is_told_the_same_after_every_step(walk: Walk, name: str) -> None:
    await agree(walk)
    for step in WALKS[name](walk):
        await step()
        await agree(walk)
        walk.world.clock.advance(minutes=1)


async def test_i7_a_proposal_is_nowhere_told_as_a_decision(walk: Walk) -> None:
    await walk.contradicted_call()
    await walk.propose()
    assert (await walk.record()).state(walk.world.clock.now_ms()) is ProposalState.NOTIFYING
    assert (await walk.stored()).status is VerificationStatus.AWAITING_RESPONSE
    assert {result for result, _ in (await truths(walk)).values()} == {"none"}
    page = (await (await walk.browser(Audience.CASE)).get("/case")).text
    assert "Nothing is decided" in page
    assert StaffRole.REVIEWER in (await walk.world.who("per_rita")).person.roles
