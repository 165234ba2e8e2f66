"""Do the figures contradict each other or physics? One rule: over at least half a minute, never a single second.

Conflicting rows and falling counters are the exception: an honest source cannot produce one of them. Called by
perception (every window's ``trust`` test) and by the service, which turns each problem into a telemetry flag. Slack:
honest Chromium jumps while a stream starts and after a tab was hidden, and a starved machine plays too few samples;
so starts are left out, and too few samples are only a problem when a fifth of them is missing. A row that is received
after a later one came by another connection: whoever comes back has two for a moment. What the two ends of a
leg tell of the same packets is compared in ``conservation``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from verifier.core.model import Role
from verifier.core.policy import Policy
from verifier.core.quality.conservation import calm_moments, denials, differences, gaps, problem, with_audio
from verifier.core.quality.rows import Ordered, moment_ms, ordered
from verifier.core.quality.spans import delta
from verifier.core.quality.timeline import ProblemKind, TrustProblem
from verifier.core.samples import BrowserSample, InterviewRows, ServerSample

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


def check(rows: InterviewRows, policy: Policy) -> tuple[TrustProblem, ...]:
    """Every contradiction in the rows, in order of legs and time; empty for honest rows."""
    return check_ordered(ordered(rows), policy)


def check_ordered(rows: Ordered, policy: Policy) -> tuple[TrustProblem, ...]:
    """The same for rows that are in order already."""
    problems = list(rows.conflicts)
    for role in Role:
        problems += _falling(role, rows)
        for segment in _segments(rows.browser[role], policy):
            for first, last in _stretches([row.client_ms for row in segment], policy):
                problems += _physics(segment[first], segment[last], policy)
            calm = calm_moments(segment, with_audio(rows.server[role]), with_audio(rows.server[role.other]))
            uncounted = gaps(calm)
            for begin, end in _stretches([moment.client_ms for moment in calm], policy):
                problems += denials(calm[begin], calm[end], policy)
                problems += differences(calm[begin], calm[end], sum(uncounted[begin:end]), policy)
    return tuple(problems)


# ---------------------------------------------------------------- counters never fall


def _falling(role: Role, rows: Ordered) -> list[TrustProblem]:
    problems = []
    for before, row in pairwise(rows.browser[role]):
        if before.generation == row.generation:
            names = _fallen(before.audio, row.audio, _AUDIO_COUNTERS, ("stats_id", "ssrc"))
            names += _fallen(before.video, row.video, _VIDEO_COUNTERS, ("stats_id", "ssrc"))
            names += ["time"] if row.client_ms < before.client_ms else []
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


def _segments(rows: Sequence[BrowserSample], policy: Policy) -> Iterator[list[BrowserSample]]:
    """Rows of one generation, stats id and ssrc, without the first seconds after each reset."""
    for _, group in groupby(rows, key=lambda r: (r.generation, r.audio.stats_id, r.audio.ssrc)):
        segment = list(group)
        begin = segment[0].client_ms + policy.trust_start_ms
        yield [row for row in segment if row.client_ms >= begin]


def _stretches(moments_ms: Sequence[float], policy: Policy) -> Iterator[tuple[int, int]]:
    """Places of neighbouring stretches of at least the policy's span; the last may overlap the one before it."""
    first, least = 0, policy.trust_span_min_ms
    for place, moment in enumerate(moments_ms):
        if moment - moments_ms[first] >= least:
            yield first, place
            first = place
    early = [place for place, moment in enumerate(moments_ms) if moments_ms[-1] - moment >= least]
    if early and first != len(moments_ms) - 1:
        yield early[-1], len(moments_ms) - 1


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
    return [problem(ProblemKind.PHYSICS, first, last, detail) for detail, is_broken in broken.items() if is_broken]


def _exceeds(part: float | None, whole: float | None) -> bool:
    return part is not None and whole is not None and part > whole
