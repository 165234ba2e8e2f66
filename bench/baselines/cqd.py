"""Microsoft's Call Quality Dashboard: how near a stream is to a limit that makes it Poor, 1 = at the limit.

Source: https://learn.microsoft.com/microsoftteams/stream-classification-in-call-quality-dashboard; the page of early
2020 is https://github.com/MicrosoftDocs/OfficeDocs-SkypeForBusiness at commit 0cf71a8a, under Teams/.

Audio is Poor when any average is over its limit: round trip 500 ms, packet loss 10 %, jitter 30 ms; in 2020 (no longer
by August 2021) also 7 % of concealed samples. Video is Poor by the first figure that is known: more than half of the
frames lost as shown to the user, else fewer than 7 frames a second, else more than 15 % of the packets lost after
repair.

Badness is the worst figure divided by its limit, 0..∞ (7 divided by the frame rate). Each hop is judged by its own
network figures, as a client's stream to a Teams server is. What a sink heard and saw crossed both hops, so it belongs
to the stream and names no leg.

Left out: Audio Degradation Avg > 1.0 (in 2020), Microsoft's own network MOS, whose formula is not published; the
learned classifiers (freezes, "intelligent media quality"), likewise; and that an audio stream of 500 packets or fewer
is not Poor, for no second has as many. A frame counts as lost when one browser encoded it and the other did not decode
it, both browsers' counters read at slightly different times.

Missing data: a figure that is not reported cannot be over its limit, and a stream without any is Unclassified, which
is not Poor.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from bench.baselines.intervals import (
    REPORT_COVERS_MS,
    HeardInterval,
    PacketInterval,
    SeenInterval,
    by_second,
    share,
    within,
)
from bench.baselines.packets import packets
from bench.baselines.scorer import (
    UNSAID,
    Hop,
    Readings,
    above,
    hops_of,
    whole_seconds,
)
from bench.baselines.sinks import heard, seen
from verifier.core.samples import InterviewRows, Medium, Stream

RTT_MS, LOSS, JITTER_MS, CONCEALED = 500.0, 0.1, 30.0, 0.07
FRAME_LOSS, FPS, UNREPAIRED = 0.5, 7.0, 0.15
_T = TypeVar("_T")


def audio_badness(
    rtt_ms: float | None, loss: float | None, jitter_ms: float | None, concealed: float | None = None
) -> float:
    """The worst of round trip, loss 0..1, jitter and concealment 0..1, each by its limit; ``UNSAID`` of none."""
    pairs = ((rtt_ms, RTT_MS), (loss, LOSS), (jitter_ms, JITTER_MS), (concealed, CONCEALED))
    return max((value / limit for value, limit in pairs if value is not None), default=UNSAID)


def video_badness(frame_loss: float | None, fps: float | None, unrepaired: float | None) -> float:
    """The first known of frame loss 0..1, frames a second and loss after repair 0..1, by its limit; else ``UNSAID``."""
    if frame_loss is not None:
        return frame_loss / FRAME_LOSS
    if fps is not None:
        return FPS / fps if fps > 0 else math.inf
    return UNSAID if unrepaired is None else unrepaired / UNREPAIRED


class _Reports(NamedTuple):
    """What is reported of one stream over some time: by each of its hops, and by its sink."""

    up: Sequence[PacketInterval]
    down: Sequence[PacketInterval]
    heard: Sequence[HeardInterval]
    shown: Sequence[SeenInterval]


@dataclass(frozen=True, slots=True)
class CallQualityDashboard:
    """The limits of one edition of the page."""

    name: str
    concealment: bool
    """Whether concealed samples count, as in 2020."""
    frame_loss: bool = True
    """Whether the share of lost frames is known; if not, the frame rate decides."""
    source: str = "https://learn.microsoft.com/microsoftteams/stream-classification-in-call-quality-dashboard"
    published_threshold: float = above(1.0)

    def seconds(self, rows: InterviewRows, start_ms: int, end_ms: int) -> Readings:
        """Badness 0..∞ by second, as if each second were a stream."""
        count = whole_seconds(start_ms, end_ms)
        streams: dict[Stream, tuple[float, ...]] = {}
        hops: dict[Hop, tuple[float, ...]] = {}
        for stream in Stream:
            seconds = _by_second(_all(rows, stream), start_ms, count)
            up, down = hops_of(stream)
            hops[up] = tuple(_network(stream.medium, each.up) for each in seconds)
            hops[down] = tuple(_network(stream.medium, each.down) for each in seconds)
            streams[stream] = tuple(self._badness(stream.medium, each) for each in seconds)
        return Readings(start_ms, streams, hops)

    def item(self, rows: InterviewRows, streams: Collection[Stream], start_ms: int, end_ms: int) -> float:
        """Badness of the window as a stream of its own: every figure averaged over it, of the worst stream."""
        during = ((stream.medium, _within(_all(rows, stream), start_ms, end_ms)) for stream in streams)
        return max((self._badness(medium, reports) for medium, reports in during), default=UNSAID)

    def _badness(self, medium: Medium, reports: _Reports) -> float:
        if medium is Medium.AUDIO:
            concealed = _concealed(reports.heard) if self.concealment else None
            heard_badness = audio_badness(None, None, None, concealed)
            return max(_network(medium, reports.up), _network(medium, reports.down), heard_badness)
        lost = _frame_loss(reports.shown) if self.frame_loss else None
        shown = video_badness(lost, _fps(reports.shown), None)
        return max(_network(medium, reports.up), _network(medium, reports.down)) if shown == UNSAID else shown


def _network(medium: Medium, sent: Sequence[PacketInterval]) -> float:
    """Badness of one hop by what the network did to it."""
    if medium is Medium.VIDEO:
        return video_badness(None, None, _loss(sent, repaired=True))
    return audio_badness(
        _mean(each.rtt_ms for each in sent), _loss(sent, repaired=False), _mean(each.jitter_ms for each in sent)
    )


def _all(rows: InterviewRows, stream: Stream) -> _Reports:
    up, down = hops_of(stream)
    audio = stream.medium is Medium.AUDIO
    return _Reports(
        packets(rows, up),
        packets(rows, down),
        heard(rows, stream) if audio else (),
        () if audio else seen(rows, stream),
    )


def _within(whole: _Reports, start_ms: int, end_ms: int) -> _Reports:
    return _Reports(
        within(whole.up, start_ms, end_ms),
        within(whole.down, start_ms, end_ms),
        within(whole.heard, start_ms, end_ms),
        within(whole.shown, start_ms, end_ms),
    )


def _by_second(whole: _Reports, start_ms: int, count: int) -> list[_Reports]:
    columns = (
        by_second(whole.up, start_ms, count),
        by_second(whole.down, start_ms, count, REPORT_COVERS_MS),
        by_second(whole.heard, start_ms, count),
        by_second(whole.shown, start_ms, count),
    )
    return [
        _Reports(_some(up), _some(down), _some(ear), _some(eye)) for up, down, ear, eye in zip(*columns, strict=True)
    ]


def _loss(sent: Sequence[PacketInterval], *, repaired: bool) -> float | None:
    lost = sum((each.unrepaired if repaired else each.lost) - each.missing for each in sent)
    return share(lost, sum(each.due for each in sent))


def _concealed(sound: Sequence[HeardInterval]) -> float | None:
    known = [(each.concealed, each.samples) for each in sound if each.concealed is not None and each.samples]
    return share(sum(part for part, _ in known), sum(whole for _, whole in known))


def _frame_loss(picture: Sequence[SeenInterval]) -> float | None:
    known = [(each.decoded, each.encoded) for each in picture if each.decoded is not None and each.encoded is not None]
    encoded = sum(whole for _, whole in known)
    return share(encoded - sum(part for part, _ in known), encoded)


def _fps(picture: Sequence[SeenInterval]) -> float | None:
    timed = [(each.fps, each.to_ms - each.from_ms) for each in picture if each.fps is not None]
    took_ms = sum(time for _, time in timed)
    return sum(fps * time for fps, time in timed) / took_ms if took_ms else None


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _some(value: _T | None) -> tuple[_T, ...]:
    return () if value is None else (value,)


CURRENT = CallQualityDashboard("Microsoft CQD", concealment=False)
OF_2020 = CallQualityDashboard("Microsoft CQD of 2020", concealment=True)
BY_FRAME_RATE = CallQualityDashboard("Microsoft CQD of 2020 by frame rate", concealment=True, frame_loss=False)
