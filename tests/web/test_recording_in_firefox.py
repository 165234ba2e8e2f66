"""The recording in a real Firefox: both people play in step, a press on the timeline moves both, a gap is said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.rig.firefox import Tab, firefox
from tests.core import failures
from tests.web.at_address import free_origin
from tests.web.contradicted import PAGE
from tests.web.recorded_house import BEGIN_S, GAP, recorded
from verifier.core.model import PersonId

CLOSE_S = 0.1
TIMES = "() => [...document.querySelectorAll('[data-role=film]')].map((film) => film.currentTime)"
SETTLED = (
    "() => [...document.querySelectorAll('[data-role=film]')].every((film) => !film.seeking && film.readyState >= 2)"
)
PLAYBACK = "(wanted) => document.querySelector('[data-testid=recording]').dataset.playback === wanted"
PICTURE = "([leg, wanted]) => document.querySelector(`[data-testid=recorded-${leg}]`).dataset.picture === wanted"
LIGHT = """leg => {
    const film = document.querySelector(`[data-testid=film-${leg}]`);
    const paper = new OffscreenCanvas(4, 4).getContext('2d');
    paper.drawImage(film, 100, 100, 40, 40, 0, 0, 4, 4);
    return paper.getImageData(2, 2, 1, 1).data[1] > 128;
}"""
PRESS = """([second]) => {
    const timeline = document.querySelector('[data-testid=timeline]');
    const press = (key, shiftKey) =>
        timeline.dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey, bubbles: true }));
    timeline.focus();
    press('Home');
    for (let one = 0; one < Math.floor(second / 10); one += 1) press('ArrowRight', true);
    for (let one = 0; one < second % 10; one += 1) press('ArrowRight', false);
}"""


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Tab]:
    origin = free_origin()
    async with recorded(origin, tmp_path) as case, firefox(size=(1280, 900), moving_camera=False) as tab:
        token = await case.house.services.accounts.people.mint_link(PersonId(failures.B))
        await tab.goto(f"{origin}/staff#{token}")
        await tab.wait_for("() => location.pathname === '/staff/reviews'")
        await tab.goto(f"{origin}{PAGE}")
        await tab.wait_for("() => document.querySelector('[data-testid=timeline-card]').dataset.timeline === 'ready'")
        yield tab
        assert [line for line in tab.console if line.startswith("error")] == []


async def test_both_play_in_step_and_a_press_on_the_timeline_moves_both(page: Tab) -> None:
    await page.click("[data-testid=play-recording]")
    await page.wait_for(PLAYBACK, "playing")
    await page.wait_for(f"() => ({TIMES})().every((at) => at > 2)")
    first, second = await page.evaluate(TIMES)
    assert abs(first - second) < CLOSE_S
    await page.click("[data-testid=play-recording]")
    await page.wait_for(PLAYBACK, "paused")
    for at_s, bright in ((BEGIN_S + 6, True), (BEGIN_S + 3, False), (BEGIN_S + 22, True), (BEGIN_S + 15, False)):
        await page.evaluate(PRESS, [at_s])
        await page.wait_for(SETTLED)
        assert all(abs(at - (at_s - BEGIN_S)) < CLOSE_S for at in await page.evaluate(TIMES))
        for leg in ("interviewer", "freelancer"):
            await page.wait_for(f"async (leg) => ({LIGHT})(leg) === {str(bright).lower()}", leg)


async def test_a_gap_is_said_and_behind_it_the_picture_comes_back(page: Tab) -> None:
    await page.evaluate(PRESS, [BEGIN_S + GAP[0] - 1])
    await page.click("[data-testid=play-recording]")
    await page.wait_for(PICTURE, ["freelancer", "gap"])
    assert await page.evaluate(PICTURE, ["interviewer", "there"])
    await page.wait_for(PICTURE, ["freelancer", "there"])
