"""Do both ends of a leg tell of the same packets? One rule: compared are only moments at which nothing was under way.

What a browser sent and received must be what the server received and sent, and the loss that its page states what its
receiver reports told. Called by ``trust`` for stretches of at least half a minute.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from verifier.core.policy import Policy
from verifier.core.quality.spans import delta
from verifier.core.quality.timeline import ProblemKind, TrustProblem
from verifier.core.samples import BrowserSample, ConnectionState, ServerSample

_CALM_SILENCE_MS = 500.0
_GAP_PACKETS = 45
"""Of 50, what a browser's row that is not taken in the same moment as the server's may leave of them."""
_APART_ROWS = 5
"""Rows between two gaps that are both forgiven: figures that always lag behind are no outage."""
_PAIR_MS = 700
"""A browser's row and the server's row that it is compared with lie at most this far apart."""


class Calm(NamedTuple):
    """A moment at which nothing was under way: a browser's row with the server's rows of both legs beside it."""

    client_ms: float
    row: BrowserSample
    own: ServerSample
    other: ServerSample | None


def problem(kind: ProblemKind, first: BrowserSample, last: BrowserSample, detail: str) -> TrustProblem:
    """What a browser's rows say wrong between two of them."""
    return TrustProblem(kind, first.leg, False, first.received_ms, last.received_ms, detail)


def calm_moments(
    segment: Sequence[BrowserSample], own: Sequence[ServerSample], other: Sequence[ServerSample]
) -> list[Calm]:
    """Moments with audio arriving on both ends of the leg, so that nothing long is under way or lost unnoticed.

    A row may have been held up on its way, so the moment of its counters is that of the page's clock.
    """
    calm = []
    fastest = min((row.received_ms - row.client_ms for row in segment), default=0.0)
    for before, row in pairwise(segment):
        taken_ms = row.client_ms + fastest
        near, far = _nearest(own, taken_ms), _nearest(other, taken_ms)
        moving = delta(before.audio.packets_received, row.audio.packets_received)
        if near is not None and moving and near.silence_ms <= _CALM_SILENCE_MS:
            calm.append(Calm(row.client_ms, row, near, far))
    return calm


def with_audio(rows: Sequence[ServerSample]) -> list[ServerSample]:
    """Rows of a second in which audio arrived from the leg; without it nobody knows yet what was lost."""
    return [row for before, row in pairwise(rows) if delta(before.audio.received, row.audio.received)]


def _nearest(rows: Sequence[ServerSample], at_ms: float) -> ServerSample | None:
    """The connected server row closest in time, None when there is none near enough."""
    place = bisect_left(rows, at_ms, key=lambda row: row.at_ms)
    near = [row for row in rows[max(0, place - 1) : place + 1] if abs(row.at_ms - at_ms) <= _PAIR_MS]
    connected = [row for row in near if row.connection is ConnectionState.CONNECTED]
    return min(connected, key=lambda row: abs(row.at_ms - at_ms), default=None)


def gaps(calm: Sequence[Calm]) -> tuple[float, ...]:
    """Between each moment and the next, the packets of a gap that is too long for a browser to count; 0 elsewhere.

    Chromium and Firefox take over 50 missing packets in a row for a new beginning of the stream, and state none of them
    as lost (measured: of outages of 3 and 6 s, none of 107 and of 214 packets). So where a browser counts nearly that
    many fewer within two rows, and had counted well for some seconds before, they are no difference. That hides no
    loss: the reports of the same browser are held against its figures all the same, and those seconds are bad by what
    never arrived.
    """
    found, last, place = [0.0] * max(0, len(calm) - 1), -_APART_ROWS, 0
    while place < len(calm) - 1:
        after = next((n for n in (1, 2) if _is_gap(calm, place, place + n)), None)
        if after is None:
            place += 1
            continue
        if place - last >= _APART_ROWS:
            for each in range(place, place + after):
                found[each] = _uncounted(calm[each], calm[each + 1])
        place = last = place + after
    return tuple(found)


def _is_gap(calm: Sequence[Calm], begin: int, end: int) -> bool:
    return end < len(calm) and _uncounted(calm[begin], calm[end]) >= _GAP_PACKETS


def _uncounted(begin: Calm, end: Calm) -> float:
    """Audio packets that were sent down and that the browser states neither as received nor as lost."""
    browser, server = _downlink(begin, end)
    return 0.0 if browser is None or server is None else server - browser


def denials(begin: Calm, end: Calm, policy: Policy) -> list[TrustProblem]:
    """Where a browser's figures and its own receiver reports tell of different losses; empty for honest rows."""
    if begin.own.generation != end.own.generation:
        return []
    return _denied(begin, end, (end.client_ms - begin.client_ms) / 1_000, policy)


def differences(begin: Calm, end: Calm, uncounted: float, policy: Policy) -> list[TrustProblem]:
    """Where the two ends of a stretch tell of different packets; empty for honest rows.

    Args:
        begin: of the stretch.
        end: of the stretch.
        uncounted: packets of ``gaps`` within it.
        policy: its shares and slacks.
    """
    if begin.own.generation != end.own.generation:
        return []
    seconds = (end.client_ms - begin.client_ms) / 1_000
    claims: list[tuple[str, float | None, float | None]] = [("uplink", *_uplink(begin, end))]
    browser, server = _downlink(begin, end)
    claims.append(("downlink", browser, None if server is None else server - uncounted))
    problems = []
    for name, browser, server in claims:
        if browser is not None and server is not None and _differs(browser, server, seconds, policy):
            detail = f"{name}: browser {browser:.0f} packets, server {server:.0f}"
            problems.append(problem(ProblemKind.CONSERVATION, begin.row, end.row, detail))
    return problems


def _denied(begin: Calm, end: Calm, seconds: float, policy: Policy) -> list[TrustProblem]:
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
    return [problem(ProblemKind.CONSERVATION, begin.row, end.row, detail)]


def _differs(one: float, two: float, seconds: float, policy: Policy) -> bool:
    most = max(one, two)
    slack = most * (policy.trust_conservation_share + policy.trust_conservation_slack_ms / 1_000 / seconds)
    return abs(one - two) > slack


def _uplink(begin: Calm, end: Calm) -> tuple[float | None, float | None]:
    """Audio packets the browser says it sent, and those the server received or saw missing."""
    if begin.own.audio.ssrc != end.own.audio.ssrc:
        return None, None
    sent = delta(begin.row.source.packets_sent_audio, end.row.source.packets_sent_audio)
    return sent, delta(begin.own.audio.expected, end.own.audio.expected)


def _downlink(begin: Calm, end: Calm) -> tuple[float | None, float | None]:
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
