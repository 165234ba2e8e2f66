"""rtcscore's mean opinion score 1..5 for each stream as its sink receives it, as badness 5 − MOS: 0..4.

Source: https://github.com/ggarber/rtcscore/blob/c1c277c5c5ddabaae65ed6ebf396d2511d188a26/src/score.js

Audio is an E-model with its author's figures for Opus; video a logarithm of the bits per pixel and frame, less a term
for missing frames and one for delay. As published, three things are wrong with the audio:

1. The delay impairment above 150 ms reads 0.1 · delay − 150, not 0.1 · (delay − 150). It is negative until 1.15 s, so
   that more delay scores better, and 8 % of loss at 1 s scores 4.5. Source: the project's own issue 3,
   https://github.com/ggarber/rtcscore/issues/3.
2. Loss takes its share of 100 − Ie. In ITU-T G.107 (06/2015) clause 7.5 it is 95 − Ie.
3. A stream of which nothing comes has no loss: 0 lost of 0. It scores like a perfect one.

Corrected, delay follows the E-model itself (``delay_impairment``: G.107 clause 7.4, nothing below 100 ms), loss takes
its share of 95 − Ie, and a second in which not one packet came is 100 % lost (Opus without DTX always sends). The
author's R0, Ie and Bpl for Opus are kept: they are a fit, not a slip. Video has no loss term at all, published or
corrected; missing frames show all the same.

Thresholds are not published. Bad is a MOS below 3.1, the E-model's R below 60, "nearly all users dissatisfied".
Source: ITU-T G.109 (09/1999) table 1, ITU-T G.107 (06/2015) Annex B.

The rows hold no received bytes, so the bitrate is the sender's payload at the server, less the share the sink lost;
the round trip is that of both legs; the expected size of the picture is its received size (the published default).

Missing data: a field that is not known takes its published default (no loss, 50 ms round trip, 50 ms buffer), which
looks good. A second without a row of the sink says nothing. It names no leg.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

from bench.baselines.intervals import HeardInterval, PacketInterval, SeenInterval, by_second, share
from bench.baselines.packets import packets
from bench.baselines.scorer import SECOND_MS, UNSAID, Readings, above, hops_of, mean_second, whole_seconds
from bench.baselines.sinks import heard, seen
from verifier.core.samples import InterviewRows, Medium, Stream

MAX_MOS = 5.0
DISSATISFIED_MOS = 3.1
_PACKETIZATION_MS = 20.0
_DEFAULT_RTT_MS = 50.0
_DEFAULT_AUDIO_BUFFER_MS = 50.0
_DEFAULT_PIXELS, _DEFAULT_FPS = 640 * 480, 30.0


@dataclass(frozen=True, slots=True)
class Audio:
    """What the audio score is computed from, with the published defaults."""

    loss_percent: float = 0.0
    rtt_ms: float = _DEFAULT_RTT_MS
    buffer_ms: float = _DEFAULT_AUDIO_BUFFER_MS
    bitrate_bps: float | None = None
    fec: bool = True
    dtx: bool = False

    @property
    def delay_ms(self) -> float:
        """One way: a packet's length, the buffer and half the round trip."""
        return _PACKETIZATION_MS + self.buffer_ms + self.rtt_ms / 2


@dataclass(frozen=True, slots=True)
class Video:
    """What the video score is computed from, with the published defaults."""

    bitrate_bps: float
    fps: float = _DEFAULT_FPS
    expected_fps: float | None = None
    """``fps`` when not known."""
    pixels: int = _DEFAULT_PIXELS
    rtt_ms: float = _DEFAULT_RTT_MS
    buffer_ms: float = 0.0
    vp9: bool = False


def published_audio_mos(audio: Audio) -> float:
    """MOS 1..4.5 as published; not monotone in delay."""
    delay = audio.delay_ms
    impairment = 0.03 * delay + (0.1 * delay - 150 if delay > 150 else 0.0)
    return mos(100.0 - _loss_impairment(audio, 100.0) - impairment)


def corrected_audio_mos(audio: Audio) -> float:
    """MOS 1..4.5 with the delay and loss terms of ITU-T G.107; falls with loss and with delay."""
    return mos(100.0 - _loss_impairment(audio, 95.0) - delay_impairment(audio.delay_ms))


def delay_impairment(delay_ms: float) -> float:
    """Idd for a one-way delay, 0..50: nothing up to 100 ms.

    Source: ITU-T G.107 (06/2015) clause 7.4 with the default delay sensitivity (sT 1, mT 100 ms).
    """
    if delay_ms <= 100:
        return 0.0
    x = math.log2(delay_ms / 100)
    return 25 * (math.pow(1 + x**6, 1 / 6) - 3 * math.pow(1 + (x / 3) ** 6, 1 / 6) + 2)


def mos(rating: float) -> float:
    """MOS 1..4.5 of an E-model rating, which is held to 0..100, to two decimals as published.

    Source: ITU-T G.107 (06/2015) Annex B, equation B-4.
    """
    r = min(100.0, max(0.0, rating))
    return _rounded(1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6)


def video_mos(video: Video) -> float:
    """MOS 1..5 of a picture, 1 when no frame comes."""
    if video.fps <= 0:
        return 1.0
    expected = video.expected_fps or video.fps
    bits = (1.2 if video.vp9 else 1.0) * video.bitrate_bps / video.pixels / video.fps
    base = min(5.0, max(1.0, 0.56 * math.log(bits) + 5.36)) if bits > 0 else 1.0
    delay_ms = video.buffer_ms + video.rtt_ms / 2
    return _rounded(base - 1.9 * math.log(expected / video.fps) - 0.002 * delay_ms)


def _loss_impairment(audio: Audio, scale: float) -> float:
    """Ie,eff: the codec's impairment at its bitrate and what loss adds, 0..``scale``.

    Source: ITU-T G.107 (06/2015) clause 7.5 for the form (its scale is 95); rtcscore for Opus' Ie and Bpl.
    """
    codec = 6.0
    if audio.dtx:
        codec = 8.0
    elif audio.bitrate_bps:
        codec = min(30.0, max(0.0, 55 - 4.6 * math.log(audio.bitrate_bps)))
    robustness = 20.0 if audio.fec else 10.0
    return codec + (scale - codec) * audio.loss_percent / (audio.loss_percent + robustness)


def _rounded(value: float) -> float:
    return min(5.0, max(1.0, math.floor(100 * value + 0.5) / 100))


@dataclass(frozen=True, slots=True)
class RtcScore:
    """The score as published or corrected."""

    name: str
    audio_mos: Callable[[Audio], float]
    silence_is_loss: bool
    """Nothing received and nothing known to be lost: 100 % loss, or as published none."""
    source: str = "https://github.com/ggarber/rtcscore/blob/c1c277c5/src/score.js"
    published_threshold: float = above(MAX_MOS - DISSATISFIED_MOS)

    def seconds(self, rows: InterviewRows, start_ms: int, end_ms: int) -> Readings:
        """Badness 0..4 by second and stream."""
        count = whole_seconds(start_ms, end_ms)
        return Readings(start_ms, {stream: self._stream(rows, stream, start_ms, count) for stream in Stream}, {})

    def item(self, rows: InterviewRows, streams: Collection[Stream], start_ms: int, end_ms: int) -> float:
        """The mean over time, which the project's readme calls the most basic aggregation, of the worst stream."""
        return mean_second(self.seconds(rows, start_ms, end_ms), streams)

    def _stream(self, rows: InterviewRows, stream: Stream, start_ms: int, count: int) -> tuple[float, ...]:
        sent = by_second(packets(rows, hops_of(stream)[0]), start_ms, count)
        if stream.medium is Medium.AUDIO:
            audio = zip(by_second(heard(rows, stream), start_ms, count), sent, strict=True)
            return tuple(UNSAID if at is None else self._heard(at, up) for at, up in audio)
        video = zip(by_second(seen(rows, stream), start_ms, count), sent, strict=True)
        return tuple(UNSAID if at is None else _seen(at, up) for at, up in video)

    def _heard(self, at: HeardInterval, sent: PacketInterval | None) -> float:
        lost, received = max(0, at.lost or 0), max(0, at.packets or 0)
        loss = share(lost, lost + received)
        if loss is None:
            loss = 1.0 if self.silence_is_loss and at.packets is not None else 0.0
        audio = Audio(
            loss_percent=100 * loss,
            rtt_ms=_DEFAULT_RTT_MS if at.rtt_ms is None else at.rtt_ms,
            buffer_ms=_DEFAULT_AUDIO_BUFFER_MS if at.buffer_ms is None else at.buffer_ms,
            bitrate_bps=_received_bps(sent, at.packets, at.lost),
        )
        return round(MAX_MOS - self.audio_mos(audio), 2)


def _seen(at: SeenInterval, sent: PacketInterval | None) -> float:
    bitrate = _received_bps(sent, at.packets, at.lost)
    if at.fps is None or bitrate is None:
        return UNSAID
    video = Video(
        bitrate_bps=bitrate,
        fps=at.fps,
        expected_fps=at.source_fps,
        pixels=(at.width or 0) * (at.height or 0) or _DEFAULT_PIXELS,
        rtt_ms=_DEFAULT_RTT_MS if at.rtt_ms is None else at.rtt_ms,
        buffer_ms=at.buffer_ms or 0.0,
    )
    return round(MAX_MOS - video_mos(video), 2)


def _received_bps(sent: PacketInterval | None, received: int | None, lost: int | None) -> float | None:
    if sent is None or received is None:
        return None
    arrived = share(received, received + max(0, lost or 0)) or 0.0
    return 8 * SECOND_MS * sent.bytes * arrived / max(1, sent.to_ms - sent.from_ms)


AS_PUBLISHED = RtcScore("rtcscore", published_audio_mos, silence_is_loss=False)
CORRECTED = RtcScore("rtcscore, corrected", corrected_audio_mos, silence_is_loss=True)
