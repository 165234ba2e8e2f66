"""A case that was decided, put into the in-memory units through the services' own functions."""

from __future__ import annotations

from dataclasses import replace

from tests.core.interviews import CITY
from tests.core.rows import T0
from tests.web.platform_stage import Stage
from verifier.core import decision
from verifier.core.model import (
    Answer,
    EndCause,
    Interview,
    InterviewId,
    InterviewState,
    ItemRun,
    Person,
    PersonId,
    Role,
    RunId,
    StaffRole,
    VerificationId,
    VerificationStatus,
)
from verifier.core.policy import PolicyBook
from verifier.core.samples import ConnectionState, ReceiverReport, RtpCounters, ServerSample
from verifier.core.verdicts import Assessment, Blame, Finding, Polarity
from verifier.service.recording_decisions import Recorder

INTERVIEWER = Person(PersonId("per_1"), "Iva", "iva@example.org", "I.", frozenset({StaffRole.INTERVIEWER}))
NO_BLAME = Blame(None, 0.0)


def interview_of(case_id: str) -> Interview:
    return Interview(
        id=InterviewId("int_1"),
        verification_id=VerificationId(case_id),
        number=1,
        interviewer_id=INTERVIEWER.id,
        state=InterviewState.ENDED,
        seed=1,
        policy_version="2026-11-a",
        checklist_version="2026-11-a",
        created_ms=T0,
        live_ms=T0,
        ended_ms=T0 + 60_000,
        end_cause=EndCause.COMPLETED,
    )


def assessment(*, conclusive: bool = True, blame: Blame = NO_BLAME) -> Assessment:
    reasons = () if conclusive else ("media.audio_interviewer_uplink",)
    return Assessment(InterviewId("int_1"), conclusive, conclusive, (), (), reasons, blame, 0.0, 0.0, 60, "2026-11-a")


def server_row(sequence: int) -> ServerSample:
    return ServerSample(
        interview_id=InterviewId("int_1"),
        leg=Role.FREELANCER,
        generation=1,
        sequence=sequence,
        at_ms=T0 + 1_000 * sequence,
        connection=ConnectionState.CONNECTED,
        connected_ms=T0,
        audio=RtpCounters(ssrc=7, received=50 * sequence),
        video=RtpCounters(),
        speech_ms=400.0,
        level_dbov=-30.0,
        sent_audio_packets=0,
        sent_video_packets=0,
        sent_retransmissions=0,
        report_audio=ReceiverReport(),
        report_video=ReceiverReport(),
        rtt_ms=None,
        silence_ms=0.0,
        uplink_estimate_bps=None,
        downlink_estimate_bps=None,
        loop_lag_ms=0.0,
        udp_drops=0,
    )


async def decide_verified(stage: Stage, case_id: str) -> None:
    """An interview with one item, conclusive, decided verified."""
    interview = interview_of(case_id)
    run = ItemRun(RunId("run_1"), interview.id, CITY.key, 1, T0 + 1_000, T0 + 5_000, Answer.CONSISTENT)
    finding = Finding(
        run.id, interview.id, CITY.key, True, True, Polarity.SUPPORTING, (), (), NO_BLAME, interview.policy_version
    )
    async with stage.units() as unit:
        case = await unit.verifications.get(VerificationId(case_id))
        await unit.people.add(INTERVIEWER, None)
        plan = [replace(CITY, claim_id=next(claim.id for claim in case.claims if claim.field == "city"))]
        await unit.interviews.add(replace(interview, state=InterviewState.LIVE, ended_ms=None, end_cause=None), plan)
        await unit.runs.add(run)
        await unit.samples.add([server_row(n) for n in range(1, 4)], [], [])
        await unit.interviews.save(interview)
        found = assessment()
        await unit.verdicts.add([finding], found)
        done = replace(case, status=VerificationStatus.COMPLETED)
        await unit.verifications.save(done, case.status)
        permission = decision.allowed(found, (), 0, 3)
        about = decision.Case(case.id, stage.clock.now_ms())
        final = decision.verified(found, permission, None, INTERVIEWER.id, about)
        recorder = Recorder(stage.clock, stage.entropy, PolicyBook(), "https://verify.example.org/case")
        await recorder.record(unit, done, final)
