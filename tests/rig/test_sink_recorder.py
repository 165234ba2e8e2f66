"""What a browser played and showed is kept as it was: sound to a few milliseconds, every picture with its number."""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import dataclass

import numpy as np
import pytest
from playwright.async_api import async_playwright

from bench.links.room import Way, room
from bench.rig.impairment import Impairment
from bench.rig.network import open_network
from bench.rig.sink_recorder import SinkRecorder
from bench.rig.sources import SAMPLE_RATE_HZ, Camera, Voice
from bench.truth.alignment import align
from bench.truth.digits import Outcome, hear
from bench.truth.intelligibility import intelligibility
from bench.truth.spoken import Script, digit_names, script_of
from verifier.core.model import Role

SAYS = script_of(Voice.SLT, digit_names([4, 7, 1, 9, 0, 3]))
HELD_S = 12


@dataclass
class Heard:
    """One stretch of a call as the interviewer had it."""

    estoi: float
    outcomes: list[Outcome]
    numbers: list[int | None]


def as_heard(recorder: SinkRecorder, begin_ms: float, script: Script = SAYS) -> Heard:
    """The stretch that began then, against what the freelancer said."""
    recorded = recorder.sound(begin_ms, begin_ms + 1_000 * HELD_S)
    said = script.samples(HELD_S + script.length_s)
    spoken = script.spoken_until(HELD_S + script.length_s)
    found = align(spoken, said, recorded, SAMPLE_RATE_HZ)
    inside = [
        (one, lag_s)
        for one, lag_s in zip(spoken, found.lags_s, strict=True)
        if one.start_s + lag_s > 0.3 and one.end_s + lag_s < HELD_S - 0.3
    ]
    whole, lags_s = [one for one, _ in inside], [lag_s for _, lag_s in inside]
    figure = intelligibility(whole, lags_s, said, recorded, SAMPLE_RATE_HZ)
    assert figure is not None and figure.speech_s > 2
    heard = hear(whole, said, recorded, lags_s, SAMPLE_RATE_HZ)
    numbers = [one.number for one in recorder.pictures if begin_ms <= one.at_ms < begin_ms + 1_000 * HELD_S]
    return Heard(figure.estoi, [one.outcome for one in heard], numbers)


def parts(*stamps_ms: float) -> SinkRecorder:
    """A recorder that has been handed parts of 10 ms with these stamps, each filled with its number from 1."""
    recorder = SinkRecorder(None)  # type: ignore[arg-type]
    samples = b"".join(np.full(480, number, "<i2").tobytes() for number in range(1, len(stamps_ms) + 1))
    told = [
        {"stream": 1, "at_ms": 5_000 + stamp + 3, "media_us": 1_000 * stamp, "rate": 48_000, "count": 480}
        for stamp in stamps_ms
    ]
    recorder._hear({"parts": told, "samples": base64.b64encode(samples).decode()})
    return recorder


def test_stamps_that_are_off_for_a_moment_cut_nothing_out() -> None:
    stamps = [10.0 * number + (25.0 if number in {40, 41, 42} else 0.4 * (number % 3)) for number in range(150)]
    recorder = parts(*stamps)
    assert recorder.holes_ms == 0.0
    sound = recorder.sound(5_003, 5_003 + 1_500)
    assert (sound == np.repeat(np.arange(1, 151), 480)).all()


def test_what_was_not_handed_over_is_a_hole_and_is_said() -> None:
    recorder = parts(*[10.0 * number + (200.0 if number >= 60 else 0.0) for number in range(150)])
    assert recorder.holes_ms == pytest.approx(200.0)
    sound = recorder.sound(5_003, 5_003 + 1_700)
    assert (sound[: 60 * 480] == np.repeat(np.arange(1, 61), 480)).all()
    assert (sound[60 * 480 : 80 * 480] == 0).all()
    assert (sound[80 * 480 :] == np.repeat(np.arange(61, 151), 480)).all()


async def test_a_clean_call_is_kept_whole_and_a_lossy_one_shows_its_losses() -> None:
    sources = {Role.FREELANCER: (SAYS.voice, SAYS.utterances, Camera.NUMBERED)}
    with open_network(*Role) as network:
        network.let_participants_meet()
        async with (
            async_playwright() as playwright,
            room(playwright, network, Way.RELAY, sources=sources, recorded=True) as held,
        ):
            recorder = held.recorders[Role.INTERVIEWER]
            await asyncio.sleep(2)
            clean_ms = time.time() * 1_000
            await asyncio.sleep(HELD_S)
            await recorder.collect()
            network.impair(Role.FREELANCER, up=Impairment(loss=0.75))
            lossy_ms = time.time() * 1_000
            await asyncio.sleep(HELD_S)
            await recorder.collect()
    clean, lossy = as_heard(recorder, clean_ms), as_heard(recorder, lossy_ms)
    assert clean.estoi > lossy.estoi + 0.1
    recognised = clean.outcomes.count(Outcome.RECOGNISED)
    assert len(clean.outcomes) > 5 and 4 * recognised >= 3 * len(clean.outcomes), "the machine may be busy"
    assert lossy.outcomes.count(Outcome.RECOGNISED) < len(lossy.outcomes)
    known = [number for number in clean.numbers if number is not None]
    assert len(known) > 60 and len(known) >= 0.9 * len(clean.numbers)
    forwards = [step % 120 <= 30 for step in np.diff(known)]
    assert sum(forwards) >= 0.9 * len(forwards)
