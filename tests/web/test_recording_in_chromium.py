"""The recording in a real Chromium: played, sought and watched in step with the timeline, gaps said, both together.

The house of the other web tests, its recordings made by the muxer and kept in real encrypted files.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.core import failures
from tests.web.at_address import free_origin
from tests.web.contradicted import PAGE, Contradicted
from tests.web.recorded_house import BEGIN_S, GAP, SECONDS, recorded
from verifier.core.model import PersonId, Role

CLOSE_S = 0.1
WATCH = """() => {
    window.seen = [];
    const look = () => {
        const films = [...document.querySelectorAll('[data-role=film]')];
        window.seen.push({
            at: document.querySelector('[data-testid=recording-at]').textContent,
            playback: document.querySelector('[data-testid=recording]').dataset.playback,
            times: films.map(film => film.currentTime), paused: films.map(film => film.paused),
        });
        requestAnimationFrame(look);
    };
    look();
}"""
LIGHT = """leg => {
    const film = document.querySelector(`[data-testid=film-${leg}]`);
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 4;
    const draw = canvas.getContext('2d');
    draw.drawImage(film, 100, 100, 40, 40, 0, 0, 4, 4);
    return draw.getImageData(2, 2, 1, 1).data[1] > 128;
}"""
TIMES = "() => [...document.querySelectorAll('[data-role=film]')].map(film => film.currentTime)"
FRAMES = "() => [...document.querySelectorAll('[data-role=film]')].map(film => film.getVideoPlaybackQuality())" + (
    ".map(one => ({total: one.totalVideoFrames, dropped: one.droppedVideoFrames}))"
)


@pytest.fixture
async def origin() -> str:
    """Where the house will be."""
    return free_origin()


@pytest.fixture
async def case(origin: str, tmp_path: Path) -> AsyncIterator[Contradicted]:
    async with recorded(origin, tmp_path) as made:
        yield made


@pytest.fixture
async def page(case: Contradicted, origin: str) -> AsyncIterator[Page]:
    """A reviewer in front of the call; whatever the page complains about fails the test."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        opened = await (await browser.new_context(viewport={"width": 1280, "height": 900})).new_page()
        opened.set_default_timeout(15_000)
        opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        token = await case.house.services.accounts.people.mint_link(PersonId(failures.B))
        await opened.goto(f"{origin}/staff#{token}")
        await opened.wait_for_url("**/staff/reviews")
        await opened.goto(f"{origin}{PAGE}")
        await expect(opened.get_by_test_id("timeline-card")).to_have_attribute("data-timeline", "ready")
        yield opened
        await browser.close()
    assert complaints == []


async def go_to(page: Page, second: int) -> None:
    """By keyboard, as a reviewer would."""
    await page.get_by_test_id("timeline").focus()
    await page.keyboard.press("Home")
    for _ in range(second // 10):
        await page.keyboard.press("Shift+ArrowRight")
    for _ in range(second % 10):
        await page.keyboard.press("ArrowRight")


async def test_both_play_in_step_with_each_other_and_with_the_timeline(page: Page) -> None:
    await go_to(page, BEGIN_S + 1)
    await page.keyboard.press("k")
    card = page.get_by_test_id("recording")
    await expect(card).to_have_attribute("data-playback", "playing")
    await page.evaluate(WATCH)
    await expect(page.get_by_test_id("recording-at")).to_have_text("0:08", timeout=15_000)
    await page.keyboard.press("k")
    await expect(card).to_have_attribute("data-playback", "paused")
    seen = [one for one in await page.evaluate("() => window.seen") if one["playback"] == "playing"][20:]
    apart = sorted(abs(one["times"][0] - one["times"][1]) for one in seen if not any(one["paused"]))
    assert len(apart) > 100
    assert apart[len(apart) * 99 // 100] < CLOSE_S
    off = [one["times"][1] + BEGIN_S - int(one["at"].partition(":")[2]) for one in seen]
    assert min(off) > -CLOSE_S
    assert max(off) < 1 + CLOSE_S
    shown = await page.evaluate(FRAMES)
    assert all(one["total"] > 100 and one["dropped"] < one["total"] / 5 for one in shown)
    await expect(page.get_by_test_id("figures-at")).to_have_text("0:08")


async def test_a_press_on_the_timeline_moves_both(page: Page) -> None:
    await page.get_by_test_id("play-recording").click()
    await expect(page.get_by_test_id("recording")).to_have_attribute("data-playback", "playing")
    await page.get_by_test_id("play-recording").click()
    for second, bright in ((BEGIN_S + 6, True), (BEGIN_S + 3, False), (BEGIN_S + 22, True), (BEGIN_S + 15, False)):
        await go_to(page, second)
        await page.wait_for_function(
            "() => [...document.querySelectorAll('[data-role=film]')].every(film => !film.seeking)"
        )
        times = await page.evaluate(TIMES)
        assert all(abs(at - (second - BEGIN_S)) < CLOSE_S for at in times)
        await page.wait_for_timeout(200)
        assert await page.evaluate(LIGHT, "interviewer") is bright
        assert await page.evaluate(LIGHT, "freelancer") is bright


async def test_a_gap_is_said_and_behind_it_picture_and_sound_are_where_they_belong(page: Page) -> None:
    await go_to(page, BEGIN_S + GAP[0] - 1)
    await page.keyboard.press("k")
    him = page.get_by_test_id("recorded-freelancer")
    await expect(him).to_have_attribute("data-picture", "there")
    await expect(him).to_have_attribute("data-picture", "gap")
    await expect(page.get_by_test_id("gap-freelancer")).to_be_visible()
    await expect(page.get_by_test_id("recorded-interviewer")).to_have_attribute("data-picture", "there")
    await expect(him).to_have_attribute("data-picture", "there", timeout=10_000)
    await page.evaluate(WATCH)
    await expect(page.get_by_test_id("recording-at")).to_have_text(f"0:{BEGIN_S + GAP[1] + 3}", timeout=10_000)
    seen = [one for one in await page.evaluate("() => window.seen") if one["playback"] == "playing"][30:]
    apart = sorted(abs(one["times"][0] - one["times"][1]) for one in seen if not any(one["paused"]))
    assert apart[len(apart) * 95 // 100] < CLOSE_S


async def test_a_cited_stretch_is_watched_in_the_recording(page: Page, case: Contradicted) -> None:
    await case.proposed()
    (cited,) = failures.proposal().statement.facts
    for one in case.house.units.state.recordings.values():
        case.house.units.state.recordings[one.id] = replace(one, begin_ms=cited.from_ms - 1_000)
    await page.reload()
    await expect(page.get_by_test_id("timeline-card")).to_have_attribute("data-timeline", "ready")
    await page.get_by_test_id("open-cited-still").click()
    await expect(page.get_by_test_id("viewer-picture")).to_be_visible()
    await page.get_by_test_id("close-still").click()
    await page.evaluate(WATCH)
    await page.get_by_test_id("watch").click()
    await expect(page.get_by_test_id("recording")).to_have_attribute("data-playback", "playing")
    await expect(page.get_by_test_id("cited-fact")).to_have_attribute("data-watched", "yes", timeout=20_000)
    await expect(page.get_by_test_id("recording")).to_have_attribute("data-playback", "paused")
    length_s = (cited.to_ms - cited.from_ms) / 1_000
    reached = max(one["times"][1] for one in await page.evaluate("() => window.seen"))
    assert 1 + length_s - 1 <= reached <= 1 + length_s + 1.5


async def test_before_and_behind_the_recording_the_page_says_that_there_is_none(page: Page) -> None:
    for second in (0, BEGIN_S + SECONDS + 2):
        await go_to(page, second)
        for leg in Role:
            await expect(page.get_by_test_id(f"recorded-{leg}")).to_have_attribute("data-picture", "gap")


async def test_one_person_can_be_silenced_and_the_card_is_reached_by_keyboard(page: Page) -> None:
    await page.get_by_test_id("mute-interviewer").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("mute-interviewer")).to_have_attribute("aria-pressed", "true")
    await go_to(page, BEGIN_S + 2)
    await page.get_by_test_id("play-recording").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("recording")).to_have_attribute("data-playback", "playing")
    assert await page.evaluate("() => [...document.querySelectorAll('[data-role=film]')].map(film => film.muted)") == [
        False,
        True,
    ]
