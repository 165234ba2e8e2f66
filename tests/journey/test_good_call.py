"""From the API request to the signed result, in two real browsers over a good connection."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Playwright, expect

from bench.rig.sources import Voice
from tests.journey.browsers import person
from tests.journey.call import hold
from tests.journey.people import Freelancer, Interviewer
from tests.journey.server import serving

pytestmark = [pytest.mark.journey, pytest.mark.timeout(900)]


async def test_a_good_call_ends_verified_and_the_platform_gets_the_signed_result(
    playwright: Playwright, tmp_path: Path
) -> None:
    async with serving(tmp_path) as server:
        server.receiver.refuse_first = 1
        case = await server.create_verification()
        async with (
            person(playwright, name="freelancer", voice=Voice.SLT) as freelancers_page,
            person(playwright, name="interviewer", voice=Voice.RMS) as interviewers_page,
        ):
            freelancer, interviewer = Freelancer(freelancers_page), Interviewer(interviewers_page)
            await interviewer.sign_in(await server.staff_link("interviewer"))
            await interviewer.check(server.origin)
            await freelancer.arrive(case["join_url"], recording=True)
            await interviewer.take_next()
            await freelancer.in_call()
            await interviewer.in_call()
            for page in (freelancers_page, interviewers_page):
                await expect(page.get_by_test_id("recording-runs")).to_be_visible()
            await hold(interviewer, freelancer)
            assert await interviewer.finish() == "may_verify"
            await interviewers_page.get_by_test_id("decide-verified").click()
            decided = await server.receiver.wait_for("verification.decided")
            await freelancer.sees_result("verified")
        kept = [path.name for path in (tmp_path / "var" / "evidence").glob("*/recording_*")]
        assert sorted(kept) == ["recording_freelancer", "recording_interviewer"]
        assert decided["data"]["result"] == "verified"
        assert decided["data"]["adverse"] is False
        assert (await server.api("GET", f"/verifications/{case['id']}"))["result"] == "verified"
        assert server.receiver.types() == ["verification.created", "interview.started", "verification.decided"]
        assert await server.command("audit") == "0 differences"
