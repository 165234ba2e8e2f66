"""What was played, found again and measured: delayed, stretched, holed, noisy, gone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from bench.rig.sources import SAMPLE_RATE_HZ, Voice
from bench.truth.alignment import ALIKE_LEAST, align, coarse_lag_s
from bench.truth.intelligibility import Intelligibility, intelligibility
from bench.truth.spoken import Sound, Spoken, digit_names, script_of

SCRIPT = script_of(Voice.SLT, digit_names([4, 7, 1, 9, 0, 3]))
SECONDS = 12.0
SAID = SCRIPT.samples(SECONDS)
SPOKEN = SCRIPT.spoken_until(SECONDS)
PACKET = SAMPLE_RATE_HZ // 50


def late(seconds: float, said: Sound = SAID) -> Sound:
    return np.concatenate([np.zeros(round(seconds * SAMPLE_RATE_HZ), np.int16), said])


def holed(share: float, seed: int = 1) -> Sound:
    """With packets of 20 ms missing at random."""
    packets = SAID[: len(SAID) // PACKET * PACKET].reshape(-1, PACKET).copy()
    packets[np.random.default_rng(seed).random(len(packets)) < share] = 0
    return packets.reshape(-1)


def stretched(each_s: float) -> Sound:
    """As a jitter buffer does it: in every half second some of it is played twice."""
    half, more = SAMPLE_RATE_HZ // 2, round(each_s * SAMPLE_RATE_HZ)
    pieces = [SAID[start : start + half] for start in range(0, len(SAID), half)]
    return np.concatenate([part for piece in pieces for part in (piece, piece[-more:])])


def measured(recorded: Sound, spoken: tuple[Spoken, ...] = SPOKEN) -> Intelligibility:
    found = align(spoken, SAID, recorded, SAMPLE_RATE_HZ)
    figure = intelligibility(spoken, found.lags_s, SAID, recorded, SAMPLE_RATE_HZ)
    assert figure is not None
    return figure


@pytest.mark.parametrize("seconds", [0.0, 0.08, 0.23, 1.4])
def test_what_is_played_later_is_found_to_the_millisecond(seconds: float) -> None:
    found = align(SPOKEN, SAID, late(seconds), SAMPLE_RATE_HZ)
    assert found.lags_s == pytest.approx([seconds] * len(SPOKEN), abs=0.001)
    assert min(found.alike) > 0.99
    assert measured(late(seconds)).estoi > 0.99


def test_a_recording_that_began_in_the_middle_is_found() -> None:
    cut_s = SPOKEN[1].start_s - 0.2
    recorded = SAID[round(cut_s * SAMPLE_RATE_HZ) :]
    assert coarse_lag_s(SAID, recorded, SAMPLE_RATE_HZ) == pytest.approx(-cut_s, abs=0.01)
    found = align(SPOKEN[1:], SAID, recorded, SAMPLE_RATE_HZ)
    assert found.lags_s == pytest.approx([-cut_s] * (len(SPOKEN) - 1), abs=0.001)


@pytest.mark.parametrize("began_s", [0.0, 2.0, 7.0])
def test_a_recording_of_what_is_said_again_and_again_begins_within_the_first_turn(began_s: float) -> None:
    turns = SCRIPT.samples(4 * SCRIPT.length_s)
    begin = round(began_s * SAMPLE_RATE_HZ)
    recorded = turns[begin : begin + round(2 * SCRIPT.length_s * SAMPLE_RATE_HZ)]
    spoken = SCRIPT.spoken_until(4 * SCRIPT.length_s)
    found = align(spoken, turns, recorded, SAMPLE_RATE_HZ, loop_s=SCRIPT.length_s)
    inside = [lag for one, lag in zip(spoken, found.lags_s, strict=True) if began_s < one.start_s < began_s + 8]
    assert inside == pytest.approx([-began_s] * len(inside), abs=0.001)


def test_what_a_jitter_buffer_stretches_stays_intelligible() -> None:
    found = align(SPOKEN, SAID, stretched(0.012), SAMPLE_RATE_HZ)
    assert list(found.lags_s) == sorted(found.lags_s) and found.lags_s[-1] - found.lags_s[0] > 0.15
    assert measured(stretched(0.012)).stoi > 0.93


def test_an_utterance_that_is_gone_gets_its_neighbours_lag() -> None:
    gone = SPOKEN[2]
    recorded = late(0.1).copy()
    recorded[round((gone.start_s + 0.05) * SAMPLE_RATE_HZ) : round((gone.end_s + 0.15) * SAMPLE_RATE_HZ)] = 0
    found = align(SPOKEN, SAID, recorded, SAMPLE_RATE_HZ)
    assert found.alike[2] < ALIKE_LEAST
    assert found.lags_s == pytest.approx([0.1] * len(SPOKEN), abs=0.001)


def test_the_more_is_missing_the_less_is_intelligible() -> None:
    figures = [measured(holed(share)) for share in (0.0, 0.1, 0.2, 0.4, 0.7)]
    for less, more in pairwise(figures):
        assert less.stoi > more.stoi and less.estoi > more.estoi
    assert figures[0].estoi > 0.99 and figures[3].estoi < 0.75


def test_of_nothing_nothing_is_intelligible() -> None:
    assert measured(np.zeros(len(SAID), np.int16)).stoi == 0.0


def test_of_half_a_second_there_is_no_figure() -> None:
    assert intelligibility(SPOKEN[:1], [0.0], SAID, SAID, SAMPLE_RATE_HZ) is None or (
        SPOKEN[0].end_s - SPOKEN[0].start_s >= 0.6
    )
    assert intelligibility((), [], SAID, SAID, SAMPLE_RATE_HZ) is None
