"""Whose leg, device or server is named."""

from __future__ import annotations

import pytest

from tests.core.rows import T0, Call, F, I
from verifier.core.model import Role
from verifier.core.policy import SHIPPED
from verifier.core.quality.attribution import NOTHING_BAD, blame
from verifier.core.quality.perception import perceive
from verifier.core.samples import Stream, TrackState
from verifier.core.verdicts import Blame, Fault

VOICES = (Stream.AUDIO_FROM_FREELANCER, Stream.AUDIO_FROM_INTERVIEWER)


def blamed(call: Call, streams: tuple[Stream, ...] = VOICES) -> Blame:
    timeline = perceive(call.rows(), T0, T0 + 60_000, SHIPPED)
    bad = {s: [k for k, second in enumerate(timeline.streams[s]) if second.bad] for s in streams}
    return blame(timeline, bad, SHIPPED)


def test_nothing_bad_blames_nobody() -> None:
    assert blamed(Call()) == NOTHING_BAD


@pytest.mark.parametrize("role", Role)
def test_one_bad_leg_is_named_with_its_side(role: Role) -> None:
    up = blamed(Call().uplink_loss(role, 20, 40, 0.3))
    down = blamed(Call().downlink_loss(role, 20, 40, 0.3))
    assert (up.fault, up.side) == (Fault(f"{role}_uplink"), role)
    assert (down.fault, down.side) == (Fault(f"{role}_downlink"), role)
    assert up.explained >= 0.9 and down.explained >= 0.9


@pytest.mark.parametrize("role", Role)
def test_a_link_that_is_bad_both_ways_names_its_side(role: Role) -> None:
    found = blamed(Call().uplink_loss(role, 20, 40, 0.3).downlink_loss(role, 20, 40, 0.3))
    assert found.side is role and found.explained >= 0.9


@pytest.mark.parametrize("role", Role)
def test_an_outage_names_its_side(role: Role) -> None:
    assert blamed(Call().outage(role, 20, 30)).side is role
    assert blamed(Call().reconnect(role, 20, 30)).side is role


@pytest.mark.parametrize("role", Role)
def test_a_leg_that_lags_is_named(role: Role) -> None:
    assert blamed(Call().set(role, 20, 30, rtt_ms=1_800.0)).side is role


def test_two_bad_links_are_both() -> None:
    call = Call().uplink_loss(F, 20, 40, 0.3).downlink_loss(I, 20, 40, 0.3)
    assert blamed(call, VOICES[:1]).fault is Fault.BOTH


def test_what_no_leg_explains_is_unclear() -> None:
    found = blamed(Call().set(I, 20, 40, concealed=0.4))
    assert found.fault is Fault.UNCLEAR and found.side is None


def test_a_gap_in_the_telemetry_alone_is_unclear() -> None:
    assert blamed(Call().withhold(F, 20, 30)).fault is Fault.UNCLEAR


def test_the_server_is_looked_at_before_the_legs() -> None:
    assert blamed(Call().set(I, 20, 40, concealed=0.4, lag_ms=70.0)).fault is Fault.SERVER


def test_packets_that_the_kernel_dropped_are_the_servers_and_those_that_never_came_the_links() -> None:
    lossy = Call().uplink_loss(F, 20, 40, 0.3).set(I, 18, 42, lag_ms=70.0)
    assert blamed(lossy).fault is Fault.FREELANCER_UPLINK
    assert blamed(lossy.set(F, 18, 42, udp_drops=9)).fault is Fault.SERVER


def test_the_source_is_looked_at_before_the_legs() -> None:
    call = Call().mute(F, 20, 40).uplink_loss(F, 20, 40, 0.3)
    found = blamed(call)
    assert (found.fault, found.side) == (Fault.SOURCE, F)


def test_a_device_is_named_only_on_a_clean_path() -> None:
    pictures = (Stream.VIDEO_FROM_FREELANCER,)
    clean = Call().set(F, 20, 40, limitation="cpu").set(I, 20, 40, fps_cap=3.0)
    assert blamed(clean, pictures).fault is Fault.FREELANCER_DEVICE
    assert blamed(clean.uplink_loss(F, 18, 42, 0.3), pictures).fault is Fault.FREELANCER_UPLINK


def test_a_camera_that_is_off_is_the_source() -> None:
    found = blamed(Call().set(F, 20, 40, video_track=TrackState.ENDED), (Stream.VIDEO_FROM_FREELANCER,))
    assert (found.fault, found.side) == (Fault.SOURCE, F)
