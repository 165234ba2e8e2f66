"""A participant's log as a WebM file. One rule: packets are copied, nothing is decoded, a gap stays a gap.

Where an Opus packet is missing for a moment (silence that was not sent, or a loss) stands a packet without sound that
asks the decoder to conceal it, so that players, which count samples, keep their time; a longer silence is a jump of the
timestamps. Called by service/recording in a thread. Sources: RFC 7845 4.1 (packets that ask for concealment), RFC 6716
3.1 (a frame of no bytes), RFC 9559 (Matroska).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction

import av

from verifier.core.model import Role
from verifier.core.recording import GAP_MS, Muxed, Stretch, stretches
from verifier.media.records import Kind, Record, unpacked
from verifier.media.rtp import OPUS_HZ, opus_duration_ms
from verifier.media.vp8 import dimensions
from verifier.ports.recording import SeekableOutput

_MS = Fraction(1, 1000)
_REORDERED_MS = 500
"""A packet that came late stands at most this far behind one of an earlier block."""
_FRAME_MS = 100
"""How long the last frame before a gap is taken to be seen."""
_FILLED_MS = 20
"""Shorter holes are rounding."""
Blocks = Callable[[], Iterable[bytes]]


def mux(blocks: Blocks, role: Role, out: SeekableOutput) -> Muxed | None:
    """Write ``role``'s WebM to ``out``; None when the log holds nothing of him. Reads the log twice.

    Raises:
        SealBroken: whatever reading the log raises.
    """
    about = _Contents(_in_order(blocks(), role))
    if about.begin_ms is None:
        return None
    with av.open(out, "w", format="webm", options={"cluster_time_limit": "1000"}) as container:
        writer = _Writer(container, about)
        for record in _in_order(blocks(), role):
            writer.write(record)
    end_ms = max(to for _, to in (*writer.audio, *writer.video))
    return Muxed(about.begin_ms, end_ms, stretches(writer.audio), stretches(writer.video))


class _Contents:
    """What a WebM's header must know before the first packet."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.begin_ms: int | None = None
        self.sound = False
        self.size: tuple[int, int] | None = None
        """Of the largest picture; a call's pictures change their size with the bandwidth."""
        for record in records:
            self._see(record)

    def _see(self, record: Record) -> None:
        if self.begin_ms is None:
            self.begin_ms = record.at_ms
        if record.kind is Kind.OPUS:
            self.sound = True
        elif record.kind is Kind.VP8_KEY:
            self.size = max(self.size or (0, 0), dimensions(record.data) or (0, 0))


class _Writer:
    """Copies records into a container."""

    def __init__(self, container: av.container.OutputContainer, about: _Contents) -> None:
        self.audio: list[Stretch] = []
        self.video: list[Stretch] = []
        self._container, self._begin_ms = container, about.begin_ms or 0
        self._sound_end_ms: int | None = None
        self._last_opus = b""
        self._picture_ms = -1
        if about.size is not None:
            width, height = about.size
            self._video = container.add_mux_stream("vp8", width=width, height=height, time_base=_MS)
        if about.sound:
            # The encoder is opened for its header alone.
            self._audio = container.add_stream("libopus", rate=OPUS_HZ, layout="stereo", time_base=_MS)
        self._pictured = about.size is not None

    def write(self, record: Record) -> None:
        """Copy one record."""
        at_ms = record.at_ms - self._begin_ms
        if record.kind is Kind.OPUS:
            self._write_sound(at_ms, record.data)
        elif self._pictured:
            self._write_picture(at_ms, record)

    def _write_picture(self, at_ms: int, record: Record) -> None:
        at_ms = max(at_ms, self._picture_ms + 1)
        before_ms, self._picture_ms = self._picture_ms, at_ms
        if self.video and at_ms - before_ms <= GAP_MS:
            _extend(self.video, at_ms)
        else:
            self.video.append((at_ms, at_ms + _FRAME_MS))
        self._put(self._video, at_ms, record.data, keyframe=record.kind is Kind.VP8_KEY)

    def _write_sound(self, at_ms: int, data: bytes) -> None:
        end_ms = self._sound_end_ms
        if end_ms is not None:
            at_ms = max(at_ms, end_ms)
            if at_ms - end_ms <= GAP_MS:
                at_ms = self._conceal(end_ms, at_ms)
        self._last_opus = data
        self._put_sound(at_ms, data)

    def _conceal(self, end_ms: int, at_ms: int) -> int:
        """Fill with packets that hold nothing; where the next one begins. Less than one of them is closed up."""
        nothing = bytes([self._last_opus[0] & 0xFC])
        length_ms = round(opus_duration_ms(nothing))
        while length_ms and at_ms - end_ms >= max(length_ms, _FILLED_MS):
            self._put_sound(end_ms, nothing)
            end_ms += length_ms
        return end_ms

    def _put_sound(self, at_ms: int, data: bytes) -> None:
        end_ms = at_ms + round(opus_duration_ms(data))
        self._sound_end_ms = end_ms
        if self.audio and at_ms - self.audio[-1][1] <= 0:
            _extend(self.audio, end_ms)
        else:
            self.audio.append((at_ms, end_ms))
        self._put(self._audio, at_ms, data, keyframe=True)

    def _put(self, stream: av.stream.Stream, at_ms: int, data: bytes, *, keyframe: bool) -> None:
        packet = av.Packet(data)
        packet.stream = stream
        packet.pts = packet.dts = at_ms
        packet.time_base = _MS
        packet.is_keyframe = keyframe
        self._container.mux(packet)


def _extend(pieces: list[Stretch], end_ms: int) -> None:
    pieces[-1] = pieces[-1][0], max(pieces[-1][1], end_ms)


def _in_order(blocks: Iterable[bytes], role: Role) -> Iterator[Record]:
    """One participant's records by time; a block's neighbour may hold some of its time."""
    waiting: list[Record] = []
    for block in blocks:
        waiting.extend(unpacked(block, role))
        if not waiting:
            continue
        waiting.sort(key=lambda record: record.at_ms)
        settled_ms = waiting[-1].at_ms - _REORDERED_MS
        done = [record for record in waiting if record.at_ms < settled_ms]
        waiting = waiting[len(done) :]
        yield from done
    yield from waiting
