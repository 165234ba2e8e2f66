"""What a synthetic participant's sink received, in the words of getStats. One rule: counted from what really arrived.

These are the demonstration's own figures, not a browser's: audio plays through the small jitter buffer below, from
packets counted before aiortc's own buffer (which mangles audio under loss); video counts pictures that were decoded.
Times are seconds of one monotonic clock and come in as arguments. Called by peer and participant.
"""

from __future__ import annotations

from collections.abc import Callable

from verifier.core.samples import BrowserAudio, BrowserVideo

SAMPLE_RATE_HZ = 48_000
PACKET_SAMPLES = 960
"""Samples of one 20 ms Opus packet."""
PACKET_S = PACKET_SAMPLES / SAMPLE_RATE_HZ
TARGET_PACKETS = 6
"""Packets that are gathered before playing starts: 120 ms. A stall adds its own length to the delay."""
MOST_PACKETS = 20
"""More waiting than this (400 ms): one is left out, as a player that speeds up does."""
FADE_PACKETS = 5
"""A gap is filled audibly for this long (100 ms), then with silence."""
_HALF, _WHOLE = 1 << 15, 1 << 16
_FREEZE_EXTRA_S = 0.150
_FREEZE_FACTOR = 3.0
"""A freeze is an interval longer than max(3 δ, δ + 150 ms), δ the mean interval. Source: W3C webrtc-stats."""
_MEAN_OVER_FRAMES = 30


class PacketCounter:
    """Distinct packets of one RTP stream by unwrapped sequence number."""

    def __init__(self) -> None:
        self.received = 0
        self.first: int | None = None
        self.highest = 0
        self._recent: set[int] = set()

    @property
    def lost(self) -> int:
        """Expected minus received, ≥ 0."""
        return 0 if self.first is None else self.highest - self.first + 1 - self.received

    def add(self, sequence: int) -> int | None:
        """The unwrapped number of a new packet; None for a repetition and for one from before the first."""
        if self.first is None:
            self.first = self.highest = sequence
        step = (sequence - self.highest + _HALF) % _WHOLE - _HALF
        extended = self.highest + step
        if extended < self.first or extended in self._recent:
            return None
        self.highest = max(self.highest, extended)
        self._recent.add(extended)
        self._recent = {n for n in self._recent if n > self.highest - _HALF} if step > _HALF // 2 else self._recent
        self.received += 1
        return extended


class AudioSink:
    """A player of 20 ms packets with a fixed target delay; what is not there when it is due is concealed."""

    def __init__(self, power_of: Callable[[bytes], float]) -> None:
        """``power_of`` decodes one packet to its mean square, 0..1."""
        self._power_of = power_of
        self._counter = PacketCounter()
        self._ssrc: int | None = None
        self._waiting: dict[int, tuple[float, bytes]] = {}
        self._next: int | None = None
        self._due_at = 0.0
        self._samples = self._concealed = self._silent = self._events = self._emitted = self._discarded = 0
        self._delay_s = self._energy = 0.0
        self._gap = 0

    def arrived(self, ssrc: int, sequence: int, payload: bytes, now_s: float) -> None:
        """Take one packet of the stream; a second SSRC is not expected within one peer connection and is ignored."""
        self._ssrc = ssrc if self._ssrc is None else self._ssrc
        if ssrc != self._ssrc:
            return
        self.play(now_s)
        number = self._counter.add(sequence)
        if number is None:
            return
        if self._next is None:
            self._next, self._due_at = number, now_s + TARGET_PACKETS * PACKET_S
        if number < self._next:
            self._discarded += 1
        else:
            self._waiting[number] = now_s, payload

    def play(self, now_s: float) -> None:
        """Play every packet that has become due."""
        while self._next is not None and self._due_at <= now_s:
            self._next = self._play_one(self._next)
            self._due_at += PACKET_S

    def report(self, now_s: float) -> BrowserAudio:
        """The counters as of now; without a packet so far everything that was not counted is None."""
        self.play(now_s)
        if self._ssrc is None:
            return BrowserAudio()
        return BrowserAudio(
            stats_id=f"demo-audio-{self._ssrc}",
            ssrc=self._ssrc,
            total_samples_received=self._samples,
            concealed_samples=self._concealed,
            silent_concealed_samples=self._silent,
            concealment_events=self._events,
            jitter_buffer_delay_s=self._delay_s,
            jitter_buffer_emitted=self._emitted,
            packets_received=self._counter.received,
            packets_lost=self._counter.lost,
            packets_discarded=self._discarded,
            total_audio_energy=self._energy,
        )

    def _play_one(self, number: int) -> int:
        """Play or conceal one packet's time; the number of the packet that is due next."""
        self._samples += PACKET_SAMPLES
        held = self._waiting.pop(number, None)
        if held is None:
            self._conceal()
            return number + 1 if self._waiting else number
        self._gap = 0
        self._delay_s += (self._due_at - held[0]) * PACKET_SAMPLES
        self._emitted += PACKET_SAMPLES
        self._energy += self._power_of(held[1]) * PACKET_S
        if len(self._waiting) > MOST_PACKETS and number + 1 in self._waiting:
            del self._waiting[number + 1]
            self._discarded += 1
            return number + 2
        return number + 1

    def _conceal(self) -> None:
        self._events += self._gap == 0
        self._gap += 1
        self._concealed += PACKET_SAMPLES
        self._silent += PACKET_SAMPLES if self._gap > FADE_PACKETS else 0


class VideoSink:
    """Pictures as they were decoded, and the packets they came in."""

    def __init__(self) -> None:
        self._counter = PacketCounter()
        self._ssrc: int | None = None
        self._frames = self._freezes = 0
        self._delay_s = self._squared_s2 = self._frozen_s = 0.0
        self._last_s: float | None = None
        self._recent: list[float] = []
        self._size: tuple[int, int] | None = None

    def arrived(self, ssrc: int, sequence: int) -> None:
        """Count one packet of the stream itself; retransmissions have another SSRC and are left to the caller."""
        self._ssrc = ssrc if self._ssrc is None else self._ssrc
        if ssrc == self._ssrc:
            self._counter.add(sequence)

    def decoded(self, width: int, height: int, now_s: float) -> None:
        """Count one decoded picture."""
        if self._last_s is not None:
            interval = now_s - self._last_s
            self._delay_s += interval
            self._squared_s2 += interval * interval
            self._judge_freeze(interval)
        self._frames += 1
        self._last_s, self._size = now_s, (width, height)

    def report(self, now_s: float) -> BrowserVideo:
        """The counters as of now; None for what was never seen."""
        if self._ssrc is None:
            return BrowserVideo()
        width, height = self._size or (None, None)
        return BrowserVideo(
            stats_id=f"demo-video-{self._ssrc}",
            ssrc=self._ssrc,
            frames_decoded=self._frames,
            frames_dropped=0,
            total_inter_frame_delay_s=self._delay_s,
            total_squared_inter_frame_delay_s2=self._squared_s2,
            freeze_count=self._freezes,
            total_freezes_duration_s=self._frozen_s,
            frame_width=width,
            frame_height=height,
            packets_received=self._counter.received,
            packets_lost=self._counter.lost,
            newest_frame_age_ms=None if self._last_s is None else max(0.0, now_s - self._last_s) * 1_000,
        )

    def _judge_freeze(self, interval: float) -> None:
        if self._recent:
            mean = sum(self._recent) / len(self._recent)
            if interval > max(_FREEZE_FACTOR * mean, mean + _FREEZE_EXTRA_S):
                self._freezes += 1
                self._frozen_s += interval
        self._recent = [*self._recent[1 - _MEAN_OVER_FRAMES :], interval]
