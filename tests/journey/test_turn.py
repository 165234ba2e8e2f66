"""TURN servers as people meet them: a check through one, and plain words in time about one that fails."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, Playwright, expect

from tests.journey.browsers import person
from tests.journey.people import Freelancer, allow_devices, enrol
from tests.journey.server import Server, serving
from tests.media.turn import LOOPBACK, free_udp_port, turn_server

pytestmark = pytest.mark.journey

SECRET = "the secret that both know"
PROMISED_S = 10.0
KEEP_PEERS = """(() => {
  const Native = window.RTCPeerConnection;
  window.peers = [];
  window.RTCPeerConnection = class extends Native {
    constructor(...all) { super(...all); window.peers.push(this); }
  };
})()"""
USED = """async () => {
  const used = [];
  for (const peer of window.peers) {
    const all = [...(await peer.getStats()).values()];
    const pairs = all.filter((one) => one.type === "candidate-pair" && one.nominated && one.bytesReceived > 10_000);
    for (const pair of pairs)
      used.push(all.find((one) => one.id === pair.localCandidateId).candidateType);
  }
  return used;
}"""


@asynccontextmanager
async def house(folder: Path, *, listens: bool, secret: str = SECRET, relay_only: bool = True) -> AsyncIterator[Server]:
    """The server and, if it listens, its coturn, which holds ``SECRET`` whatever the server believes."""
    async with AsyncExitStack() as stack:
        url = f"turn:{LOOPBACK}:{free_udp_port()}?transport=udp"
        if listens:
            url = await stack.enter_async_context(turn_server(folder, SECRET))
        settings = {"TURN_URLS": url, "TURN_SECRET": secret, "RELAY_ONLY": str(relay_only).lower()}
        yield await stack.enter_async_context(serving(folder, **settings))


async def in_the_green_room(server: Server, page: Page) -> float:
    """The freelancer comes into the green room; that moment in seconds."""
    case = await server.create_verification()
    freelancer = Freelancer(page)
    await freelancer.open(case["join_url"])
    began = time.monotonic()
    await freelancer.consent()
    return began


async def told(page: Page, case: str, began: float) -> float:
    """Seconds until the notice shows this case."""
    notice = page.get_by_test_id("relay-notice").locator(f'[data-case="{case}"]')
    await expect(notice).to_be_visible(timeout=(PROMISED_S - (time.monotonic() - began)) * 1_000)
    return time.monotonic() - began


async def counted(server: Server) -> str:
    async with server.session.get(f"{server.origin}/metrics") as answer:
        text = await answer.text()
    return "".join(re.findall(r"^verifier_relay_unusable_total\S+ \S+$", text, re.M))


@pytest.mark.parametrize(("listens", "code"), [(True, "401"), (False, "timeout")], ids=["wrong secret", "no server"])
async def test_a_freelancer_is_told_in_time_that_the_fault_is_ours(
    playwright: Playwright, tmp_path: Path, listens: bool, code: str, record_property: Callable[[str, object], None]
) -> None:
    async with (
        house(tmp_path, listens=listens, secret="another secret") as server,
        person(playwright, name="freelancer") as page,
    ):
        began = await in_the_green_room(server, page)
        took_s = await told(page, "needed", began)
        record_property("told_s", round(took_s, 2))
        words = await page.get_by_test_id("relay-notice").inner_text()
        assert "our side" in words and "does not count against you" in words and code not in words
        await expect(page.get_by_test_id("green-room-continue")).to_be_visible()
        assert counted_once(await counted(server), code)
        assert '"relay_unusable"' in server.log.read_text()


def counted_once(figures: str, code: str) -> bool:
    return figures == f'verifier_relay_unusable_total{{code="{code}",during="check"}} 1.0'


async def test_an_interviewer_is_told_the_code_and_that_the_calls_work_all_the_same(
    playwright: Playwright, tmp_path: Path
) -> None:
    async with (
        house(tmp_path, listens=True, secret="another secret", relay_only=False) as server,
        person(playwright, name="interviewer") as page,
    ):
        await enrol(page, await server.staff_link("interviewer"))
        await page.goto(f"{server.origin}/staff/check")
        await told(page, "spare", time.monotonic())
        assert "401" in await page.get_by_test_id("relay-notice").inner_text()


async def test_the_check_of_a_relay_only_house_goes_through_its_relay(playwright: Playwright, tmp_path: Path) -> None:
    async with house(tmp_path, listens=True) as server, person(playwright, name="freelancer") as page:
        await page.add_init_script(KEEP_PEERS)
        await in_the_green_room(server, page)
        await allow_devices(page)
        await page.get_by_test_id("start-network").click()
        await expect(page.get_by_test_id("network")).to_have_attribute("data-network", "running")
        used: list[str] = []
        while len(used) < 2:
            await page.wait_for_timeout(200)
            used = await page.evaluate(USED)
        assert used == ["relay", "relay"]
        await expect(page.get_by_test_id("relay-notice")).to_be_hidden()
