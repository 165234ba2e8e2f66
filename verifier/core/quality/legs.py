"""Each leg second by second, as the server measured it. One rule: no figure here comes from getStats alone.

Called by perception. A leg is bad by quality.md's list: loss over some seconds, missing packets that span a gap, audio
jitter, silence; the downlink by receiver reports, from which losses on the other uplink are subtracted because
the relay keeps sequence numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import NamedTuple

from verifier.core.model import Role
from verifier.core.policy import Policy
from verifier.core.quality.evidence import BrowserSeconds, Grid, ServerSeconds
from verifier.core.quality.spans import RtpDelta, ServerSpan
from verifier.core.quality.timeline import LegFault, LegSecond
from verifier.core.samples import Medium


class Speech(NamedTuple):
    """Speech that left one participant, by second, as the packets' sender-written levels showed the server."""

    possible: list[bool]
    """False only where the server confirmed silence, in the second and the one before it (playout lags)."""
    seen: list[bool]
    level_dbov: list[float | None]


class _Counts(NamedTuple):
    """One medium of one leg, summed over the loss window that ends with each second."""

    expected: list[float]
    missing: list[float]
    unrepaired: list[float]
    sent: list[float]
    reported: list[float]


_Tally = dict[Medium, _Counts]


def leg_seconds(
    server: dict[Role, ServerSeconds], browser: dict[Role, BrowserSeconds], grid: Grid, policy: Policy
) -> dict[Role, tuple[LegSecond, ...]]:
    """Both legs, second by second."""
    tallies = {role: _tally(server[role], policy) for role in Role}
    return {
        role: tuple(
            _second(
                (server[role], server[role.other]), browser[role], (tallies[role], tallies[role.other]), index, policy
            )
            for index in range(grid.seconds)
        )
        for role in Role
    }


def speech(server: ServerSeconds, policy: Policy) -> Speech:
    """Speech of one participant; where packets are missing or nobody measured, speech is possible."""
    quiet = [
        covered and all(_silence_confirmed(span, policy) for span, _ in spans)
        for covered, spans in zip(server.covered, server.spans, strict=True)
    ]
    possible = [not now or not before for now, before in zip(quiet, [False, *quiet], strict=False)]
    seen = [any(span.row.speech_ms >= policy.speech_min_ms for span, _ in spans) for spans in server.spans]
    levels = [
        max((span.row.level_dbov for span, _ in spans if span.row.level_dbov is not None), default=None)
        for spans in server.spans
    ]
    return Speech(possible, seen, levels)


def arrived(server: ServerSeconds, medium: Medium, index: int) -> bool | None:
    """Whether packets of the medium arrived all through a second; None when that is not known."""
    rtp = [span.rtp[medium] for span, _ in server.spans[index]]
    if not rtp or any(delta is None for delta in rtp):
        return None
    return all(delta is not None and delta.received > 0 for delta in rtp)


def surely_concealed(server: ServerSeconds, index: int) -> float:
    """Share of a second's audio that no sink can have heard, 0..1, by what never arrived at the server.

    In-band FEC can rebuild at most every second packet, so a share m of missing packets conceals at least 2 m − 1.
    """
    worst = 0.0
    for span, _ in server.spans[index]:
        delta = span.rtp[Medium.AUDIO]
        if delta is not None:
            missing = delta.unrepaired / delta.expected if delta.expected else 1.0
            worst = max(worst, 1.0 if not delta.received else 2 * missing - 1)
    return min(1.0, worst)


def _silence_confirmed(span: ServerSpan, policy: Policy) -> bool:
    """The server received the audio of this span and no more speech than the policy ignores can be in it."""
    delta = span.rtp[Medium.AUDIO]
    if not span.connected or delta is None or not delta.received:
        return False
    missing = max(0.0, delta.expected - delta.received)
    return span.row.speech_ms + missing * policy.audio_packet_ms < policy.speech_min_ms


# ---------------------------------------------------------------- one second of one leg


def _second(
    servers: tuple[ServerSeconds, ServerSeconds],
    browser: BrowserSeconds,
    tallies: tuple[_Tally, _Tally],
    index: int,
    policy: Policy,
) -> LegSecond:
    server, far = servers
    spans = [span for span, _ in server.spans[index]]
    connected = bool(spans) and all(span.connected for span in spans)
    own, other = tallies
    up, down = _uplink_loss(own, index), _downlink_loss(own, other, index, policy)
    both_ways = _everything(spans, connected, policy)
    jitter = _reported_jitter(spans, policy) - _recent_jitter(far, index, policy)
    lag = max((span.row.loop_lag_ms for span in spans), default=0.0)
    drops = int(sum(span.udp_drops for span in spans))
    return LegSecond(
        covered=server.covered[index],
        connected=connected,
        settling=server.settling[index],
        uplink=(*both_ways, *_uplink(spans, up, policy)),
        downlink=(*both_ways, *_downlink(spans, browser, (down, jitter), index, policy)),
        rtt_ms=_worst_rtt(spans),
        uplink_loss=up,
        downlink_loss=down,
        jitter_ms=_jitter(server.spans[index]),
        silence_ms=max((span.row.silence_ms for span in spans), default=0.0),
        loop_lag_ms=lag,
        udp_drops=drops,
        server_bad=lag > policy.server_lag_max_ms or drops > 0,
    )


def _everything(spans: list[ServerSpan], connected: bool, policy: Policy) -> list[LegFault]:
    """Faults of the whole leg: a round trip cannot be split; where nothing comes from, nothing is known to arrive."""
    faults = [] if connected or not spans else [LegFault.DISCONNECTED]
    if any(span.row.silence_ms >= policy.leg_silence_max_ms for span in spans):
        faults.append(LegFault.SILENCE)
    if any(span.row.rtt_ms is not None and span.row.rtt_ms > policy.leg_rtt_max_ms for span in spans):
        faults.append(LegFault.DELAY)
    return faults


def _uplink(spans: list[ServerSpan], loss: float, policy: Policy) -> list[LegFault]:
    faults = []
    if loss > policy.leg_loss_max:
        faults.append(LegFault.LOSS)
    if any(delta is not None and delta.gaps > 0 for span in spans for delta in span.rtp.values()):
        faults.append(LegFault.GAP)
    if any(span.row.audio.jitter_ms > policy.leg_jitter_max_ms for span in spans):
        faults.append(LegFault.JITTER)
    return faults


def _downlink(
    spans: list[ServerSpan],
    browser: BrowserSeconds,
    loss_and_jitter: tuple[float, float],
    index: int,
    policy: Policy,
) -> list[LegFault]:
    faults = []
    loss, jitter_ms = loss_and_jitter
    if loss > policy.leg_loss_max:
        faults.append(LegFault.LOSS)
    if jitter_ms > policy.leg_jitter_max_ms:
        faults.append(LegFault.JITTER)
    audio = [browser.all_spans[number].audio for number in browser.spans[index]]
    received = [delta.packets for delta in audio if delta is not None and delta.packets is not None]
    sent = min((span.sent[Medium.AUDIO] for span in spans), default=0.0)
    if received and max(received) == 0 and sent >= policy.silent_downlink_min_packets:
        faults.append(LegFault.SILENCE)
    return faults


def _jitter(spans: list[tuple[ServerSpan, float]]) -> float:
    return max((span.row.audio.jitter_ms for span, _ in spans), default=0.0)


def _recent_jitter(server: ServerSeconds, index: int, policy: Policy) -> float:
    """The most that an uplink had within the time that a report of the other side may tell of."""
    return max(_jitter(spans) for spans in server.spans[max(0, index - policy.report_lag_s) : index + 1])


def _reported_jitter(spans: list[ServerSpan], policy: Policy) -> float:
    fresh = [
        span.row.report_audio.jitter_ms
        for span in spans
        if span.row.report_audio.jitter_ms is not None
        and (span.row.report_audio.age_ms or 0.0) <= policy.report_age_max_ms
    ]
    return max(fresh, default=0.0)


def _worst_rtt(spans: list[ServerSpan]) -> float | None:
    """The longest round trip, None when any row has none or an odd one."""
    worst = 0.0
    for span in spans:
        rtt = span.row.rtt_ms
        if rtt is None or not 0 <= rtt < inf:
            return None
        worst = max(worst, rtt)
    return worst if spans else None


# ---------------------------------------------------------------- loss over some seconds


def _tally(server: ServerSeconds, policy: Policy) -> _Tally:
    window = policy.leg_loss_window_s

    def rolled(medium: Medium, figure: Callable[[RtpDelta], float]) -> list[float]:
        return _rolling([_shared(spans, medium, figure) for spans in server.spans], window)

    return {
        medium: _Counts(
            rolled(medium, lambda d: d.expected),
            rolled(medium, lambda d: max(0.0, d.expected - d.received)),
            rolled(medium, lambda d: d.unrepaired),
            _rolling([sum(span.sent[medium] * share for span, share in spans) for spans in server.spans], window),
            _rolling(
                [sum(span.reported_lost[medium] * share for span, share in spans) for spans in server.spans], window
            ),
        )
        for medium in Medium
    }


def _shared(spans: list[tuple[ServerSpan, float]], medium: Medium, figure: Callable[[RtpDelta], float]) -> float:
    return sum(figure(delta) * share for span, share in spans if (delta := span.rtp[medium]) is not None)


def _rolling(values: list[float], window: int) -> list[float]:
    """Sums over the last ``window`` values, each summed afresh so that rounding cannot build up."""
    return [sum(values[max(0, end - window) : end]) for end in range(1, len(values) + 1)]


def _uplink_loss(own: _Tally, index: int) -> float:
    """The worse of the audio's share and of both media's, 0..1."""
    audio, video = own[Medium.AUDIO], own[Medium.VIDEO]
    alone = _share(audio.missing[index], audio.expected[index])
    return max(
        alone, _share(audio.missing[index] + video.missing[index], audio.expected[index] + video.expected[index])
    )


def _downlink_loss(own: _Tally, other: _Tally, index: int, policy: Policy) -> float:
    """The worse of the audio's share and of both media's, 0..1, what the other uplink had lost taken off.

    A receiver report tells of losses some time ago, so the most that the other uplink lost in a window that ended
    within that time is taken off; the figure serves blame alone, never admission.
    """
    lost, sent = {}, {}
    for medium in Medium:
        upstream = max(0.0, *other[medium].unrepaired[max(0, index - policy.report_lag_s) : index + 1])
        lost[medium] = max(0.0, own[medium].reported[index] - upstream)
        sent[medium] = own[medium].sent[index]
    alone = _share(lost[Medium.AUDIO], sent[Medium.AUDIO])
    return max(alone, _share(sum(lost.values()), sum(sent.values())))


def _share(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole > 0 else 0.0
