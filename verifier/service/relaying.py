"""TURN servers as browsers find them. One rule: a relay that cannot be used is our fault, whoever's browser says so.

A browser's word about it can only turn the end of a call that never came about, or did not come back, into one of which
nobody is to blame; it makes nothing conclusive. Called by web/pages/relays.
"""

from __future__ import annotations

from enum import StrEnum

import structlog

from verifier.core.model import Role
from verifier.core.principal import FreelancerPrincipal, StaffPrincipal
from verifier.ports import Entropy, IceAccess, IceFor
from verifier.service.calls import Calls, LiveCall

Principal = FreelancerPrincipal | StaffPrincipal

_log = structlog.get_logger(__name__)

_ANSWERED = (300, 400, 401, 403, 405, 420, 437, 438, 440, 441, 442, 443, 446, 447, 486, 487, 500, 508)
CODES = frozenset({*map(str, _ANSWERED), "701", "none", "timeout"})
"""STUN and TURN error codes (RFC 8489 14.8, RFC 8656 19), 701 of W3C webrtc, and static/js/relay.js's own two."""
OTHER = "other"


class During(StrEnum):
    """When the page found out."""

    CHECK = "check"
    CALL = "call"


class Relaying:
    """What pages ask and tell about TURN servers."""

    def __init__(self, calls: Calls, entropy: Entropy, ice: IceFor) -> None:
        self._calls = calls
        self._entropy = entropy
        self._ice = ice

    def access(self) -> IceAccess:
        """Access for one try, with credentials of its own."""
        return self._ice(self._entropy.new_id("rly"))

    def unusable(self, principal: Principal, code: str, during: During) -> str:
        """Take a browser's word that no relay could be used; the code as figures and logs name it.

        Args:
            principal: whose browser it is.
            code: one of ``CODES``; anything else counts as ``other``.
            during: whether he waits for the media of a call because of it.
        """
        known, role = code if code in CODES else OTHER, _role(principal)
        call = self._call(principal) if during is During.CALL else None
        if call is not None:
            call.not_reached(role)
        interview = call.interview.id if call else None
        _log.warning("relay_unusable", code=known, during=during, leg=role, interview=interview)
        return known

    def _call(self, principal: Principal) -> LiveCall | None:
        if isinstance(principal, FreelancerPrincipal):
            return self._calls.of_verification(principal.verification_id)
        return self._calls.of_person(principal.person.id)


def _role(principal: Principal) -> Role:
    return Role.FREELANCER if isinstance(principal, FreelancerPrincipal) else Role.INTERVIEWER
