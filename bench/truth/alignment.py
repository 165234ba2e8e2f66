"""Where in a recording each spoken utterance is: what was played lags, and a jitter buffer stretches and shortens it.

found = align(script.spoken_until(60.0), script.samples(60.0), recorded, SAMPLE_RATE_HZ)
found.lags_s                    # for digits.hear

Envelopes find the whole, so that a recording full of holes still fits; the waveform of each utterance finds its place
within that. An utterance that cannot be found, because it was lost, gets its neighbours' lag.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy.signal import correlate

from bench.truth.spoken import Sound, Spoken

Samples = npt.NDArray[np.float64]
_Either = TypeVar("_Either", Sound, Samples)

ENVELOPE_HZ = 200
SEARCH_S = 0.6
"""A jitter buffer moves an utterance by less than this against the one before it."""
ALIKE_LEAST = 0.5
"""Normalised correlation (0..1) from which a place is believed. Start value: noise gives 0.1 to 0.3, a played utterance
0.9 and more, one with half of its packets gone 0.6."""
_MARGIN_S = 0.05


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where each utterance was heard."""

    lags_s: tuple[float, ...]
    """Of each utterance, how much later the recording has it than the reference."""
    alike: tuple[float, ...]
    """Of each, the normalised correlation at its place, 0..1; below ``ALIKE_LEAST`` the lag is its neighbour's."""


def align(
    spoken: Sequence[Spoken], reference: Sound, recorded: Sound, rate_hz: int, *, loop_s: float | None = None
) -> Alignment:
    """The lag of each utterance.

    Args:
        spoken: what was said, in order; times in the reference.
        reference: what was said, int16 of shape (samples,).
        recorded: what was played, int16 of shape (samples,), at the same rate; it may begin at any time.
        rate_hz: of both.
        loop_s: where the reference says the same again and again, after how long; the recording then begins within its
            first turn.
    """
    said, heard = reference.astype(np.float64), recorded.astype(np.float64)
    expected_s = coarse_lag_s(reference, recorded, rate_hz)
    if loop_s is not None:
        expected_s = -(-expected_s % loop_s)
    places: list[tuple[float, float]] = []
    for one in spoken:
        lag_s, alike = _place(one, said, heard, expected_s, rate_hz)
        places.append((lag_s, alike))
        if alike >= ALIKE_LEAST:
            expected_s = lag_s
    return Alignment(_filled(places, expected_s), tuple(alike for _, alike in places))


def coarse_lag_s(reference: Sound, recorded: Sound, rate_hz: int) -> float:
    """How much later the recording has the reference as a whole, in seconds, to about 10 ms; negative when earlier."""
    said, heard = _envelope(reference, rate_hz), _envelope(recorded, rate_hz)
    likeness = correlate(heard, said, mode="full", method="fft")
    return (int(np.argmax(likeness)) - (len(said) - 1)) / ENVELOPE_HZ


def best_lag(said: Samples, heard: Samples) -> tuple[int, float]:
    """Where ``said`` (shape (m,)) fits best in ``heard`` (shape (n,), n ≥ m), in samples, and how well, 0..1."""
    likeness = correlate(heard, said, mode="valid", method="fft")
    squares = np.concatenate([[0.0], np.cumsum(np.square(heard))])
    energy = np.maximum(squares[len(said) :] - squares[: -len(said)], 0.0)
    norm = np.sqrt(energy * float(np.square(said).sum()))
    alike = np.divide(likeness, norm, out=np.zeros_like(likeness), where=norm > 1.0)
    place = int(np.argmax(alike))
    return place, float(np.clip(alike[place], 0.0, 1.0))


def padded(samples: _Either, start: int, end: int) -> _Either:
    """The samples of [start, end), with zeros where there are none: shape (end - start,)."""
    inside = samples[max(0, start) : max(0, end)]
    before = min(max(0, -start), end - start)
    return np.pad(inside, (before, end - start - before - len(inside)))


def _place(one: Spoken, said: Samples, heard: Samples, expected_s: float, rate_hz: int) -> tuple[float, float]:
    start, end = round((one.start_s - _MARGIN_S) * rate_hz), round((one.end_s + _MARGIN_S) * rate_hz)
    begin, reach = start + round(expected_s * rate_hz), round(SEARCH_S * rate_hz)
    place, alike = best_lag(padded(said, start, end), padded(heard, begin - reach, begin + (end - start) + reach))
    return (begin - reach + place - start) / rate_hz, alike


def _filled(places: Sequence[tuple[float, float]], otherwise_s: float) -> tuple[float, ...]:
    """The lags, those that are not believed replaced by the nearest before, else after, that is."""
    believed = [lag_s if alike >= ALIKE_LEAST else None for lag_s, alike in places]
    last_s = next((lag_s for lag_s in believed if lag_s is not None), otherwise_s)
    filled = []
    for lag_s in believed:
        last_s = last_s if lag_s is None else lag_s
        filled.append(last_s)
    return tuple(filled)


def _envelope(samples: Sound, rate_hz: int) -> Samples:
    block = rate_hz // ENVELOPE_HZ
    whole = np.abs(samples[: len(samples) // block * block].astype(np.float64)).reshape(-1, block).mean(axis=1)
    return whole - whole.mean() if len(whole) else np.zeros(1)
