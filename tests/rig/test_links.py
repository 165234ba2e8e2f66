"""What bench links says of a stretch follows from what the pages saw."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from playwright.async_api import async_playwright

from bench.links import alone
from bench.links.room import Way, room
from bench.links.scenarios import losses, rates
from bench.links.sink import between, recovered_after_s
from bench.rig.network import RigError, open_network
from verifier.core.model import Role


def row(at, frames=(), running=0.0, concealed=0, silent=0, samples=0, octets=0):
    shown, newest = [], None
    for moment, height in frames:
        shown.append({"at": moment, "gap": 0.0 if newest is None else moment - newest, "height": height})
        newest = moment
    audio = {"concealedSamples": concealed, "silentConcealedSamples": silent, "totalSamplesReceived": samples}
    return {
        "at": at,
        "running_gap": running,
        "frames": shown,
        "inbound": {"audio": audio, "video": {"bytesReceived": octets}},
    }


def steady(start, stop, step=66, height=480):
    return [(moment, height) for moment in range(start, stop, step)]


def test_a_steady_picture_has_no_freeze():
    found = between([row(0), row(1_000, steady(0, 1_000), samples=48_000, octets=125_000)])
    assert (found.longest_gap_ms, found.frozen_s, found.height) == (66, 0, 480)
    assert found.video_kbps == 1_000


def test_a_picture_that_stands_still_at_the_end_is_a_gap_as_well():
    assert between([row(0), row(1_000, steady(0, 300), running=700)]).longest_gap_ms == 700


WHOLE = alone.Second(kbps=1_700.0, frames=30, height=480, limited="none")


@pytest.mark.parametrize("lacking", [{"kbps": 900.0}, {"frames": 24}, {"height": 360}])
def test_a_size_is_reached_when_every_later_second_has_it_whole(lacking):
    less = replace(WHOLE, **lacking)
    assert WHOLE.whole and not less.whole
    assert alone.reached_after_s((WHOLE, WHOLE)) == 0
    assert alone.reached_after_s((less, less, WHOLE, WHOLE)) == 2
    assert alone.reached_after_s((WHOLE, less, WHOLE)) == 2
    assert alone.reached_after_s((WHOLE, less)) is None
    assert alone.reached_after_s(()) is None


def test_the_first_row_is_the_beginning_only():
    with pytest.raises(ValueError, match="beginning"):
        between([row(0)])
    assert between([row(0, [(0, 480), (900, 480)]), row(1_000, steady(900, 1_000))]).longest_gap_ms == 66


def test_a_freeze_is_longer_than_the_mean_and_150_ms():
    found = between([row(0), row(2_000, [*steady(0, 600), *steady(1_100, 2_000)])])
    assert found.frozen_s == pytest.approx(0.506, abs=0.01)


def test_what_was_made_up_in_silence_is_told_apart():
    found = between([row(0, samples=1_000, concealed=100), row(1_000, samples=49_000, concealed=580, silent=240)])
    assert found.concealed_share == pytest.approx(240 / 48_000)
    assert found.concealed_silence_share == pytest.approx(240 / 48_000)


def test_a_picture_has_recovered_when_it_stays_whole():
    rows = [row(0), row(1_000, [(100, 240), (600, 480)]), row(2_000, [(1_200, 240), (1_700, 480), (1_900, 480)])]
    assert recovered_after_s(rows) == 1.7
    assert recovered_after_s([row(0), row(1_000, steady(0, 1_000, height=240))]) is None


def test_every_direction_of_every_leg_is_made_bad_and_somebody_suffers():
    every = [*losses((0.05,), 10), *rates((600,), 10, 10)]
    assert {(one.leg, one.direction) for one in every} == {(leg, way) for leg in Role for way in ("up", "down")}
    assert all((one.sink is one.leg) == (one.direction == "down") for one in every)
    for one in every:
        if one.bad.burst is not None:
            burst = one.bad.burst
            assert burst.enter / (burst.enter + burst.leave) == pytest.approx(0.05)


@pytest.mark.netns
@pytest.mark.parametrize("way", Way)
async def test_a_call_is_held_and_both_sides_see_each_other(way):
    try:
        network = open_network(*Role, kind="namespaces")
    except RigError as error:
        pytest.skip(f"namespaces are not permitted here: {error}")
    with network:
        network.let_participants_meet()
        async with async_playwright() as playwright, room(playwright, network, way) as held:
            rows = [await held.take()]
            await asyncio.sleep(2)
            rows.append(await held.take())
            found = {role: between([row[role] for row in rows]) for role in Role}
            assert all(sink.frames > 10 and sink.video_kbps > 10 for sink in found.values())
            assert (held.sample(Role.FREELANCER) is not None) == (way is Way.RELAY)
