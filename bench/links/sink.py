"""What a browser showed and played in a stretch of time, from the rows of ``page.js``. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

FULL_HEIGHT = 480
_FREEZE_FACTOR, _FREEZE_MARGIN_MS = 3.0, 150.0
"""Source: W3C webrtc-stats, freezeCount: longer than three times the mean, or the mean plus 150 ms, the larger."""


@dataclass(frozen=True, slots=True)
class Sink:
    """Figures of one stretch."""

    seconds: float
    frames: int
    longest_gap_ms: float
    """Between two pictures shown, the gap that was still running at the end included."""
    frozen_s: float
    """Sum of the gaps that W3C webrtc-stats calls freezes."""
    concealed_share: float
    """Of the samples played, 0..1, those made up by the decoder while there was sound."""
    concealed_silence_share: float
    """Of the samples played, 0..1, those made up as silence or comfort noise."""
    video_kbps: float
    height: int
    """Of the newest picture in pixels, 0 when there was none."""

    def plain(self) -> dict[str, float]:
        """Rounded, for a JSON line."""
        return {
            "frames_per_s": round(self.frames / self.seconds, 1),
            "longest_gap_ms": round(self.longest_gap_ms),
            "frozen_s": round(self.frozen_s, 2),
            "concealed_percent": round(100 * self.concealed_share, 2),
            "concealed_silence_percent": round(100 * self.concealed_silence_share, 2),
            "video_kbps": round(self.video_kbps),
            "height": self.height,
        }


def between(rows: Sequence[Row]) -> Sink:
    """Figures from the first row to the last; the first row is the beginning only.

    Raises:
        ValueError: fewer than two rows.
    """
    if len(rows) < 2:
        raise ValueError("a stretch has a beginning and an end")
    before, last = rows[0], rows[-1]
    frames = [frame for row in rows[1:] for frame in row["frames"]]
    gaps = [float(frame["gap"]) for frame in frames] + [float(last["running_gap"])]
    audio = _grown(before, last, "audio")
    total = max(1.0, audio.get("totalSamplesReceived", 0.0))
    silent = audio.get("silentConcealedSamples", 0.0)
    seconds = (last["at"] - before["at"]) / 1000
    return Sink(
        seconds=seconds,
        frames=len(frames),
        longest_gap_ms=max(gaps),
        frozen_s=_frozen_ms(gaps) / 1000,
        concealed_share=(audio.get("concealedSamples", 0.0) - silent) / total,
        concealed_silence_share=silent / total,
        video_kbps=_grown(before, last, "video").get("bytesReceived", 0.0) * 8 / 1000 / seconds,
        height=int(frames[-1]["height"]) if frames else 0,
    )


def recovered_after_s(rows: Sequence[Row]) -> float | None:
    """Seconds from the first row until the picture is and stays 640x480, None when it does not within the rows."""
    start, since = rows[0]["at"], None
    for row in rows[1:]:
        for frame in row["frames"]:
            whole = frame["height"] >= FULL_HEIGHT
            since = (since if since is not None else frame["at"]) if whole else None
    return None if since is None else max(0.0, (since - start) / 1000)


def _frozen_ms(gaps: Sequence[float]) -> float:
    mean = sum(gaps) / len(gaps)
    longest = max(_FREEZE_FACTOR * mean, mean + _FREEZE_MARGIN_MS)
    return sum(gap for gap in gaps if gap > longest)


def _grown(before: Row, last: Row, kind: str) -> dict[str, float]:
    old, new = before["inbound"].get(kind, {}), last["inbound"].get(kind, {})
    return {name: value - old.get(name, 0) for name, value in new.items()}
