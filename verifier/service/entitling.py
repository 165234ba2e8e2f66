"""Who may answer the appeals of a case. One rule: trained for it, without a conflict, and without any part in the case.

Called by service/appealing, which refuses, and service/appeals_desk, which shows why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from verifier.core.appeal import require_uninvolved
from verifier.core.involvement import Part, involved
from verifier.core.model import PersonId, StaffRole, VerificationId, trained
from verifier.core.principal import StaffPrincipal
from verifier.errors import NotAllowed
from verifier.ports import UnitOfWork


class Unfit(StrEnum):
    """Why somebody may not answer."""

    ROLE = "role"
    UNTRAINED = "untrained"
    CONFLICTED = "conflicted"
    INVOLVED = "involved"


@dataclass(frozen=True, slots=True)
class Entitlement:
    """Whether one person may answer the appeals of one case, and everybody who had a part in it."""

    unfit: tuple[Unfit, ...]
    parts: Mapping[PersonId, Sequence[Part]]


async def entitlement(unit: UnitOfWork, principal: StaffPrincipal, id_: VerificationId, now_ms: int) -> Entitlement:
    """What stands between this person and an answer; nothing when ``unfit`` is empty."""
    person = principal.person
    parts = await parts_in(unit, id_)
    holds = {
        Unfit.ROLE: StaffRole.APPEAL_REVIEWER not in person.roles,
        Unfit.UNTRAINED: trained(await unit.trainings.of_person(person.id), StaffRole.APPEAL_REVIEWER, now_ms) is None,
        Unfit.CONFLICTED: id_ in await unit.conflicts.of_person(person.id),
        Unfit.INVOLVED: person.id in parts,
    }
    return Entitlement(tuple(unfit for unfit, held in holds.items() if held), parts)


async def require_entitled(unit: UnitOfWork, principal: StaffPrincipal, id_: VerificationId, now_ms: int) -> None:
    """Pass when this person may answer the appeals of the case.

    Raises:
        NotAllowed: another role, no current training, a conflict of interest, or a part in the case.
    """
    principal.require(StaffRole.APPEAL_REVIEWER)
    found = await entitlement(unit, principal, id_, now_ms)
    if Unfit.UNTRAINED in found.unfit:
        raise NotAllowed("Your training as an appeal reviewer is not current.")
    if Unfit.CONFLICTED in found.unfit:
        raise NotAllowed("You have a conflict of interest in this case.")
    require_uninvolved(principal.person.id, found.parts.keys())


async def parts_in(unit: UnitOfWork, id_: VerificationId) -> Mapping[PersonId, Sequence[Part]]:
    """Everybody who had a part in a case, from its rows."""
    interviews = await unit.interviews.of_verification(id_)
    resolutions = [each for interview in interviews for each in await unit.rulings.resolutions(interview.id)]
    return involved(
        interviews,
        await unit.proposals.of_verification(id_),
        await unit.rulings.of_verification(id_),
        [each.person_id for each in resolutions],
        await unit.decisions.all(id_),
        [answer for _, answer in await unit.appeals.of_verification(id_) if answer is not None],
    )
