"""The end of a call: judged from stored rows alone, once, and told to everybody."""

from __future__ import annotations

from tests.service.stage import Stage
from verifier.core.model import VerificationStatus


async def test_a_good_call_is_conclusive_and_goes_to_review(stage: Stage) -> None:
    anna = await stage.interviewer()
    await stage.waits()
    call = await stage.whole(anna)
    assessment = await stage.assessment(call.interview.id)
    print(assessment, [(f.item_key, f.reasons) for f in (await stage.findings(call.interview.id)).values()])
    assert assessment.conclusive and assessment.all_consistent
    assert (await stage.case()).status is VerificationStatus.IN_REVIEW
    assert await stage.differences() == []
