"""Do the figures contradict each other or physics? One rule: over at least half a minute, never a single second.

Conflicting rows and falling counters are the exception: an honest source cannot produce one of them. Called by
perception (every window's ``trust`` test) and by the service, which turns each problem into a telemetry flag. Slack:
honest Chromium jumps while a stream starts and after a tab was hidden, and a starved machine plays too few samples;
so starts are left out, and too few samples are only a problem when a fifth of them is missing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple, TypeVar

from verifier.core.model import Role
from verifier.core.policy import Policy
from verifier.core.quality.rows import Ordered, moment_ms, ordered
from verifier.core.quality.spans import delta
from verifier.core.quality.timeline import ProblemKind, TrustProblem
from verifier.core.samples import BrowserSample, ConnectionState, InterviewRows, ServerSample

_AUDIO_COUNTERS = (
    "total_samples_received",
    "concealed_samples",
    "silent_concealed_samples",
    "concealment_events",
    "jitter_buffer_emitted",
    "packets_received",
    "total_audio_energy",
)
_VIDEO_COUNTERS = (
    "frames_decoded",
    "total_inter_frame_delay_s",
    "total_squared_inter_frame_delay_s2",
    "packets_received",
)
_RTP_COUNTERS = ("received", "expected", "repaired", "bytes")
_SENT_COUNTERS = ("sent_audio_packets", "sent_video_packets")

_CALM_SILENCE_MS = 500.0
_PAIR_MS = 700
"""A browser's row and the server's row that it is compared with lie at most this far apart."""


def check(rows: InterviewRows, policy: Policy) -> tuple[TrustProblem, ...]:
    """Every contradiction in the rows, in order of legs and time; empty for honest rows."""
    return check_ordered(ordered(rows), policy)


def check_ordered(rows: Ordered, policy: Policy) -> tuple[TrustProblem, ...]:
    """The same for rows that are in order already."""
    problems = list(rows.conflicts)
    for role in Role:
        problems += _falling(role, rows)
        for segment in _segments(rows.browser[role], policy):
            for first, last in _stretches(segment, policy):
                problems += _physics(first, last, policy)
            calm = _calm(segment, _moving(rows.server[role]), _moving(rows.server[role.other]))
            for begin, end in _stretches(calm, policy):
                problems += _conservation(begin, end, policy)
    return tuple(problems)


# ---------------------------------------------------------------- counters never fall


def _falling(role: Role, rows: Ordered) -> list[TrustProblem]:
    problems = []
    for before, row in pairwise(rows.browser[role]):
        if before.generation == row.generation:
            names = _fallen(before.audio, row.audio, _AUDIO_COUNTERS, ("stats_id", "ssrc"))
            names += _fallen(before.video, row.video, _VIDEO_COUNTERS, ("stats_id", "ssrc"))
            names += ["time"] if row.client_ms < before.client_ms or row.received_ms < before.received_ms else []
            problems += [_fall(before, row, name) for name in names]
    for one, two in pairwise(rows.server[role]):
        if one.generation == two.generation:
            names = _fallen(one.audio, two.audio, _RTP_COUNTERS, ("ssrc",))
            names += _fallen(one.video, two.video, _RTP_COUNTERS, ("ssrc",))
            names += _fallen(one, two, _SENT_COUNTERS, ())
            names += ["time"] if two.at_ms < one.at_ms else []
            problems += [_fall(one, two, name) for name in names]
    return problems


def _fallen(before: object, now: object, names: tuple[str, ...], segment: tuple[str, ...]) -> list[str]:
    if any(getattr(before, name) != getattr(now, name) for name in segment):
        return []
    pairs = ((name, getattr(before, name), getattr(now, name)) for name in names)
    return [name for name, one, two in pairs if one is not None and two is not None and two < one]


def _fall(before: ServerSample | BrowserSample, row: ServerSample | BrowserSample, name: str) -> TrustProblem:
    times = sorted((moment_ms(before), moment_ms(row)))
    from_server = isinstance(row, ServerSample)
    return TrustProblem(ProblemKind.NOT_MONOTONIC, row.leg, from_server, times[0], times[1], f"{name} fell")


# ---------------------------------------------------------------- stretches of one segment


class _Calm(NamedTuple):
    """A moment at which nothing was under way: a browser's row with the server's rows of both legs beside it."""

    client_ms: float
    row: BrowserSample
    own: ServerSample
    other: ServerSample | None


def _segments(rows: Sequence[BrowserSample], policy: Policy) -> Iterator[list[BrowserSample]]:
    """Rows of one generation, stats id and ssrc, without the first seconds after each reset."""
    for _, group in groupby(rows, key=lambda r: (r.generation, r.audio.stats_id, r.audio.ssrc)):
        segment = list(group)
        begin = segment[0].client_ms + policy.trust_start_ms
        yield [row for row in segment if row.client_ms >= begin]


_P = TypeVar("_P", BrowserSample, _Calm)


def _stretches(points: Sequence[_P], policy: Policy) -> Iterator[tuple[_P, _P]]:
    """Neighbouring stretches of at least the policy's span; the last one may overlap the one before it."""
    first = 0
    for place, point in enumerate(points):
        if point.client_ms - points[first].client_ms >= policy.trust_span_min_ms:
            yield points[first], point
            first = place
    early = [p for p in points if points[-1].client_ms - p.client_ms >= policy.trust_span_min_ms]
    if early and first != len(points) - 1:
        yield early[-1], points[-1]


def _problem(kind: ProblemKind, first: BrowserSample, last: BrowserSample, detail: str) -> TrustProblem:
    return TrustProblem(kind, first.leg, False, first.received_ms, last.received_ms, detail)


# ---------------------------------------------------------------- physics


def _physics(first: BrowserSample, last: BrowserSample, policy: Policy) -> list[TrustProblem]:
    seconds, rate = (last.client_ms - first.client_ms) / 1_000, policy.audio_sample_rate_hz
    slack = policy.trust_rate_slack_ms / 1_000 * rate
    samples = delta(first.audio.total_samples_received, last.audio.total_samples_received)
    concealed = delta(first.audio.concealed_samples, last.audio.concealed_samples)
    silent = delta(first.audio.silent_concealed_samples, last.audio.silent_concealed_samples)
    frames = delta(first.video.frames_decoded, last.video.frames_decoded)
    packets = delta(first.video.packets_received, last.video.packets_received)
    same_video = (first.video.stats_id, first.video.ssrc) == (last.video.stats_id, last.video.ssrc)
    most, least = (1 + policy.trust_rate_share) * seconds * rate, (1 - policy.trust_rate_deficit_share) * seconds * rate
    broken = {
        f"{samples} samples in {seconds:.1f} s": samples is not None and not least - slack <= samples <= most + slack,
        f"{concealed} of {samples} samples concealed": _exceeds(concealed, samples),
        f"{silent} of {concealed} concealed samples silent": _exceeds(silent, concealed),
        f"{frames} frames decoded from {packets} packets": same_video and _exceeds(frames, packets),
    }
    return [_problem(ProblemKind.PHYSICS, first, last, detail) for detail, is_broken in broken.items() if is_broken]


def _exceeds(part: float | None, whole: float | None) -> bool:
    return part is not None and whole is not None and part > whole


# ---------------------------------------------------------------- conservation


def _calm(segment: Sequence[BrowserSample], own: Sequence[ServerSample], other: Sequence[ServerSample]) -> list[_Calm]:
    """Moments with audio arriving on both ends of the leg, so that nothing long is under way or lost unnoticed."""
    calm = []
    for before, row in pairwise(segment):
        near, far = _nearest(own, row.received_ms), _nearest(other, row.received_ms)
        moving = delta(before.audio.packets_received, row.audio.packets_received)
        if near is not None and moving and near.silence_ms <= _CALM_SILENCE_MS:
            calm.append(_Calm(row.client_ms, row, near, far))
    return calm


def _moving(rows: Sequence[ServerSample]) -> list[ServerSample]:
    """Rows of a second in which audio arrived from the leg; without it nobody knows yet what was lost."""
    return [row for before, row in pairwise(rows) if delta(before.audio.received, row.audio.received)]


def _nearest(rows: Sequence[ServerSample], at_ms: int) -> ServerSample | None:
    """The connected server row closest in time, None when there is none near enough."""
    place = bisect_left(rows, at_ms, key=lambda row: row.at_ms)
    near = [row for row in rows[max(0, place - 1) : place + 1] if abs(row.at_ms - at_ms) <= _PAIR_MS]
    connected = [row for row in near if row.connection is ConnectionState.CONNECTED]
    return min(connected, key=lambda row: abs(row.at_ms - at_ms), default=None)


def _conservation(begin: _Calm, end: _Calm, policy: Policy) -> list[TrustProblem]:
    if begin.own.generation != end.own.generation:
        return []
    seconds = (end.client_ms - begin.client_ms) / 1_000
    claims: list[tuple[str, float | None, float | None]] = [("uplink", *_uplink(begin, end))]
    claims.append(("downlink", *_downlink(begin, end)))
    problems = _denied(begin, end, seconds, policy)
    for name, browser, server in claims:
        if browser is not None and server is not None and _differs(browser, server, seconds, policy):
            detail = f"{name}: browser {browser:.0f} packets, server {server:.0f}"
            problems.append(_problem(ProblemKind.CONSERVATION, begin.row, end.row, detail))
    return problems


def _denied(begin: _Calm, end: _Calm, seconds: float, policy: Policy) -> list[TrustProblem]:
    """Loss that the browser's figures state against what its own receiver reports told of the same stream.

    A page writes the one, the browser beneath it the other, and both count the same packets. A report is as old as it
    is, so that much of the stretch may be in one of them only.
    """
    one, two = begin.own.report_audio, end.own.report_audio
    if one.ssrc is None or one.ssrc != two.ssrc or one.packets_lost is None or two.packets_lost is None:
        return []
    before, now = begin.row.audio, end.row.audio
    received = delta(before.packets_received, now.packets_received)
    if received is None or before.packets_lost is None or now.packets_lost is None:
        return []
    told, stated = two.packets_lost - one.packets_lost, now.packets_lost - before.packets_lost
    expected = received + max(told, stated, 0)
    late_ms = policy.trust_conservation_slack_ms + (one.age_ms or 0.0) + (two.age_ms or 0.0)
    if abs(told - stated) <= expected * (policy.trust_conservation_share + late_ms / 1_000 / seconds):
        return []
    detail = f"downlink: browser {stated:.0f} packets lost, its reports {told:.0f}"
    return [_problem(ProblemKind.CONSERVATION, begin.row, end.row, detail)]


def _differs(one: float, two: float, seconds: float, policy: Policy) -> bool:
    most = max(one, two)
    slack = most * (policy.trust_conservation_share + policy.trust_conservation_slack_ms / 1_000 / seconds)
    return abs(one - two) > slack


def _uplink(begin: _Calm, end: _Calm) -> tuple[float | None, float | None]:
    """Audio packets the browser says it sent, and those the server received or saw missing."""
    if begin.own.audio.ssrc != end.own.audio.ssrc:
        return None, None
    sent = delta(begin.row.source.packets_sent_audio, end.row.source.packets_sent_audio)
    return sent, delta(begin.own.audio.expected, end.own.audio.expected)


def _downlink(begin: _Calm, end: _Calm) -> tuple[float | None, float | None]:
    """Audio packets the browser received or missed, and those the server sent it or had already missed itself."""
    far, far_end = begin.other, end.other
    if far is None or far_end is None or far.generation != far_end.generation or far.audio.ssrc != far_end.audio.ssrc:
        return None, None
    one, two = begin.row.audio, end.row.audio
    received = delta(one.packets_received, two.packets_received)
    if received is None or one.packets_lost is None or two.packets_lost is None:
        return None, None
    sent = delta(begin.own.sent_audio_packets, end.own.sent_audio_packets)
    missed = _unrepaired(far_end) - _unrepaired(far)
    return received + two.packets_lost - one.packets_lost, None if sent is None else sent + missed


def _unrepaired(row: ServerSample) -> int:
    return row.audio.expected - row.audio.received - row.audio.repaired
