"""What reviewers read before they act, in words. One rule: it says what follows for the freelancer before it is done.

Why something cannot be done is said by core/review itself. Used by web/pages/decision_view.
"""

from __future__ import annotations

from collections.abc import Mapping

from verifier.core.evidence import StillKind
from verifier.core.proposal import RulingOutcome
from verifier.core.statement import Ground


def _(text: str) -> str:
    """Mark a text for extraction."""
    return text


GROUNDS: Mapping[Ground, tuple[str, str]] = {
    Ground.DOCUMENT_FORGED: (_("Document forged"), _("The document that was shown is not genuine.")),
    Ground.DOCUMENT_NOT_OWN: (_("Document not their own"), _("The document that was shown is somebody else's.")),
    Ground.FACE_MISMATCH: (_("Face mismatch"), _("The face in the call is not the face on the document.")),
    Ground.IDENTITY_CONTRADICTED: (
        _("Claimed identity contradicted"),
        _("What was said or shown contradicts what was claimed, and nothing in the call confirms it."),
    ),
    Ground.IMPERSONATION: (_("Impersonation"), _("Somebody else took part in the call in the freelancer's name.")),
    Ground.INJECTED_VIDEO: (
        _("Injected video"),
        _("The picture did not come from a camera in front of a person."),
    ),
}
"""Name and meaning of each ground."""

STILLS: Mapping[StillKind, str] = {
    StillKind.DOCUMENT_FRONT: _("Document, front"),
    StillKind.DOCUMENT_BACK: _("Document, back"),
    StillKind.DOCUMENT_TILT: _("Document, tilted"),
    StillKind.FACE: _("Face"),
}

OUTCOMES: Mapping[RulingOutcome, tuple[str, str]] = {
    RulingOutcome.VERIFIED: (
        _("Verified"),
        _("The claims stand. The freelancer and the platform are told at once, and the case is closed."),
    ),
    RulingOutcome.NEW_INTERVIEW: (
        _("New interview"),
        _("Another interviewer holds another call. Nothing is decided, and the account stays as it is."),
    ),
    RulingOutcome.ALTERNATIVE_ROUTE: (
        _("Another way"),
        _("The platform verifies the freelancer in another way. Nothing is said against them."),
    ),
}
"""Name of each outcome that is no failure, and what follows from it."""

TASKS: Mapping[str, tuple[str, str]] = {
    "decide": (_("Decide this call"), _("An answer contradicts a claim, or not everything was consistent.")),
    "resolve": (_("Resolve the fraud flag"), _("The interviewer raised it. Say what became of it.")),
    "verify": (_("Decide verified"), _("Every answer was consistent. Nobody has said so yet.")),
    "confirm": (_("Confirm or reject"), _("The freelancer has answered, or the time for it is over.")),
    "reach": (_("Reach the freelancer"), _("The message about the proposal has not arrived. No time counts yet.")),
    "answer": (_("The freelancer can answer"), _("Nobody can confirm anything before the time is over.")),
}
"""What a case waits for: in short, and why."""
