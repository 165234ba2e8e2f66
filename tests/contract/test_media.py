"""What the services may rely on of a media engine, of the fake and of the embedded one alike."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fakes import ManualClock
from tests.fakes.media import FakeMediaEngine
from tests.media.room import LOOPBACK, NoFaces
from verifier.core.model import InterviewId, Role
from verifier.core.samples import ConnectionState
from verifier.errors import NotFound, PeerRefused
from verifier.media import EmbeddedMediaEngine
from verifier.ports import IceCandidate, LegEvent, MediaEngine

CALL, F = InterviewId("int_1"), Role.FREELANCER
END = IceCandidate("", None, None)


@pytest.fixture(params=["fake", "embedded"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[MediaEngine]:
    clock = ManualClock()
    built: MediaEngine = (
        FakeMediaEngine(clock) if request.param == "fake" else EmbeddedMediaEngine(clock, LOOPBACK, NoFaces())
    )
    yield built
    await built.close()


def ignore(_event: LegEvent) -> None: ...


async def test_an_engine_without_calls_measures_nothing_and_ignores_strangers(engine: MediaEngine) -> None:
    assert engine.sample(CALL) == engine.take_frames(CALL) == ()
    engine.watch_frames(CALL, every_frame=True)
    engine.note_websocket_rtt(CALL, F, 12.0)
    await engine.close_leg(CALL, F)
    await engine.close_call(CALL)


async def test_every_offer_is_a_new_generation(engine: MediaEngine) -> None:
    offers = [await engine.open_leg(CALL, F, ignore) for _ in range(2)]
    assert [offer.generation for offer in offers] == [1, 2]
    assert all(offer.sdp.startswith("v=0") for offer in offers)


async def test_each_opened_leg_has_one_row_a_second_numbered_over_generations(engine: MediaEngine) -> None:
    await engine.open_leg(CALL, F, ignore)
    await engine.open_leg(CALL, F, ignore)
    rows = [row for _ in range(3) for row in engine.sample(CALL)]
    assert [(row.leg, row.sequence, row.generation) for row in rows] == [(F, 0, 2), (F, 1, 2), (F, 2, 2)]
    assert {row.connection for row in rows} == {ConnectionState.CONNECTING}
    await engine.open_leg(CALL, Role.INTERVIEWER, ignore)
    assert {row.leg for row in engine.sample(CALL)} == set(Role)


async def test_what_belongs_to_no_leg_or_to_an_older_one_is_refused(engine: MediaEngine) -> None:
    with pytest.raises(NotFound):
        await engine.accept_answer(CALL, F, 1, "v=0")
    with pytest.raises(NotFound):
        await engine.add_candidate(CALL, F, 1, END)
    await engine.open_leg(CALL, F, ignore)
    with pytest.raises(NotFound):
        await engine.accept_answer(CALL, Role.INTERVIEWER, 1, "v=0")
    await engine.open_leg(CALL, F, ignore)
    for generation in (1, 3):
        with pytest.raises(PeerRefused):
            await engine.accept_answer(CALL, F, generation, "v=0")
        with pytest.raises(PeerRefused):
            await engine.add_candidate(CALL, F, generation, END)
    with pytest.raises(PeerRefused):
        await engine.accept_answer(CALL, F, 2, "not a description")
    with pytest.raises(PeerRefused):
        await engine.add_candidate(CALL, F, 2, IceCandidate("nonsense", None, None))
    await engine.add_candidate(CALL, F, 2, END)


async def test_a_closed_leg_goes_on_in_the_rows_and_a_closed_call_does_not(engine: MediaEngine) -> None:
    await engine.open_leg(CALL, F, ignore)
    await engine.close_leg(CALL, F)
    assert [row.connection for row in engine.sample(CALL)] == [ConnectionState.CLOSED]
    await engine.close_call(CALL)
    assert engine.sample(CALL) == ()
    assert (await engine.open_leg(CALL, F, ignore)).generation == 1
