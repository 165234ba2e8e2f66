"""Grounds of a proposed failure and broken promises in words. One rule: a ground is what a reviewer thinks.

It becomes true of nobody before a second person has confirmed it, so sentences around it say whose view it is. Used by
wording/letters.
"""

from __future__ import annotations

from collections.abc import Mapping

from verifier.core.clocks import ClockKind
from verifier.core.statement import Ground


def _(text: str) -> str:
    """Mark a text for extraction."""
    return text


GROUNDS: Mapping[str, str] = {
    Ground.DOCUMENT_FORGED: _("the document that was shown is not genuine"),
    Ground.DOCUMENT_NOT_OWN: _("the document that was shown belongs to somebody else"),
    Ground.FACE_MISMATCH: _("the face in the call is not the face on the document"),
    Ground.IDENTITY_CONTRADICTED: _("the call contradicts what was claimed about your identity"),
    Ground.IMPERSONATION: _("somebody else took part in the call in your name"),
    Ground.INJECTED_VIDEO: _("the picture in the call did not come from a camera in front of a person"),
}
"""After “A reviewer thinks that …”."""

CLOCKS: Mapping[str, str] = {
    ClockKind.DECIDE: _("A clear interview has not been decided."),
    ClockKind.REACH_FREELANCER: _("The freelancer has not been reached about a proposed failure."),
    ClockKind.RESPOND: _("The freelancer's time to answer has run out."),
    ClockKind.CONFIRM: _("A proposed failure has been neither confirmed nor rejected."),
    ClockKind.ANSWER_APPEAL: _("An appeal has not been answered."),
    ClockKind.REINSTATE: _("The platform has not reported that it reinstated the account."),
    ClockKind.APPEAL: _("The freelancer's time to appeal has run out."),
}
"""What was not done in time."""


def ground_clause(code: str) -> str:
    """The ground as a clause."""
    return GROUNDS[Ground(code)]


def clock_sentence(code: str) -> str:
    """The broken promise as a sentence."""
    return CLOCKS[ClockKind(code)]
