"""Right and wrong, counted. One rule: a share without its interval says nothing.

Unsafe: admitted although it was not understood. Refused: not admitted although it was a clean control and understood.
Blame counts where a leg was impaired, something was refused and one leg or side was named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bench.baselines.best import wilson
from bench.evidence.windows import Item, Judged
from verifier.core.model import Role
from verifier.core.verdicts import Fault

_LEGS = {
    (Role.FREELANCER, "up"): Fault.FREELANCER_UPLINK,
    (Role.FREELANCER, "down"): Fault.FREELANCER_DOWNLINK,
    (Role.INTERVIEWER, "up"): Fault.INTERVIEWER_UPLINK,
    (Role.INTERVIEWER, "down"): Fault.INTERVIEWER_DOWNLINK,
}


def summary(found: Sequence[Judged]) -> Iterator[dict[str, object]]:
    """One line of figures for each question that a campaign answers."""
    for item in Item:
        own = [one for one in found if one.item is item]
        impaired = [one for one in own if one.slot.trouble]
        clean = [one for one in own if not one.slot.trouble and one.truth.understood]
        yield _share("evidence.unsafe_admits", item, (one.admissible for one in impaired if not one.truth.understood))
        yield _share("evidence.refused_although_understood", item, (not one.admissible for one in clean))
        yield _share("evidence.refused_and_impaired", item, (not one.admissible for one in impaired))
        yield {"figure": "evidence.windows", "item": item, "impaired": len(impaired), "clean": len(own) - len(impaired)}
    refused = [one for one in found if one.slot.trouble and not one.admissible]
    named = [one for one in refused if one.fault in _LEGS.values()]
    yield _share("evidence.blame_coverage", None, (one in named for one in refused))
    yield _share("evidence.blame_precision", None, (_right(one) for one in named))


def _right(one: Judged) -> bool:
    trouble = one.slot.trouble
    return trouble is not None and one.fault in {_LEGS[trouble.leg, direction] for direction in trouble.directions}


def _share(figure: str, item: Item | None, those: Iterable[bool]) -> dict[str, object]:
    each = list(those)
    line: dict[str, object] = {"figure": figure, "item": item, "of": len(each), "are": sum(each)}
    if each:
        low, high = wilson(sum(each), len(each))
        line |= {"share": round(sum(each) / len(each), 4), "low": round(low, 4), "high": round(high, 4)}
    return line
