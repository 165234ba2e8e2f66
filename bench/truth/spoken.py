"""What a microphone file says and when: the reference that a recording is compared with.

script = script_of(Voice.SLT, digit_names([4, 7, 1]))
script.path                     # for --use-file-for-fake-audio-capture; `person(..., says=script.utterances)` plays it
script.spoken_until(30.0)       # the loop unrolled: every utterance that is over 30 s after the file first began
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.rig.sources import PAUSE_S, SAMPLE_RATE_HZ, Voice, microphone_file, utterance

Sound = npt.NDArray[np.int16]

_DIGIT = "digit-"
_AUDIBLE_SHARE = 0.02
"""Of an utterance's peak: what is quieter before and after it is the voice's own silence (-34 dB)."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One utterance."""

    name: str
    """Of the file in ``verifier/demo/assets/speech/VOICE``."""
    start_s: float
    """Since the file first began to play: its first audible sample."""
    end_s: float
    """Just after its last audible sample."""

    @property
    def digit(self) -> int | None:
        """0..9, None for anything but a digit."""
        return int(self.name.removeprefix(_DIGIT)) if self.name.startswith(_DIGIT) else None


@dataclass(frozen=True, slots=True)
class Script:
    """What one microphone says, again and again."""

    voice: Voice
    utterances: tuple[str, ...]
    path: Path
    """48 kHz 16-bit mono WAV."""
    length_s: float
    """Of one turn of the loop."""
    spoken: tuple[Spoken, ...]
    """Of the first turn, in order."""

    def spoken_until(self, end_s: float) -> tuple[Spoken, ...]:
        """Every utterance of the unrolled loop that ends at or before ``end_s``, in order."""
        turns = int(end_s / self.length_s) + 1
        unrolled = (
            Spoken(one.name, one.start_s + turn * self.length_s, one.end_s + turn * self.length_s)
            for turn in range(turns)
            for one in self.spoken
        )
        return tuple(one for one in unrolled if one.end_s <= end_s)

    def samples(self, seconds: float) -> Sound:
        """The first ``seconds`` of the unrolled loop: int16 of shape (samples,), mono at 48 kHz."""
        turn = _samples(self.voice, self.utterances)
        count = round(seconds * SAMPLE_RATE_HZ)
        return np.tile(turn, -(-count // len(turn)))[:count]

    def write_manifest(self, path: Path) -> None:
        """Write what is said when as JSON: voice, length_s and spoken (name, start_s, end_s)."""
        plain = {
            "voice": self.voice,
            "length_s": self.length_s,
            "spoken": [asdict(one) for one in self.spoken],
        }
        path.write_text(json.dumps(plain, indent=1) + "\n")


def script_of(voice: Voice, utterances: Sequence[str]) -> Script:
    """The script of the file that `microphone_file(voice, utterances)` makes.

    Raises:
        FileNotFoundError: the voice has no such utterance.
    """
    spoken, at = [], 0
    for name in utterances:
        samples = utterance(voice, name)
        loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > _AUDIBLE_SHARE * _peak(samples))
        spoken.append(Spoken(name, (at + int(loud[0])) / SAMPLE_RATE_HZ, (at + int(loud[-1]) + 1) / SAMPLE_RATE_HZ))
        at += len(samples) + round(PAUSE_S * SAMPLE_RATE_HZ)
    path = microphone_file(voice, utterances)
    return Script(voice, tuple(utterances), path, at / SAMPLE_RATE_HZ, tuple(spoken))


def digit_names(digits: Sequence[int]) -> tuple[str, ...]:
    """The utterances that say the digits."""
    return tuple(f"{_DIGIT}{digit}" for digit in digits)


def shuffled_digits(count: int, seed: int) -> tuple[int, ...]:
    """``count`` digits, each of the ten equally often (± 1) and never the same twice running, the loop's seam included.

    Two equal neighbours would leave open which of them a recording has.

    Raises:
        ValueError: fewer than two digits.
    """
    if count < 2:
        raise ValueError("one digit alone is its own neighbour")
    chance = random.Random(seed)
    while True:
        digits: list[int] = []
        while len(digits) < count:
            digits += chance.sample(range(10), 10)
        digits = digits[:count]
        if all(digits[place] != digits[place - 1] for place in range(count)):
            return tuple(digits)


def _samples(voice: Voice, utterances: Sequence[str]) -> Sound:
    pause = np.zeros(round(PAUSE_S * SAMPLE_RATE_HZ), np.int16)
    return np.concatenate([part for name in utterances for part in (utterance(voice, name), pause)])


def _peak(samples: Sound) -> int:
    return int(np.abs(samples.astype(np.int32)).max())
