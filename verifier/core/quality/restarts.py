"""Streams that a browser began anew under their old id. One rule: whatever began anew gets an id of its own.

Firefox makes a receiving stream anew whenever anything changes in what it sends, and every counter of it begins again
under the same stats id and ssrc. That is no contradiction, and nothing may be subtracted across it: what lies between
is missing. A stream counts as begun anew only when every counter fell, and no more was played since than the time since
the row before could hold; anything else that falls is left for the trust checks to find. Called by ``rows.ordered``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from verifier.core.samples import BrowserAudio, BrowserSample, BrowserVideo

_AUDIO = ("total_samples_received", "jitter_buffer_emitted", "packets_received", "total_audio_energy")
_VIDEO = ("frames_decoded", "total_inter_frame_delay_s", "total_squared_inter_frame_delay_s2", "packets_received")
_MOST_SAMPLES_PER_S, _MOST_FRAMES_PER_S = 96_000, 120
"""Twice what audio plays at 48 kHz, and twice what cameras give."""
_SLACK_S = 1.0

_Stream = TypeVar("_Stream", BrowserAudio, BrowserVideo)


def apart(rows: Sequence[BrowserSample]) -> tuple[BrowserSample, ...]:
    """The rows of one browser in order, each stream that began anew under an id of its own from there on."""
    return tuple(_renamed(rows))


def _renamed(rows: Sequence[BrowserSample]) -> Iterator[BrowserSample]:
    before: BrowserSample | None = None
    audio = video = 0
    for row in rows:
        if before is None or before.generation != row.generation:
            audio = video = 0
        else:
            seconds = _SLACK_S + max(row.client_ms - before.client_ms, row.received_ms - before.received_ms) / 1_000
            audio += _began_anew(before.audio, row.audio, _AUDIO, seconds * _MOST_SAMPLES_PER_S)
            video += _began_anew(before.video, row.video, _VIDEO, seconds * _MOST_FRAMES_PER_S)
        before = row
        yield (
            row if audio == video == 0 else replace(row, audio=_named(row.audio, audio), video=_named(row.video, video))
        )


def _began_anew(before: _Stream, now: _Stream, names: tuple[str, ...], most: float) -> bool:
    """Whether all of these counters fell; the first of them is the one that ``most`` bounds."""
    if before.stats_id is None or (before.stats_id, before.ssrc) != (now.stats_id, now.ssrc):
        return False
    known = [(getattr(before, name), getattr(now, name)) for name in names if getattr(before, name)]
    first = getattr(now, names[0])
    return first is not None and first <= most and all(value is not None and value < old for old, value in known)


def _named(stream: _Stream, times: int) -> _Stream:
    return stream if times == 0 or stream.stats_id is None else replace(stream, stats_id=f"{stream.stats_id} #{times}")
