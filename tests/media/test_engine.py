"""The room as a whole: what two people, an honest network and a hostile one see of the engine."""

from __future__ import annotations

import asyncio
import re
import socket
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.media.room import CALL, LOOPBACK, Person, is_rtp, room, row, until
from verifier.core.model import InterviewId, Role
from verifier.core.samples import ConnectionState, RtpCounters
from verifier.errors import NotFound, PeerRefused
from verifier.media import MediaSettings
from verifier.media.rtp import OPUS, VP8
from verifier.ports import IceCandidate


def port_of(offer: str) -> int:
    found = re.search(r"a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+)", offer)
    assert found is not None
    return int(found[1])


async def test_media_flows_both_ways_and_both_rows_count_it():
    async with room() as (engine, freelancer, interviewer):
        await freelancer.join()
        await interviewer.join()
        for person in (freelancer, interviewer):
            await until(lambda person=person: person.received["audio"] > 20 and person.received["video"] > 5)
        first, second = engine.sample(CALL)
        assert {first.leg, second.leg} == set(Role)
        for sample in (first, second):
            assert sample.connection is ConnectionState.CONNECTED
            assert sample.connected_ms is not None
            assert sample.audio.received == sample.audio.expected > 20
            assert sample.video.received == sample.video.expected > 5
            assert sample.sent_audio_packets > 20
            assert sample.speech_ms > 0
            assert sample.level_dbov is not None
            assert sample.silence_ms < 2000
            assert sample.udp_drops == 0


async def test_rows_are_numbered_over_all_generations():
    async with room() as (engine, freelancer, _):
        await freelancer.knock()
        assert (row(engine, Role.FREELANCER).sequence, row(engine, Role.FREELANCER).sequence) == (0, 1)
        await freelancer.leave()
        await freelancer.knock()
        third = row(engine, Role.FREELANCER)
        assert (third.generation, third.sequence) == (2, 2)


async def test_every_lost_audio_packet_is_counted_exactly():
    async with room() as (engine, freelancer, _):
        await freelancer.join()
        numbers: list[int] = []

        def every_seventh(datagram: bytes) -> bool:
            if not is_rtp(datagram, OPUS) or len(numbers) >= 50:
                return False
            numbers.append(int.from_bytes(datagram[2:4], "big"))
            return len(numbers) % 7 == 0

        await until(lambda: row(engine, Role.FREELANCER).audio.received > 5)
        freelancer.lose(every_seventh)
        before = row(engine, Role.FREELANCER).audio
        assert before.expected == before.received
        await until(lambda: row(engine, Role.FREELANCER).audio.expected > before.expected + 60)
        audio = row(engine, Role.FREELANCER).audio
        assert audio.expected - audio.received == 7
        assert (audio.repaired, audio.duplicates, audio.reordered) == (0, 0, 0)


async def test_lost_video_is_asked_for_again_until_it_is_repaired():
    async with room() as (engine, freelancer, interviewer):
        await freelancer.join()
        await interviewer.join()
        await until(lambda: row(engine, Role.FREELANCER).video.received > 5)
        seen = 0

        def every_fifth(datagram: bytes) -> bool:
            nonlocal seen
            if not is_rtp(datagram, VP8) or seen >= 50:
                return False
            seen += 1
            return seen % 5 == 0

        freelancer.lose(every_fifth)

        def video() -> RtpCounters:
            return row(engine, Role.FREELANCER).video

        await until(lambda: seen == 50 and video().expected - video().received == 10)
        # Where the machine is busy, a key frame may take the place of some.
        await until(lambda: video().repaired >= 5)
        assert video().expected - video().received == 10
        assert video().duplicates == 0


async def test_a_reconnected_leg_is_a_new_generation_and_the_other_leg_goes_on():
    async with room() as (engine, freelancer, interviewer):
        await freelancer.join()
        await interviewer.join()
        await until(lambda: interviewer.received["video"] > 5)
        before = row(engine, Role.INTERVIEWER)
        await freelancer.leave()
        await freelancer.join()
        seen = dict(interviewer.received)
        await until(lambda: interviewer.received["video"] > seen["video"] + 15)
        await until(lambda: interviewer.received["audio"] > seen["audio"] + 15)
        after = row(engine, Role.INTERVIEWER)
        assert freelancer.generation == 2
        assert (after.generation, after.connected_ms) == (1, before.connected_ms)
        assert after.report_video.ssrc == before.report_video.ssrc
        assert after.sent_video_packets > before.sent_video_packets
        assert [event.connection for event in interviewer.events] == [ConnectionState.CONNECTED]


async def test_an_answer_to_an_older_offer_is_refused_and_harms_nothing():
    async with room() as (engine, freelancer, interviewer):
        await freelancer.join()
        await interviewer.join()
        with pytest.raises(PeerRefused):
            await engine.accept_answer(CALL, Role.FREELANCER, freelancer.generation - 1, freelancer.answer)
        with pytest.raises(PeerRefused):
            await engine.accept_answer(CALL, Role.FREELANCER, freelancer.generation, freelancer.answer)
        with pytest.raises(PeerRefused):
            stale = IceCandidate("candidate:1 1 udp 1 127.0.0.1 9 typ host", "0", 0)
            await engine.add_candidate(CALL, Role.FREELANCER, freelancer.generation + 1, stale)
        seen = interviewer.received["audio"]
        await until(lambda: interviewer.received["audio"] > seen + 10)
        assert freelancer.connection is ConnectionState.CONNECTED


async def test_a_refused_answer_leaves_the_offer_open_for_a_good_one():
    async with room() as (engine, freelancer, _):
        await freelancer.knock()
        with pytest.raises(PeerRefused):
            await engine.accept_answer(CALL, Role.FREELANCER, 1, freelancer.answer.replace("VP8/90000", "H264/90000"))
        await engine.accept_answer(CALL, Role.FREELANCER, 1, freelancer.answer)
        await until(lambda: freelancer.connection is ConnectionState.CONNECTED)


@pytest.mark.parametrize("candidate", ["", "nonsense", "candidate:1 1 udp 1 host.local 9 typ host"])
async def test_candidates_of_a_leg_that_was_never_opened_are_not_found(candidate):
    async with room() as (engine, _, _):
        with pytest.raises(NotFound):
            await engine.add_candidate(CALL, Role.FREELANCER, 1, IceCandidate(candidate, "0", 0))


async def test_garbage_on_the_socket_does_not_end_the_leg():
    async with room() as (_, freelancer, interviewer):
        await freelancer.join()
        await interviewer.join()
        await until(lambda: interviewer.received["audio"] > 5)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for garbage in (
                b"",
                b"\x80",
                b"\x16\xfe\xfd" + bytes(50),
                b"\x80\x6f" + bytes(40),
                b"\x80\xc8" + bytes(40),
                b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12),
                b"\xff" * 1400,
                b"\x90" * 4000,
            ):
                stranger.sendto(garbage, ("127.0.0.1", port_of(freelancer.offer)))
        seen = interviewer.received["audio"]
        await until(lambda: interviewer.received["audio"] > seen + 20)
        assert freelancer.connection is ConnectionState.CONNECTED


async def test_media_is_accepted_from_whatever_address_the_browser_sends_it():
    async with room() as (engine, freelancer, _):
        await freelancer.join()
        await until(lambda: row(engine, Role.FREELANCER).audio.received > 5)
        held_back: list[bytes] = []

        def hold_back(datagram: bytes) -> bool:
            if is_rtp(datagram, OPUS) and len(held_back) < 10:
                held_back.append(datagram)
                return True
            return False

        freelancer.lose(hold_back)
        await until(lambda: len(held_back) == 10)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
            for datagram in held_back:
                elsewhere.sendto(datagram, ("127.0.0.1", port_of(freelancer.offer)))
        before = row(engine, Role.FREELANCER).audio.received
        await until(lambda: row(engine, Role.FREELANCER).audio.received > before + 10)
        audio = row(engine, Role.FREELANCER).audio
        assert audio.received == audio.expected


async def test_a_malformed_packet_from_the_browser_itself_is_dropped_alone():
    async with room() as (_, freelancer, interviewer):
        await freelancer.join()
        await interviewer.join()
        await until(lambda: interviewer.received["audio"] > 5)
        truncated_extension = bytes((0x90, OPUS)) + bytes(10) + b"\xbe\xde\x00\x01\x2f\x00\x00\x00"
        truncated_report = b"\x81\xc8\x00\x01" + bytes(4)
        with capture_logs() as logged:
            await freelancer.dtls._send_rtp(truncated_extension)
            await freelancer.dtls._send_rtp(truncated_report)
            seen = interviewer.received["audio"]
            await until(lambda: interviewer.received["audio"] > seen + 20)
        dropped = [entry["kind"] for entry in logged if entry["event"] == "media_packet_failed"]
        assert dropped == ["rtp", "rtcp"]
        assert freelancer.connection is ConnectionState.CONNECTED


async def test_a_leg_that_falls_silent_is_seen_within_two_seconds_and_comes_back():
    async with room() as (engine, freelancer, _):
        await freelancer.join()
        await until(lambda: row(engine, Role.FREELANCER).audio.received > 5)
        silent = True
        freelancer.lose(lambda _datagram: silent)
        await until(lambda: freelancer.connection is ConnectionState.DISCONNECTED)
        assert row(engine, Role.FREELANCER).silence_ms >= 2000
        silent = False
        await until(lambda: freelancer.connection is ConnectionState.CONNECTED)
        assert row(engine, Role.FREELANCER).silence_ms >= 2000
        assert row(engine, Role.FREELANCER).silence_ms < 2000


async def test_a_browser_that_closes_its_connection_closes_the_leg_and_rows_go_on():
    async with room() as (engine, freelancer, _):
        await freelancer.join()
        await freelancer.leave()
        await until(lambda: freelancer.connection is ConnectionState.CLOSED)
        sample = row(engine, Role.FREELANCER)
        assert sample.connection is ConnectionState.CLOSED
        assert row(engine, Role.FREELANCER).silence_ms > 0


async def test_a_leg_that_never_connected_gives_rows_that_say_so():
    async with room() as (engine, freelancer, _):
        await freelancer.knock()
        sample = row(engine, Role.FREELANCER)
        assert (sample.connection, sample.connected_ms) == (ConnectionState.CONNECTING, None)
        assert sample.audio.ssrc is None
        assert len(engine.sample(CALL)) == 1


async def test_a_leg_that_cannot_connect_in_time_is_closed():
    async with room(MediaSettings(announced_address="127.0.0.1", connect_timeout_s=0.2)) as (engine, freelancer, _):
        await freelancer.knock()
        nowhere = re.sub(r"(?m)^a=candidate.*\r\n", "", freelancer.answer)
        nowhere = re.sub(r"a=ice-ufrag:\S+", "a=ice-ufrag:abcd", nowhere)
        await engine.accept_answer(CALL, Role.FREELANCER, 1, nowhere)
        await until(lambda: freelancer.connection is ConnectionState.CLOSED)


async def test_the_signalling_round_trip_stands_in_until_rtcp_gives_one():
    async with room() as (engine, freelancer, interviewer):
        await freelancer.knock()
        assert row(engine, Role.FREELANCER).rtt_ms is None
        engine.note_websocket_rtt(CALL, Role.FREELANCER, 1234.0)
        assert row(engine, Role.FREELANCER).rtt_ms == 1234.0
        await freelancer.leave()
        await freelancer.join()
        await interviewer.join()
        await until(lambda: row(engine, Role.FREELANCER).rtt_ms not in (None, 1234.0))


async def test_key_frames_are_measured_and_every_frame_while_watched():
    async with room() as (engine, freelancer, _):
        await freelancer.join()
        frames = []

        def taken(number: int) -> bool:
            frames.extend(engine.take_frames(CALL))
            return len(frames) >= number

        await until(lambda: taken(1))
        engine.watch_frames(CALL, every_frame=True)
        await until(lambda: taken(6))
        assert all((frame.width, frame.height) == (160, 120) for frame in frames)
        assert all(60 <= frame.mean_luma <= 200 for frame in frames)
        assert not any(frame.repeated for frame in frames)
        assert [frame.at_ms for frame in frames] == sorted(frame.at_ms for frame in frames)


async def test_a_listener_that_fails_does_not_hurt_the_call():
    async with room() as (engine, freelancer, _):

        def listener(event):
            freelancer.events.append(event)
            raise RuntimeError("the listener's own trouble")

        engine_open = engine.open_leg
        engine.open_leg = lambda interview, role, _listener: engine_open(interview, role, listener)
        await freelancer.join()
        await until(lambda: row(engine, Role.FREELANCER).audio.received > 5)


async def test_only_ports_of_the_range_are_used():
    async with room(MediaSettings(announced_address="127.0.0.1", port_range=(18310, 18319))) as (
        _,
        freelancer,
        interviewer,
    ):
        await freelancer.knock()
        await interviewer.knock()
        assert {18310 <= port_of(person.offer) <= 18319 for person in (freelancer, interviewer)} == {True}


async def test_fifty_legs_leave_no_task_and_no_descriptor_behind():
    def descriptors() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    async with room() as (engine, _, _):
        for number in range(55):
            if number == 5:
                tasks, opened = len(asyncio.all_tasks()), descriptors()
            call = InterviewId(f"int_{number}")
            person = Person(engine, Role.FREELANCER, call)
            if number % 10 == 0:
                await person.join()
            else:
                await engine.open_leg(call, Role.FREELANCER, person.events.append)
            if number % 2:
                await engine.close_leg(call, Role.FREELANCER)
            await person.leave()
            await engine.close_call(call)
        await until(lambda: len(asyncio.all_tasks()) <= tasks)
        assert descriptors() <= opened
        assert engine.sample(InterviewId("int_7")) == ()


async def test_the_offer_has_all_candidates_and_names_no_server():
    async with room(LOOPBACK) as (_, freelancer, _):
        await freelancer.knock()
        assert "a=end-of-candidates" in freelancer.offer
        assert "useinbandfec=1" in freelancer.offer
        assert re.findall(r"m=(\w+) ", freelancer.offer) == ["audio", "video"]
        assert "typ srflx" not in freelancer.offer
