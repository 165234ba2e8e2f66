"""Who may change what about staff. One rule: nobody changes what he himself may do.

An administrator manages people and decides nothing: that role goes with no other. Called by service/people.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from verifier.core.model import PersonId, StaffRole
from verifier.errors import InvalidInput, NotAllowed


class Change(StrEnum):
    """What was changed about a staff member."""

    ADDED = "added"
    ROLES = "roles"
    TRAINED = "trained"
    LINK = "link"
    SECOND_FACTOR_REMOVED = "second_factor_removed"
    SESSIONS_ENDED = "sessions_ended"
    DISABLED = "disabled"
    ENABLED = "enabled"


@dataclass(frozen=True, slots=True)
class StaffChange:
    """One entry of the record of changes; append-only."""

    person_id: PersonId
    at_ms: int
    what: Change
    by_id: PersonId | None
    """None: the operator, by a command at the server."""
    detail: str = ""
    """Names of roles, a date: never a secret, nothing about a case."""


def require_other(by: PersonId | None, subject: PersonId) -> None:
    """Pass when an administrator changes somebody else; the operator at the server (None) may change anybody.

    Raises:
        NotAllowed: it is his own account.
    """
    if by == subject:
        raise NotAllowed("Nobody changes their own roles, trainings or access. Ask another administrator.")


def require_roles(roles: Collection[StaffRole]) -> None:
    """Pass when one person may hold all of these.

    Raises:
        InvalidInput: none at all, or administrator together with another one.
    """
    if not roles:
        raise InvalidInput("Choose at least one role.", field="roles")
    if StaffRole.ADMINISTRATOR in roles and len(set(roles)) > 1:
        sentence = "An administrator manages people and decides nothing: no other role goes with it."
        raise InvalidInput(sentence, field="roles")
