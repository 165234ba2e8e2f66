"""Whoever falls out of a call comes back into the same one."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Playwright

from bench.rig.sources import Voice
from tests.journey.browsers import person
from tests.journey.call import ask, say_codes
from tests.journey.people import Freelancer, Interviewer
from tests.journey.server import serving
from verifier.core.policy import SHIPPED

pytestmark = [pytest.mark.journey, pytest.mark.timeout(900)]

AWAY_MS = SHIPPED.outage_recheck_ms + 2_000
"""Longer than the break after which the codes are asked again."""


async def test_a_tab_that_is_killed_in_the_call_comes_back_to_the_same_interview(
    playwright: Playwright, tmp_path: Path
) -> None:
    async with serving(tmp_path) as server:
        case = await server.create_verification()
        async with (
            person(playwright, name="freelancer", voice=Voice.SLT) as page,
            person(playwright, name="interviewer", voice=Voice.RMS) as interviewers_page,
        ):
            freelancer, interviewer = Freelancer(page), Interviewer(interviewers_page)
            await interviewer.sign_in(await server.staff_link("interviewer"))
            await interviewer.check(server.origin)
            await freelancer.arrive(case["join_url"], network=False)
            interview = await interviewer.take_next()
            await freelancer.in_call()
            await interviewer.in_call()
            await say_codes(interviewer, freelancer, "comprehension.hear_interviewer")
            context = page.context
            await page.close(run_before_unload=False)
            await interviewers_page.wait_for_timeout(AWAY_MS)
            back = Freelancer(await context.new_page())
            await back.page.goto(f"{server.origin}/join")
            await back.in_call()
            await interviewer.in_call()
            again = [key for key in await interviewer.items() if key.startswith("comprehension") and key.endswith(".2")]
            assert await ask(interviewer, "identity.city") in {"admissible", "ask_again"}
            interviews = (await server.api("GET", f"/verifications/{case['id']}/interviews"))["data"]
            assert [one["id"] for one in interviews] == [interview]
            assert again, "after an outage the codes are asked again"
