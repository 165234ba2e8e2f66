"""Which spoken digits can still be recognised in what was played: the words that must not vanish.

The recogniser is CMU PocketSphinx with its own American English model and a grammar of the ten digits. Of the voices
that the rig has, flite's slt and rms are recognised without error when clean; espeak-ng's are not.

A forced choice always finds something, even in the hiss around a word that is gone. So a digit counts as heard only
when a good part of its energy arrived too.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from pocketsphinx import Decoder, get_model_path
from scipy.signal import resample_poly

from bench.truth.alignment import padded
from bench.truth.spoken import Sound, Spoken

RATE_HZ = 16_000
"""Of the recogniser's model."""
ENERGY_SHARE_LEAST = 0.3
"""Of a digit's energy as spoken, must have arrived. Start value: of the twenty digits with their middle 300 ms gone, 19
keep less and the last (0.34) is not recognised either; with 200 ms gone, 17 of 20 are no longer recognised."""
_MARGIN_S = 0.25
"""Heard before and after a digit; half a pause at most, or a neighbour would be heard as well."""
_HISS = 4.0
"""Standard deviation of noise added (of 32768): digital zeros, which no microphone gives, upset the model."""
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_GRAMMAR = f"#JSGF V1.0; grammar digits; public <digit> = {' | '.join(_WORDS)};"

Samples = npt.NDArray[np.int16] | npt.NDArray[np.float64]


class Outcome(StrEnum):
    """What became of a spoken digit."""

    RECOGNISED = "recognised"
    LOST = "lost"
    OTHER = "other"
    """Another digit was recognised instead."""


@dataclass(frozen=True, slots=True)
class HeardDigit:
    """One digit as the listener had it."""

    spoken: Spoken
    outcome: Outcome
    recognised: int | None
    """0..9, what the recogniser took it for; None when for nothing."""
    energy_share: float
    """Of its energy as spoken, what arrived; 1 is all, more is louder."""


def recognise(samples: Samples, rate_hz: int) -> int | None:
    """The digit 0..9 in the samples (shape (samples,), mono, full scale 32768), None when there is none.

    The same samples give the same digit, whatever was recognised before.
    """
    heard = np.asarray(samples, np.float64)
    if rate_hz != RATE_HZ:
        heard = resample_poly(heard, RATE_HZ, rate_hz)
    heard = heard + np.random.default_rng(1).normal(0.0, _HISS, len(heard))
    decoder = _decoder()
    decoder.start_utt()
    decoder.process_raw(np.clip(heard, -32768, 32767).round().astype(np.int16).tobytes(), full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    word = hypothesis.hypstr if hypothesis is not None else ""
    return _WORDS.index(word) if word in _WORDS else None


def hear(
    spoken: Sequence[Spoken], reference: Sound, recorded: Sound, lags_s: Sequence[float], rate_hz: int
) -> tuple[HeardDigit, ...]:
    """What became of each spoken digit; utterances that are no digits are left out.

    Args:
        spoken: what was said, times in the reference.
        reference: what was said, int16 of shape (samples,).
        recorded: what was played, int16 of shape (samples,), at the same rate.
        lags_s: of each of ``spoken``, how much later the recording has it.
        rate_hz: of both.
    """
    return tuple(
        _heard(one, reference, recorded, lag_s, rate_hz)
        for one, lag_s in zip(spoken, lags_s, strict=True)
        if one.digit is not None
    )


def _heard(one: Spoken, reference: Sound, recorded: Sound, lag_s: float, rate_hz: int) -> HeardDigit:
    margin = _MARGIN_S
    window = stretch(recorded, one.start_s + lag_s - margin, one.end_s + lag_s + margin, rate_hz)
    said = stretch(reference, one.start_s - margin, one.end_s + margin, rate_hz)
    share = _energy(window) / max(1.0, _energy(said))
    recognised = recognise(window, rate_hz)
    if recognised is None or share < ENERGY_SHARE_LEAST:
        outcome = Outcome.LOST
    else:
        outcome = Outcome.RECOGNISED if recognised == one.digit else Outcome.OTHER
    return HeardDigit(one, outcome, recognised, share)


def stretch(samples: Sound, start_s: float, end_s: float, rate_hz: int) -> Sound:
    """The samples from one time to another, with zeros where there are none."""
    return padded(samples, round(start_s * rate_hz), round(end_s * rate_hz))


def _energy(samples: Sound) -> float:
    return float(np.square(samples.astype(np.float64)).sum())


@functools.cache
def _decoder() -> Decoder:
    decoder = Decoder(
        hmm=get_model_path("en-us/en-us"),
        dict=get_model_path("en-us/cmudict-en-us.dict"),
        lm=None,
        samprate=RATE_HZ,
        # Normalise over the whole utterance, else each digit depends on those before it.
        cmn="batch",
        loglevel="FATAL",
    )
    decoder.add_jsgf_string("digits", _GRAMMAR)
    decoder.activate_search("digits")
    return decoder
