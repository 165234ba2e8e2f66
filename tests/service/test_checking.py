"""The bounds of the device and network check: how many, how long, and what a failing media engine leaves behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contract.examples import person, verification
from tests.fakes import FakeUnits, ManualClock, SeededEntropy
from tests.service.loopback import LoopbackMedia
from verifier.core.model import InterviewId, PersonId, Role, VerificationId, VerificationStatus
from verifier.core.policy import SHIPPED
from verifier.core.principal import FreelancerPrincipal, StaffPrincipal
from verifier.errors import Conflict, PeerRefused
from verifier.ports import LegEvent, LegOffer
from verifier.service.checking import MOST_OPEN, Checking


def staff(name: str) -> StaffPrincipal:
    """A signed-in colleague."""
    return StaffPrincipal(person(PersonId(name)), f"session-{name}")


@pytest.fixture
def media() -> LoopbackMedia:
    return LoopbackMedia(ManualClock())


@pytest.fixture
def checking(media: LoopbackMedia) -> Checking:
    return Checking(FakeUnits(), ManualClock(), SeededEntropy(), media, SHIPPED)


async def test_only_a_few_checks_run_at_once_and_a_place_comes_free(checking: Checking, media: LoopbackMedia) -> None:
    for number in range(MOST_OPEN):
        await checking.start(staff(f"per_{number}"))
    with pytest.raises(Conflict):
        await checking.start(staff("per_late"))
    assert len(media.open) == checking.open_checks == MOST_OPEN
    await checking.start(staff("per_0"))
    assert len(media.open) == checking.open_checks == MOST_OPEN, "one's own older check makes room"


async def test_a_media_engine_that_fails_leaves_nothing_open(
    checking: Checking, media: LoopbackMedia, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise PeerRefused

    monkeypatch.setattr(media, "open_leg", refuse)
    with pytest.raises(PeerRefused):
        await checking.start(staff("per_0"))
    assert checking.open_checks == 0 and not media.open


async def test_a_check_that_was_overtaken_while_it_opened_leaves_nothing_open(
    checking: Checking, media: LoopbackMedia, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_leg, overtaken = media.open_leg, []

    async def slow(interview_id: InterviewId, role: Role, on_event: Callable[[LegEvent], None]) -> LegOffer:
        if not overtaken:
            overtaken.append(interview_id)
            await checking.start(staff("per_0"))
        return await open_leg(interview_id, role, on_event)

    monkeypatch.setattr(media, "open_leg", slow)
    with pytest.raises(Conflict):
        await checking.start(staff("per_0"))
    assert checking.open_checks == 1 and len(media.open) == 1 and overtaken[0] not in media.open


async def test_closing_gives_up_every_check(checking: Checking, media: LoopbackMedia) -> None:
    await checking.start(staff("per_0"))
    await checking.close()
    assert checking.open_checks == 0 and not media.open


async def test_two_cases_check_side_by_side(media: LoopbackMedia) -> None:
    units = FakeUnits()
    async with units() as unit:
        for id_ in ("ver_1", "ver_2"):
            await unit.verifications.add(verification(id_, status=VerificationStatus.AWAITING_FREELANCER))
    checking = Checking(units, ManualClock(), SeededEntropy(), media, SHIPPED)
    for id_ in ("ver_1", "ver_2"):
        await checking.start(FreelancerPrincipal(VerificationId(id_), f"session-{id_}"))
    assert checking.open_checks == 2
