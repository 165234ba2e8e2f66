"""Proposals, decisions, appeals and promises in words, for the freelancer and for staff.

One rule: what one reviewer thinks is said as his view until a second one has confirmed it; who is told of a deadline is
told whose it is. Grounds stand in wording/proposals. Used by the case page and the staff's appeals page.
"""

from __future__ import annotations

from collections.abc import Mapping

from verifier.core.appeal import AppealOutcome, Hindrance
from verifier.core.clocks import ClockKind
from verifier.core.evidence import StillKind
from verifier.core.involvement import Part
from verifier.core.proposal import RulingOutcome
from verifier.core.samples import Stream
from verifier.core.statement import Ground
from verifier.core.verdicts import AccountEffect, Band
from verifier.wording.proposals import GROUNDS


def _(text: str) -> str:
    """Mark a text for extraction."""
    return text


GROUNDS_FOR_STAFF: Mapping[str, str] = {
    **GROUNDS,
    Ground.IDENTITY_CONTRADICTED: _("the call contradicts what was claimed about the identity"),
    Ground.IMPERSONATION: _("somebody else took part in the call in the freelancer's name"),
}
"""Clauses as in wording/proposals, for whoever is not the one whom they are about."""

RULES: Mapping[str, str] = {
    Ground.DOCUMENT_FORGED: _("A verification fails when a document that was shown is not genuine."),
    Ground.DOCUMENT_NOT_OWN: _("A verification fails when the document that was shown belongs to another person."),
    Ground.FACE_MISMATCH: _("A verification fails when the face in the call is not the face on the document."),
    Ground.IDENTITY_CONTRADICTED: _(
        "A verification fails when a call over a good connection contradicts what was claimed about the identity, and "
        "nothing in the call confirms it."
    ),
    Ground.IMPERSONATION: _("A verification fails when somebody takes part in the call in another person's name."),
    Ground.INJECTED_VIDEO: _(
        "A verification fails when the picture in the call does not come from a camera in front of a person."
    ),
}
"""The rule that each ground applies."""

CLOCKS: Mapping[str, tuple[str, str]] = {
    ClockKind.DECIDE: (_("We decide about your call"), _("Decide, or propose a failure")),
    ClockKind.REACH_FREELANCER: (_("We reach you about what is proposed"), _("Reach the freelancer")),
    ClockKind.RESPOND: (_("Your time to answer"), _("Freelancer's time to answer")),
    ClockKind.CONFIRM: (_("A second person confirms or rejects what is proposed"), _("Confirm or reject")),
    ClockKind.ANSWER_APPEAL: (_("Your appeal is answered"), _("Answer the appeal")),
    ClockKind.REINSTATE: (
        _("The platform reports that your account is in use again"),
        _("Platform reports the reinstatement"),
    ),
    ClockKind.APPEAL: (_("Your time to appeal"), _("Freelancer's time to appeal")),
}
"""What each clock is about: for the freelancer, for staff."""

APPEAL_OUTCOMES: Mapping[str, tuple[str, str]] = {
    AppealOutcome.UPHELD: (_("The decision stands"), _("Upheld: the decision stands")),
    AppealOutcome.OVERTURNED: (_("The decision was overturned: you are verified"), _("Overturned: verified")),
    AppealOutcome.NEW_INTERVIEW: (
        _("The decision was taken back: you get another call"),
        _("New interview: the decision is taken back"),
    ),
}
"""For the freelancer, for staff."""

RULING_OUTCOMES: Mapping[str, tuple[str, str]] = {
    RulingOutcome.VERIFIED: (_("You are verified."), _("Verified.")),
    RulingOutcome.NEW_INTERVIEW: (_("You get another call."), _("A new interview was ordered.")),
    RulingOutcome.ALTERNATIVE_ROUTE: (_("You get another way of being verified."), _("The alternative route.")),
}
"""What was decided instead of a proposal: for the freelancer, for staff."""

HINDRANCES: Mapping[str, str] = {
    Hindrance.INCONCLUSIVE: _("The interview was inconclusive: it can never become verified."),
    Hindrance.FRAUD_FLAG: _("A fraud flag of the interview is open. A reviewer resolves it first."),
    Hindrance.OTHER_CASE: _("Another verification of this freelancer is open. There is one at a time."),
}
"""Why an outcome of an appeal is not on offer."""

UNFIT: Mapping[str, str] = {
    "role": _("Only an appeal reviewer answers appeals."),
    "untrained": _("Your training as an appeal reviewer is not current."),
    "conflicted": _("You have a conflict of interest in this case."),
    "involved": _("You had a part in this case. Somebody who had none answers its appeals."),
}
"""Why somebody may not answer."""

PARTS: Mapping[str, str] = {
    Part.INTERVIEWED: _("held an interview"),
    Part.PROPOSED: _("proposed the failure"),
    Part.RULED: _("ruled on the call"),
    Part.RESOLVED_FLAG: _("resolved a fraud flag"),
    Part.DECIDED: _("made a decision"),
    Part.ANSWERED_APPEAL: _("answered an earlier appeal"),
}
"""What somebody did in a case."""

STILLS: Mapping[str, str] = {
    StillKind.DOCUMENT_FRONT: _("Picture of the front of the document"),
    StillKind.DOCUMENT_BACK: _("Picture of the back of the document"),
    StillKind.DOCUMENT_TILT: _("Picture of the tilted document"),
    StillKind.FACE: _("Picture of the face"),
}

STREAMS: Mapping[Stream, tuple[str, str]] = {
    Stream.AUDIO_FROM_INTERVIEWER: (_("You heard the interviewer"), _("Freelancer hears")),
    Stream.AUDIO_FROM_FREELANCER: (_("The interviewer heard you"), _("Interviewer hears")),
    Stream.VIDEO_FROM_FREELANCER: (_("The interviewer saw you"), _("Interviewer sees")),
    Stream.VIDEO_FROM_INTERVIEWER: (_("You saw the interviewer"), _("Freelancer sees")),
}
"""The four directions of a call: for the freelancer, for staff."""

BANDS: Mapping[str, str] = {
    Band.GOOD: _("good"),
    Band.FAIR: _("fair"),
    Band.POOR: _("poor"),
    Band.BAD: _("very poor"),
    Band.UNKNOWN: _("not known"),
    Band.SETTLING: _("just connected"),
    Band.QUIET: _("nobody spoke"),
}

EFFECTS: Mapping[str, tuple[str, str]] = {
    AccountEffect.NONE: (_("Nothing was changed on your account."), _("Nothing was changed on the account.")),
    AccountEffect.KEEP_CURRENT: (_("Your account stays as it is."), _("The account stays as it is.")),
    AccountEffect.SUSPEND: (_("Your account was suspended."), _("The account was suspended.")),
    AccountEffect.REINSTATE: (_("Your account is in use again."), _("The account is in use again.")),
}
"""What the platform says it did: for the freelancer, for staff."""

ALARMS: Mapping[str, str] = {
    "effect": _("The platform suspended an account, and no decision supports that."),
    "disowned": _("Somebody says “this wasn't me”. The freelancer has not been reached since."),
}
"""What is wrong; of a clock see wording/proposals."""
