"""Everything that reviewers do, put together. One rule: the same scenes and the same recorder for all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from verifier.core.policy import PolicyBook
from verifier.ports import Clock, Entropy, UnitOfWorkFactory
from verifier.service.confirming import Confirming
from verifier.service.deliberating import Deliberating
from verifier.service.proposing import Proposing
from verifier.service.recording_decisions import Recorder
from verifier.service.ruling import Rulings
from verifier.service.scenes import Scenes
from verifier.service.watching import Watching


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """The services of review."""

    deliberating: Deliberating
    proposing: Proposing
    watching: Watching
    confirming: Confirming
    rulings: Rulings


def review_desk(
    units: UnitOfWorkFactory,
    clock: Clock,
    entropy: Entropy,
    policies: PolicyBook,
    recorder: Recorder,
    notify: Callable[[], None],
) -> ReviewDesk:
    """The services of review over these ports; ``notify``: something waits to be delivered."""
    scenes = Scenes(units, policies)
    rulings = Rulings(units, clock, entropy, scenes, recorder, notify)
    return ReviewDesk(
        deliberating=Deliberating(units, clock, scenes, policies),
        proposing=Proposing(units, clock, entropy, scenes, recorder, notify),
        watching=Watching(units, clock, entropy),
        confirming=Confirming(units, clock, entropy, scenes, recorder, rulings, notify),
        rulings=rulings,
    )
