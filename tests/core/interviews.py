"""A whole interview around a built call: plan, runs and the verdict on them. Used by every test that needs one."""

from __future__ import annotations

from dataclasses import replace

from tests.core.rows import INTERVIEW, T0, Call
from verifier.core.assessment import verdict
from verifier.core.checklist import still_of
from verifier.core.evidence import Still, StillKind
from verifier.core.model import (
    Answer,
    ClaimId,
    EndCause,
    Flag,
    Interview,
    InterviewState,
    ItemKind,
    ItemRun,
    Need,
    PersonId,
    PlannedItem,
    RunId,
    StillId,
    VerificationId,
)
from verifier.core.policy import SHIPPED, Policy
from verifier.core.samples import InterviewRows
from verifier.core.verdicts import Assessment, Finding

SPEECH = (Need.AUDIO_ASK, Need.AUDIO_ANSWER)
RUN_S, FIRST_S = 11, 6


def item(key: str, kind: ItemKind, needs: tuple[Need, ...], *, mandatory: bool = True) -> PlannedItem:
    claim = ClaimId(f"cl_{key}") if kind in (ItemKind.IDENTITY, ItemKind.PROFILE) else None
    return PlannedItem(key, kind, 0, mandatory, needs, key, "A question?", claim_id=claim)


HEAR = item("comprehension.hear_interviewer", ItemKind.COMPREHENSION, (Need.AUDIO_ASK,))
SPEAK = item("comprehension.hear_freelancer", ItemKind.COMPREHENSION, (Need.AUDIO_ANSWER,))
CITY = item("identity.city", ItemKind.IDENTITY, SPEECH)
FACE = item("face.present", ItemKind.FACE, (Need.VIDEO_FACE,))
LIVENESS = item("face.liveness", ItemKind.FACE, (Need.AUDIO_ASK, Need.VIDEO_GESTURE))
PROFILE = item("profile.0", ItemKind.PROFILE, SPEECH, mandatory=False)
FRONT, BACK = (
    item(f"document.{side}", ItemKind.DOCUMENT, (Need.AUDIO_ASK, Need.STILL), mandatory=False)
    for side in ("front", "back")
)
PLAN = (HEAR, SPEAK, CITY, FACE, LIVENESS, PROFILE)
SECONDS = FIRST_S + RUN_S * len(PLAN) + 4


def run(
    planned: PlannedItem, begin_s: float, end_s: float, answer: Answer | None = Answer.CONSISTENT, number: int = 1
) -> ItemRun:
    return ItemRun(
        id=RunId(f"run_{planned.key}_{number}"),
        interview_id=INTERVIEW,
        item_key=planned.key,
        number=number,
        started_ms=T0 + round(1_000 * begin_s),
        ended_ms=T0 + round(1_000 * end_s),
        answer=answer,
    )


def still(planned: PlannedItem, at_s: float, number: int = 1, **changes: object) -> Still:
    """A usable still that was taken while an item was asked."""
    found = Still(
        id=StillId(f"sti_{planned.key.replace('.', '_')}_{at_s}"),
        interview_id=INTERVIEW,
        run_id=RunId(f"run_{planned.key}_{number}"),
        item_key=planned.key,
        kind=still_of(planned) or StillKind.DOCUMENT_FRONT,
        at_ms=T0 + round(1_000 * at_s),
        sha256="0" * 64,
        size_bytes=250_000,
        media_type="image/jpeg",
        width=1_920,
        height=1_080,
        mean_luma=150.0,
        glare_share=0.001,
        sharpness=0.3,
        card_width_px=1_000,
        usable=True,
        problems=(),
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def runs(**answers: Answer) -> tuple[ItemRun, ...]:
    """Every item asked once, one after the other; answers by the last part of the key (``city=...``)."""
    return tuple(
        run(
            planned,
            FIRST_S + RUN_S * place,
            FIRST_S + RUN_S * (place + 1) - 1,
            answers.get(planned.key.split(".")[-1], Answer.CONSISTENT),
        )
        for place, planned in enumerate(PLAN)
    )


def interview(seconds: int = SECONDS, end_cause: EndCause = EndCause.COMPLETED) -> Interview:
    return Interview(
        id=INTERVIEW,
        verification_id=VerificationId("vf_1"),
        number=1,
        interviewer_id=PersonId("p_1"),
        state=InterviewState.ENDED,
        seed=1,
        policy_version=SHIPPED.version,
        checklist_version="test",
        created_ms=T0 - 60_000,
        live_ms=T0,
        ended_ms=T0 + 1_000 * seconds,
        end_cause=end_cause,
    )


def decide(
    source: Call | InterviewRows,
    asked: tuple[ItemRun, ...] | None = None,
    flags: tuple[Flag, ...] = (),
    *,
    plan: tuple[PlannedItem, ...] = PLAN,
    about: Interview | None = None,
    policy: Policy = SHIPPED,
) -> tuple[dict[str, Finding], Assessment]:
    """Findings by run id and the assessment, through the one public door."""
    rows = source.rows() if isinstance(source, Call) else source
    seconds = source.seconds if isinstance(source, Call) else SECONDS
    about = about or interview(seconds)
    findings, assessment = verdict(about, plan, runs() if asked is None else asked, flags, rows, policy)
    return {finding.run_id: finding for finding in findings}, assessment


def call() -> Call:
    """A clean call long enough for every item of the plan."""
    return Call(SECONDS)


def without_end(asking: ItemRun) -> ItemRun:
    return replace(asking, ended_ms=None, answer=None)
