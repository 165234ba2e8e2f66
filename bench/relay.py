"""What one call costs the server: CPU per call-second of the embedded media engine, by number of calls.

    python -m bench relay [--quick]

The server runs in a process of its own, so that only its CPU is counted; the synthetic clients (aiortc, two per call)
send one recorded second of VP8 640x480@30 and Opus over and over, without encoding anything during the measurement,
and decode nothing. Prints one JSON object a line: figure, value, unit, n, machine, and what it was measured with.
"""

from __future__ import annotations

import argparse
import asyncio
import fractions
import json
import multiprocessing
import multiprocessing.connection
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import aiortc.rtcrtpreceiver
import av
import cv2
import numpy as np
import structlog
import uvloop
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack

from verifier.core.model import InterviewId, Role
from verifier.media import EmbeddedMediaEngine, MediaSettings
from verifier.ports import LegEvent

CALLS, QUICK_CALLS = (1, 4), (1,)
SETTLE_S, MEASURE_S, QUICK_MEASURE_S = 4.0, 15.0, 4.0
VIDEO_BPS, FRAMES_PER_S, SIZE = 600_000, 30, (640, 480)
AUDIO_HZ, AUDIO_FRAME = 48_000, 960
CONNECT_PATIENCE_S = 60.0
PORTS = (18330, 18399)

Connection = multiprocessing.connection.Connection


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one run with so many calls gave."""

    calls: int
    cpu_ms_per_call_second: float
    packets_per_call_second: float
    join_ms_median: float
    """From opening the leg to connected, as the server sees it."""
    seconds: float


class _Clock:
    def now_ms(self) -> int:
        return int(time.monotonic() * 1000)


class _NoFaces:
    def detectMultiScale(  # noqa: N802 OpenCV's name
        self, image: Any, scaleFactor: float = 1.1, minNeighbors: int = 5, flags: int = 0,  # noqa: N803
        minSize: Sequence[int] = (24, 24),  # noqa: N803
    ) -> tuple[()]:  # fmt: skip
        return ()


# ------------------------------------------------------------------ the server's process


async def _serve(wire: Connection) -> None:
    loop = asyncio.get_running_loop()
    engine = EmbeddedMediaEngine(_Clock(), MediaSettings(announced_address="127.0.0.1", port_range=PORTS), _NoFaces())
    connected: dict[tuple[str, str], float] = {}
    cpu_before, packets = 0.0, 0
    calls: set[str] = set()

    def note(event: LegEvent) -> None:
        connected.setdefault((event.interview_id, event.role.value), time.monotonic())

    while True:
        request = await loop.run_in_executor(None, wire.recv)
        match request:
            case ("open", call, role):
                calls.add(call)
                offer = await engine.open_leg(
                    InterviewId(call), Role(role),
                    note,
                )  # fmt: skip
                wire.send((offer.generation, offer.sdp))
            case ("answer", call, role, generation, sdp):
                await engine.accept_answer(InterviewId(call), Role(role), generation, sdp)
                wire.send(time.monotonic())
            case ("connected",):
                wire.send(dict(connected))
            case ("start",):
                cpu_before = time.process_time()
                packets = _packets(engine, calls)
                sampler = asyncio.create_task(_sample(engine, calls))
                wire.send(None)
            case ("stop",):
                wire.send((time.process_time() - cpu_before, _packets(engine, calls) - packets))
                sampler.cancel()
            case _:
                await engine.close()
                return


async def _sample(engine: EmbeddedMediaEngine, calls: set[str]) -> None:
    """Take every call's rows once a second, as the service does."""
    while True:
        await asyncio.sleep(1.0)
        for call in calls:
            engine.sample(InterviewId(call))


def _packets(engine: EmbeddedMediaEngine, calls: set[str]) -> int:
    rows = [row for call in calls for row in engine.sample(InterviewId(call))]
    return sum(row.audio.received + row.video.received for row in rows)


def _server_process(wire: Connection) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    uvloop.run(_serve(wire))


# ------------------------------------------------------------------ synthetic clients


class _Recorded(MediaStreamTrack):
    """Plays encoded packets at their pace, again and again."""

    def __init__(self, kind: str, packets: Sequence[bytes], step: int, time_base: fractions.Fraction) -> None:
        self.kind = kind
        super().__init__()
        self._packets, self._step, self._time_base = packets, step, time_base
        self._sent, self._start = 0, time.monotonic()

    async def recv(self) -> Any:
        due = self._start + self._sent * float(self._step * self._time_base)
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        packet = av.Packet(self._packets[self._sent % len(self._packets)])
        packet.pts, packet.time_base = self._sent * self._step, self._time_base
        self._sent += 1
        return packet


def _record_video() -> list[bytes]:
    """One second of VP8 at about the target rate, starting with a key frame."""
    codec = av.CodecContext.create("libvpx", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = *SIZE, "yuv420p"
    codec.bit_rate, codec.time_base = VIDEO_BPS, fractions.Fraction(1, FRAMES_PER_S)
    codec.framerate = fractions.Fraction(FRAMES_PER_S)
    codec.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    return [bytes(packet) for frame in _pictures() for packet in codec.encode(frame)]


def _pictures() -> Iterator[av.VideoFrame]:
    chance = np.random.default_rng(1)
    for number in range(FRAMES_PER_S):
        coarse = chance.integers(80, 170, (15, 20, 3), dtype=np.uint8)
        picture = cv2.resize(coarse, SIZE, interpolation=cv2.INTER_CUBIC)
        frame = av.VideoFrame.from_ndarray(np.asarray(picture, np.uint8), format="rgb24").reformat(format="yuv420p")
        frame.pts = number
        yield frame


def _record_audio() -> list[bytes]:
    """One second of Opus: a tone."""
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = AUDIO_HZ, "stereo", "s16", 32_000
    packets: list[bytes] = []
    for number in range(50):
        times = np.arange(number * AUDIO_FRAME, (number + 1) * AUDIO_FRAME) / AUDIO_HZ
        wave = (np.sin(times * 440 * 2 * np.pi) * 8000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.repeat(wave, 2)[np.newaxis, :], layout="stereo")
        frame.sample_rate, frame.pts = AUDIO_HZ, number * AUDIO_FRAME
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return packets


def _decode_nothing(loop: Any, input_q: Any, output_q: Any, decode_error: Any) -> None:
    """Stands in for aiortc's decoder thread, under its argument names."""
    while input_q.get() is not None:
        pass


async def _join(wire: Connection, call: str, role: Role, media: tuple[list[bytes], list[bytes]]) -> RTCPeerConnection:
    wire.send(("open", call, role.value))
    generation, sdp = wire.recv()
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    video, audio = media
    peer.addTrack(_Recorded("audio", audio, AUDIO_FRAME, fractions.Fraction(1, AUDIO_HZ)))
    peer.addTrack(_Recorded("video", video, 90_000 // FRAMES_PER_S, fractions.Fraction(1, 90_000)))
    await peer.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
    await peer.setLocalDescription(await peer.createAnswer())
    wire.send(("answer", call, role.value, generation, peer.localDescription.sdp))
    return peer


async def _measure(wire: Connection, calls: int, seconds: float, media: tuple[list[bytes], list[bytes]]) -> Measurement:
    peers, answered = [], {}
    for number in range(calls):
        for role in Role:
            call = f"int_{calls}_{number}"
            peers.append(await _join(wire, call, role, media))
            answered[call, role.value] = wire.recv()
    async with asyncio.timeout(CONNECT_PATIENCE_S):
        while not answered.keys() <= (connected := _ask(wire, "connected")).keys():  # noqa: ASYNC110 asks another process
            await asyncio.sleep(0.1)
    await asyncio.sleep(SETTLE_S)
    _ask(wire, "start")
    started = time.monotonic()
    await asyncio.sleep(seconds)
    cpu_s, packets = _ask(wire, "stop")
    elapsed = time.monotonic() - started
    for peer in peers:
        await peer.close()
    joins = [(connected[leg] - at) * 1000 for leg, at in answered.items()]
    per = calls * elapsed
    return Measurement(calls, cpu_s * 1000 / per, packets / per, statistics.median(joins), elapsed)


def _ask(wire: Connection, *request: object) -> Any:
    wire.send(request)
    return wire.recv()


def run(*, quick: bool) -> list[Measurement]:
    """Measure with each number of calls, each in a fresh server process."""
    aiortc.rtcrtpreceiver.decoder_worker = _decode_nothing
    media = _record_video(), _record_audio()
    context = multiprocessing.get_context("spawn")
    found = []
    for calls in QUICK_CALLS if quick else CALLS:
        ours, theirs = context.Pipe()
        server = context.Process(target=_server_process, args=(theirs,), daemon=True)
        server.start()
        try:
            found.append(asyncio.run(_measure(ours, calls, QUICK_MEASURE_S if quick else MEASURE_S, media)))
        finally:
            ours.send(("end",))
            server.join(10)
    return found


def lines(found: Sequence[Measurement]) -> Iterator[str]:
    """One JSON object per figure."""
    machine = f"{os.cpu_count()} x {platform.machine()}, Python {platform.python_version()}"
    for each in found:
        common = {"calls": each.calls, "n": round(each.seconds * each.calls), "machine": machine}
        cost: dict[str, object] = {"figure": "relay.cpu_ms_per_call_second", "unit": "ms", **common}
        cost["value"] = round(each.cpu_ms_per_call_second, 1)
        cost["packets_per_call_second"] = round(each.packets_per_call_second)
        cost["clients"] = "aiortc, recorded VP8 640x480@30 and Opus"
        yield json.dumps(cost)
        join = {
            "figure": "relay.answer_to_connected_ms",
            "value": round(each.join_ms_median, 1),
            "unit": "ms",
            **common,
        }
        yield json.dumps(join)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(prog="bench relay", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one call for a few seconds")
    for line in lines(run(quick=parser.parse_args(arguments).quick)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
