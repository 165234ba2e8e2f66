"""Recordings: with consent alone, kept once the call has ended, erased with its key, watched on the record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes import FakeUnits
from tests.media.recorded import blocks
from tests.media.recorded import call as media
from tests.service.stage import CASE, FIRST_S, Stage, staged
from verifier.core.model import EndCause, InterviewId, PersonId, Role, StaffRole
from verifier.core.principal import FreelancerPrincipal, StaffPrincipal
from verifier.core.recording import Recording
from verifier.errors import NotAllowed, NotFound
from verifier.ports.credentials import ConflictOfInterest
from verifier.ports.recording import RECORDING_LOG
from verifier.ports.storage import Consent
from verifier.service.calls import LiveCall
from verifier.service.holding import Holding
from verifier.service.own_data import OwnData
from verifier.service.playing import ShownRecording
from verifier.service.read_log import AGAIN_MS, Reading
from verifier.service.recording import RECORDED, piece
from verifier.service.redacting import Redacting
from verifier.service.retaining import Retaining

FREELANCER = FreelancerPrincipal(CASE, "s")


@pytest.fixture(params=["fake", "sqlite"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(request.param, tmp_path) as made:
        yield made


async def recorded(stage: Stage, *extra: bytes, end: bool = True) -> LiveCall:
    """A call of which both people were recorded for three seconds."""
    call = await stage.live(await stage.interviewer())
    sink = stage.media.calls[call.interview.id].sink
    assert sink is not None
    for block in (*blocks(media(3)), *blocks(media(3), Role.INTERVIEWER), *extra):
        assert sink.append(block)
    await stage.seconds(call, FIRST_S)
    if end:
        await ended(stage, call)
    return call


async def ended(stage: Stage, call: LiveCall) -> None:
    async with call.lock:
        await stage.concluding.conclude(call, EndCause.FREELANCER_LEFT)
    await stage.recordings.tick()


async def kept(stage: Stage, id_: InterviewId) -> tuple[Recording, ...]:
    async with stage.units(read_only=True) as unit:
        return await unit.recordings.of_interview(id_)


async def reviewer(stage: Stage, name: str = "per_rita") -> StaffPrincipal:
    return await stage.interviewer(name, roles=frozenset({StaffRole.REVIEWER}))


async def content(shown: ShownRecording) -> bytes:
    return b"".join([part async for part in shown.between(0, shown.size_bytes)])


async def reads(stage: Stage) -> list[tuple[str | None, object]]:
    async with stage.units(read_only=True) as unit:
        entries = await unit.audit.of_verification(CASE)
    return [(one.actor_id, one.facts["recording"]) for one in entries if one.action == Reading.RECORDING]


# ---------------------------------------------------------------- consent


async def test_a_call_without_consent_is_not_recorded_and_has_no_key(stage: Stage) -> None:
    await stage.waits()
    async with stage.units() as unit:
        await unit.consents.add(Consent(CASE, True, False, stage.clock.now_ms()))
    call = await stage.live(await stage.interviewer())
    assert stage.media.calls[call.interview.id].sink is None
    assert not [one for one in stage.told(call, Role.FREELANCER, "log") if one["kind"] == "recording"]
    await ended(stage, call)
    assert await kept(stage, call.interview.id) == ()
    async with stage.units(read_only=True) as unit:
        assert await unit.evidence_keys.of_interview(call.interview.id) is None


async def test_recording_begins_when_both_are_connected_and_goes_on_after_a_break(stage: Stage) -> None:
    await stage.waits()
    call = await stage.taken(await stage.interviewer())
    await stage.connected(call, Role.INTERVIEWER)
    assert stage.media.calls[call.interview.id].sink is None
    await stage.connected(call, Role.FREELANCER)
    sink = stage.media.calls[call.interview.id].sink
    assert sink is not None
    for role in Role:
        assert [one["kind"] for one in stage.told(call, role, "log") if one["kind"] == "recording"] == ["recording"]
    await stage.connected(call, Role.FREELANCER)
    assert stage.media.calls[call.interview.id].sink is sink


# ---------------------------------------------------------------- what is kept


async def test_a_recorded_call_becomes_a_file_for_each_person_and_its_log_goes(stage: Stage) -> None:
    await stage.waits()
    id_ = (await recorded(stage)).interview.id
    found = await kept(stage, id_)
    assert [one.leg for one in found] == [Role.FREELANCER, Role.INTERVIEWER]
    assert all(one.whole and one.duration_ms == 3_000 and one.audio == ((0, 3_000),) for one in found)
    assert {name for call_id, name in stage.evidence.pieces if call_id == id_} == {piece(role) for role in Role}
    async with stage.units(read_only=True) as unit:
        told = [one for one in await unit.audit.of_verification(CASE) if one.action == RECORDED]
    assert {one.facts["kept_sha256"] for one in told} == {one.sha256 for one in found}
    assert [what async for _, what in stage.safekeeping.astray()] == []
    assert await stage.differences() == []


async def test_a_file_or_a_row_that_is_not_what_was_kept_is_named_by_the_audit(stage: Stage) -> None:
    await stage.waits()
    id_ = (await recorded(stage)).interview.id
    one, _ = await kept(stage, id_)
    key, content = stage.evidence.pieces[id_, piece(one.leg)]
    stage.evidence.pieces[id_, piece(one.leg)] = key, content[:-1] + b"?"
    astray = [what async for _, what in stage.safekeeping.astray()]
    assert astray == [f"recording {one.id}: its file is not the one that the case's chain tells of"]
    if isinstance(stage.units, FakeUnits):
        stage.units.state.recordings[one.id] = replace(one, sha256="f" * 64)
        assert any(f"recording.kept {one.id}" in each for each in await stage.differences())


async def test_nothing_is_made_while_the_call_goes_on(stage: Stage) -> None:
    await stage.waits()
    call = await recorded(stage, end=False)
    await stage.recordings.tick()
    assert await kept(stage, call.interview.id) == ()
    assert [what async for _, what in stage.safekeeping.astray()] == []


async def test_what_a_killed_process_left_is_kept_at_the_next_start_and_said_to_lack_its_end(stage: Stage) -> None:
    await stage.waits()
    id_ = (await recorded(stage, end=False)).interview.id
    stage.media.calls.clear()
    stage.start_process()
    assert await stage.concluding.end_lost() == 1
    await stage.recordings.tick()
    found = await kept(stage, id_)
    assert len(found) == 2
    assert not any(one.whole for one in found)


async def test_a_crash_between_the_file_and_its_row_leaves_nothing_astray_and_is_made_good(stage: Stage) -> None:
    await stage.waits()
    call = await recorded(stage, end=False)
    id_ = call.interview.id
    stage.evidence.age_ms = 3_600_000
    half_made = piece(Role.FREELANCER)
    stage.evidence.pieces[id_, half_made] = stage.evidence.pieces[id_, RECORDING_LOG][0], b"half"
    assert [what async for _, what in stage.safekeeping.astray()] == []
    stage.evidence.pieces[InterviewId("int_gone"), RECORDING_LOG] = b"", b""
    astray = [what async for _, what in stage.safekeeping.astray()]
    assert astray == [f"the evidence file {RECORDING_LOG} belongs to nothing that is kept"]
    del stage.evidence.pieces[InterviewId("int_gone"), RECORDING_LOG]
    await ended(stage, call)
    assert len(await kept(stage, id_)) == 2
    assert [what async for _, what in stage.safekeeping.astray()] == []


async def test_a_changed_block_ends_the_recording_before_it_and_is_told(stage: Stage) -> None:
    await stage.waits()
    call = await recorded(stage, b"broken", *blocks(media(6))[4:])
    found = await kept(stage, call.interview.id)
    assert [one.duration_ms for one in found] == [3_000, 3_000]
    assert not any(one.whole for one in found)


async def test_made_twice_after_a_crash_in_between_nothing_is_there_twice(stage: Stage) -> None:
    await stage.waits()
    id_ = (await recorded(stage)).interview.id
    async with stage.units(read_only=True) as unit:
        key = await unit.evidence_keys.of_interview(id_)
    assert key is not None
    stage.evidence.pieces[id_, RECORDING_LOG] = (key.wrapped or b"", b"")
    before = await kept(stage, id_)
    stage.start_process()
    await stage.recordings.tick()
    assert await kept(stage, id_) == before
    assert (id_, RECORDING_LOG) not in stage.evidence.pieces


async def test_nothing_is_kept_of_a_call_whose_key_was_destroyed(stage: Stage) -> None:
    await stage.waits()
    call = await recorded(stage, end=False)
    async with stage.units() as unit:
        await unit.evidence_keys.destroy(call.interview.id, stage.clock.now_ms())
    await ended(stage, call)
    assert await kept(stage, call.interview.id) == ()
    assert not [name for id_, name in stage.evidence.pieces if id_ == call.interview.id]


# ---------------------------------------------------------------- who watches


async def test_a_reviewer_watches_both_and_the_reading_is_in_the_chain_once_in_five_minutes(stage: Stage) -> None:
    await stage.waits()
    found = await kept(stage, (await recorded(stage)).interview.id)
    rita = await reviewer(stage)
    for one in (*found, *found):
        shown = await stage.playing.to_staff(rita, one.id)
        assert (shown.size_bytes, shown.sha256) == (one.size_bytes, one.sha256)
        assert len(await content(shown)) == one.size_bytes
    assert await reads(stage) == [("per_rita", one.id) for one in found]
    stage.clock.advance(ms=AGAIN_MS + 1)
    await stage.playing.to_staff(rita, found[0].id)
    assert len(await reads(stage)) == 3


async def test_the_freelancer_watches_himself_and_nobody_else(stage: Stage) -> None:
    await stage.waits()
    own, other = await kept(stage, (await recorded(stage)).interview.id)
    assert await content(await stage.playing.to_freelancer(FREELANCER, own.id))
    with pytest.raises(NotFound):
        await stage.playing.to_freelancer(FREELANCER, other.id)
    with pytest.raises(NotFound):
        await stage.playing.to_freelancer(FreelancerPrincipal("ver_2", "s"), own.id)  # type: ignore[arg-type]
    assert await reads(stage) == [(None, own.id)]


async def test_interviewers_and_those_with_a_conflict_of_interest_watch_nothing(stage: Stage) -> None:
    await stage.waits()
    own, _ = await kept(stage, (await recorded(stage)).interview.id)
    with pytest.raises(NotFound):
        await stage.playing.to_staff(
            await stage.interviewer("per_otto", roles=frozenset({StaffRole.INTERVIEWER})), own.id
        )
    rita = await reviewer(stage)
    async with stage.units() as unit:
        await unit.conflicts.add(ConflictOfInterest(CASE, PersonId("per_rita"), stage.clock.now_ms()))
    with pytest.raises(NotAllowed):
        await stage.playing.to_staff(rita, own.id)
    assert await reads(stage) == []


def retaining(stage: Stage) -> Retaining:
    """As the server deletes what is due, files included."""
    files = stage.safekeeping.erase_files
    redacting = Redacting(stage.units, stage.clock, stage.entropy, stage.book, files)
    return Retaining(stage.units, stage.clock, stage.book, redacting, files)


async def test_retention_erases_a_recording_as_it_erases_stills_and_a_hold_keeps_it(stage: Stage) -> None:
    await stage.waits()
    id_ = (await recorded(stage)).interview.id
    own, _ = await kept(stage, id_)
    stage.clock.advance(ms=stage.book.current.keep_inconclusive_ms - 60_000)
    await retaining(stage).daily()
    assert await content(await stage.playing.to_freelancer(FREELANCER, own.id))
    await Holding(stage.units, stage.clock).place(CASE, "A court asked for it.")
    stage.clock.advance(ms=120_000)
    await retaining(stage).daily()
    assert await content(await stage.playing.to_freelancer(FREELANCER, own.id))
    await Holding(stage.units, stage.clock).release(CASE, "The court has answered.")
    await retaining(stage).daily()
    with pytest.raises(NotFound, match="erased"):
        await stage.playing.to_freelancer(FREELANCER, own.id)
    assert not [name for call_id, name in stage.evidence.pieces if call_id == id_]


async def test_the_freelancers_download_names_his_own_recording(stage: Stage) -> None:
    await stage.waits()
    own, other = await kept(stage, (await recorded(stage)).interview.id)
    told = str(await OwnData(stage.units, stage.clock).export(FREELANCER))
    assert f"/case/recordings/{own.id}" in told
    assert f"/case/recordings/{other.id}" not in told


async def test_once_the_key_is_destroyed_nobody_watches(stage: Stage) -> None:
    await stage.waits()
    id_ = (await recorded(stage)).interview.id
    own, _ = await kept(stage, id_)
    await stage.destroy(id_)
    with pytest.raises(NotFound, match="erased"):
        await stage.playing.to_staff(await reviewer(stage), own.id)
    with pytest.raises(NotFound, match="erased"):
        await stage.playing.to_freelancer(FREELANCER, own.id)
    assert not [name for call_id, name in stage.evidence.pieces if call_id == id_]
    assert await kept(stage, id_), "figures and digest stay"
