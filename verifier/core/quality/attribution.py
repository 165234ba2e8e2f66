"""Whose leg, device or server explains bad seconds. One rule: name a side only when it explains most and no other does.

Order: server, source, device, legs, as quality.md has it. Called by window, assessment and live.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from verifier.core.model import Role
from verifier.core.policy import Policy
from verifier.core.quality.timeline import LegFault, Timeline
from verifier.core.samples import Stream
from verifier.core.verdicts import Blame, Fault

BadSeconds = Mapping[Stream, Collection[int]]
"""Indices of the timeline's seconds by stream."""

NOTHING_BAD = Blame(None, 0.0)


class _Leg(NamedTuple):
    role: Role
    up: bool


_Pairs = list[tuple[Stream, int]]

_LEGS = tuple(_Leg(role, up) for role in Role for up in (True, False))
_LEG_FAULT = {
    _Leg(Role.FREELANCER, True): Fault.FREELANCER_UPLINK,
    _Leg(Role.FREELANCER, False): Fault.FREELANCER_DOWNLINK,
    _Leg(Role.INTERVIEWER, True): Fault.INTERVIEWER_UPLINK,
    _Leg(Role.INTERVIEWER, False): Fault.INTERVIEWER_DOWNLINK,
}
_DEVICE_FAULT = {Role.FREELANCER: Fault.FREELANCER_DEVICE, Role.INTERVIEWER: Fault.INTERVIEWER_DEVICE}


def blame(timeline: Timeline, bad: BadSeconds, policy: Policy) -> Blame:
    """The side at fault with the share of bad seconds it explains, 0..1; no fault when nothing was bad."""
    pairs = [(stream, index) for stream in Stream for index in sorted(set(bad.get(stream, ())))]
    if not pairs:
        return NOTHING_BAD
    explained = {leg: _explained(timeline, pairs, leg, policy) for leg in _LEGS}
    return (
        _server(timeline, pairs, policy)
        or _source(timeline, pairs, policy)
        or _device(timeline, pairs, explained, policy)
        or _legs(pairs, explained, policy)
    )


def _server(timeline: Timeline, pairs: _Pairs, policy: Policy) -> Blame | None:
    troubled = {index for index in range(timeline.seconds) if _server_explains(timeline, index)}
    near = _widened(troubled, policy.blame_edge_s)
    share = sum(index in near for _, index in pairs) / len(pairs)
    return Blame(Fault.SERVER, share) if share >= policy.blame_min_explained else None


def _server_explains(timeline: Timeline, index: int) -> bool:
    """Whether our own trouble can be behind a second.

    A late event loop loses nothing: datagrams wait in the socket. So where a leg's sequence numbers are missing and
    the kernel dropped nothing, the link lost them.
    """
    legs = [timeline.legs[role][index] for role in Role]
    if not any(leg.server_bad for leg in legs):
        return False
    lost = any(LegFault.LOSS in (*leg.uplink, *leg.downlink) for leg in legs)
    return not lost or any(leg.udp_drops for leg in legs)


def _source(timeline: Timeline, pairs: _Pairs, policy: Policy) -> Blame | None:
    off = [stream.source for stream, index in pairs if timeline.at(stream, index).source_off]
    share = len(off) / len(pairs)
    if share < policy.blame_min_explained:
        return None
    sides = set(off)
    return Blame(Fault.SOURCE, share, off[0] if len(sides) == 1 else None)


def _device(timeline: Timeline, pairs: _Pairs, explained: dict[_Leg, set[int]], policy: Policy) -> Blame | None:
    """A device that could not keep up although the path was clean."""
    on_bad_path = set().union(*explained.values())
    for role in Role:
        hits = [
            place
            for place, (stream, index) in enumerate(pairs)
            if place not in on_bad_path and timeline.at(stream, index).device is role
        ]
        share = len(hits) / len(pairs)
        if share >= policy.blame_min_explained:
            return Blame(_DEVICE_FAULT[role], share, role)
    return None


def _legs(pairs: _Pairs, explained: dict[_Leg, set[int]], policy: Policy) -> Blame:
    """One leg when it stands out; else one side when both of its legs together do; else both or unclear."""
    share = {leg: len(places) / len(pairs) for leg, places in explained.items()}
    best, second = sorted(_LEGS, key=lambda leg: -share[leg])[:2]
    least = policy.blame_min_explained
    if share[second] >= least:
        return Blame(Fault.BOTH, min(share[best], share[second]))
    if share[best] >= least and share[best] - share[second] >= policy.blame_min_margin:
        return Blame(_LEG_FAULT[best], share[best], best.role)
    return _sides(pairs, explained, policy)


def _sides(pairs: _Pairs, explained: dict[_Leg, set[int]], policy: Policy) -> Blame:
    """A link that is bad both ways damages different streams on its two legs: look at the side as a whole."""
    share = {role: len(explained[_Leg(role, True)] | explained[_Leg(role, False)]) / len(pairs) for role in Role}
    best = max(Role, key=lambda role: share[role])
    least, margin = policy.blame_min_explained, share[best] - share[best.other]
    if share[best.other] >= least:
        return Blame(Fault.BOTH, share[best.other])
    if share[best] >= least and margin >= policy.blame_min_margin:
        leg = max((_Leg(best, True), _Leg(best, False)), key=lambda leg: len(explained[leg]))
        return Blame(_LEG_FAULT[leg], share[best], best)
    return Blame(Fault.UNCLEAR, max(share.values()))


def _explained(timeline: Timeline, pairs: _Pairs, leg: _Leg, policy: Policy) -> set[int]:
    """Places in ``pairs`` whose stream crosses the leg while it was bad, ± the policy's edge."""
    seconds = timeline.legs[leg.role]
    bad = {index for index, second in enumerate(seconds) if (second.uplink if leg.up else second.downlink)}
    near = _widened(bad, policy.blame_edge_s)
    return {
        place
        for place, (stream, index) in enumerate(pairs)
        if index in near and (stream.source if leg.up else stream.sink) is leg.role
    }


def _widened(indices: Iterable[int], edge: int) -> set[int]:
    return {index + shift for index in indices for shift in range(-edge, edge + 1)}
