"""What both people see while they talk: four indicators each and whose connection is weak. One rule: never a verdict.

The smoothing here is for reading comfort; nothing below findings or assessment may import this module. Called by
service/interviewing once a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from verifier.core.model import Role
from verifier.core.policy import Policy
from verifier.core.quality.attribution import blame
from verifier.core.quality.perception import perceive
from verifier.core.quality.timeline import SECOND_MS, StreamSecond
from verifier.core.samples import InterviewRows, Stream
from verifier.core.verdicts import Band, Blame

_VOICE = {Role.FREELANCER: Stream.AUDIO_FROM_FREELANCER, Role.INTERVIEWER: Stream.AUDIO_FROM_INTERVIEWER}
_PICTURE = {Role.FREELANCER: Stream.VIDEO_FROM_FREELANCER, Role.INTERVIEWER: Stream.VIDEO_FROM_INTERVIEWER}


class Word(StrEnum):
    """What an indicator says."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FourIndicators:
    """One person's view of the call."""

    hear: Word
    """I hear them."""
    heard: Word
    """They hear me."""
    see: Word
    """I see them."""
    seen: Word
    """They see me."""


@dataclass(frozen=True, slots=True)
class Indicators:
    """The four directions in words and, for the banner, whose leg or device explains what is bad right now."""

    words: Mapping[Stream, Word]
    blame: Blame
    """``fault`` None: nothing is bad."""

    def of(self, role: Role) -> FourIndicators:
        """One person's view."""
        return FourIndicators(
            hear=self.words[_VOICE[role.other]],
            heard=self.words[_VOICE[role]],
            see=self.words[_PICTURE[role.other]],
            seen=self.words[_PICTURE[role]],
        )


def indicators(rows: InterviewRows, now_ms: int, policy: Policy, since_ms: int = 0) -> Indicators:
    """How the call was in the last seconds whose rows can have arrived.

    Args:
        rows: those of the last ~15 s are enough.
        now_ms: the present.
        policy: its bands and limits.
        since_ms: when both sides were first connected and settled; before it nothing is good or bad.
    """
    end = now_ms - policy.preview_pending_ms
    start = max(end - policy.live_window_s * SECOND_MS, since_ms)
    timeline = perceive(rows, start, max(start, end), policy)
    words = {stream: _word(timeline.streams[stream]) for stream in Stream}
    bad = {stream: [index for index, second in enumerate(timeline.streams[stream]) if second.bad] for stream in Stream}
    return Indicators(words, blame(timeline, bad, policy))


_SCORE = {Band.GOOD: 2, Band.QUIET: 2, Band.FAIR: 1, Band.POOR: 0, Band.BAD: 0}


def _word(seconds: Sequence[StreamSecond]) -> Word:
    """The mean of the seconds that can be scored, rounded down; unknown when half of them cannot."""
    scores = [_SCORE[second.band] for second in seconds if second.band in _SCORE]
    if 2 * len(scores) <= len(seconds):
        return Word.UNKNOWN
    mean = sum(scores) / len(scores)
    if mean < 1:
        return Word.POOR
    return Word.GOOD if mean > 1.5 else Word.FAIR
