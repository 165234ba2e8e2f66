"""The device and network check through the real application, over a media engine that measures what a test says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.contract.examples import ANNA, CASE
from tests.service.loopback import LoopbackMedia
from tests.web.house import Browser, House, open_house
from verifier.core.model import StaffRole, VerificationStatus
from verifier.core.samples import ServerSample
from verifier.service.checking import MOST_OPEN_MS
from verifier.web.ice import IceSettings

GOOD: dict[str, Any] = {
    "audio": {"total_samples_received": 720_000, "concealed_samples": 900, "silent_concealed_samples": 200},
    "video": {
        "frames_decoded": 440,
        "total_inter_frame_delay_s": 15.0,
        "frame_width": 640,
        "frame_height": 480,
    },
    "source": {"audio_track": "live", "video_track": "live", "rtt_ms": 41.5},
}


async def measured(house: House, browser: Browser, prefix: str, seconds: int = 15) -> str:
    """Run a check up to its end; its id."""
    begun = (await browser.post(f"{prefix}/check/start")).json
    assert (
        begun["seconds"] == 15
        and (begun["ice_servers"], begun["relay_only"]) == ([], False)
        and set(begun["legs"]) == {"sender", "receiver"}
    )
    for leg in begun["legs"]:
        assert begun["legs"][leg]["generation"] == 1
        body = {"check_id": begun["check_id"], "leg": leg, "sdp": "v=0 answer"}
        assert (await browser.post(f"{prefix}/check/answer", body)).json == {}
    for _ in range(seconds):
        house.clock.advance(s=1)
        await house.services.checking.tick()
    found: str = begun["check_id"]
    return found


async def test_a_good_link_passes_and_opens_the_interviewers_gate(house: House) -> None:
    browser, _ = await house.staff()
    check_id = await measured(house, browser, "/staff")
    house.clock.advance(s=1)
    answer = (await browser.post("/staff/check/finish", {"check_id": check_id, **GOOD})).json
    assert (answer["passed"], answer["words"], answer["problems"]) == (True, "good", [])
    figures = answer["figures"]
    assert figures["rtt_ms"] == 40.0 and figures["uplink_loss"] == 0.0 and figures["uplink_kbps"] == 672.0
    assert 0 < figures["concealment"] < 0.001 and round(figures["fps"], 1) == 29.3
    assert not house.media.open, "the call with oneself is over"
    assert (await browser.get("/staff/queue.json", "application/json")).json["gate"] == "valid"
    stored = house.units.state.device_checks[-1]
    assert stored.person_id == ANNA and stored.figures["words"] == "good" and stored.verification_id is None


async def test_loss_on_the_way_up_fails_an_interviewer_but_never_stops_a_freelancer(house: House) -> None:
    def lossy(sample: ServerSample) -> ServerSample:
        audio = replace(sample.audio, received=sample.audio.expected * 9 // 10)
        return replace(sample, audio=audio)

    house.media.worsen = lossy
    await house.case()
    freelancer = await house.freelancer()
    check_id = await measured(house, freelancer, "/join")
    answer = (await freelancer.post("/join/check/finish", {"check_id": check_id, **GOOD})).json
    assert (answer["passed"], answer["words"], answer["problems"]) == (False, "poor", ["network.uplink_loss"])
    state = (await freelancer.get("/join/state", "application/json")).json
    assert state["check"]["passed"] is False and state["next"] == "green_room"
    assert (await freelancer.post("/join/ticket")).status == 200


@pytest.mark.parametrize("missing", ["audio", "video", "answers", "seconds"])
async def test_what_was_not_measured_does_not_pass(house: House, missing: str) -> None:
    browser, _ = await house.staff()
    if missing == "answers":
        check_id = (await browser.post("/staff/check/start")).json["check_id"]
        for _ in range(15):
            await house.services.checking.tick()
    else:
        check_id = await measured(house, browser, "/staff", 4 if missing == "seconds" else 15)
    body = {"check_id": check_id, **GOOD, **({missing: {}} if missing in GOOD else {})}
    answer = (await browser.post("/staff/check/finish", body)).json
    assert answer["passed"] is False and "metrics.missing" in answer["problems"]
    assert (await browser.get("/staff/queue.json", "application/json")).json["gate"] == "failed"


async def test_a_check_belongs_to_whoever_started_it_and_ends_once(house: House) -> None:
    await house.case()
    browser, _ = await house.staff()
    colleague, _ = await house.staff("per_other", StaffRole.INTERVIEWER)
    freelancer = await house.freelancer()
    check_id = await measured(house, browser, "/staff")
    body = {"check_id": check_id, **GOOD}
    assert (await colleague.post("/staff/check/finish", body)).status == 404
    assert (await freelancer.post("/join/check/finish", body)).status == 404
    assert (await browser.post("/staff/check/finish", body)).status == 200
    assert (await browser.post("/staff/check/finish", body)).status == 404
    assert len(house.units.state.device_checks) == 1


async def test_an_answer_that_does_not_fit_leaves_the_check_open(house: House) -> None:
    browser, _ = await house.staff()
    check_id = (await browser.post("/staff/check/start")).json["check_id"]
    wrong = {"check_id": check_id, "leg": "sender", "sdp": "nonsense"}
    assert (await browser.post("/staff/check/answer", wrong)).json["code"] == "peer_refused"
    assert (await browser.post("/staff/check/answer", {**wrong, "leg": "both"})).status == 400
    assert (await browser.post("/staff/check/answer", {**wrong, "sdp": "v=0"})).status == 200


@pytest.mark.parametrize(
    "body",
    [
        {"audio": {**GOOD["audio"], "verdict": "good"}},
        {"audio": {"concealed_samples": 10**30}},
        {"video": {"frames_decoded": "many"}},
        {"source": {"audio_track": "loud"}},
        {"passed": True},
    ],
)
async def test_odd_figures_are_refused_and_nothing_is_stored(house: House, body: dict[str, Any]) -> None:
    browser, _ = await house.staff()
    check_id = await measured(house, browser, "/staff")
    answer = await browser.post("/staff/check/finish", {"check_id": check_id, **GOOD, **body})
    assert (answer.status, answer.json["code"]) == (400, "invalid_input") and not house.units.state.device_checks


async def test_a_closed_case_has_nothing_to_check_for(house: House) -> None:
    await house.case()
    freelancer = await house.freelancer()
    async with house.units() as unit:
        case = await unit.verifications.get(CASE)
        await unit.verifications.save(replace(case, status=VerificationStatus.CANCELLED), case.status)
    assert (await freelancer.post("/join/check/start")).status == 409
    assert not house.media.open


async def test_an_abandoned_check_is_closed_after_a_minute(house: House) -> None:
    browser, _ = await house.staff()
    check_id = await measured(house, browser, "/staff", 0)
    house.clock.advance(ms=MOST_OPEN_MS)
    await house.services.checking.tick()
    assert house.services.checking.open_checks == 1
    house.clock.advance(ms=1)
    await house.services.checking.tick()
    assert house.services.checking.open_checks == 0 and not house.media.open
    assert (await browser.post("/staff/check/finish", {"check_id": check_id, **GOOD})).status == 404


async def test_starting_again_gives_up_the_older_check_and_too_many_starts_are_slowed_down(house: House) -> None:
    browser, _ = await house.staff()
    statuses = [(await browser.post("/staff/check/start")).status for _ in range(9)]
    assert statuses == [200] * 8 + [429] and len(house.media.open) == 1


async def test_turn_credentials_are_made_for_one_check_and_run_out(aiohttp_client: Any) -> None:
    ice = IceSettings(("stun:stun.example.org",), ("turn:turn.example.org:3478",), "shared", 7_200, relay_only=True)
    house = await open_house(aiohttp_client, ice=ice)
    assert isinstance(house.media, LoopbackMedia)
    browser, _ = await house.staff()
    begun = (await browser.post("/staff/check/start")).json
    assert begun["relay_only"] is True
    stun, server = begun["ice_servers"]
    assert stun == {"urls": ["stun:stun.example.org"], "username": None, "credential": None}
    expires_s, who = server["username"].split(":")
    assert who == begun["check_id"] and int(expires_s) == house.clock.now_ms() // 1_000 + 7_200
    assert server["urls"] == ["turn:turn.example.org:3478"] and "shared" not in server["credential"]
