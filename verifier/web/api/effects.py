"""/webhooks/verification-result: the platform reports what it did with the account."""

from __future__ import annotations

from verifier.core.access import Scope
from verifier.core.model import VerificationId
from verifier.errors import InvalidInput, NotFound
from verifier.web.api import answers
from verifier.web.api.operations import Call, Operation
from verifier.web.api.requests import ReportEffect


async def report(call: Call) -> answers.EffectAnswer:
    """The stored report, with whether it contradicts the decision."""
    said = call.sent(ReportEffect)
    stored = await call.platform.results.report_effect(
        call.principal, VerificationId(said.verification_id), said.decision_version, said.account_effect
    )
    return answers.effect(stored)


OPERATIONS = (
    Operation(
        "reportAccountEffect",
        "POST",
        "/webhooks/verification-result",
        Scope.EFFECTS_WRITE,
        "Report what you did with the account",
        report,
        answers.EffectAnswer,
        "Account effects",
        status=201,
        body=ReportEffect,
        description="Send it after every verification.decided and decision.superseded. A suspension is supported by "
        "the failure that holds and by nothing else: any other, one that names an older version too, is stored as a "
        "mismatch, emits effect.mismatch and alarms our staff until you report reinstate.",
        refusals=(InvalidInput, NotFound),
    ),
)
