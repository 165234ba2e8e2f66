"""A browser's peer connection to a server that offers runs through either kind of network, and only through it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from playwright.async_api import Page, async_playwright

from bench.rig.impairment import OUTAGE, Impairment
from bench.rig.network import Network, RigError, open_network
from tests.journey.browsers import person

PATIENCE_S = 30.0

ANSWER = """async (offer) => {
  const connection = window.connection = new RTCPeerConnection();
  connection.ondatachannel = ({ channel }) => {
    window.channel = channel;
    channel.onmessage = ({ data }) => channel.send(data.toUpperCase());
  };
  const trickled = window.trickled = [];
  connection.onicecandidate = ({ candidate }) => candidate && trickled.push(candidate.toJSON().candidate);
  await navigator.mediaDevices.getUserMedia({ audio: true });
  await connection.setRemoteDescription({ type: 'offer', sdp: offer });
  await connection.setLocalDescription(await connection.createAnswer());
  while (connection.iceGatheringState !== 'complete') await new Promise((done) => setTimeout(done, 20));
  return connection.localDescription.sdp;
}"""


@pytest.fixture(params=[pytest.param("namespaces", marks=pytest.mark.netns), "proxy"])
def network(request: pytest.FixtureRequest) -> Iterator[Network]:
    try:
        opened = open_network("freelancer", kind=request.param)
    except RigError as error:
        pytest.skip(f"namespaces are not permitted here, the journeys use the proxy: {error}")
    with opened:
        yield opened


@pytest.fixture
async def page(network: Network, page_address: str) -> AsyncIterator[Page]:
    async with (
        async_playwright() as playwright,
        person(playwright, name="freelancer", place=network.place("freelancer")) as opened,
    ):
        await opened.goto(page_address)
        yield opened


async def test_media_passes_through_the_network_and_through_nothing_else(network, page):
    server = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    channel = server.createDataChannel("echo")
    opened, answers = asyncio.Event(), asyncio.Queue[str]()
    channel.on("open", opened.set)
    channel.on("message", answers.put_nowait)
    try:
        await server.setLocalDescription(await server.createOffer())
        answer = await page.evaluate(ANSWER, server.localDescription.sdp)
        await server.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
        await asyncio.wait_for(opened.wait(), PATIENCE_S)

        network.impair("freelancer", up=Impairment(delay_ms=30))
        assert await echo(channel, answers, "slow") == "SLOW"

        network.impair("freelancer", up=OUTAGE, down=OUTAGE)
        channel.send("through an outage")
        await until_blacked_out(network, 3)
        assert answers.empty()

        network.restore("freelancer")
        assert await asyncio.wait_for(answers.get(), PATIENCE_S) == "THROUGH AN OUTAGE"
    finally:
        await server.close()


@pytest.mark.parametrize("network", ["proxy"], indirect=True)
async def test_the_proxy_hides_every_way_round_it(page):
    server = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    try:
        server.createDataChannel("echo")
        await server.setLocalDescription(await server.createOffer())
        answer = await page.evaluate(ANSWER, server.localDescription.sdp)
        trickled = await page.evaluate("window.trickled")
        remote = await page.evaluate("window.connection.remoteDescription.sdp")
    finally:
        await server.close()
    assert ports_of(answer.splitlines()) == {"9"}
    assert ports_of(trickled) == {"9"}
    assert ports_of(remote.splitlines())
    assert ports_of(remote.splitlines()).isdisjoint(ports_of(server.localDescription.sdp.splitlines()))


def ports_of(lines: list[str]) -> set[str]:
    candidates = [line.split() for line in lines if "candidate:" in line]
    return {fields[5] for fields in candidates if fields[2].lower() == "udp"}


async def echo(channel: RTCDataChannel, answers: asyncio.Queue[str], text: str) -> str:
    channel.send(text)
    return await asyncio.wait_for(answers.get(), PATIENCE_S)


async def until_blacked_out(network: Network, packets: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while network.counts("freelancer").down.blacked_out < packets:  # noqa: ASYNC110 the relay tells only when asked
            await asyncio.sleep(0.05)
