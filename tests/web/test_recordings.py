"""Recordings over HTTP: any range of them, only for those who may, each reading in the chain first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.examples import CASE, add_call, interview, verification
from tests.web.house import Browser, House
from verifier.core.access import Audience, Link, fingerprint
from verifier.core.model import InterviewId, Role, StaffRole, VerificationId, VerificationStatus
from verifier.errors import OurError, SealBroken
from verifier.service.read_log import Reading
from verifier.web.ranges import Unsatisfiable, wanted

CALL = InterviewId("int_agreed")
FILM = bytes(range(256)) * 1_000
OWN, OTHER = "/staff/recordings/rec_1", "/staff/recordings/rec_2"


async def kept(house: House) -> None:
    async with house.units() as unit:
        await add_call(unit)
        await unit.interviews.add(interview(CALL, number=2, recording_consented=True), [])
    await house.recording("rec_1", CALL, FILM)
    await house.recording("rec_2", CALL, FILM, leg=Role.INTERVIEWER)


def readings(house: House) -> int:
    return sum(entry.action == Reading.RECORDING for entry in house.units.state.audit.values())


async def reviewer(house: House) -> Browser:
    browser, _ = await house.staff("per_rita", StaffRole.REVIEWER)
    return browser


async def test_a_reviewer_is_given_the_whole_or_any_range(house: House) -> None:
    await kept(house)
    browser = await reviewer(house)
    whole = await browser.get(OWN, "video/*")
    assert whole.status == 200
    assert whole.content == FILM
    assert whole.headers["Content-Type"] == "video/webm"
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Cache-Control"] == "no-store"
    for asked, start, stop in (
        ("0-", 0, 256_000),
        ("5-9", 5, 10),
        ("-7", 255_993, 256_000),
        ("255999-999999", 255_999, 256_000),
    ):
        part = await browser.get(OWN, "video/*", range=f"bytes={asked}")
        assert part.status == 206
        assert part.content == FILM[start:stop]
        assert part.headers["Content-Range"] == f"bytes {start}-{stop - 1}/256000"
        assert part.headers["Content-Length"] == str(stop - start)
    assert readings(house) == 1


async def test_a_range_behind_the_end_is_refused_and_a_strange_one_is_ignored(house: House) -> None:
    await kept(house)
    browser = await reviewer(house)
    behind = await browser.get(OWN, "video/*", range="bytes=256000-")
    assert behind.status == 416
    assert behind.headers["Content-Range"] == "bytes */256000"
    for strange in ("bytes=9-5", "bytes=a-b", "bytes=0-1,5-6", "bytes=-", "lines=0-5", "bytes=0x1-2"):
        assert (await browser.get(OWN, "video/*", range=strange)).status == 200


async def test_a_range_is_of_the_file_that_the_player_knows(house: House) -> None:
    await kept(house)
    browser = await reviewer(house)
    etag = (await browser.get(OWN, "video/*")).headers["ETag"]
    for known, status in ((etag, 206), ('"another"', 200), (f"W/{etag}", 200), ("Tue, 01 Jan 2030 00:00:00 GMT", 200)):
        assert (await browser.get(OWN, "video/*", range="bytes=0-3", if_range=known)).status == status


async def test_the_freelancer_is_given_himself_and_strangers_nothing(house: House) -> None:
    await kept(house)
    async with house.units() as unit:
        await unit.verifications.add(verification("ver_2", status=VerificationStatus.IN_REVIEW))
        for case, token in ((CASE, "c" * 20), ("ver_2", "d" * 20)):
            await unit.links.add(Link(fingerprint(token), Audience.CASE, 0, None, VerificationId(case)))
    own, stranger = house.browser(), house.browser()
    await own.post("/case/exchange", {"token": "c" * 20})
    await stranger.post("/case/exchange", {"token": "d" * 20})
    assert (await own.get("/case/recordings/rec_1", "video/*")).content == FILM
    assert (await own.get("/case/recordings/rec_2", "video/*")).status == 404
    assert (await stranger.get("/case/recordings/rec_1", "video/*")).status == 404
    assert (await house.browser().get("/case/recordings/rec_1", "video/*")).status == 401
    assert (await house.browser().get(OWN, "video/*")).status == 401
    interviewer, _ = await house.staff("per_otto", StaffRole.INTERVIEWER)
    assert (await interviewer.get(OWN, "video/*")).status == 403
    assert readings(house) == 1


async def test_once_erased_nothing_is_given(house: House) -> None:
    await kept(house)
    browser = await reviewer(house)
    async with house.units() as unit:
        await unit.evidence_keys.destroy(CALL, house.clock.now_ms())
    assert (await browser.get(OWN, "video/*")).status == 404
    assert readings(house) == 0


async def test_a_file_that_is_not_what_was_kept_is_never_begun(house: House) -> None:
    await kept(house)
    browser = await reviewer(house)
    key, _ = house.evidence.pieces[CALL, "recording_freelancer"]
    house.evidence.pieces[CALL, "recording_freelancer"] = key, FILM[:-1]
    answer = await browser.get(OWN, "video/*", range="bytes=0-3")
    assert answer.status == SealBroken.http_status
    assert answer.headers["Content-Type"].startswith("application/problem+json")


async def test_without_a_record_there_is_nothing_to_watch(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await kept(house)
    browser = await reviewer(house)

    async def refused(*_: object, **__: object) -> None:
        raise OurError

    monkeypatch.setattr("verifier.service.read_log.chronicle", refused)
    assert (await browser.get(OWN, "video/*")).status == 500


@given(st.text(max_size=30) | st.from_regex(r"bytes=\d{0,4}-\d{0,4}", fullmatch=True), st.integers(1, 5_000))
def test_whatever_is_asked_for_lies_within_the_file(header: str, size: int) -> None:
    try:
        found = wanted(header, None, '"x"', size)
    except Unsatisfiable:
        return
    assert found is None or 0 <= found[0] < found[1] <= size
