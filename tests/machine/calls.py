"""Held calls for the machine: scripted links, answers and stills, concluded by the real services from stored rows.

A call is taken by the real command; its rows, runs, flags and stills are written at once instead of second by second,
then it is concluded as any other. What was imposed on the link is remembered apart from everything that is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from tests.core.rows import T0, Call
from tests.service.stage import ASK_S, FIRST_S, Stage
from verifier.core import checklist
from verifier.core.chain import FREELANCER
from verifier.core.evidence import Still, StillKind
from verifier.core.interview import InterviewEvent, next_state
from verifier.core.model import (
    Answer,
    EndCause,
    Flag,
    FlagId,
    FlagKind,
    InterviewId,
    ItemKind,
    ItemRun,
    PlannedItem,
    Role,
    RunId,
    StillId,
)
from verifier.core.principal import StaffPrincipal
from verifier.core.samples import InterviewRows, TrackState
from verifier.ports.redress import EvidenceKey
from verifier.service.stills import KEPT

LENGTH_S = 75
LINKS: dict[str, Callable[[Call], Call]] = {
    "clean": lambda call: call,
    "interviewer_uplink": lambda call: call.uplink_loss(Role.INTERVIEWER, 0, LENGTH_S, 0.3),
    "interviewer_downlink": lambda call: call.downlink_loss(Role.INTERVIEWER, 0, LENGTH_S, 0.3),
    "freelancer_uplink": lambda call: call.uplink_loss(Role.FREELANCER, 0, LENGTH_S, 0.3),
    "freelancer_downlink": lambda call: call.downlink_loss(Role.FREELANCER, 0, LENGTH_S, 0.3),
    "both": lambda call: call.uplink_loss(Role.INTERVIEWER, 0, LENGTH_S, 0.2).uplink_loss(
        Role.FREELANCER, 0, LENGTH_S, 0.2
    ),
    "withheld": lambda call: call.withhold(Role.INTERVIEWER, 0, LENGTH_S),
    "withheld_by_freelancer": lambda call: call.withhold(Role.FREELANCER, 0, LENGTH_S),
    "no_server_rows": lambda call: call.set(Role.INTERVIEWER, 0, LENGTH_S, server_row=False),
    "outages": lambda call: call.outage(Role.FREELANCER, 12, 35).outage(Role.INTERVIEWER, 40, 60),
    "reconnecting": lambda call: call.reconnect(Role.FREELANCER, 12, 50),
    "muted": lambda call: call.set(Role.FREELANCER, 0, LENGTH_S, audio_track=TrackState.MUTED).silence(
        Role.FREELANCER, 0, LENGTH_S
    ),
    "late_server": lambda call: call.set(Role.FREELANCER, 0, LENGTH_S, lag_ms=900.0, udp_drops=9, down_loss=0.3),
}
"""What may be imposed on a whole call; all but ``clean`` are bad enough that nothing can be held against anybody."""
BAD = frozenset(LINKS) - {"clean"}


@cache
def scripted(link: str) -> InterviewRows:
    """The rows of a call over this link, with its first live second at T0."""
    return LINKS[link](Call(LENGTH_S)).rows()


@dataclass(frozen=True)
class Script:
    """What happens in a call."""

    link: str = "clean"
    answers: tuple[tuple[str, Answer], ...] = ()
    """By the beginning of the item's key; consistent otherwise."""
    flags: tuple[FlagKind, ...] = ()
    stills: tuple[bool, ...] = (True,)
    """A still for each, usable or not, within the first contradicted asking (or the first one)."""
    left_out: int = 0
    """This many mandatory items are not asked."""
    cause: EndCause = EndCause.COMPLETED


@dataclass(frozen=True)
class Held:
    """What the machine knows about a call, whatever the store says."""

    id: InterviewId
    case: str
    interviewer: str
    script: Script
    ended_ms: int


async def hold(stage: Stage, by: StaffPrincipal, script: Script) -> Held:
    """Take the next call, let it happen, conclude it.

    Raises:
        VerifierError: as ``taking.take_next`` does; nothing has happened then.
    """
    id_ = await stage.taking.take_next(by)
    call = stage.calls.get(id_)
    stage.waiting.depart(call.verification.id)
    live_ms = stage.clock.now_ms()
    interview = replace(
        call.interview,
        state=next_state(next_state(call.interview.state, InterviewEvent.OFFERED), InterviewEvent.BOTH_LEGS_CONNECTED),
        live_ms=live_ms,
    )
    runs = _runs(interview.id, interview.seed, call.plan, script, live_ms)
    async with stage.units() as unit:
        await unit.interviews.save(interview)
        await unit.samples.add(*_moved(scripted(script.link), interview.id, live_ms - T0))
        for run in runs:
            await unit.runs.add(replace(run, ended_ms=None, answer=None, typed=None))
            await unit.runs.end(run)
        for number, kind in enumerate(script.flags):
            await unit.flags.add(_flag(interview.id, number, kind, runs))
        await unit.evidence_keys.add(EvidenceKey(interview.id, b"wrapped", "key_1", live_ms))
        for number, usable in enumerate(script.stills):
            still = _still(interview.id, number, usable, runs)
            await unit.stills.add(still)
            facts = {"still": still.id, "interview": still.interview_id, "sha256": still.sha256, "kept_sha256": ""}
            await unit.audit.append(interview.verification_id, still.at_ms, KEPT, FREELANCER, facts)
    stage.clock.advance(ms=1_000 * (FIRST_S + (ASK_S + 1) * len(runs) + 4))
    call.interview = interview
    stage.media.calls.pop(id_, None)
    async with call.lock:
        await stage.concluding.conclude(call, script.cause)
    ended = await stage.interview(id_)
    return Held(id_, str(interview.verification_id), str(by.person.id), script, ended.ended_ms or 0)


def _moved(rows: InterviewRows, id_: InterviewId, shift_ms: int) -> tuple[list[object], list[object], list[object]]:
    server = [
        replace(
            row,
            interview_id=id_,
            at_ms=row.at_ms + shift_ms,
            connected_ms=None if row.connected_ms is None else row.connected_ms + shift_ms,
        )
        for row in rows.server
    ]
    browser = [replace(row, interview_id=id_, received_ms=row.received_ms + shift_ms) for row in rows.browser]
    frames = [replace(frame, interview_id=id_, at_ms=frame.at_ms + shift_ms) for frame in rows.frames]
    return list(server), list(browser), list(frames)


def _runs(id_: InterviewId, seed: int, plan: tuple[PlannedItem, ...], script: Script, live_ms: int) -> list[ItemRun]:
    asked = [item for item in plan if item.mandatory]
    asked = asked[: len(asked) - script.left_out] if script.left_out else asked
    runs, answers = [], dict(script.answers)
    for place, item in enumerate(asked):
        begin_ms = live_ms + 1_000 * (FIRST_S + place * (ASK_S + 1))
        answer = next((given for key, given in answers.items() if item.key.startswith(key)), Answer.CONSISTENT)
        typed = None
        if item.kind is ItemKind.COMPREHENSION:
            right = answer is Answer.CONSISTENT
            typed = checklist.code(seed, item.key, 1) if right else "0000"
            answer = checklist.code_answer(seed, item.key, 1, typed)
        run_id = RunId(f"{id_}_run_{place}")
        runs.append(ItemRun(run_id, id_, item.key, 1, begin_ms, begin_ms + 1_000 * ASK_S, answer, typed))
    return runs


def _contradicted(runs: list[ItemRun]) -> ItemRun:
    return next((run for run in runs if run.answer is Answer.INCONSISTENT), runs[0])


def _flag(id_: InterviewId, number: int, kind: FlagKind, runs: list[ItemRun]) -> Flag:
    at_ms = _contradicted(runs).started_ms + 2_000
    raised = {FlagKind.FRAUD: Role.INTERVIEWER, FlagKind.CANT_HEAR: Role.FREELANCER}.get(kind)
    return Flag(FlagId(f"{id_}_flag_{number}"), id_, kind, at_ms, raised, "a note")


def _still(id_: InterviewId, number: int, usable: bool, runs: list[ItemRun]) -> Still:
    run = _contradicted(runs)
    return Still(
        id=StillId(f"{id_}_still_{number}"),
        interview_id=id_,
        run_id=run.id,
        item_key=run.item_key,
        kind=StillKind.DOCUMENT_FRONT,
        at_ms=run.started_ms + 1_000,
        sha256="cd" * 32,
        size_bytes=10,
        media_type="image/jpeg",
        width=1_280,
        height=720,
        mean_luma=120.0,
        glare_share=0.0,
        sharpness=0.3 if usable else 0.0,
        card_width_px=800,
        usable=usable,
        problems=() if usable else ("blurred",),
    )
