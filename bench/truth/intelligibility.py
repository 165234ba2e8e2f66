"""How intelligible what was played is, against what was said: STOI and ESTOI of one stretch.

STOI: C. H. Taal et al., "An Algorithm for Intelligibility Prediction of Time-Frequency Weighted Noisy Speech", IEEE
TASLP 19(7), 2011. ESTOI: J. Jensen and C. H. Taal, "An Algorithm for Predicting the Intelligibility of Speech Masked by
Modulated Noise Maskers", IEEE/ACM TASLP 24(11), 2016. Both as in pystoi, which resamples to 10 kHz.

Neither knows of time: a few milliseconds off, and a perfect copy reads as noise. A jitter buffer stretches speech
within an utterance too, so the recording is cut into short blocks and each is put where it fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pystoi import stoi

from bench.truth.alignment import ALIKE_LEAST, Samples, best_lag, padded
from bench.truth.spoken import Sound, Spoken

BLOCK_S = 0.2
BLOCK_SEARCH_S = 0.06
"""A jitter buffer stretches or shortens by a pitch period at a time, some 15 ms; four of them in a block."""
SPEECH_LEAST_S = 0.6
"""STOI looks at 384 ms of speech at a time; of less than this there is no figure."""


@dataclass(frozen=True, slots=True)
class Intelligibility:
    """One stretch of speech as it was played."""

    stoi: float
    """0..1; 1 is a perfect copy."""
    estoi: float
    """0..1, a little below 0 for what is nothing like it."""
    speech_s: float
    """Of how much speech."""


def intelligibility(
    spoken: Sequence[Spoken], lags_s: Sequence[float], reference: Sound, recorded: Sound, rate_hz: int
) -> Intelligibility | None:
    """Of all given utterances together; None when they are too short for a figure.

    Args:
        spoken: what was said, in order; times in the reference.
        lags_s: of each, how much later the recording has it (alignment.align).
        reference: what was said, int16 of shape (samples,).
        recorded: what was played, int16 of shape (samples,), at the same rate.
        rate_hz: of both.
    """
    said, heard = reference.astype(np.float64), recorded.astype(np.float64)
    pairs = [_fitted(one, lag_s, said, heard, rate_hz) for one, lag_s in zip(spoken, lags_s, strict=True)]
    speech_s = sum(one.end_s - one.start_s for one in spoken)
    if speech_s < SPEECH_LEAST_S:
        return None
    clean, played = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    if not played.any():
        return Intelligibility(0.0, 0.0, speech_s)
    plain, extended = (float(stoi(clean, played, rate_hz, extended=way)) for way in (False, True))
    return Intelligibility(plain, extended, speech_s)


def _fitted(one: Spoken, lag_s: float, said: Samples, heard: Samples, rate_hz: int) -> tuple[Samples, Samples]:
    """An utterance, and what was played of it, block by block at its own place: two of the same shape."""
    start, end = round(one.start_s * rate_hz), round(one.end_s * rate_hz)
    block, reach, lag = round(BLOCK_S * rate_hz), round(BLOCK_SEARCH_S * rate_hz), round(lag_s * rate_hz)
    parts = []
    for begin in range(start, end, block):
        after = min(begin + block, end)
        around = padded(heard, begin + lag - reach, after + lag + reach)
        place, alike = best_lag(padded(said, begin, after), around)
        at = place if alike >= ALIKE_LEAST else reach
        parts.append(around[at : at + after - begin])
    return padded(said, start, end), np.concatenate(parts)
