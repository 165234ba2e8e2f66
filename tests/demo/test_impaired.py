"""The bad link: as bad as it says, in bursts, and the same again from the same seed."""

from __future__ import annotations

import pytest

from verifier.demo.impaired import BAD_LINK, Direction, Impairment

_PACKETS = 40_000


def _fates(impairment: Impairment, seed: int) -> list[float | None]:
    direction = Direction(impairment, seed)
    return [direction.fate() for _ in range(_PACKETS)]


@pytest.mark.parametrize("loss", [0.05, 0.30, 0.50])
def test_the_long_run_loss_is_the_stated_one(loss: float) -> None:
    fates = _fates(Impairment(loss, 4.0, 0.0, 0.0), 3)
    assert abs(fates.count(None) / _PACKETS - loss) < 0.03


def test_losses_come_in_bursts_of_the_stated_length() -> None:
    lost = [fate is None for fate in _fates(BAD_LINK, 3)]
    starts = sum(now and not before for before, now in zip([False, *lost], lost, strict=False))
    assert abs(sum(lost) / starts - BAD_LINK.burst) < 0.4


def test_the_same_seed_gives_the_same_fates() -> None:
    assert _fates(BAD_LINK, 5) == _fates(BAD_LINK, 5)
    assert _fates(BAD_LINK, 5) != _fates(BAD_LINK, 6)


def test_what_is_not_lost_is_held_up_within_the_stated_bounds() -> None:
    held = [fate for fate in _fates(BAD_LINK, 5) if fate is not None]
    assert min(held) >= BAD_LINK.delay_s
    assert max(held) <= BAD_LINK.delay_s + BAD_LINK.jitter_s
