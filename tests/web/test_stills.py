"""Stills over HTTP: what is refused, in which words, and that nothing changed; who sees what, and that it is noted."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.contract.examples import CALL, CASE, ended, interview, item, person, verification
from tests.fakes.evidence import JPEG_BYTES
from tests.web.house import Answer, Browser, House, open_house
from verifier.core.access import Audience, Link, fingerprint
from verifier.core.checklist import DOCUMENT_BANK
from verifier.core.evidence import StillKind
from verifier.core.model import (
    InterviewId,
    InterviewState,
    ItemKind,
    ItemRun,
    Need,
    PlannedItem,
    RunId,
    StaffRole,
    StillId,
    VerificationId,
    VerificationStatus,
)
from verifier.core.picture import MAX_BYTES
from verifier.errors import Conflict
from verifier.ports.credentials import ConflictOfInterest
from verifier.service.calls import Capture, LiveCall
from verifier.web.keys import Rate

FRONT = PlannedItem(
    "document.front",
    ItemKind.DOCUMENT,
    10,
    False,
    (Need.AUDIO_ASK, Need.STILL),
    "document.front",
    DOCUMENT_BANK["document.front"][0],
)
ID = StillId("sti_asked")


async def calling(house: House, case: str = CASE, call: str = CALL, still_id: StillId = ID) -> LiveCall:
    """A call in which the front of the document is asked for and a still of it is awaited."""
    token = "join-token-of-the-case" if case == CASE else f"join-token-of-{case}"
    made = await house.case(token, id_=case, status=VerificationStatus.WAITING, waiting_since_ms=0)
    held = interview(call, verification_id=VerificationId(case), state=InterviewState.LIVE, policy_version="2026-11-b")
    run = ItemRun(RunId(f"run_{call}"), held.id, FRONT.key, 1, house.clock.now_ms())
    async with house.units() as unit:
        if person().id not in house.units.state.people:
            await unit.people.add(person(), None)
        await unit.interviews.add(held, [FRONT])
        await unit.runs.add(run)
    live = LiveCall(held, made, "A.", (FRONT,), runs=[run])
    live.captures[still_id] = Capture(still_id, run.id, FRONT.key, StillKind.DOCUMENT_FRONT, house.clock.now_ms())
    house.calls.add(live)
    return live


async def freelancer(house: House) -> Browser:
    return await house.freelancer(consented=False)


async def refused(house: House, answer: Answer, status: int, field: str | None = None) -> None:
    """Refused in words, and nothing was written."""
    assert (answer.status, answer.json.get("field")) == (status, field), answer.text
    assert len(answer.json["detail"]) > 20
    assert house.evidence.pieces == {} and house.units.state.stills == {}


# ---------------------------------------------------------------- upload


async def test_a_still_is_put_once_and_acknowledged_as_often_as_it_is_sent(house: House) -> None:
    await calling(house)
    browser = await freelancer(house)
    answers = [await browser.put(f"/join/stills/{ID}", JPEG_BYTES) for _ in range(2)]
    assert [one.status for one in answers] == [200, 200] and answers[0].json == answers[1].json
    assert answers[0].json == {"still_id": ID, "usable": True, "problems": []}
    assert answers[0].headers["Cache-Control"] == "no-store" and len(house.units.state.stills) == 1


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({"Content_Type": "text/html"}, "content-type"),
        ({"Content_Type": "image/svg+xml"}, "content-type"),
        ({"Content_Type": "application/zip"}, "content-type"),
        ({"Content_Digest": ""}, "content-digest"),
        ({"Content_Digest": "md5=:rL0Y20zC+Fzt72VPzMSk2A==:"}, "content-digest"),
        ({"Content_Digest": "sha-256=:short=:"}, "content-digest"),
        ({"Content_Digest": "sha-256=:" + "A" * 43 + "=:"}, "content-digest"),
    ],
)
async def test_a_wrong_type_or_digest_is_refused_and_changes_nothing(
    house: House, headers: dict[str, str], field: str
) -> None:
    await calling(house)
    answer = await (await freelancer(house)).put(f"/join/stills/{ID}", JPEG_BYTES, **headers)
    await refused(house, answer, 400, field)


async def test_a_digest_among_others_is_found(house: House) -> None:
    await calling(house)
    browser = await freelancer(house)
    sent = await browser.put(f"/join/stills/{ID}", JPEG_BYTES)
    both = sent.json and {"Content_Digest": "md5=:rL0Y20zC+Fzt72VPzMSk2A==:, " + _digest(JPEG_BYTES)}
    assert (await browser.put(f"/join/stills/{ID}", JPEG_BYTES, **both)).status == 200


@pytest.mark.parametrize("sent", [b"", b"PK\x03\x04 a zip", b"<svg/>", b"GIF89a"])
async def test_what_is_no_picture_is_refused(house: House, sent: bytes) -> None:
    await calling(house)
    answer = await (await freelancer(house)).put(f"/join/stills/{ID}", sent)
    await refused(house, answer, 400, "not_a_picture")


async def test_too_many_bytes_are_refused_whether_they_are_announced_or_not(house: House) -> None:
    await calling(house)
    browser = await freelancer(house)
    await refused(house, await browser.put(f"/join/stills/{ID}", JPEG_BYTES + bytes(MAX_BYTES)), 413)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MAX_BYTES // 2**20 + 1):
            yield bytes(2**20)

    await refused(house, await browser.put(f"/join/stills/{ID}", endless()), 413)


async def test_a_still_that_takes_too_long_is_refused_and_may_come_again(aiohttp_client: Any) -> None:
    house = await open_house(aiohttp_client, upload_timeout_s=0.05)
    await calling(house)
    answered = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield JPEG_BYTES
        await answered.wait()

    browser = await freelancer(house)
    await refused(house, await browser.put(f"/join/stills/{ID}", slow()), 400, "timeout")
    answered.set()
    assert (await browser.put(f"/join/stills/{ID}", JPEG_BYTES)).status == 200


async def test_other_peoples_stills_cannot_be_sent(house: House) -> None:
    await calling(house)
    await calling(house, "ver_2", "int_2", StillId("sti_theirs"))
    browser = await freelancer(house)
    await refused(house, await browser.put("/join/stills/sti_theirs", JPEG_BYTES), 404)
    await refused(house, await browser.put("/join/stills/sti_never", JPEG_BYTES), 404)
    await refused(house, await browser.put("/join/stills/..%2F..%2Fetc", JPEG_BYTES), 404)
    await refused(house, await house.browser().put(f"/join/stills/{ID}", JPEG_BYTES), 401)


async def test_after_the_call_a_still_is_refused(house: House) -> None:
    await calling(house)
    browser = await freelancer(house)
    house.calls.remove(InterviewId(CALL))
    await refused(house, await browser.put(f"/join/stills/{ID}", JPEG_BYTES), 404)


async def test_another_picture_under_a_used_id_is_refused(house: House) -> None:
    await calling(house)
    browser = await freelancer(house)
    assert (await browser.put(f"/join/stills/{ID}", JPEG_BYTES)).status == 200
    again = await browser.put(f"/join/stills/{ID}", JPEG_BYTES + b"!")
    assert (again.status, again.json["code"]) == (409, "conflict")
    assert house.evidence.pieces[CALL, ID][1] == JPEG_BYTES + b" kept"


async def test_a_foreign_page_cannot_send_a_still(house: House) -> None:
    await calling(house)
    browser = await freelancer(house)
    for headers in ({"Origin": "https://evil.example"}, {"Origin": ""}, {"X_Verifier": ""}):
        await refused(house, await browser.put(f"/join/stills/{ID}", JPEG_BYTES, **headers), 403)


async def test_whoever_sends_too_often_has_to_wait(aiohttp_client: Any) -> None:
    house = await open_house(aiohttp_client, still_rate=Rate(burst=2, refill_ms=60_000))
    await calling(house)
    browser = await freelancer(house)
    statuses = [(await browser.put(f"/join/stills/{ID}", JPEG_BYTES)).status for _ in range(3)]
    assert statuses == [200, 200, 429]


def _digest(content: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


# ---------------------------------------------------------------- looking


async def kept(house: House, *, over: bool = True) -> None:
    """A still of a call that is over, or goes on."""
    await house.case()
    held = interview()
    async with house.units() as unit:
        await unit.people.add(person(), None)
        await unit.interviews.add(held, [item()])
    await house.still("sti_1")
    if over:
        async with house.units() as unit:
            await unit.interviews.save(ended(held))


def readings(house: House) -> list[tuple[str, str | None, object]]:
    return [
        (entry.actor_kind.value, entry.actor_id, entry.facts["preview"])
        for (case, _), entry in sorted(house.units.state.audit.items())
        if (case, entry.action) == (CASE, "evidence.read")
    ]


@pytest.mark.parametrize("role", [StaffRole.REVIEWER, StaffRole.APPEAL_REVIEWER])
async def test_reviewers_see_a_still_and_each_look_is_on_record(house: House, role: StaffRole) -> None:
    await kept(house)
    browser, rita = await house.staff("per_rita", role)
    whole = await browser.get("/staff/evidence/sti_1", "image/*")
    small = await browser.get("/staff/evidence/sti_1/preview", "image/*")
    assert (whole.status, whole.content, small.content) == (200, JPEG_BYTES, b"small " + JPEG_BYTES)
    assert whole.headers["Content-Type"] == small.headers["Content-Type"] == "image/jpeg"
    assert whole.headers["Cache-Control"] == "no-store" and whole.headers["X-Content-Type-Options"] == "nosniff"
    assert readings(house) == [("staff", rita.id, False), ("staff", rita.id, True)]


async def test_the_interviewer_sees_the_small_picture_while_the_call_goes_on_and_nothing_after(house: House) -> None:
    await kept(house, over=False)
    anna = house.browser()
    await house.sign_in(anna, person())
    async with house.units() as unit:
        stranger = person("per_other", roles=frozenset({StaffRole.INTERVIEWER}))
        await unit.people.add(stranger, None)
    other = house.browser()
    await house.sign_in(other, stranger)
    assert (await anna.get("/staff/evidence/sti_1/preview", "image/*")).content == b"small " + JPEG_BYTES
    assert (await other.get("/staff/evidence/sti_1/preview", "image/*")).status == 404
    assert (await other.get("/staff/evidence/sti_1", "image/*")).status == 403
    assert len(readings(house)) == 1


async def test_after_the_call_its_interviewer_sees_it_no_more(house: House) -> None:
    await kept(house)
    house.units.state.people[person().id] = (person(roles=frozenset({StaffRole.INTERVIEWER})), None)
    anna = house.browser()
    await house.sign_in(anna, person())
    assert (await anna.get("/staff/evidence/sti_1/preview", "image/*")).status == 404
    assert (await anna.get("/staff/evidence/sti_1", "image/*")).status == 403
    assert readings(house) == []


async def test_who_declared_a_conflict_of_interest_sees_nothing(house: House) -> None:
    await kept(house)
    browser, rita = await house.staff("per_rita", StaffRole.REVIEWER)
    async with house.units() as unit:
        await unit.conflicts.add(ConflictOfInterest(VerificationId(CASE), rita.id, house.clock.now_ms()))
    assert (await browser.get("/staff/evidence/sti_1", "image/*")).status == 403 and readings(house) == []


async def test_the_freelancer_sees_his_own_still_and_no_other(house: House) -> None:
    await kept(house)
    async with house.units() as unit:
        await unit.verifications.add(verification("ver_2", status=VerificationStatus.IN_REVIEW))
        for case, token in ((CASE, "c" * 20), ("ver_2", "d" * 20)):
            await unit.links.add(Link(fingerprint(token), Audience.CASE, 0, None, VerificationId(case)))
    own, other = house.browser(), house.browser()
    await own.post("/case/exchange", {"token": "c" * 20})
    await other.post("/case/exchange", {"token": "d" * 20})
    assert (await own.get("/case/evidence/sti_1", "image/*")).content == JPEG_BYTES
    assert (await own.get("/case/evidence/sti_1/preview", "image/*")).content == b"small " + JPEG_BYTES
    assert (await other.get("/case/evidence/sti_1", "image/*")).status == 404
    assert (await house.browser().get("/case/evidence/sti_1", "image/*")).status == 401
    assert readings(house) == [("freelancer", None, False), ("freelancer", None, True)]


async def test_the_case_page_names_the_freelancers_own_stills_and_looking_at_the_page_opens_none(house: House) -> None:
    await kept(house)
    async with house.units() as unit:
        await unit.links.add(Link(fingerprint("c" * 20), Audience.CASE, 0, None, VerificationId(CASE)))
    browser = house.browser()
    await browser.post("/case/exchange", {"token": "c" * 20})
    page = (await browser.get("/case")).text
    assert 'href="/case/evidence/sti_1"' in page and readings(house) == []
    async with house.units() as unit:
        await unit.evidence_keys.destroy(InterviewId(CALL), house.clock.now_ms())
    page = (await browser.get("/case")).text
    assert "/case/evidence/" not in page and 'data-testid="case-still"' in page


async def test_without_a_record_there_is_no_picture(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await kept(house)
    browser, _ = await house.staff("per_rita", StaffRole.REVIEWER)

    async def somebody_was_first(*_: object) -> None:
        raise Conflict("Somebody else appended meanwhile.")

    monkeypatch.setattr("tests.fakes.redress.FakeAuditTrail.append", somebody_was_first)
    answer = await browser.get("/staff/evidence/sti_1", "image/*")
    assert answer.status == 409 and JPEG_BYTES not in answer.content


async def test_erased_missing_and_damaged_pictures_are_refused_before_a_byte_is_given(house: House) -> None:
    await kept(house)
    browser, _ = await house.staff("per_rita", StaffRole.REVIEWER)
    key, _ = house.evidence.pieces[CALL, "sti_1"]
    house.evidence.pieces[CALL, "sti_1"] = (b"another key", JPEG_BYTES)
    assert (await browser.get("/staff/evidence/sti_1", "image/*")).status == 500
    house.evidence.pieces[CALL, "sti_1"] = (key, JPEG_BYTES)
    assert (await browser.get("/staff/evidence/sti_1", "image/*")).status == 200
    del house.evidence.pieces[CALL, "sti_1"]
    assert (await browser.get("/staff/evidence/sti_1", "image/*")).status == 404
    async with house.units() as unit:
        await unit.evidence_keys.destroy(InterviewId(CALL), house.clock.now_ms())
    assert (await browser.get("/staff/evidence/sti_1/preview", "image/*")).json["detail"] == "This picture was erased."
    assert (await browser.get("/staff/evidence/sti_never", "image/*")).status == 404
