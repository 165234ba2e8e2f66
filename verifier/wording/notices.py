"""What a person was told by e-mail and whether it got there, for pages. One rule: filed is not sent."""

from __future__ import annotations

from collections.abc import Mapping

from verifier.core.notice import NoticeKind, NoticeState
from verifier.wording.catalogue import Translate

_K, _S = NoticeKind, NoticeState


def _(text: str) -> str:
    """Mark a text for extraction."""
    return text


KINDS: Mapping[NoticeKind, str] = {
    _K.FAILURE_PROPOSED: _("Message about what was proposed"),
    _K.RESPONSE_RECEIVED: _("Message that your answer has arrived"),
    _K.PROPOSAL_REJECTED: _("Message that the proposal was not confirmed"),
    _K.RULED: _("Message about what comes after your call"),
    _K.DECIDED: _("Message about the decision"),
    _K.DECISION_SUPERSEDED: _("Message about the new decision"),
    _K.APPEAL_RECEIVED: _("Message that your appeal has arrived"),
    _K.APPEAL_ANSWERED: _("Message that your appeal was answered"),
    _K.CLOCK_BREACHED: _("Message to our staff about a promise that was not kept"),
    _K.EFFECT_MISMATCH: _("Message to our staff about what the platform did with your account"),
    _K.NOT_ME_REPORTED: _("Message to our staff about “this wasn't me”"),
}

STATES: Mapping[NoticeState, str] = {
    _S.QUEUED: _("Not sent yet. We keep trying."),
    _S.ACCEPTED: _("Sent: the mail server has taken it."),
    _S.FILED: _("Not sent: no mail server is set up here. It lies in a file."),
    _S.BOUNCED: _("It came back: your mail address did not take it."),
    _S.FAILED: _("It could not be sent."),
    _S.WITHDRAWN: _("Not sent: it was overtaken by what happened since."),
}


def notice(kind: str, state: str, translate: Translate) -> tuple[str, str]:
    """What was told and what became of it."""
    return translate(KINDS[NoticeKind(kind)]), translate(STATES[NoticeState(state)])
