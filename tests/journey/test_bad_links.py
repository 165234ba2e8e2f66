"""A bad link never fails anyone: what cannot be heard is asked again, and a call that stays bad is inconclusive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from playwright.async_api import Playwright, TimeoutError, expect

from bench.rig.impairment import GilbertElliott, Impairment
from bench.rig.network import Network
from bench.rig.sources import Voice
from tests.journey.browsers import person
from tests.journey.call import ask, hold, say_codes
from tests.journey.people import Freelancer, Interviewer
from tests.journey.server import Server, serving

pytestmark = [pytest.mark.journey, pytest.mark.netns, pytest.mark.timeout(900)]

BROKEN_UPLINK = Impairment(burst=GilbertElliott(enter=0.15, leave=0.2), delay_ms=60)
"""About 40 % of the packets in bursts of five: words vanish."""
WEAK_LINK = Impairment(burst=GilbertElliott(enter=0.06, leave=0.35), delay_ms=60)
"""About 15 % of the packets in bursts of three: voices break, while the page still works."""


@asynccontextmanager
async def both_in_call(
    playwright: Playwright, folder: Path, network: Network
) -> AsyncIterator[tuple[Server, dict[str, object], Freelancer, Interviewer]]:
    """Two people in a call over perfect links, the interviewer's check passed."""
    async with serving(folder, network) as server:
        case = await server.create_verification()
        async with (
            person(
                playwright, name="freelancer", voice=Voice.SLT, place=network.place("freelancer")
            ) as freelancers_page,
            person(
                playwright, name="interviewer", voice=Voice.RMS, place=network.place("interviewer")
            ) as interviewers_page,
        ):
            freelancer, interviewer = Freelancer(freelancers_page), Interviewer(interviewers_page)
            await interviewer.sign_in(await server.staff_link("interviewer"))
            await interviewer.check(server.origin)
            await freelancer.arrive(case["join_url"], network=False)
            await interviewer.take_next()
            await freelancer.in_call()
            await interviewer.in_call()
            yield server, case, freelancer, interviewer


async def test_an_item_asked_over_a_broken_uplink_is_asked_again_and_the_call_is_conclusive(
    playwright: Playwright, tmp_path: Path, network: Network
) -> None:
    async with both_in_call(playwright, tmp_path, network) as (server, case, freelancer, interviewer):
        await say_codes(interviewer, freelancer, "comprehension.hear_interviewer", "comprehension.hear_freelancer")
        network.impair("freelancer", up=BROKEN_UPLINK)
        await interviewer.page.wait_for_timeout(1_000)
        assert await ask(interviewer, "identity.city") == "ask_again"
        network.restore("freelancer")
        await interviewer.page.wait_for_timeout(4_000)
        assert await ask(interviewer, "identity.city") == "admissible"
        await hold(interviewer, freelancer)
        assert await interviewer.finish() == "may_verify"
        assert await server.command("audit") == "0 differences"
        first = await server.api("GET", f"/verifications/{case['id']}/interviews/1")
        assert first["assessment"]["conclusive"] is True
        askings = [one for one in first["runs"] if one["item_key"] == "identity.city"]
        assert [one["admissible"] for one in (askings[0], askings[-1])] == [False, True]


async def test_a_bad_interviewer_link_after_a_passed_check_makes_the_call_inconclusive_and_a_retry_follows(
    playwright: Playwright, tmp_path: Path, network: Network
) -> None:
    async with both_in_call(playwright, tmp_path, network) as (server, case, freelancer, interviewer):
        network.impair("interviewer", up=WEAK_LINK, down=WEAK_LINK)
        await expect(freelancer.page.get_by_test_id("fault-banner")).to_be_visible(timeout=30_000)
        for key in ("identity.legal_name", "identity.city", "identity.country"):
            await interviewer.ask(key)
            with suppress(TimeoutError):
                await interviewer.answer("inconsistent", timeout_s=1.5)
            await interviewer.page.wait_for_timeout(3_000)
        assert await interviewer.finish() == "retry"
        told = await server.receiver.wait_for("interview.inconclusive")
        assert told["data"]["fault_side"] == "interviewer"
        assert told["data"]["retry"] is not None
        await freelancer.sees_result("retry_offered")
        status = await server.api("GET", f"/verifications/{case['id']}")
        assert (status["status"], status["result"]) == ("retry_offered", "none")
        network.restore("interviewer")
        await freelancer.retry()
        await interviewer.page.goto(f"{server.origin}/staff/queue")
        await expect(interviewer.page.get_by_test_id("take-next")).to_be_disabled()
        await interviewer.sign_in(await server.staff_link("interviewer"))
        await interviewer.check(server.origin)
        await interviewer.take_next()
        await freelancer.in_call()
        interviews = (await server.api("GET", f"/verifications/{case['id']}/interviews"))["data"]
        assert [one["number"] for one in interviews] == [1, 2]
        assert await server.command("audit") == "0 differences"
