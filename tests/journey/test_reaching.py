"""TURN servers and ports as people meet them: calls through a relay, and plain words in time when there is no way."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, Playwright, expect

from tests.journey.browsers import person
from tests.journey.people import Freelancer, Interviewer, allow_devices, enrol
from tests.journey.server import Server, serving
from tests.media.turn import LOOPBACK, free_udp_port, turn_server
from tests.storage.databases import SEALER
from verifier.core.model import DeviceCheck
from verifier.storage import Store

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


# ---------------------------------------------------------------- the call


@asynccontextmanager
async def entering(server: Server, playwright: Playwright, folder: Path) -> AsyncIterator[tuple[Page, Page]]:
    """Freelancer and interviewer on the page of their call, whatever comes of it."""
    async with (
        person(playwright, name="freelancer") as page,
        person(playwright, name="interviewer") as staff,
    ):
        for one in (page, staff):
            await one.add_init_script(KEEP_PEERS)
        await enrol(staff, await server.staff_link("interviewer"))
        await passed(folder)
        case, freelancer = await server.create_verification(), Freelancer(page)
        await freelancer.arrive(case["join_url"], network=False)
        await staff.goto(f"{server.origin}/staff/queue")
        await Interviewer(staff).take_next()
        yield page, staff


async def passed(folder: Path) -> None:
    """Everybody who works here has passed the check a moment ago: it is held in tests of its own."""
    store = await Store.open(f"sqlite+aiosqlite:///{folder}/var/verifier.sqlite3", SEALER)
    try:
        async with store.units() as unit:
            for somebody in await unit.people.all():
                await unit.device_checks.add(DeviceCheck(int(time.time() * 1_000), True, {}, person_id=somebody.id))
    finally:
        await store.close()


async def trouble(page: Page, case: str) -> str:
    """What the banner says once it shows this case."""
    shown = page.get_by_test_id("trouble-banner").locator(f'[data-case="{case}"]')
    await expect(shown).to_be_visible(timeout=PROMISED_S * 1_000)
    return await shown.inner_text()


async def test_a_relay_only_call_is_held_through_the_relay(playwright: Playwright, tmp_path: Path) -> None:
    async with house(tmp_path, listens=True) as server, entering(server, playwright, tmp_path) as (page, staff):
        await Freelancer(page).in_call()
        await Interviewer(staff).in_call()
        for one in (page, staff):
            assert set(await one.evaluate(USED)) == {"relay"}
            await expect(one.get_by_test_id("trouble-banner")).to_be_hidden()


async def test_a_call_that_the_relay_keeps_from_coming_about_is_ours(playwright: Playwright, tmp_path: Path) -> None:
    async with (
        house(tmp_path, listens=True, secret="another secret") as server,
        entering(server, playwright, tmp_path) as (page, staff),
    ):
        assert "does not count against you" in await trouble(page, "relay")
        assert "401" in await trouble(staff, "relay")
        await page.get_by_test_id("stop-connection").click()
        await page.get_by_test_id("dialog-stop-connection-confirm").click()
        await Freelancer(page).sees_result("retry_offered")
        ended = (await server.receiver.wait_for("interview.inconclusive"))["data"]
        assert (ended["end_cause"], ended["reason_codes"][0]) == ("server_lost", "server.fault")
        assert ended["fault_side"] != "freelancer"


async def test_a_server_without_free_ports_says_so_in_the_check_and_in_the_call(
    playwright: Playwright, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", 0))
        port = taken.getsockname()[1]
        async with (
            serving(tmp_path, MEDIA_PORTS=f"{port}-{port}", MEDIA_ADDRESS=LOOPBACK) as server,
            entering(server, playwright, tmp_path) as (page, staff),
        ):
            assert "does not count against you" in await trouble(page, "full")
            assert "UDP port" in await trouble(staff, "full")
            await staff.goto(f"{server.origin}/staff/check")
            await allow_devices(staff)
            await staff.get_by_test_id("start-network").click()
            await expect(staff.locator('[data-testid="network-failure"] [data-case="server"]')).to_be_visible()
            await expect(staff.locator('[data-testid="check-verdict"] [data-case="ours"]')).to_be_visible()
            assert '"media_full"' in server.log.read_text()
