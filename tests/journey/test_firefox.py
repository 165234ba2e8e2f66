"""A freelancer in a real Firefox: from the link through the check into a call in which what is asked counts.

Firefox lacks some of Chromium's figures and begins streams anew under their old ids; neither is held against anyone.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Playwright

from bench.rig.firefox import Tab, firefox
from bench.rig.sources import Voice
from tests.journey.browsers import person
from tests.journey.call import ASKED_FOR_S, ask
from tests.journey.people import Interviewer
from tests.journey.server import serving

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

TIMES = 8
"""How often something is asked when an asking did not count: the machine may be busy."""


@dataclass
class Freelancer:
    """At the join page, in Firefox."""

    page: Tab

    async def arrive(self, join_url: str) -> None:
        """From the link to the waiting room, the connection measured."""
        await self.page.goto(join_url)
        for name in ("explain-continue", "consent-interview", "consent-continue"):
            await self.page.click(_named(name))
        await self._becomes("devices", "ready", "start-devices")
        await self._becomes("network", "done", "start-network", patience_s=60)
        await self.page.click(_named("green-room-continue"))

    async def in_call(self) -> None:
        """The interviewer's picture plays."""
        await self._becomes("stage", "playing", patience_s=40)

    async def code_to_speak(self) -> str:
        """The digits on the own screen."""
        digits = "(name) => document.querySelector(name)?.innerText.replace(/\\D/g, '')"
        return str(await self.page.wait_for(digits, _named("code-to-speak")))

    async def type_code(self, code: str) -> None:
        """Type what the interviewer read out."""
        write = "([name, text]) => { document.querySelector(name).value = text; }"
        await self.page.evaluate(write, [_named("code-input"), code])
        await self.page.click(_named("code-submit"))

    async def _becomes(self, name: str, state: str, press: str | None = None, patience_s: float = 20) -> None:
        """Wait for the state that an element shows, pressing a button whenever it is there to be pressed."""
        step = """([element, name, state, button]) => {
            const press = button && document.querySelector(button);
            if (press?.checkVisibility() && !press.disabled) press.click();
            return document.querySelector(element)?.dataset[name] === state;
        }"""
        await self.page.wait_for(step, [_named(name), name, state, press and _named(press)], patience_s=patience_s)


def _named(test_id: str) -> str:
    return f'[data-testid="{test_id}"]'


async def test_what_is_asked_of_a_freelancer_in_firefox_counts(playwright: Playwright, tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        case = await server.create_verification()
        async with (
            firefox() as his,
            person(playwright, name="interviewer", voice=Voice.RMS) as hers,
        ):
            freelancer, interviewer = Freelancer(his), Interviewer(hers)
            await interviewer.sign_in(await server.staff_link("interviewer"))
            await interviewer.check(server.origin)
            await freelancer.arrive(case["join_url"])
            await interviewer.take_next()
            await freelancer.in_call()
            await interviewer.in_call()

            await _counts(interviewer, "comprehension.hear_interviewer", lambda: _hears(interviewer, freelancer))
            await _counts(interviewer, "comprehension.hear_freelancer", lambda: _speaks(interviewer, freelancer))
            await _counts(interviewer, "face.present", lambda: ask(interviewer, "face.present"))
            await interviewer.finish()
            assert his.console == []
        assert await server.command("audit") == "0 differences"
        with closing(sqlite3.connect(tmp_path / "var" / "verifier.sqlite3")) as stored:
            assert stored.execute("SELECT note FROM flag_notes").fetchall() == []


async def _counts(interviewer: Interviewer, key: str, once: Callable[[], Awaitable[object]]) -> None:
    """Ask until it counts."""
    for _ in range(TIMES):
        await once()
        if await interviewer.item_state(key) == "admissible":
            return
    raise AssertionError(f"{key}: {await interviewer.page.get_by_test_id('ask').inner_text()}")


async def _hears(interviewer: Interviewer, freelancer: Freelancer) -> None:
    key = "comprehension.hear_interviewer"
    await interviewer.ask(key)
    code = await interviewer.code_to_speak()
    await asyncio.sleep(ASKED_FOR_S)
    await freelancer.type_code(code)
    await interviewer.until_item(key, "admissible", "ask_again")


async def _speaks(interviewer: Interviewer, freelancer: Freelancer) -> None:
    key = "comprehension.hear_freelancer"
    await interviewer.ask(key)
    code = await freelancer.code_to_speak()
    await asyncio.sleep(ASKED_FOR_S)
    await interviewer.page.get_by_test_id("code-input").fill(code)
    await interviewer.page.get_by_test_id("code-submit").click()
    await interviewer.until_item(key, "admissible", "ask_again")
