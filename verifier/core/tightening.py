"""In which direction each limit of a policy is tighter. One rule: each number of a verdict stands in one of three sets.

A number in none of them bears on no verdict. Called by ``policy.Policy`` when one is made.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_LARGEST_LIMIT = 2**53

HIGHER_IS_TIGHTER = frozenset(
    {
        "window_padding_ms",
        "min_asking_ms",
        "settling_ms",
        "min_coverage",
        "audio_level_min_dbov",
        "video_good_min_fps",
        "video_fair_min_fps",
        "video_poor_min_fps",
        "face_min_fps",
        "gesture_min_fps",
        "min_speech_s",
        "audio_packet_ms",
        "audio_min_sample_share",
        "min_usable_frames",
        "usable_luma_min",
        "usable_sharpness_min",
        "usable_face_min_px",
        "still_card_min_px",
        "still_sharpness_min",
        "still_face_min_px",
        "delay_constant_ms",
        "document_mandatory",
        "response_window_ms",
        "appeal_window_ms",
        "keep_after_appeal_ms",
    }
)
"""Fields that are minimums (or widen what is looked at). Every other number in ``VERDICT_MAXIMA`` is a maximum."""

VERDICT_MAXIMA = frozenset(
    {
        "max_unknown_run_s",
        "backfill_max_ms",
        "sample_interval_slack_ms",
        "late_row_max_ms",
        "trust_span_min_ms",
        "trust_start_ms",
        "trust_conservation_share",
        "trust_conservation_slack_ms",
        "trust_rate_share",
        "trust_rate_slack_ms",
        "trust_rate_deficit_share",
        "audio_overheard_dbfs",
        "audio_good_max",
        "audio_fair_max",
        "audio_poor_max",
        "audio_window_max",
        "audio_worst_second_max",
        "audio_concealment_run_max_ms",
        "video_good_max_age_ms",
        "video_fair_max_age_ms",
        "video_poor_max_age_ms",
        "face_max_gap_ms",
        "gesture_max_gap_ms",
        "gesture_max_frozen_share",
        "usable_luma_max",
        "usable_glare_max",
        "delay_good_max_ms",
        "delay_fair_max_ms",
        "delay_poor_max_ms",
        "max_bad_share_relied",
        "max_bad_share_live",
        "reconnect_grace_ms",
        "outage_recheck_ms",
        "check_valid_ms",
        "decide_within_ms",
        "confirm_within_ms",
        "appeal_answer_within_ms",
        "reinstate_within_ms",
    }
)


AS_SHIPPED = frozenset(
    {
        "speech_min_ms",
        "audio_sample_rate_hz",
        "leg_loss_max",
        "leg_loss_window_s",
        "report_lag_s",
        "leg_gap_ms",
        "leg_jitter_max_ms",
        "leg_silence_max_ms",
        "leg_rtt_max_ms",
        "report_age_max_ms",
        "silent_downlink_min_packets",
        "device_source_min_fps",
        "device_dropped_share_max",
        "server_lag_max_ms",
        "blame_min_explained",
        "blame_min_margin",
        "blame_edge_s",
    }
)
"""Neither way is tighter: fewer seconds count as speech, or as heard; sound is measured as shorter than it was; what
one leg no longer explains another one does, and somebody is blamed who was not to blame."""


def senseless(policy: DataclassInstance) -> list[str]:
    """Names of the numbers that are not finite, absurdly large, or negative where only a level may be."""
    names = []
    for field in fields(policy):
        value = getattr(policy, field.name)
        least = -_LARGEST_LIMIT if field.name.endswith(("_dbov", "_dbfs")) else 0
        if isinstance(value, (int, float)) and not least <= value <= _LARGEST_LIMIT:
            names.append(field.name)
    return names


def looser(policy: DataclassInstance) -> list[str]:
    """Names of the verdict limits in which ``policy`` is looser than the shipped defaults, in field order."""
    loose = []
    for field in fields(policy):
        value, shipped = getattr(policy, field.name), field.default
        if field.name in HIGHER_IS_TIGHTER and not value >= shipped:
            loose.append(field.name)
        if field.name in VERDICT_MAXIMA and not value <= shipped:
            loose.append(field.name)
        if field.name in AS_SHIPPED and value != shipped:
            loose.append(field.name)
    return loose
