"""Per-second scores. One rule: whatever is not clearly within a limit, NaN included, falls through to the worst band.

Called by perception. Sources: concealment bands of Microsoft's Call Quality Dashboard, delay of ITU-T G.114 (twice
400 ms one way); both and the video limits are fields of the policy.
"""

from __future__ import annotations

from verifier.core.policy import Policy
from verifier.core.verdicts import Band


def audio_band(concealment: float, policy: Policy) -> Band:
    """GOOD to BAD by the concealed share of one second with speech (0..1)."""
    if concealment <= policy.audio_good_max:
        return Band.GOOD
    if concealment <= policy.audio_fair_max:
        return Band.FAIR
    return Band.POOR if concealment <= policy.audio_poor_max else Band.BAD


def video_band(fps: float, gap_ms: float, policy: Policy) -> Band:
    """GOOD to BAD: the worse of harmonic frames per second and the longest time without a new frame."""
    if fps >= policy.video_good_min_fps and gap_ms <= policy.video_good_max_age_ms:
        return Band.GOOD
    if fps >= policy.video_fair_min_fps and gap_ms <= policy.video_fair_max_age_ms:
        return Band.FAIR
    if fps >= policy.video_poor_min_fps and gap_ms <= policy.video_poor_max_age_ms:
        return Band.POOR
    return Band.BAD


def delay_band(delay_ms: float, policy: Policy) -> Band:
    """GOOD to BAD by the two-way delay; FAIR and worse forbid judging hesitation (ITU-T P.1305)."""
    if delay_ms <= policy.delay_good_max_ms:
        return Band.GOOD
    if delay_ms <= policy.delay_fair_max_ms:
        return Band.FAIR
    return Band.POOR if delay_ms <= policy.delay_poor_max_ms else Band.BAD
