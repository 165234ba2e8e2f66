"""Names of roles and of changes about staff. One rule: a code of a later version shows itself, never an error."""

from __future__ import annotations

from collections.abc import Mapping

from verifier.core.model import StaffRole
from verifier.core.staffing import Change
from verifier.wording.catalogue import Translate


def _(text: str) -> str:
    """Mark a text for extraction."""
    return text


ROLES: Mapping[str, str] = {
    StaffRole.INTERVIEWER: _("Interviewer"),
    StaffRole.REVIEWER: _("Reviewer"),
    StaffRole.APPEAL_REVIEWER: _("Appeal reviewer"),
    StaffRole.ADMINISTRATOR: _("Administrator"),
}
CHANGES: Mapping[str, str] = {
    Change.ADDED: _("added"),
    Change.ROLES: _("roles changed"),
    Change.TRAINED: _("training entered"),
    Change.LINK: _("sign-in link made"),
    Change.SECOND_FACTOR_REMOVED: _("authenticator removed"),
    Change.SESSIONS_ENDED: _("signed out everywhere"),
    Change.DISABLED: _("disabled"),
    Change.ENABLED: _("enabled again"),
}


def role_name(role: str, say: Translate) -> str:
    """What a role is called."""
    return say(ROLES.get(role, role))


def staff_change(what: str, say: Translate) -> str:
    """What was changed, in words."""
    return say(CHANGES.get(what, what))
