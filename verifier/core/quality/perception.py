"""Raw rows to seconds: how well each stream reached its sink, and how each leg was. One rule: missing is bad.

A second of a stream is KNOWN only with server evidence of both legs and rows of both browsers that cover all of it;
every figure is the worst that any row touching the second allows. Called by assessment, live and the replay page.
"""

from __future__ import annotations

from typing import NamedTuple

from verifier.core.model import Role
from verifier.core.policy import Policy
from verifier.core.quality.bands import audio_band, video_band
from verifier.core.quality.evidence import (
    BrowserSeconds,
    Grid,
    ServerSeconds,
    browser_seconds,
    server_seconds,
    weighed,
)
from verifier.core.quality.legs import Speech, arrived, leg_seconds, speech, surely_concealed
from verifier.core.quality.rows import ordered
from verifier.core.quality.spans import AudioDelta, BrowserSpan
from verifier.core.quality.timeline import SECOND_MS, LegSecond, StreamSecond, Timeline
from verifier.core.quality.trust import check_ordered
from verifier.core.samples import InterviewRows, Medium, Stream
from verifier.core.verdicts import Band


def perceive(rows: InterviewRows, start_ms: int, end_ms: int, policy: Policy) -> Timeline:
    """Every whole second of [start_ms, end_ms); none when the end is not after the start."""
    each = ordered(rows)
    grid = Grid(start_ms, max(0, (end_ms - start_ms) // SECOND_MS))
    server = {role: server_seconds(each, role, grid, policy) for role in Role}
    browser = {role: browser_seconds(each, role, grid, policy) for role in Role}
    legs = leg_seconds(server, browser, grid, policy)
    delays = _delays(legs, browser, grid, policy)
    call = _Call(server, browser, legs, delays, grid, policy)
    streams = {stream: _stream(call, stream) for stream in Stream}
    return Timeline(start_ms, grid.seconds, streams, legs, check_ordered(each, policy))


_SOURCE = {stream: stream.source for stream in Stream}
_SINK = {stream: stream.sink for stream in Stream}
_MEDIUM = {stream: stream.medium for stream in Stream}


class _Call(NamedTuple):
    server: dict[Role, ServerSeconds]
    browser: dict[Role, BrowserSeconds]
    legs: dict[Role, tuple[LegSecond, ...]]
    delays: list[float | None]
    grid: Grid
    policy: Policy


class _Audio(NamedTuple):
    concealment: float
    mean: float
    run_ms: float
    level_dbfs: float | None


class _Video(NamedTuple):
    fps: float
    mean_fps: float
    gap_ms: float
    frozen_ms: float | None


class _Evidence(NamedTuple):
    """What is known of one stream in one second before it is judged."""

    known: bool
    settling: bool
    source_off: bool
    device: Role | None
    hidden: bool
    """The sink's page was not visible."""


def _stream(call: _Call, stream: Stream) -> tuple[StreamSecond, ...]:
    if _MEDIUM[stream] is Medium.AUDIO:
        spoken = _overheard(call, stream, speech(call.server[_SOURCE[stream]], call.policy))
        runs = _runs(call, stream, spoken)
        return tuple(_audio_second(call, stream, index, spoken, runs) for index in range(call.grid.seconds))
    return tuple(_video_second(call, stream, index) for index in range(call.grid.seconds))


def _overheard(call: _Call, stream: Stream, spoken: Speech) -> Speech:
    """Speech, also where only the sink knows of it: levels are the sender's own word, and silence excuses concealment.

    What is played lags behind, so a second is doubted only where the sender wrote silence for two more before it. And
    only one that by itself is worse than a window may be on average: noise is loud too, and no second that was heard
    well may stand beside those that were not and mend their mean.
    """
    limit, policy = call.policy.audio_window_max, call.policy
    doubted = []
    for index, possible in enumerate(spoken.possible):
        quiet = not any(spoken.possible[max(0, index - 1) : index + 1])
        heard = [span for span in _touching(call.browser[_SINK[stream]], index) if span.audio]
        levels = [span.audio.level_dbfs for span in heard if span.audio]
        loud = any(level is not None and level > policy.audio_overheard_dbfs for level in levels)
        shares = [(span, _share(span.audio, True, policy)) for span in heard if span.audio]
        worse = weighed(shares, index, call.grid) > limit if shares else False
        doubted.append(possible or (quiet and loud and worse))
    return spoken._replace(possible=doubted)


# ---------------------------------------------------------------- what both media share


def _evidence(call: _Call, stream: Stream, index: int) -> _Evidence:
    source, sink, medium = call.browser[_SOURCE[stream]], call.browser[_SINK[stream]], _MEDIUM[stream]
    near, far = call.legs[_SOURCE[stream]][index], call.legs[_SINK[stream]][index]
    covered = sink.heard if medium is Medium.AUDIO else sink.seen
    known = (
        near.covered
        and far.covered
        and near.connected
        and far.connected
        and covered[index]
        and source.state_known[medium][index]
        and arrived(call.server[_SOURCE[stream]], medium, index) is not None
    )
    settling = (
        source.source_restarted[medium][index]
        or sink.sink_restarted[medium][index]
        or call.server[_SOURCE[stream]].renegotiated[medium][index]
    )
    source_spans, sink_spans = _touching(source, index), _touching(sink, index)
    off = any(span.source[medium].off for span in source_spans)
    hidden = medium is Medium.VIDEO and any(span.row.source.page_visible is False for span in sink_spans)
    return _Evidence(known, settling, off, _device(call, stream, source_spans, sink_spans, hidden), hidden)


def _touching(browser: BrowserSeconds, index: int) -> list[BrowserSpan]:
    return [browser.all_spans[number] for number in browser.spans[index]]


def _device(
    call: _Call, stream: Stream, source: list[BrowserSpan], sink: list[BrowserSpan], hidden: bool
) -> Role | None:
    """Whose device could not keep up with the picture; the source is looked at first."""
    if _MEDIUM[stream] is Medium.AUDIO:
        return None
    slow = call.policy.device_source_min_fps
    for span in source:
        fps = span.row.source.frames_per_second
        if (fps is not None and fps < slow) or span.row.source.quality_limitation == "cpu":
            return _SOURCE[stream]
    most = call.policy.device_dropped_share_max
    if hidden or any(span.video is not None and span.video.dropped_share > most for span in sink):
        return _SINK[stream]
    return None


def _early_band(call: _Call, stream: Stream, index: int, evidence: _Evidence) -> Band | None:
    """The band when something other than the medium's own figures settles it, in quality.md's order."""
    near, far = call.legs[_SOURCE[stream]][index], call.legs[_SINK[stream]][index]
    if not near.covered or not far.covered:
        return Band.UNKNOWN
    if not near.connected or not far.connected:
        return Band.BAD
    if near.settling or far.settling:
        return Band.SETTLING
    if not evidence.known:
        return Band.UNKNOWN
    if evidence.source_off:
        return Band.BAD
    return Band.SETTLING if evidence.settling else None


def _is_settling(call: _Call, stream: Stream, index: int, evidence: _Evidence) -> bool:
    return evidence.settling or call.legs[_SOURCE[stream]][index].settling or call.legs[_SINK[stream]][index].settling


def _delays(
    legs: dict[Role, tuple[LegSecond, ...]], browser: dict[Role, BrowserSeconds], grid: Grid, policy: Policy
) -> list[float | None]:
    """Two-way delay by second; None when any of its parts is."""
    delays: list[float | None] = []
    for index in range(grid.seconds):
        parts = [legs[role][index].rtt_ms for role in Role]
        parts += [_buffer_ms(_touching(browser[role], index)) for role in Role]
        measured = [part for part in parts if part is not None]
        delays.append(sum(measured) + policy.delay_constant_ms if len(measured) == len(parts) else None)
    return delays


def _buffer_ms(spans: list[BrowserSpan]) -> float | None:
    buffers = [None if span.audio is None else span.audio.jitter_buffer_ms for span in spans]
    known = [buffer for buffer in buffers if buffer is not None]
    return max(known) if known and len(known) == len(buffers) else None


# ---------------------------------------------------------------- audio


def _audio_second(
    call: _Call, stream: Stream, index: int, spoken: Speech, runs: dict[int, tuple[float, float]]
) -> StreamSecond:
    evidence, speaking = _evidence(call, stream, index), spoken.possible[index]
    audio = _audio(call, stream, index, speaking, runs) if evidence.known else None
    delay = call.delays[index]
    return StreamSecond(
        band=_early_band(call, stream, index, evidence) or _audio_band(audio, speaking, delay, call.policy),
        known=evidence.known,
        settling=_is_settling(call, stream, index, evidence),
        speech=speaking,
        spoke=spoken.seen[index],
        concealment=audio and audio.concealment,
        concealment_mean=audio and audio.mean,
        concealment_run_ms=audio and audio.run_ms,
        level_dbov=spoken.level_dbov[index],
        sink_level_dbfs=audio and audio.level_dbfs,
        fps=None,
        fps_mean=None,
        gap_ms=None,
        frozen_ms=None,
        delay_ms=delay,
        source_off=evidence.source_off,
        device=evidence.device,
    )


def _audio_band(audio: _Audio | None, speaking: bool, delay_ms: float | None, policy: Policy) -> Band:
    if audio is None:
        return Band.UNKNOWN
    if delay_ms is not None and delay_ms > policy.delay_poor_max_ms:
        return Band.BAD
    return audio_band(audio.concealment, policy) if speaking else Band.QUIET


def _audio(call: _Call, stream: Stream, index: int, speaking: bool, runs: dict[int, tuple[float, float]]) -> _Audio:
    """The worst of the touching spans; over confirmed silence, silent concealment is forgiven."""
    numbers = call.browser[_SINK[stream]].spans[index]
    spans = [span for span in _touching(call.browser[_SINK[stream]], index) if span.audio is not None]
    shares = [(span, _share(span.audio, speaking, call.policy)) for span in spans if span.audio is not None]
    floor = surely_concealed(call.server[_SOURCE[stream]], index) if speaking else 0.0
    levels = [span.audio.level_dbfs for span in spans if span.audio is not None]
    known_levels = [level for level in levels if level is not None]
    return _Audio(
        max([floor, *(share for _, share in shares)]),
        max(floor, weighed(shares, index, call.grid)),
        max([floor * SECOND_MS, *(sum(runs[number]) for number in numbers if number in runs)]),
        max(known_levels) if len(known_levels) == len(levels) else None,
    )


def _share(delta: AudioDelta, speaking: bool, policy: Policy) -> float:
    """Concealed share of one second, 0..1, as if all that was concealed fell into it."""
    rate = policy.audio_sample_rate_hz
    concealed = delta.concealed if speaking else max(0.0, delta.concealed - delta.silent)
    return min(1.0, concealed / min(delta.samples or rate, rate))


def _runs(call: _Call, stream: Stream, spoken: Speech) -> dict[int, tuple[float, float]]:
    """Per sink span with speech: its concealed milliseconds, and those of its worse neighbour with speech."""
    spans, per_ms = call.browser[_SINK[stream]].all_spans, call.policy.audio_sample_rate_hz / 1_000
    own: dict[int, float] = {}
    for number, span in enumerate(spans):
        if span.audio and any(spoken.possible[k] for k in call.grid.touched(span.start_ms, span.end_ms)):
            own[number] = span.audio.concealed / per_ms
    return {
        number: (concealed, max(own.get(number - 1, 0.0), own.get(number + 1, 0.0)))
        for number, concealed in own.items()
    }


# ---------------------------------------------------------------- video


def _video_second(call: _Call, stream: Stream, index: int) -> StreamSecond:
    evidence = _evidence(call, stream, index)
    video = _video(call, stream, index) if evidence.known else None
    return StreamSecond(
        band=_early_band(call, stream, index, evidence) or _video_band(video, evidence, call.policy),
        known=evidence.known,
        settling=_is_settling(call, stream, index, evidence),
        speech=False,
        spoke=False,
        concealment=None,
        concealment_mean=None,
        concealment_run_ms=None,
        level_dbov=None,
        sink_level_dbfs=None,
        fps=video and video.fps,
        fps_mean=video and video.mean_fps,
        gap_ms=video and video.gap_ms,
        frozen_ms=video and video.frozen_ms,
        delay_ms=call.delays[index],
        source_off=evidence.source_off,
        device=evidence.device,
    )


def _video_band(video: _Video | None, evidence: _Evidence, policy: Policy) -> Band:
    if video is None:
        return Band.UNKNOWN
    return Band.BAD if evidence.hidden else video_band(video.fps, video.gap_ms, policy)


def _video(call: _Call, stream: Stream, index: int) -> _Video:
    """The worst of the touching spans; where the server received no packet of the picture, it did not move."""
    sink = call.browser[_SINK[stream]]
    spans = [span for span in _touching(sink, index) if span.video is not None]
    deltas = [span.video for span in spans if span.video is not None]
    later = [span.video.gap_ms for number in sink.frozen_by[index] if (span := sink.all_spans[number]).video]
    came = arrived(call.server[_SOURCE[stream]], Medium.VIDEO, index)
    frozen = [delta.frozen_ms for delta in deltas]
    known = [value for value in frozen if value is not None]
    slowest = min(delta.fps for delta in deltas) if came else 0.0
    intervals = [(span, 1 / span.video.fps) for span in spans if slowest and span.video is not None]
    return _Video(
        slowest,
        1 / weighed(intervals, index, call.grid) if intervals else 0.0,
        max([0.0 if came else float(SECOND_MS), *(delta.gap_ms for delta in deltas), *later]),
        max(known) if len(known) == len(frozen) else None,
    )
