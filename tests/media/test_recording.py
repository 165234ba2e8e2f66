"""A call that is recorded: what passes the relay is what is kept, on the clock of the metrics."""

from __future__ import annotations

import asyncio
import io
from functools import partial
from itertools import pairwise
from statistics import median

import av

from tests.media.room import CALL, Person, is_rtp, room, until
from verifier.core.model import Role
from verifier.core.recording import Muxed
from verifier.media.muxing import mux
from verifier.media.records import Kind, Record, unpacked
from verifier.media.rtp import OPUS, RTX, VP8, RtpPacket

CLOSE_MS = 100


class Kept:
    """A sink in memory."""

    def __init__(self) -> None:
        self.blocks: list[bytes] = []
        self.refusing = self.closed = False

    def append(self, block: bytes) -> bool:
        if not self.refusing:
            self.blocks.append(block)
        return not self.refusing

    async def close(self) -> None:
        self.closed = True

    def of(self, role: Role, *kinds: Kind) -> list[Record]:
        records = [record for block in self.blocks for record in unpacked(block, role)]
        return [record for record in records if not kinds or record.kind in kinds]

    def muxed(self, role: Role) -> tuple[Muxed, io.BytesIO]:
        out = io.BytesIO()
        about = mux(lambda: self.blocks, role, out)
        assert about is not None
        out.seek(0)
        return about, out


VIDEO = (Kind.VP8_KEY, Kind.VP8_DELTA)


async def both(freelancer: Person, interviewer: Person) -> None:
    await asyncio.gather(freelancer.join(), interviewer.join())


async def test_both_participants_are_kept_and_can_be_played() -> None:
    async with room() as (engine, freelancer, interviewer):
        await both(freelancer, interviewer)
        kept = Kept()
        engine.record(CALL, kept)
        await asyncio.sleep(3.5)
        await engine.close_call(CALL)
        assert kept.closed
        for role in Role:
            assert kept.of(role, *VIDEO)[0].kind is Kind.VP8_KEY
            about, file = kept.muxed(role)
            assert 2_500 < about.duration_ms < 4_500
            with av.open(file) as container:
                frames = list(container.decode(video=0))
            assert len(frames) == len(kept.of(role, *VIDEO))
            assert (frames[0].width, frames[0].height) == (160, 120)


async def test_the_recording_and_the_rows_of_the_metrics_count_the_same_packets_at_the_same_time() -> None:
    async with room() as (engine, freelancer, interviewer):
        await both(freelancer, interviewer)
        kept = Kept()
        engine.record(CALL, kept)
        rows = []
        for _ in range(8):
            await asyncio.sleep(0.5)
            rows += engine.sample(CALL)
        await engine.close_call(CALL)
    for role in Role:
        times = [record.at_ms for record in kept.of(role, Kind.OPUS)]
        own, fitting = [row for row in rows if row.leg is role], []
        for before, after in pairwise(own):
            received = after.audio.received - before.audio.received
            counted = [
                sum(before.at_ms + shift < at <= after.at_ms + shift for at in times) for shift in (-CLOSE_MS, 0)
            ]
            fitting.append(min(counted) - 5 <= received <= max(counted) + 5)
        assert 4 * sum(fitting) >= 3 * len(fitting) > 0, "single rows may wait for a busy machine"


async def test_a_packet_stands_at_the_moment_it_came() -> None:
    async with room() as (engine, freelancer, interviewer):
        await both(freelancer, interviewer)
        kept, clock, handed = Kept(), engine._clock, list[tuple[int, int]]()
        engine.record(CALL, kept)
        streams = engine._leg(CALL, Role.FREELANCER, freelancer.generation).streams
        record = streams.record
        assert isinstance(record, partial)
        participant = record.args[0]

        def seen(packet: RtpPacket, now_s: float) -> None:
            before = len(participant.waiting)
            record(packet, now_s)
            handed.extend((one.at_ms, clock.now_ms()) for one in participant.waiting[before:])

        streams.record = seen
        await asyncio.sleep(3)
    assert len(handed) > 100
    assert median(abs(came - at) for at, came in handed) <= CLOSE_MS, "single packets may wait for a busy machine"


async def test_a_gap_of_the_network_is_a_gap_of_the_recording_and_a_key_frame_follows_it() -> None:
    cut = False
    async with room() as (engine, freelancer, interviewer):
        await both(freelancer, interviewer)
        freelancer.lose(lambda datagram: cut and any(is_rtp(datagram, kind) for kind in (OPUS, VP8, RTX)))
        kept = Kept()
        engine.record(CALL, kept)
        await asyncio.sleep(1.5)
        cut = True
        await asyncio.sleep(2)
        cut = False
        await asyncio.sleep(3)
        await engine.close_call(CALL)
    about, _ = kept.muxed(Role.FREELANCER)
    assert len(about.audio) == 2
    assert 1_700 < about.audio[1][0] - about.audio[0][1] < 2_400
    pictures = kept.of(Role.FREELANCER, *VIDEO)
    resumed_ms = next(later.at_ms for earlier, later in pairwise(pictures) if later.at_ms - earlier.at_ms > 1_000)
    keys = [record.at_ms for record in kept.of(Role.FREELANCER, Kind.VP8_KEY)]
    assert any(resumed_ms <= at <= resumed_ms + 1_000 for at in keys)
    whole, _ = kept.muxed(Role.INTERVIEWER)
    assert len(whole.audio) == 1


async def test_a_participant_who_comes_back_is_recorded_on() -> None:
    async with room() as (engine, freelancer, interviewer):
        await both(freelancer, interviewer)
        kept = Kept()
        engine.record(CALL, kept)
        await asyncio.sleep(1.5)
        await freelancer.leave()
        again = Person(engine, Role.FREELANCER)
        await again.join()
        count = len(kept.of(Role.FREELANCER, *VIDEO))
        await until(lambda: len(kept.of(Role.FREELANCER, *VIDEO)) > count + 20)
        await engine.close_call(CALL)
        await again.leave()
    _, file = kept.muxed(Role.FREELANCER)
    with av.open(file) as container:
        assert len(list(container.decode(video=0))) == len(kept.of(Role.FREELANCER, *VIDEO))


async def test_a_sink_that_refuses_costs_a_gap_and_a_new_key_frame() -> None:
    async with room() as (engine, freelancer, interviewer):
        await both(freelancer, interviewer)
        kept = Kept()
        engine.record(CALL, kept)
        await asyncio.sleep(1.2)
        kept.refusing = True
        await asyncio.sleep(2)
        kept.refusing = False
        await asyncio.sleep(1.5)
        assert interviewer.received["video"] > 50
        await engine.close_call(CALL)
    pictures = kept.of(Role.FREELANCER, *VIDEO)
    after = next(later for earlier, later in pairwise(pictures) if later.at_ms - earlier.at_ms > 1_000)
    assert after.kind is Kind.VP8_KEY


async def test_nothing_is_recorded_unless_it_is_asked_for() -> None:
    async with room() as (engine, freelancer, interviewer):
        await both(freelancer, interviewer)
        leg = engine._leg(CALL, Role.FREELANCER, freelancer.generation)
        assert leg.streams.record is None
        engine.record("int_unknown", Kept())  # type: ignore[arg-type]
        assert leg.streams.record is None
