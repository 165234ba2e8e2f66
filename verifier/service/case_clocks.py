"""The clocks of one case, put together from its rows. One rule: pages, API and escalation all ask here.

So nobody is shown another deadline than the one that is kept. Called by service/case_state, service/platform,
service/appealing and service/escalating inside their units of work.
"""

from __future__ import annotations

from verifier.core.clocks import CaseFacts, Clock, clocks
from verifier.core.model import Verification
from verifier.core.notice import NoticeKind, NoticeState
from verifier.core.policy import PolicyBook
from verifier.core.verdicts import Decision
from verifier.ports import UnitOfWork

_OF_A_VERSION = frozenset({NoticeKind.DECIDED, NoticeKind.DECISION_SUPERSEDED})


async def running(unit: UnitOfWork, case: Verification, policies: PolicyBook, now_ms: int) -> tuple[Clock, ...]:
    """Every running clock of a case by its end, the nearest first."""
    facts = await case_facts(unit, case)
    interview = facts.last_interview
    policy = policies.promised(interview.policy_version) if interview else policies.current
    return clocks(facts, policy, now_ms)


async def case_facts(unit: UnitOfWork, case: Verification) -> CaseFacts:
    """What the clocks of a case follow from."""
    interviews = await unit.interviews.of_verification(case.id)
    last = interviews[-1] if interviews else None
    assessment = await unit.verdicts.assessment(last.id) if last else None
    decisions = await unit.decisions.all(case.id)
    return CaseFacts(
        verification_id=case.id,
        status=case.status,
        last_interview=last,
        conclusive=assessment is not None and assessment.conclusive,
        proposals=await unit.proposals.of_verification(case.id),
        decisions=decisions,
        appeals=await unit.appeals.of_verification(case.id),
        effects=await unit.effects.of_verification(case.id),
        decision_delivered_ms=await delivered_ms(unit, decisions[-1]) if decisions else None,
    )


async def delivered_ms(unit: UnitOfWork, decision: Decision) -> int | None:
    """When the freelancer was first told of a version: by a mail that was accepted and stayed so, or by his page.

    None when the address turned out to be somebody else's: what was shown by a link from there was not shown to him,
    and no period runs that he may know nothing of.
    """
    if await unit.notices.disowned_ms(decision.verification_id) is not None:
        return None
    moments = [
        notice.next_attempt_ms
        for notice in await unit.notices.of_verification(decision.verification_id)
        if notice.state is NoticeState.ACCEPTED
        and (
            (notice.kind in _OF_A_VERSION and notice.subject_id == str(decision.version))
            or (notice.kind is NoticeKind.APPEAL_ANSWERED and notice.subject_id == decision.appeal_id)
        )
    ]
    shown = await unit.decisions.shown_ms(decision)
    return min([*moments, *([] if shown is None else [shown])], default=None)
