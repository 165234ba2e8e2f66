"""A still in two real browsers: asked for, taken at full resolution, sent over a lost connection, judged at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, Playwright, Route, expect

from bench.rig.sources import DOCUMENT_SIZE, Camera, Voice
from tests.journey.browsers import person
from tests.journey.call import ASKED_FOR_S
from tests.journey.people import Freelancer, Interviewer, enrol, shown_case
from tests.journey.server import serving

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

SIZE = "{} × {}".format(*DOCUMENT_SIZE)


def losing_the_first(lost: list[str]) -> Callable[[Route], Awaitable[None]]:
    """A connection that breaks under the first request and carries the next ones."""

    async def carry(route: Route) -> None:
        if lost:
            await route.continue_()
            return
        lost.append(route.request.url)
        await route.abort("connectionreset")

    return carry


async def arrive(freelancer: Freelancer, interviewer: Interviewer, server_origin: str, join_url: str) -> str:
    """Both into the call; its id."""
    await interviewer.check(server_origin)
    await freelancer.arrive(join_url)
    held = await interviewer.take_next()
    await freelancer.in_call()
    await interviewer.in_call()
    return held


async def video_width(page: Page) -> int:
    """Of what the freelancer's camera gives to the call."""
    return int(await page.get_by_test_id("self-video").evaluate("video => video.videoWidth"))


async def test_a_document_is_read_from_a_still_that_survives_a_lost_connection(
    playwright: Playwright, tmp_path: Path
) -> None:
    async with serving(tmp_path) as server:
        case = await server.create_verification()
        async with (
            person(playwright, name="freelancer", voice=Voice.SLT, camera=Camera.DOCUMENT) as freelancers_page,
            person(playwright, name="interviewer", voice=Voice.RMS) as interviewers_page,
        ):
            freelancer, interviewer = Freelancer(freelancers_page), Interviewer(interviewers_page)
            lost: list[str] = []
            await freelancers_page.route("**/join/stills/*", losing_the_first(lost))
            await interviewer.sign_in(await server.staff_link("interviewer"))
            held = await arrive(freelancer, interviewer, server.origin, case["join_url"])
            before = await video_width(freelancers_page)

            await interviewer.ask("document.front")
            await interviewer.capture("good")
            assert len(lost) == 1
            await expect(freelancers_page.get_by_test_id("still-banner")).to_be_visible()
            assert await shown_case(freelancers_page, "still-banner") == "good"
            picture = interviewers_page.get_by_test_id("still-picture")
            await expect(picture).to_have_js_property("naturalWidth", 640)
            assert await video_width(freelancers_page) == before < DOCUMENT_SIZE[0]
            await interviewers_page.wait_for_timeout(ASKED_FOR_S * 1_000)
            await interviewer.answer()
            await interviewer.until_item("document.front", "admissible")

            await interviewer.ask("face.present")
            await interviewer.capture("bad")
            problems = interviewers_page.get_by_test_id("still-problems").locator("li")
            await expect(problems.first).to_be_visible()
            await expect(freelancers_page.get_by_test_id("still-hints").locator("li").first).to_be_visible()
            await expect(interviewers_page.get_by_test_id("capture-still")).to_be_enabled()

            await interviewer.finish()
            await enrol(interviewers_page, await server.staff_link("reviewer"))
            await interviewers_page.wait_for_url("**/staff/reviews")
            await interviewers_page.goto(f"{server.origin}/staff/reviews/{held}")
            cards = interviewers_page.get_by_test_id("still-card")
            await expect(cards).to_have_count(2)
            await expect(cards.first).to_contain_text(SIZE)
            await interviewers_page.get_by_test_id("open-still").first.click()
            whole = interviewers_page.get_by_test_id("viewer-picture")
            await expect(whole).to_have_js_property("naturalWidth", DOCUMENT_SIZE[0])
        assert await server.command("audit") == "0 differences"
