"""Everything about answering, appealing and promises in one hand. One rule: built once, from the same parts.

Called by app/compose and by tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from verifier.core.policy import PolicyBook
from verifier.ports import Clock, Entropy, UnitOfWorkFactory
from verifier.service.appealing import Appealing
from verifier.service.appeals_desk import AppealsDesk
from verifier.service.disowning import Disowning
from verifier.service.escalating import Escalating
from verifier.service.own_data import OwnData
from verifier.service.own_quality import OwnQuality
from verifier.service.recording_decisions import Recorder
from verifier.service.responding import Responding
from verifier.service.scenes import Scenes


@dataclass(frozen=True, slots=True)
class Redress:
    """The freelancer's answers and appeals, and whatever watches over their time."""

    responding: Responding
    appealing: Appealing
    desk: AppealsDesk
    escalating: Escalating
    disowning: Disowning
    own_data: OwnData
    own_quality: OwnQuality


def redress(
    units: UnitOfWorkFactory,
    clock: Clock,
    entropy: Entropy,
    policies: PolicyBook,
    recorder: Recorder,
    notify: Callable[[], None] = lambda: None,
) -> Redress:
    """The services of redress; ``notify`` wakes whoever sends webhooks and mail."""
    responding = Responding(units, clock, entropy, notify)
    return Redress(
        responding=responding,
        appealing=Appealing(units, clock, entropy, policies, recorder, Scenes(units, policies), notify),
        desk=AppealsDesk(units, clock, policies),
        escalating=Escalating(units, clock, entropy, policies, notify),
        disowning=Disowning(units, clock, entropy, responding, notify),
        own_data=OwnData(units, clock),
        own_quality=OwnQuality(units, policies),
    )
