"""Stills of a live call: asked for, sent, judged, kept; whatever is wrong changes nothing and says so."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace

import pytest

from tests.core.rows import Call
from tests.fakes import FakeUnits
from tests.fakes.evidence import BLURRED, JPEG_BYTES
from tests.service.stage import FIRST_S, F, I, Stage, item_of
from verifier.core.chain import ActorKind
from verifier.core.evidence import StillKind
from verifier.core.messages import STILL_FAILURES
from verifier.core.model import Answer, InterviewId, Role, StillId, VerificationId
from verifier.core.policy import SHIPPED, PolicyBook
from verifier.core.principal import FreelancerPrincipal
from verifier.core.reasons import ReasonCode
from verifier.errors import Conflict, IllegalState, InvalidInput, NotFound, OurError
from verifier.service.calls import LiveCall
from verifier.service.stills import MOST_PER_ASKING

SHA = hashlib.sha256(JPEG_BYTES).hexdigest()


async def asking(stage: Stage, key: str = "document.front", script: Call | None = None) -> LiveCall:
    """A live call in which an item is being asked."""
    call = await stage.live(await stage.interviewer(), script)
    await stage.seconds(call, FIRST_S)
    await stage.interviewing.start_run(call.interview.id, item_of(call, key).key)
    return call


def open_run(call: LiveCall) -> str:
    assert call.open_run is not None
    return call.open_run.id


def statuses(stage: Stage, call: LiveCall, role: Role = I) -> list[tuple[object, object]]:
    return [(one["state"], one["usable"]) for one in stage.told(call, role, "still")]


async def test_a_still_is_asked_for_taken_sent_judged_and_kept(stage: Stage) -> None:
    await stage.waits()
    call = await asking(stage)
    still = await stage.capture(call)
    assert (still.kind, still.usable, still.problems) == (StillKind.DOCUMENT_FRONT, True, ())
    assert still.run_id == open_run(call) and still.sha256 == SHA and still.size_bytes == len(JPEG_BYTES)
    assert statuses(stage, call) == statuses(stage, call, F) == [("asked", None), ("taken", None), ("kept", True)]
    assert stage.told(call, I, "still_take") == [], "only the freelancer's page is told to take it"
    async with stage.units(read_only=True) as unit:
        assert await unit.stills.of_interview(call.interview.id) == (still,)
        (entry,) = [one for one in await unit.audit.of_verification(call.verification.id) if "evidence" in one.action]
        key = await unit.evidence_keys.of_interview(call.interview.id)
    kept_sha = hashlib.sha256(JPEG_BYTES + b" kept").hexdigest()
    assert (entry.action, entry.actor_kind) == ("evidence.kept", ActorKind.FREELANCER)
    assert entry.facts["kept_sha256"] == kept_sha and entry.facts["sha256"] == SHA
    assert key is not None and key.wrapped is not None
    assert [name for _, name in stage.evidence.pieces] == [still.id, f"{still.id}_preview"]


async def test_a_second_still_is_under_the_same_key_of_the_interview(memory: Stage) -> None:
    await memory.waits()
    call = await asking(memory)
    await memory.capture(call)
    await memory.capture(call, JPEG_BYTES + b"2")
    assert len({key for key, _ in memory.evidence.pieces.values()}) == 1


async def test_an_unusable_still_says_at_once_what_is_wrong_and_can_be_taken_again(memory: Stage) -> None:
    await memory.waits()
    call = await asking(memory)
    memory.decoder.measure = BLURRED
    assert (await memory.capture(call)).problems == ("blurred",)
    assert memory.told(call, I, "still")[-1]["problems"] == ["blurred"] == memory.told(call, F, "still")[-1]["problems"]
    memory.decoder.measure = replace(BLURRED, sharpness=0.5)
    assert (await memory.capture(call)).usable


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("document.back", StillKind.DOCUMENT_BACK),
        ("document.tilt", StillKind.DOCUMENT_TILT),
        ("face.present", StillKind.FACE),
        ("face.liveness", StillKind.FACE),
    ],
)
async def test_what_a_still_shows_follows_from_what_is_asked(memory: Stage, key: str, kind: StillKind) -> None:
    await memory.waits()
    call = await asking(memory, key)
    assert (await memory.capture(call)).kind is kind and memory.decoder.opened == [kind]


# ---------------------------------------------------------------- the verdict


async def ended(stage: Stage, call: LiveCall) -> None:
    await stage.interviewing.complete(call.interview.id)
    await stage.seconds(call, 5)


@pytest.mark.parametrize("measure", [None, BLURRED], ids=["readable", "blurred"])
async def test_the_verdict_on_a_document_rests_on_its_still_and_audits_clean(stage: Stage, measure) -> None:
    await stage.waits()
    call = await asking(stage)
    if measure is not None:
        stage.decoder.measure = measure
    await stage.seconds(call, 4)
    still = await stage.capture(call)
    await stage.seconds(call, 6)
    await stage.interviewing.answer_run(call.interview.id, still.run_id, Answer.CONSISTENT)
    await stage.seconds(call, 4)
    line = next(one for one in stage.told(call, I, "checklist")[-1]["items"] if one["key"] == "document.front")
    assert line["status"] == ("ask_again" if measure else "admissible")
    await stage.ask_all(call)
    await ended(stage, call)
    finding = (await stage.findings(call.interview.id))[still.run_id]
    assert finding.admissible is (measure is None)
    assert finding.reasons == (() if measure is None else (ReasonCode.MEDIA_STILL_UNUSABLE,))
    assert (await stage.assessment(call.interview.id)).conclusive
    assert await stage.differences() == [] and [one async for one in stage.safekeeping.astray()] == []


async def test_a_still_that_comes_after_the_answer_still_counts(memory: Stage) -> None:
    await memory.waits()
    call = await asking(memory)
    await memory.seconds(call, 5)
    id_ = await memory.asked_still(call, open_run(call))
    await memory.seconds(call, 5)
    await memory.interviewing.answer_run(call.interview.id, open_run(call), Answer.CONSISTENT)
    await memory.seconds(call, 4)
    status = {one["key"]: one for one in memory.told(call, I, "checklist")[-1]["items"]}
    assert status["document.front"]["reasons"] == [ReasonCode.MEDIA_STILL_MISSING]
    await memory.stills.receive(memory.freelancer_of(call), id_, SHA, JPEG_BYTES)
    await memory.seconds(call, 1)
    status = {one["key"]: one for one in memory.told(call, I, "checklist")[-1]["items"]}
    assert status["document.front"]["status"] == "admissible"


async def test_completing_waits_for_a_still_on_its_way_but_not_for_ever(memory: Stage) -> None:
    await memory.waits()
    call = await asking(memory)
    await memory.seconds(call, 6)
    id_ = await memory.asked_still(call, open_run(call))
    await memory.interviewing.answer_run(call.interview.id, open_run(call), Answer.CONSISTENT)
    await memory.interviewing.complete(call.interview.id)
    await memory.seconds(call, 6)
    assert call.ended_by is None
    await memory.stills.failed(call.interview.id, id_, "not_sent")
    await memory.seconds(call, 1)
    assert call.ended_by is not None


async def test_an_operator_who_requires_the_document_gets_no_verdict_without_a_readable_one(memory: Stage) -> None:
    strict = replace(SHIPPED, version="strict", document_mandatory=True)
    stage = Stage(memory.units, PolicyBook(strict, (SHIPPED,)))
    await stage.waits()
    call = await stage.whole(await stage.interviewer())
    assessment = await stage.assessment(call.interview.id)
    assert not assessment.conclusive and ReasonCode.MEDIA_STILL_MISSING in assessment.reasons


# ---------------------------------------------------------------- asking


async def test_only_a_document_or_a_face_has_stills(memory: Stage) -> None:
    await memory.waits()
    call = await asking(memory, "identity.city")
    with pytest.raises(IllegalState):
        await memory.stills.ask(call.interview.id, open_run(call))
    assert memory.told(call, F, "still_take") == []


async def test_a_still_is_asked_for_the_open_run_alone(memory: Stage) -> None:
    await memory.waits()
    call = await asking(memory)
    former = open_run(call)
    await memory.interviewing.start_run(call.interview.id, item_of(call, "document.back").key)
    for run_id in (former, "run_never"):
        with pytest.raises(Conflict):
            await memory.stills.ask(call.interview.id, run_id)


async def test_one_asking_takes_so_many_stills_and_no_more(memory: Stage) -> None:
    await memory.waits()
    call = await asking(memory)
    for _ in range(MOST_PER_ASKING):
        await memory.stills.ask(call.interview.id, open_run(call))
    with pytest.raises(IllegalState, match="enough"):
        await memory.stills.ask(call.interview.id, open_run(call))
    assert len(call.captures) == MOST_PER_ASKING


@pytest.mark.parametrize("problem", STILL_FAILURES)
async def test_a_page_that_has_no_picture_says_why(memory: Stage, problem: str) -> None:
    await memory.waits()
    call = await asking(memory)
    id_ = await memory.asked_still(call, open_run(call))
    await memory.stills.failed(call.interview.id, id_, problem)
    last = memory.told(call, I, "still")[-1]
    assert (last["state"], last["problems"], last["usable"]) == ("failed", [problem], None)
    with pytest.raises(Conflict, match="given up"):
        await memory.stills.receive(memory.freelancer_of(call), id_, SHA, JPEG_BYTES)


async def test_a_page_cannot_make_up_a_reason_or_take_back_what_was_kept(memory: Stage) -> None:
    await memory.waits()
    call = await asking(memory)
    still = await memory.capture(call)
    with pytest.raises(InvalidInput):
        await memory.stills.failed(call.interview.id, still.id, "he is lying")
    await memory.stills.failed(call.interview.id, still.id, "camera_off")
    assert memory.told(call, I, "still")[-1]["state"] == "kept"


async def test_a_page_that_comes_back_is_told_what_to_take_and_both_where_each_stands(memory: Stage) -> None:
    await memory.waits()
    call = await asking(memory)
    kept = await memory.capture(call)
    waiting = await memory.asked_still(call, open_run(call))
    for role in (F, I):
        told = [one for one in await memory.interviewing.attach(call.interview.id, role, 0) if "still" in one.type]
        states = {one.still_id: one.state for one in told if one.type == "still"}
        assert states == {kept.id: "kept", waiting: "asked"}
        assert [one.still_id for one in told if one.type == "still_take"] == ([waiting] if role is F else [])


# ---------------------------------------------------------------- sending


async def waiting(stage: Stage) -> tuple[LiveCall, str]:
    await stage.waits()
    call = await asking(stage)
    return call, await stage.asked_still(call, open_run(call))


async def nothing_kept(stage: Stage, call: LiveCall) -> None:
    async with stage.units(read_only=True) as unit:
        assert await unit.stills.of_interview(call.interview.id) == ()
    assert stage.evidence.pieces == {} and call.rows.stills == []


async def test_the_same_bytes_again_are_acknowledged_again_and_kept_once(stage: Stage) -> None:
    call, id_ = await waiting(stage)
    freelancer = stage.freelancer_of(call)
    answers = [await stage.stills.receive(freelancer, id_, SHA, JPEG_BYTES) for _ in range(3)]
    assert len(set(answers)) == 1 and len(stage.evidence.pieces) == 2
    async with stage.units(read_only=True) as unit:
        assert len(await unit.stills.of_interview(call.interview.id)) == 1


async def test_two_at_once_are_kept_once(memory: Stage) -> None:
    call, id_ = await waiting(memory)
    send = [memory.stills.receive(memory.freelancer_of(call), id_, SHA, JPEG_BYTES) for _ in range(4)]
    assert len(set(await asyncio.gather(*send))) == 1 and memory.decoder.opened == [StillKind.DOCUMENT_FRONT]


async def test_an_acknowledgement_that_was_lost_is_given_again_after_the_call(memory: Stage) -> None:
    call, id_ = await waiting(memory)
    freelancer = memory.freelancer_of(call)
    still = await memory.stills.receive(freelancer, id_, SHA, JPEG_BYTES)
    await memory.interviewing.abort(call.interview.id)
    assert await memory.stills.receive(freelancer, id_, SHA, JPEG_BYTES) == still


async def test_another_picture_under_the_same_id_is_refused(memory: Stage) -> None:
    call, id_ = await waiting(memory)
    await memory.stills.receive(memory.freelancer_of(call), id_, SHA, JPEG_BYTES)
    other = JPEG_BYTES + b"!"
    with pytest.raises(Conflict, match="Another picture"):
        await memory.stills.receive(memory.freelancer_of(call), id_, hashlib.sha256(other).hexdigest(), other)
    assert {content for _, content in memory.evidence.pieces.values()} == {
        JPEG_BYTES + b" kept",
        b"small " + JPEG_BYTES,
    }


async def test_bytes_that_changed_on_their_way_are_refused_and_may_come_again(memory: Stage) -> None:
    call, id_ = await waiting(memory)
    with pytest.raises(InvalidInput, match="changed on its way") as refused:
        await memory.stills.receive(memory.freelancer_of(call), id_, SHA, JPEG_BYTES[:-1])
    assert refused.value.field == "content-digest"
    await nothing_kept(memory, call)
    assert (await memory.stills.receive(memory.freelancer_of(call), id_, SHA, JPEG_BYTES)).usable


async def test_what_is_no_picture_is_refused(stage: Stage) -> None:
    call, id_ = await waiting(stage)
    sent = b"<svg onload=alert(1)>"
    with pytest.raises(InvalidInput, match="neither a JPEG nor a PNG"):
        await stage.stills.receive(stage.freelancer_of(call), id_, hashlib.sha256(sent).hexdigest(), sent)
    await nothing_kept(stage, call)


async def test_other_peoples_still_ids_are_unknown(memory: Stage) -> None:
    call, id_ = await waiting(memory)
    stranger = FreelancerPrincipal(VerificationId("ver_2"), "session-2")
    with pytest.raises(NotFound):
        await memory.stills.receive(stranger, id_, SHA, JPEG_BYTES)
    await memory.stills.receive(memory.freelancer_of(call), id_, SHA, JPEG_BYTES)
    with pytest.raises(NotFound):
        await memory.stills.receive(stranger, id_, SHA, JPEG_BYTES)
    for made_up in ("sti_never", "", "../../etc/passwd"):
        with pytest.raises(NotFound):
            await memory.stills.receive(memory.freelancer_of(call), made_up, SHA, JPEG_BYTES)


async def test_after_the_call_nothing_is_taken_any_more(memory: Stage) -> None:
    call, id_ = await waiting(memory)
    await memory.interviewing.abort(call.interview.id)
    with pytest.raises(NotFound, match="over"):
        await memory.stills.receive(memory.freelancer_of(call), id_, SHA, JPEG_BYTES)
    await nothing_kept(memory, call)


async def test_a_call_that_ends_while_a_still_is_opened_keeps_nothing_of_it(memory: Stage) -> None:
    call, id_ = await waiting(memory)
    opened = memory.decoder.open

    async def slow(sent: bytes, kind: StillKind):
        await memory.interviewing.abort(call.interview.id)
        return await opened(sent, kind)

    memory.decoder.open = slow  # type: ignore[method-assign]
    with pytest.raises(NotFound):
        await memory.stills.receive(memory.freelancer_of(call), id_, SHA, JPEG_BYTES)
    await nothing_kept(memory, call)


async def test_a_disk_that_refuses_leaves_no_row_and_the_picture_may_come_again(memory: Stage) -> None:
    call, id_ = await waiting(memory)
    memory.evidence.failing = OurError("Evidence could not be stored.")
    with pytest.raises(OurError):
        await memory.stills.receive(memory.freelancer_of(call), id_, SHA, JPEG_BYTES)
    await nothing_kept(memory, call)
    memory.evidence.failing = None
    assert (await memory.stills.receive(memory.freelancer_of(call), id_, SHA, JPEG_BYTES)).usable


async def test_erased_evidence_takes_nothing_new(memory: Stage) -> None:
    call, _ = await waiting(memory)
    await memory.capture(call)
    await memory.destroy(call.interview.id)
    with pytest.raises(IllegalState, match="erased"):
        await memory.capture(call, JPEG_BYTES + b"2")


async def test_who_was_never_in_a_call_has_none() -> None:
    stage = Stage(FakeUnits())
    with pytest.raises(NotFound):
        await stage.stills.receive(FreelancerPrincipal(VerificationId("ver_1"), "s"), StillId("sti_1"), SHA, JPEG_BYTES)
    with pytest.raises(NotFound):
        await stage.stills.ask(InterviewId("int_never"), "run_1")
