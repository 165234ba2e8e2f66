"""The audit chain of a case, as services write it. One rule: the entry is in the transaction of what it tells of."""

from __future__ import annotations

from verifier.core.chain import Actor, ActorKind, AuditEntry
from verifier.core.model import VerificationId
from verifier.core.principal import PlatformPrincipal, StaffPrincipal
from verifier.ports import Clock, UnitOfWork


async def chronicle(
    unit: UnitOfWork, id_: VerificationId, clock: Clock, action: str, actor: Actor, **facts: object
) -> AuditEntry:
    """Append an entry to a case's chain.

    Args:
        unit: the open unit of work of the change.
        id_: the case.
        clock: gives the entry its time.
        action: stable code in the past tense, e.g. ``case.read``.
        actor: who did it.
        facts: ids, codes, numbers and digests; never personal data.

    Raises:
        Conflict: somebody else appended meanwhile.
    """
    return await unit.audit.append(id_, clock.now_ms(), action, actor, facts)


def by_staff(principal: StaffPrincipal) -> Actor:
    """A staff member as the actor of an entry."""
    return Actor(ActorKind.STAFF, principal.person.id)


def by_platform(principal: PlatformPrincipal) -> Actor:
    """A platform's key as the actor of an entry."""
    return Actor(ActorKind.PLATFORM, principal.key.id)
