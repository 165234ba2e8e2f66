"""Two real browsers, one behind the impaired network, load a page and show what their cameras and microphones give."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from bench.rig.impairment import Impairment
from bench.rig.network import Network, open_network
from bench.rig.sources import Camera, Voice
from tests.journey.browsers import DESKTOP, PHONE, person, take_screenshots

WATCH_DEVICES = """async () => {
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const stream = await navigator.mediaDevices.getUserMedia({ audio, video: true });
  const camera = document.getElementById('camera');
  camera.srcObject = stream;
  await camera.play();
  const context = new AudioContext();
  const analyser = new AnalyserNode(context);
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const paper = new OffscreenCanvas(64, 48).getContext('2d', { willReadFrequently: true });
  const levels = [], brightness = [];
  for (let turn = 0; turn < 60; turn += 1) {
    await new Promise((done) => setTimeout(done, 50));
    analyser.getFloatTimeDomainData(samples);
    levels.push(Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length));
    paper.drawImage(camera, 0, 0, 64, 48);
    brightness.push(paper.getImageData(0, 0, 64, 48).data.reduce((sum, value) => sum + value, 0));
  }
  const rate = stream.getVideoTracks()[0].getSettings().frameRate;
  return { width: camera.videoWidth, height: camera.videoHeight, rate, levels, brightness };
}"""

pytestmark = pytest.mark.netns


@pytest.fixture
def network() -> Iterator[Network]:
    with open_network("freelancer", "interviewer") as opened:
        yield opened


async def test_two_browsers_show_their_own_camera_and_microphone_through_the_network(network, page_address):
    network.impair("freelancer", up=Impairment(loss=0.02, delay_ms=40), down=Impairment(delay_ms=40))
    async with (
        async_playwright() as playwright,
        person(playwright, name="freelancer", place=network.place("freelancer"), screen=PHONE) as freelancer,
        person(playwright, name="interviewer", voice=Voice.SILENCE, camera=Camera.BLACK, screen=DESKTOP) as interviewer,
    ):
        await freelancer.goto(page_address)
        await interviewer.goto(page_address)
        talking, silent = await asyncio.gather(freelancer.evaluate(WATCH_DEVICES), interviewer.evaluate(WATCH_DEVICES))

    assert (talking["width"], talking["height"]) == (640, 480)
    assert (silent["width"], silent["height"]) == (640, 480)
    assert talking["rate"] == silent["rate"] == 15
    assert max(talking["levels"]) > 0.02 > min(talking["levels"])
    assert max(silent["levels"]) < 0.001
    assert len(set(talking["brightness"])) > 10
    assert len(set(silent["brightness"])) == 1
    if network.kind == "namespaces":
        traffic = network.counts("freelancer")
        assert traffic.up.passed > 0
        assert traffic.down.mean_delay_ms >= 40
        assert network.counts("interviewer").up.offered == 0


async def test_a_failing_journey_keeps_its_console_and_its_pages(page_address, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    async def journey() -> None:
        async with async_playwright() as playwright, person(playwright, name="freelancer") as page:
            await page.goto(page_address)
            await page.evaluate("console.log('the last words')")
            raise LookupError("the journey failed")

    with pytest.raises(LookupError) as failure:
        await journey()
    folder = Path(failure.value.__notes__[0].rpartition(" ")[2])
    assert "log: the last words" in (folder / "console.txt").read_text()
    assert (folder / "page-1.png").stat().st_size > 0


async def test_a_page_is_pictured_on_phone_and_desktop_in_light_and_dark(page_address, tmp_path):
    async with async_playwright() as playwright, person(playwright, name="freelancer") as page:
        await page.goto(page_address)
        pictures = await take_screenshots(page, tmp_path / "pictures", "devices")
        assert await brightness_of(page) == "light"
    assert [picture.name for picture in pictures] == [
        "devices-phone-dark.png",
        "devices-phone-light.png",
        "devices-desktop-dark.png",
        "devices-desktop-light.png",
    ]
    assert pictures[0].read_bytes() != pictures[1].read_bytes()


async def brightness_of(page: Page) -> str:
    return await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'")
