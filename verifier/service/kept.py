"""What a case still holds, put together from its rows. One rule: asked again within the transaction that deletes.

Called by service/retaining and service/redacting, and by service/auditing for the terms of stored tombstones.
"""

from __future__ import annotations

from verifier.core.decision import awaits_reinstatement
from verifier.core.hold import held
from verifier.core.model import Interview, InterviewState, Verification
from verifier.core.policy import PolicyBook
from verifier.core.retention import KeptCall, KeptCase, KeptDecision
from verifier.core.verdicts import Decision
from verifier.core.webhook import EventType
from verifier.ports import UnitOfWork
from verifier.service.case_clocks import delivered_ms


async def kept_case(unit: UnitOfWork, case: Verification, policies: PolicyBook) -> KeptCase:
    """The case with everything that its terms follow from.

    Raises:
        PolicyInvalid: nobody has a policy any more that one of its calls is pinned to; nothing of it can go.
    """
    decisions = await unit.decisions.all(case.id)
    appeals = await unit.appeals.of_verification(case.id)
    effects = await unit.effects.of_verification(case.id)
    return KeptCase(
        verification=case,
        closed_ms=await _closed_ms(unit, case),
        decisions=tuple([await _decision(unit, one, policies) for one in decisions]),
        calls=tuple([await _call(unit, one, policies) for one in await unit.interviews.of_verification(case.id)]),
        appealed=any(answer is None for _, answer in appeals),
        awaits_reinstatement=awaits_reinstatement(decisions, effects) is not None,
        held=held(await unit.holds.of_verification(case.id)),
        policy=policies.current,
    )


async def _closed_ms(unit: UnitOfWork, case: Verification) -> int:
    """When the platform was last told something of the case; its redaction is nothing that happens in it."""
    told = await unit.outbox.events_of(case.id)
    moments = [event.at_ms for event in told if event.type is not EventType.VERIFICATION_REDACTED]
    return max([case.created_ms, *moments])


async def _decision(unit: UnitOfWork, one: Decision, policies: PolicyBook) -> KeptDecision:
    window_ms = policies.pinned(one.policy_version).appeal_window_ms
    return KeptDecision(one, await delivered_ms(unit, one), window_ms)


async def _call(unit: UnitOfWork, interview: Interview, policies: PolicyBook) -> KeptCall:
    assessment = await unit.verdicts.assessment(interview.id)
    key = await unit.evidence_keys.of_interview(interview.id)
    buried = await unit.tombstones.of_interview(interview.id) is not None
    return KeptCall(
        interview=interview,
        conclusive=assessment is not None and assessment.conclusive,
        policy=policies.pinned(interview.policy_version),
        evidence=key is not None and key.destroyed_ms is None,
        samples=interview.state is InterviewState.ENDED and not buried,
    )
