"""One letter of each kind and turn, for every test that reads or looks at mail."""

from __future__ import annotations

from dataclasses import replace

from verifier.core.appeal import AppealOutcome
from verifier.core.clocks import ClockKind
from verifier.core.letter import (
    Answered,
    AppealClosed,
    Appealed,
    Breached,
    Contradicted,
    Decided,
    Disowned,
    Facts,
    Letter,
    Proposed,
    Rejected,
    Ruled,
)
from verifier.core.model import NoticeId, PersonId, Result, VerificationId
from verifier.core.notice import TO_STAFF, Notice, NoticeKind, RecipientKind
from verifier.core.proposal import RulingOutcome
from verifier.core.statement import Ground

AT_MS = 1_795_442_700_000
"""23 November 2026, 14:05 UTC."""
DAY_MS = 24 * 3_600_000
TOKEN = "tokentokentokentokentokentokentokentokentok"
_K = NoticeKind


def letter(kind: NoticeKind, facts: Facts, **other: object) -> Letter:
    """A letter to Zoë in Sarajevo, or to a reviewer."""
    staff = kind in TO_STAFF
    notice = Notice(
        NoticeId("ntc_" + "abcdefghijklm" * 2),
        VerificationId("ver_1"),
        kind,
        "subject",
        RecipientKind.PERSON if staff else RecipientKind.FREELANCER,
        PersonId("per_b") if staff else None,
        AT_MS,
    )
    made = Letter(
        notice=notice,
        address="rita@example.org" if staff else "zoe@example.org",
        name="Rita Reviewer" if staff else "Zoë Müller",
        language="en",
        time_zone="UTC" if staff else "Europe/Sarajevo",
        facts=facts,
        page_url="https://verifier.example/staff" if staff else f"https://verifier.example/case#{TOKEN}",
        not_me_url="" if staff else f"https://verifier.example/case/not-me#{TOKEN}",
    )
    return replace(made, **other)  # type: ignore[arg-type]


LETTERS: dict[str, Letter] = {
    **{
        f"proposed-{ground}": letter(_K.FAILURE_PROPOSED, Proposed(ground, 7 * DAY_MS, AT_MS + 7 * DAY_MS))
        for ground in Ground
    },
    "answered": letter(_K.RESPONSE_RECEIVED, Answered(AT_MS, AT_MS + DAY_MS)),
    **{f"rejected-{outcome}": letter(_K.PROPOSAL_REJECTED, Rejected(outcome)) for outcome in RulingOutcome},
    **{
        f"ruled-{outcome}": letter(_K.RULED, Ruled(outcome))
        for outcome in (RulingOutcome.NEW_INTERVIEW, RulingOutcome.ALTERNATIVE_ROUTE)
    },
    "verified": letter(_K.DECIDED, Decided(1, Result.VERIFIED, None, None)),
    "inconclusive": letter(_K.DECIDED, Decided(1, Result.INCONCLUSIVE, None, AT_MS + 184 * DAY_MS)),
    "failed": letter(_K.DECIDED, Decided(1, Result.FAILED, Ground.FACE_MISMATCH, AT_MS + 184 * DAY_MS)),
    "superseded-verified": letter(_K.DECISION_SUPERSEDED, Decided(2, Result.VERIFIED, None, None)),
    "superseded-none": letter(_K.DECISION_SUPERSEDED, Decided(2, Result.NONE, None, None)),
    "appealed": letter(_K.APPEAL_RECEIVED, Appealed(AT_MS, AT_MS + 14 * DAY_MS)),
    **{f"appeal-{outcome}": letter(_K.APPEAL_ANSWERED, AppealClosed(outcome)) for outcome in AppealOutcome},
    **{f"breached-{clock}": letter(_K.CLOCK_BREACHED, Breached("case-7", clock, AT_MS)) for clock in ClockKind},
    "contradicted": letter(_K.EFFECT_MISMATCH, Contradicted("case-7", AT_MS)),
    "disowned": letter(_K.NOT_ME_REPORTED, Disowned("case-7")),
}
