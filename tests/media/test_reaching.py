"""How media reach the server: through TURN, by a published address, over loopback alone; and when no port is left."""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import async_playwright

from bench.rig.netns import entered, new_namespace
from tests.journey.browsers import person
from tests.media.nat import PRIVATE, PUBLIC, container
from tests.media.room import CALL, LOOPBACK, MonotonicClock, NoFaces, Person, room, until
from tests.media.test_two_chromiums import flowing, served
from tests.media.turn import turn_server
from verifier.core.model import Role
from verifier.errors import MediaFull
from verifier.media import EmbeddedMediaEngine, MediaSettings
from verifier.ports import LegEvent, LegOffer
from verifier.web.ice import IceSettings

PORTS = range(41_200, 41_204)


def pair_of(engine: EmbeddedMediaEngine, role: Role) -> Any:
    """The pair of addresses that the server sends this leg's media over."""
    leg = engine._calls[CALL]._slots[role].leg
    assert leg is not None
    return leg.transport._connection._nominated[1]


def through(url: str, secret: str, role: Role) -> str:
    """The page's query for a leg that may use the TURN server alone."""
    access = IceSettings((), (url,), secret, relay_only=True).access(role, int(time.time() * 1_000))
    server = access.servers[0]
    used = {"urls": list(server.urls), "username": server.username, "credential": server.credential}
    return f"?role={role}&configuration={quote(json.dumps({'iceServers': [used], 'iceTransportPolicy': 'relay'}))}"


@pytest.mark.journey
async def test_a_relay_only_call_goes_through_the_turn_server_on_both_legs(tmp_path: Path) -> None:
    engine, secret = EmbeddedMediaEngine(MonotonicClock(), LOOPBACK, NoFaces()), secrets.token_hex()
    try:
        async with (
            turn_server(tmp_path, secret) as url,
            served(engine, lambda _event: None) as address,
            async_playwright() as playwright,
            person(playwright, name="freelancer") as freelancer,
            person(playwright, name="interviewer") as interviewer,
        ):
            people = {Role.FREELANCER: freelancer, Role.INTERVIEWER: interviewer}
            for role, page in people.items():
                await page.goto(address + "/" + through(url, secret, role))
            for role, page in people.items():
                await flowing(page)
                figures = await page.evaluate("window.figures()")
                # Chromium asks for a relayed address from each of the machine's interfaces.
                own = [report for report in figures.values() if report["type"] == "local-candidate"]
                assert {(one["candidateType"], one["relayProtocol"], one["url"]) for one in own} == {
                    ("relay", "udp", url)
                }
                assert figures[figures["pair"]["localCandidateId"]] in own
                assert pair_of(engine, role).remote_addr in {(one["address"], one["port"]) for one in own}
    finally:
        await engine.close()


async def test_the_documented_turn_server_relays_to_the_media_alone(tmp_path: Path) -> None:
    async with turn_server(tmp_path, "shared") as url:
        port = url.split(":")[2].split("?")[0]
        words = [
            "turnutils_uclient",
            "-W",
            "shared",
            "-u",
            "somebody",
            "-e",
            "192.0.2.99",
            "-n",
            "1",
            "-p",
            port,
            "127.0.0.1",
        ]
        process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
        out, _ = await process.communicate()
    assert b"403 (Forbidden IP)" in out, out.decode()


class Contained(EmbeddedMediaEngine):
    """An engine whose sockets are made in a container."""

    inside: Callable[[], Any]

    async def open_leg(self, interview_id: Any, role: Role, on_event: Callable[[LegEvent], None]) -> LegOffer:
        with self.inside():
            return await super().open_leg(interview_id, role, on_event)


@pytest.mark.netns
async def test_a_call_reaches_a_container_by_its_published_address_and_ports() -> None:
    with ExitStack() as stack:
        try:
            box = stack.enter_context(container(PORTS))
        except OSError as error:
            pytest.skip(f"namespaces are not permitted here: {error}")
        settings = MediaSettings(announced_address=PUBLIC, port_range=(PORTS[0], PORTS[-1]))
        engine = Contained(MonotonicClock(), settings, NoFaces())
        engine.inside = box.inside
        people = [Person(engine, role) for role in Role]
        try:
            for one in people:
                await one.join()
                offered = set(re.findall(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+)", one.offer))
                assert {address for address, _ in offered} == {PUBLIC}
                bound = pair_of(engine, one.role).protocol.transport.get_extra_info("socket").getsockname()
                assert bound[0] == "0.0.0.0" and bound[1] in PORTS and offered == {(PUBLIC, str(bound[1]))}
            for one in people:
                await until(lambda one=one: one.received["audio"] > 20 and one.received["video"] > 5)
            assert box.refused == []
            assert PRIVATE not in "".join(one.offer for one in people)
        finally:
            for one in people:
                await one.leave()
            await engine.close()


@pytest.mark.netns
@pytest.mark.journey
async def test_two_people_talk_on_a_machine_with_loopback_alone() -> None:
    with ExitStack() as stack:
        try:
            namespace = new_namespace()
            stack.callback(os.close, namespace)
            stack.enter_context(entered(f"/proc/self/fd/{namespace}"))
        except OSError as error:
            pytest.skip(f"namespaces are not permitted here: {error}")
        engine = EmbeddedMediaEngine(MonotonicClock(), MediaSettings(), NoFaces())
        try:
            async with (
                served(engine, lambda _event: None) as address,
                async_playwright() as playwright,
                person(playwright, name="freelancer") as freelancer,
                person(playwright, name="interviewer") as interviewer,
            ):
                await freelancer.goto(f"{address}/?role={Role.FREELANCER}")
                await interviewer.goto(f"{address}/?role={Role.INTERVIEWER}")
                await flowing(freelancer)
                await flowing(interviewer)
        finally:
            await engine.close()


async def test_a_leg_without_a_free_port_is_refused_at_once_and_comes_about_when_one_is_free() -> None:
    only = (PORTS[-1] + 1, PORTS[-1] + 1)
    async with room(MediaSettings(announced_address="127.0.0.1", port_range=only)) as (engine, freelancer, interviewer):
        await freelancer.join()
        with pytest.raises(MediaFull):
            await interviewer.knock()
        await freelancer.leave()
        await engine.close_leg(CALL, Role.FREELANCER)
        await interviewer.join()
