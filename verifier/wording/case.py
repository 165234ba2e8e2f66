"""The freelancer's case in words: where it stands, what it means, what comes next, what happened.

One rule: calm, exact, and nothing that is not in the stored rows. Used by the case page, later by e-mails.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from verifier.core.model import EndCause, Result, VerificationStatus
from verifier.wording import claims as values
from verifier.wording.catalogue import Catalogue, Translate
from verifier.wording.reasons import END_CAUSES

_S = VerificationStatus


def _(text: str) -> str:
    """Mark a text for extraction."""
    return text


HEADLINES: Mapping[VerificationStatus, tuple[str, str]] = {
    _S.AWAITING_FREELANCER: (
        _("Your interview has not taken place yet"),
        _("Open it with the link in your message whenever it suits you."),
    ),
    _S.SCHEDULED: (_("Your interview is scheduled"), _("Open it with the link in your message at that time.")),
    _S.WAITING: (
        _("You are in the waiting room"),
        _("The call starts by itself in the window in which you opened your link."),
    ),
    _S.IN_INTERVIEW: (
        _("Your interview is going on"),
        _("If you lost it, open your link again: you come back to the same place."),
    ),
    _S.IN_REVIEW: (
        _("Your call is being looked at"),
        _(
            "The call was clear. A person looks at your answers before anything is decided. Your account and your work "
            "go on unchanged."
        ),
    ),
    _S.AWAITING_RESPONSE: (
        _("We are waiting for your answer"),
        _("Nothing is decided before you have answered or the time for it has passed."),
    ),
    _S.RETRY_OFFERED: (
        _("Your last call has no result"),
        _(
            "It could not be held well enough to count, and it says nothing about you. Nothing follows from it for "
            "your account. You get another call."
        ),
    ),
    _S.ALTERNATIVE_ROUTE: (
        _("There is another way for you"),
        _("You do not need a video call. The platform tells you how to be verified in another way."),
    ),
    _S.COMPLETED: (_("Your case is closed"), _("Below you find everything that happened.")),
    _S.CANCELLED: (_("This verification was cancelled"), _("The platform withdrew it. Nothing is expected of you.")),
    _S.EXPIRED: (
        _("The time for this verification has run out"),
        _("That is not a result about you. Ask the platform for a new link."),
    ),
}
"""Headline and what it means."""

RESULTS: Mapping[Result, tuple[str, str]] = {
    Result.VERIFIED: (
        _("You are verified"),
        _("Everything you said about yourself was confirmed in a clear call. The platform has been told."),
    ),
    Result.FAILED: (
        _("Your verification has failed"),
        _("Two reviewers, neither of whom held the interview, agree on the facts below."),
    ),
    Result.INCONCLUSIVE: (
        _("Your interview has no result"),
        _("You did not want another call. This says nothing about you, and the platform has been told exactly that."),
    ),
}

VERIFIED_BY: Mapping[str, str] = {
    "reviewer": _("A reviewer looked at your call and confirmed who you are. The platform has been told."),
    "appeal": _(
        "Your appeal was right, and the earlier decision does not hold any more. The platform has been told, and asked "
        "to give you your account back if it took it."
    ),
}
"""What ``verified`` means when it was not the interviewer who decided it."""
PROPOSED: Mapping[str, tuple[str, str]] = {
    "open": (
        _("Nothing is decided: please read this and answer"),
        _(
            "A reviewer proposes that your verification fails. A second person decides, and not before you have "
            "answered or the time for it has passed. Your account should stay as it is until then."
        ),
    ),
    "answered": (
        _("Your answer has arrived"),
        _("Nothing is decided. A second person, who had no part in it so far, reads your answer and decides."),
    ),
    "silent": (
        _("The time to answer is over"),
        _(
            "Nothing is decided yet. A second person, who had no part in it so far, decides now. If the decision goes "
            "against you, you can appeal."
        ),
    ),
}
"""Headline and meaning while a failure is proposed: to be answered, answered, or left unanswered."""
ANOTHER_CALL: Mapping[str, tuple[str, str]] = {
    "reviewer": (
        _("You get another call"),
        _(
            "A reviewer wants to settle your case in another call, with a different interviewer. Nothing is decided "
            "about you, and your account and your work go on unchanged."
        ),
    ),
    "appeal": (
        _("You get another call"),
        _(
            "After your appeal the earlier decision does not hold any more. A different interviewer settles your case "
            "in another call, and until then nothing is decided about you. If the platform took your account, it has "
            "been asked to give it back."
        ),
    ),
}
"""When another call was ordered after one that was clear, by whom."""
MAY_APPEAL = _("If you think that this is wrong, appeal. Otherwise you do not have to do anything.")
APPEALED = _("Your appeal has arrived. Somebody who had no part in your case reads it and answers you.")

NEXT_STEPS: Mapping[VerificationStatus, tuple[str, ...]] = {
    _S.AWAITING_FREELANCER: (_("Open your link when it suits you. The talk takes about ten minutes."),),
    _S.SCHEDULED: (_("Open your link at the time that was agreed."),),
    _S.WAITING: (_("Wait for the call, or come back later with the same link."),),
    _S.IN_REVIEW: (_("A person looks at the call and decides."), _("This page shows the decision.")),
    _S.AWAITING_RESPONSE: (
        _("Read the facts below and write your answer."),
        _("A second person reads it and decides. This page shows the decision."),
    ),
    _S.RETRY_OFFERED: (
        _("Start a new call when it suits you, from this page or by the link in the platform's message."),
    ),
    _S.ALTERNATIVE_ROUTE: (_("The platform writes to you about the other way."),),
}
DIFFERENT_INTERVIEWER = _("A different interviewer talks with you.")

_EVENTS: Mapping[str, tuple[str, str]] = {
    "created": (_("The verification was asked for by %(platform)s."), "document"),
    "consented": (_("You agreed to the interview."), "check"),
    "consent_declined": (_("You did not agree to an interview. That does you no harm."), "info"),
    "call_began": (_("Call %(number)s began."), "camera"),
    "decided": (_("The result was decided."), "check"),
    "superseded": (_("A new decision replaced the earlier one."), "check"),
    "failure_proposed": (_("A reviewer proposed that the verification fails. Nothing was decided."), "document"),
    "response_given": (_("You answered what was proposed."), "chat"),
    "proposal_rejected": (_("A second reviewer did not confirm what was proposed."), "check"),
    "new_interview": (_("Another call with a different interviewer was ordered."), "refresh"),
    "appeal_opened": (_("You appealed."), "chat"),
    "appeal_decided": (_("Your appeal was answered."), "check"),
    "redacted": (_("Your personal data was erased."), "lock"),
    "alternative_route": (_("Another way of being verified was opened for you."), "info"),
    "cancelled": (_("The platform cancelled the verification."), "info"),
    "expired": (_("The time for the verification ran out."), "clock"),
    "effect_none": (_("The platform reported: nothing was changed on your account."), "info"),
    "effect_keep_current": (_("The platform reported: your account stays as it is."), "info"),
    "effect_suspend": (_("The platform reported that it suspended your account."), "warning"),
    "effect_suspend_unsupported": (
        _("The platform reported that it suspended your account. No decision here supports that."),
        "warning",
    ),
    "effect_reinstate": (_("The platform reported that it reinstated your account."), "check"),
    "call_ended": (_("Call %(number)s ended."), "stop"),
}
"""Text and icon of each entry of the timeline."""


def headline(
    status: str, result: str, translate: Translate, *, decided_by: str = "", proposed: str = "", ordered_by: str = ""
) -> tuple[str, str]:
    """One plain sentence and what it means.

    Args:
        status: of the case.
        result: of the case.
        translate: into the reader's language.
        decided_by: ``interviewer``, ``reviewer``, ``appeal``, ``system``, or empty before any decision.
        proposed: ``open``, ``answered`` or ``silent`` while a failure is proposed.
        ordered_by: ``reviewer`` or ``appeal`` when another call was ordered, and not offered because the last one could
            not be held.
    """
    known = RESULTS.get(Result(result)) if status == _S.COMPLETED else None
    if proposed:
        known = PROPOSED[proposed]
    elif ordered_by and status == _S.RETRY_OFFERED:
        known = ANOTHER_CALL[ordered_by]
    title, meaning = known or HEADLINES[VerificationStatus(status)]
    if known is RESULTS[Result.VERIFIED]:
        meaning = VERIFIED_BY.get(decided_by, meaning)
    return translate(title), translate(meaning)


def next_steps(status: str, other_interviewer: bool, translate: Translate) -> list[str]:
    """What happens next, in order; empty when nothing more does."""
    steps = list(NEXT_STEPS.get(VerificationStatus(status), ()))
    if status == _S.RETRY_OFFERED and other_interviewer:
        steps.append(DIFFERENT_INTERVIEWER)
    return [translate(step) for step in steps]


def event(what: str, number: object, platform: str, translate: Translate) -> tuple[str, str]:
    """Text and icon of one entry of the timeline; a code of a later version is shown as it is."""
    if what.startswith("call_") and what.removeprefix("call_") in set(EndCause):
        cause = END_CAUSES[EndCause(what.removeprefix("call_"))][0]
        return f"{translate(_EVENTS['call_ended'][0], number=number)} {translate(cause)}", "stop"
    text, mark = _EVENTS.get(what, (what, "info"))
    return translate(text, number=number, platform=platform), mark


# ---------------------------------------------------------------- claims

_FIELDS: Mapping[str, str] = {
    "legal_name": _("Name"),
    "address": _("Address"),
    "city": _("City"),
    "country": _("Country"),
    "date_of_birth": _("Date of birth"),
    "skill": _("Skills"),
    "language": _("Languages"),
}


def claims(rows: Sequence[Mapping[str, object]], catalogue: Catalogue, *, name: bool = True) -> list[dict[str, str]]:
    """Claims as {field, value} for people, skills and languages each in one line; without the name unless ``name``."""
    grouped: dict[str, list[str]] = {}
    for row in rows:
        key = str(row["field"] if row["kind"] == "identity" else row["kind"])
        grouped.setdefault(key, []).append(values.value(key, str(row["value"]), catalogue.language))
    return [
        {"field": catalogue.translate(_FIELDS.get(key, key)), "value": ", ".join(lines)}
        for key, lines in grouped.items()
        if name or key != "legal_name"
    ]


_ITEMS: Mapping[str, str] = {
    "comprehension.hear_interviewer": _("Code: you hear the interviewer"),
    "comprehension.hear_freelancer": _("Code: the interviewer hears you"),
    "document.front": _("Document, front"),
    "document.back": _("Document, back"),
    "document.tilt": _("Document, tilted"),
    "face.present": _("Face"),
    "face.liveness": _("Movement"),
}


def item(key: str, question: str, translate: Translate) -> str:
    """Short name of a checklist item: a claim's field, a kind of check, or the question itself."""
    head, _dot, rest = key.partition(".")
    if head == "identity" and rest in _FIELDS:
        return translate(_FIELDS[rest])
    for known, text in _ITEMS.items():
        if key == known or key.startswith(known + "."):
            return translate(text)
    return question
