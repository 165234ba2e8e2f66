"""What a microphone says is known to the sample, and a digit counts as heard only when it arrived."""

from __future__ import annotations

import json
import wave

import numpy as np
import pytest

from bench.rig.sources import SAMPLE_RATE_HZ, Voice
from bench.truth.digits import RATE_HZ, Outcome, hear, recognise, stretch
from bench.truth.spoken import digit_names, script_of, shuffled_digits

VOICES = [Voice.SLT, Voice.RMS]
TEN = digit_names(range(10))


def outcomes(script, recorded, lag_s=0.0):
    reference = script.samples(script.length_s)
    heard = hear(script.spoken, reference, recorded, [lag_s] * len(script.spoken), SAMPLE_RATE_HZ)
    return [one.outcome for one in heard]


def without_middles(script, hole_s):
    recorded = script.samples(script.length_s).copy()
    for one in script.spoken:
        middle = (one.start_s + one.end_s) / 2
        start, end = (round((middle + side * hole_s / 2) * SAMPLE_RATE_HZ) for side in (-1, 1))
        recorded[start:end] = 0
    return recorded


@pytest.mark.parametrize("voice", VOICES)
def test_every_clean_digit_is_recognised(voice):
    script = script_of(voice, TEN)
    assert outcomes(script, script.samples(script.length_s)) == [Outcome.RECOGNISED] * 10


@pytest.mark.parametrize("voice", VOICES)
def test_a_digit_whose_middle_is_gone_is_lost(voice):
    script = script_of(voice, TEN)
    assert outcomes(script, without_middles(script, 0.3)) == [Outcome.LOST] * 10


@pytest.mark.parametrize("voice", VOICES)
def test_most_digits_do_not_survive_a_hole_of_200_ms(voice):
    script = script_of(voice, TEN)
    assert outcomes(script, without_middles(script, 0.2)).count(Outcome.RECOGNISED) <= 2


@pytest.mark.parametrize("lag_s", [-0.08, 0.08])
@pytest.mark.parametrize("voice", VOICES)
def test_a_lag_known_to_80_ms_is_known_well_enough(voice, lag_s):
    script = script_of(voice, TEN)
    assert outcomes(script, script.samples(script.length_s), lag_s) == [Outcome.RECOGNISED] * 10


def test_another_digit_in_its_place_is_told_from_a_lost_one():
    said, played = (script_of(Voice.SLT, digit_names([digit])) for digit in (3, 7))
    assert outcomes(said, played.samples(said.length_s)) == [Outcome.OTHER]


def test_silence_and_hiss_are_no_digit():
    assert recognise(np.zeros(RATE_HZ, np.int16), RATE_HZ) is None
    script = script_of(Voice.SLT, TEN)
    hiss = np.random.default_rng(3).normal(0, 30, round(script.length_s * SAMPLE_RATE_HZ)).astype(np.int16)
    assert outcomes(script, hiss) == [Outcome.LOST] * 10


def test_what_is_recognised_does_not_depend_on_what_was_before():
    script = script_of(Voice.SLT, TEN)
    reference = script.samples(script.length_s)
    windows = [stretch(reference, one.start_s, one.end_s, SAMPLE_RATE_HZ) for one in script.spoken]
    forwards = [recognise(window, SAMPLE_RATE_HZ) for window in windows]
    backwards = [recognise(window, SAMPLE_RATE_HZ) for window in reversed(windows)]
    assert forwards == backwards[::-1]


@pytest.mark.parametrize("voice", VOICES)
def test_the_script_is_what_the_file_says(voice, tmp_path):
    script = script_of(voice, [*digit_names(shuffled_digits(40, seed=5)), "my-name"] if voice is Voice.SLT else TEN)
    with wave.open(str(script.path)) as file:
        played = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    assert np.array_equal(played, script.samples(script.length_s))
    for before, after in zip(script.spoken, script.spoken[1:], strict=False):
        assert not np.abs(stretch(played, before.end_s + 0.1, after.start_s - 0.1, SAMPLE_RATE_HZ)).max() > 300
    script.write_manifest(tmp_path / "spoken.json")
    first = json.loads((tmp_path / "spoken.json").read_text())["spoken"][0]
    assert first == {"name": script.utterances[0], "start_s": script.spoken[0].start_s, "end_s": script.spoken[0].end_s}


def test_the_loop_goes_on_saying_the_same():
    script = script_of(Voice.SLT, digit_names([4, 7]))
    unrolled = script.spoken_until(2 * script.length_s)
    assert [one.digit for one in unrolled] == [4, 7, 4, 7]
    assert unrolled[2].start_s == pytest.approx(unrolled[0].start_s + script.length_s)
    assert [one.digit for one in script.spoken_until(unrolled[2].end_s - 0.01)] == [4, 7]


def test_shuffled_digits_are_even_and_have_no_equal_neighbours():
    digits = shuffled_digits(40, seed=5)
    assert digits == shuffled_digits(40, seed=5) != shuffled_digits(40, seed=6)
    assert all(digits.count(digit) == 4 for digit in range(10))
    assert all(digits[place] != digits[place - 1] for place in range(40))


def test_stretch_fills_what_is_missing_with_silence():
    samples = np.arange(1, 11, dtype=np.int16)
    assert stretch(samples, -0.2, 0.2, 10).tolist() == [0, 0, 1, 2]
    assert stretch(samples, 0.9, 1.2, 10).tolist() == [10, 0, 0]
    assert stretch(samples, -0.5, -0.3, 10).tolist() == stretch(samples, 1.5, 1.7, 10).tolist() == [0, 0]
