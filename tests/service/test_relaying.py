"""A side that we keep from being connected: the call is lost by the server, and the freelancer is never blamed."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from tests.core.rows import Call
from tests.service.stage import CASE, F, I, Stage
from verifier.core.model import EndCause, Role, VerificationStatus
from verifier.core.policy import SHIPPED
from verifier.core.principal import FreelancerPrincipal
from verifier.core.samples import ConnectionState
from verifier.core.verdicts import Fault
from verifier.errors import MediaFull
from verifier.ports import IceAccess
from verifier.service.calls import LiveCall
from verifier.service.relaying import During, Relaying

WHO = FreelancerPrincipal(CASE, "session")


def relaying(stage: Stage) -> Relaying:
    return Relaying(stage.calls, stage.entropy, lambda _: IceAccess())


async def taken(stage: Stage) -> LiveCall:
    anna = await stage.interviewer()
    await stage.waits()
    return await stage.taken(anna)


async def test_a_call_that_no_relay_let_through_is_lost_by_the_server(stage: Stage) -> None:
    call = await taken(stage)
    for role in Role:
        await stage.connecting.ready(call.interview.id, role)
    with capture_logs() as logs:
        assert relaying(stage).unusable(WHO, "401", During.CALL) == "401"
    assert [(line["event"], line["code"], line["leg"]) for line in logs] == [("relay_unusable", "401", F)]
    stage.clock.advance(ms=SHIPPED.no_show_ms + 1)
    await stage.measuring.tick()
    assert (await stage.interview(call.interview.id)).end_cause is EndCause.SERVER_LOST
    assessment = await stage.assessment(call.interview.id)
    assert not assessment.conclusive and assessment.reasons[0] == "server.fault"
    assert assessment.blame.side is None
    assert (await stage.case()).status is VerificationStatus.RETRY_OFFERED
    assert await stage.differences() == []


@pytest.mark.parametrize("cause", [EndCause.FREELANCER_LEFT, EndCause.INTERVIEWER_LEFT, EndCause.QUALITY_ABORT])
async def test_whoever_gives_up_waiting_for_us_has_not_left(memory: Stage, cause: EndCause) -> None:
    call = await taken(memory)
    relaying(memory).unusable(WHO, "timeout", During.CALL)
    async with call.lock:
        await memory.concluding.conclude(call, cause)
    assert (await memory.interview(call.interview.id)).end_cause is EndCause.SERVER_LOST


async def test_a_side_that_has_come_through_does_not_wait_for_us(memory: Stage) -> None:
    call = await taken(memory)
    relaying(memory).unusable(WHO, "401", During.CALL)
    await memory.connected(call, F)
    relaying(memory).unusable(WHO, "401", During.CALL)
    assert call.unreached == set()
    await memory.interviewing.leave(call.interview.id, F)
    assert (await memory.interview(call.interview.id)).end_cause is EndCause.FREELANCER_LEFT


async def test_a_check_or_a_case_without_a_call_marks_nothing(memory: Stage) -> None:
    call = await taken(memory)
    relaying(memory).unusable(WHO, "401", During.CHECK)
    assert call.unreached == set()
    memory.calls.remove(call.interview.id)
    assert relaying(memory).unusable(WHO, "<script>", During.CALL) == "other"


async def test_a_side_without_a_free_port_has_not_stayed_away(memory: Stage) -> None:
    call = await taken(memory)
    await memory.connecting.ready(call.interview.id, I)
    memory.media.refusing = MediaFull()
    with pytest.raises(MediaFull):
        await memory.connecting.ready(call.interview.id, F)
    memory.clock.advance(ms=SHIPPED.no_show_ms + 1)
    await memory.measuring.tick()
    assert (await memory.interview(call.interview.id)).end_cause is EndCause.SERVER_LOST


async def test_a_relay_that_fails_in_the_call_is_not_the_freelancers_bad_connection(memory: Stage) -> None:
    anna = await memory.interviewer()
    await memory.waits()
    bad = Call(300).uplink_loss(F, 8, 300, 0.5)
    call = await memory.live(anna, bad)
    await memory.seconds(call, 30)
    await memory.leg(call, F, ConnectionState.DISCONNECTED)
    relaying(memory).unusable(WHO, "508", During.CALL)
    await memory.interviewing.leave(call.interview.id, F)
    assessment = await memory.assessment(call.interview.id)
    assert assessment.blame.side is None and assessment.blame.fault is Fault.SERVER
    assert assessment.reasons[0] == "server.fault"
