"""Every limit a verdict uses, in one frozen value. One rule: tighter than the shipped one, never looser.

The policy version is pinned when an interview starts and stored with every finding and assessment. ``tests`` names
the tests that this version contains; a test of quality.md that is not measured yet stands in ``absent_tests``, so
nobody can mistake its silence for a pass. ``tightening`` says which way each limit is tighter. Read by core/quality,
core/findings, core/interview; built in app.
"""

from __future__ import annotations

from dataclasses import dataclass

from verifier.core.tightening import looser, senseless
from verifier.errors import PolicyInvalid

_BEFORE_STILLS = (
    "coverage",
    "unknown_run",
    "settling",
    "audio_concealment",
    "audio_worst_second",
    "audio_concealment_run",
    "audio_level",
    "video_fps",
    "video_gap",
    "video_frozen",
    "usable_frames",
    "interactivity",
    "trust",
    "flagged",
    "duration",
)

SHIPPED_TESTS = (
    *_BEFORE_STILLS,
    "document_still",
    "still_dark",
    "still_bright",
    "still_width",
    "still_glare",
    "still_sharpness",
)

ABSENT_TESTS = ("video_blockiness", "read_back_after_disputed_link")

_FORMER_TESTS = {"2026-11-a": (_BEFORE_STILLS, ("document_still", *ABSENT_TESTS))}
"""Tests that earlier shipped versions contained, and those that they lacked; interviews may still be pinned to them."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits of one policy version. The defaults are the shipped policy."""

    version: str = "2026-11-b"

    # Tests -------------------------------------------------------------------------------------------------
    tests: tuple[str, ...] = SHIPPED_TESTS
    absent_tests: tuple[str, ...] = ABSENT_TESTS

    # Windows -----------------------------------------------------------------------------------------------
    window_padding_ms: int = 1_000
    """Added on both sides of a run's window (quality.md)."""
    min_asking_ms: int = 2_000
    """An asking shorter than this cannot have held a question and its answer."""
    settling_ms: int = 3_000
    """After connect, unmute or renegotiation: not blamed, not admissible."""
    min_coverage: float = 0.95
    """Share of seconds that must be KNOWN."""
    max_unknown_run_s: int = 1
    """Longest allowed run of UNKNOWN seconds; two in a row are too many."""
    backfill_max_ms: int = 5_000
    """A longer gap between two samples is never back-filled."""
    sample_interval_slack_ms: int = 1_800
    """Two samples at most this far apart are neighbours; farther apart they leave a gap."""
    late_row_max_ms: int = 1_000
    """A browser row that arrives later than this after its moment is no evidence (the padding covers less); the next
    row's cumulative counters tell what it would have told."""

    # Audio (Microsoft CQD bands on concealment over speech; own fit STOI ≈ 0.991 − 0.878 c) ------------------
    audio_good_max: float = 0.03
    audio_fair_max: float = 0.07
    audio_poor_max: float = 0.15
    audio_window_max: float = 0.07
    audio_worst_second_max: float = 0.20
    audio_concealment_run_max_ms: float = 300.0
    """With 1 Hz rows: concealment summed over two adjacent speech seconds (a digit can vanish)."""
    audio_level_min_dbov: float = -50.0
    audio_overheard_dbfs: float = -40.0
    """Louder sound at the sink than this is no silence, whatever levels the sender wrote."""
    speech_min_ms: float = 100.0
    """A second with at least this much speech at the source counts as a speech second."""
    min_speech_s: int = 1
    """A window that needs to hear someone must contain at least this many seconds in which that person spoke."""
    audio_sample_rate_hz: int = 48_000
    """Rate of totalSamplesReceived with Opus."""
    audio_packet_ms: float = 20.0
    """Speech that one missing packet may have carried."""
    audio_min_sample_share: float = 0.5
    """Fewer samples than this share of the elapsed time: the sink played nothing worth the name."""

    # Video ---------------------------------------------------------------------------------------------------
    video_good_min_fps: float = 12.0
    video_fair_min_fps: float = 8.0
    video_poor_min_fps: float = 4.0
    video_good_max_age_ms: float = 500.0
    video_fair_max_age_ms: float = 1_000.0
    video_poor_max_age_ms: float = 2_000.0
    face_min_fps: float = 8.0
    face_max_gap_ms: float = 1_000.0
    gesture_min_fps: float = 12.0
    gesture_max_gap_ms: float = 500.0
    gesture_max_frozen_share: float = 0.10

    # Frames (OpenCV on decoded luma) -------------------------------------------------------------------------
    min_usable_frames: int = 5
    usable_luma_min: float = 40.0
    usable_luma_max: float = 220.0
    usable_glare_max: float = 0.02
    usable_sharpness_min: float = 0.02
    usable_face_min_px: int = 72
    """Face width in source pixels; ordinary framing at 640x480 must pass."""

    # Stills (calibrated on a specimen, bench/rig/specimen.py) -------------------------------------------------
    still_card_min_px: int = 640
    """Width of the document in pixels of the still: small print has about 7 pixels there."""
    still_sharpness_min: float = 0.10
    """At 640 px width: print is read up to a blur of 0.25 % of the document's width and no further."""
    still_face_min_px: int = 120

    # Interactivity (ITU-T G.114: 400 ms one way) -------------------------------------------------------------
    delay_constant_ms: float = 120.0
    """Capture, encoding and rendering, added to both round trips and jitter buffers."""
    delay_good_max_ms: float = 300.0
    delay_fair_max_ms: float = 800.0
    delay_poor_max_ms: float = 1_600.0

    # Legs ----------------------------------------------------------------------------------------------------
    leg_loss_max: float = 0.03
    """Over ``leg_loss_window_s``."""
    leg_loss_window_s: int = 5
    report_lag_s: int = 2
    """Receiver reports tell of losses up to this long ago; taken into account when upstream losses are subtracted."""
    leg_gap_ms: float = 150.0
    leg_jitter_max_ms: float = 30.0
    leg_silence_max_ms: float = 2_000.0
    leg_rtt_max_ms: float = 800.0
    """Half of what the two-way delay may be: a leg beyond it explains a conversation that lags."""
    report_age_max_ms: float = 5_000.0
    """An older receiver report says nothing about this second."""
    silent_downlink_min_packets: int = 10
    """This many packets sent in a second of which the browser received none: the downlink is silent."""
    device_source_min_fps: float = 5.0
    """A camera slower than this is the device's fault."""
    device_dropped_share_max: float = 0.2
    """Share of frames a sink may drop before its device is to blame."""
    server_lag_max_ms: float = 50.0
    blame_min_explained: float = 0.7
    blame_min_margin: float = 0.3
    blame_edge_s: int = 1

    # Trust (over spans, never on a single second) ------------------------------------------------------------
    trust_span_min_ms: int = 30_000
    trust_start_ms: int = 5_000
    """Left out after every reset: honest counters jump while a stream starts."""
    trust_conservation_share: float = 0.02
    trust_conservation_slack_ms: int = 2_000
    trust_rate_share: float = 0.01
    """Samples above 48 kHz: too many of them would dilute concealment."""
    trust_rate_slack_ms: int = 1_000
    trust_rate_deficit_share: float = 0.20
    """Samples below 48 kHz: a starved machine loses some honestly, and the audio test already counts them."""

    # Live (never feeds a verdict) ----------------------------------------------------------------------------
    live_window_s: int = 4
    preview_pending_ms: int = 2_500
    """Seconds younger than this cannot have all their rows yet; the preview leaves them open."""

    # Interview -----------------------------------------------------------------------------------------------
    max_bad_share_relied: float = 0.10
    max_bad_share_live: float = 0.30
    reconnect_grace_ms: int = 60_000
    """A break longer than this ends the call as technical_abort."""
    outage_recheck_ms: int = 3_000
    """After a break longer than this the comprehension items are asked again."""
    inconclusive_by_freelancer_max: int = 3
    check_valid_ms: int = 4 * 3_600_000
    no_show_ms: int = 15 * 60_000
    profile_questions: int = 2
    """At most this many questions are drawn from the claimed skills."""
    document_mandatory: bool = False
    """Whether an interview without a readable document is inconclusive. Many cameras cannot resolve a card (docs)."""

    # Promises (every one is a visible clock) -----------------------------------------------------------------
    decide_within_ms: int = 24 * 3_600_000
    """A conclusive interview is decided, or failure proposed, within this time."""
    response_window_ms: int = 7 * 24 * 3_600_000
    """How long the freelancer can answer a proposed failure before anybody may confirm it."""
    confirm_within_ms: int = 24 * 3_600_000
    """After the window has closed a proposal is confirmed or rejected within this time."""
    appeal_window_ms: int = 184 * 24 * 3_600_000
    """Six calendar months are at most 184 days."""
    appeal_answer_within_ms: int = 14 * 24 * 3_600_000
    reinstate_within_ms: int = 72 * 3_600_000
    """After a failure was overturned the platform reports within this time what it did with the account."""

    # Retention (core/retention; other times are the operator's to choose) -----------------------------------
    keep_verified_ms: int = 30 * 24 * 3_600_000
    """Stills of a conclusive interview, after its case was verified."""
    keep_inconclusive_ms: int = 7 * 24 * 3_600_000
    """Stills of an inconclusive interview, after it ended."""
    keep_aborted_ms: int = 72 * 3_600_000
    """The same when it broke off for technical reasons."""
    keep_after_appeal_ms: int = 30 * 24 * 3_600_000
    """What was measured, and stills of a failure, after the last appeal window has ended."""
    keep_record_ms: int = 1_096 * 24 * 3_600_000
    """Who the case is about and every word of it, after it was closed: three years."""

    def __post_init__(self) -> None:
        """Refuse a policy looser than the shipped one.

        Raises:
            PolicyInvalid: naming every field that is looser or no limit at all, every shipped test that is missing and
                every test that this version of the product does not contain.
        """
        problems = [f"{name} is not a limit" for name in senseless(self)]
        problems += [f"{name} is looser than the shipped limit" for name in looser(self)]
        shipped, absent = _FORMER_TESTS.get(self.version, (SHIPPED_TESTS, ABSENT_TESTS))
        problems += [f"test {name} is missing" for name in sorted(set(shipped) - set(self.tests))]
        problems += [f"test {name} is not measured" for name in sorted(set(self.tests) - set(shipped))]
        unnamed = sorted(set(absent) - set(self.absent_tests))
        problems += [f"test {name} is absent and has to be named so" for name in unnamed]
        if problems:
            raise PolicyInvalid("; ".join(problems))


SHIPPED = Policy()
"""The policy that ships with this version."""

FORMER = tuple(Policy(version, tests=tests, absent_tests=absent) for version, (tests, absent) in _FORMER_TESTS.items())
"""The policies that shipped before, as far as they bear on what was asked under them."""


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """The policy for new interviews and every earlier version that stored interviews may be pinned to."""

    current: Policy = SHIPPED
    earlier: tuple[Policy, ...] = FORMER

    def pinned(self, version: str) -> Policy:
        """The policy of ``version``.

        Raises:
            PolicyInvalid: nobody has it any more; nothing can be said about interviews that rest on it.
        """
        for policy in (self.current, *self.earlier):
            if policy.version == version:
                return policy
        raise PolicyInvalid(f"The policy version {version} is not in the policy book.")

    def promised(self, version: str) -> Policy:
        """The policy whose promises a case of ``version`` was given; the current one when nobody has it any more.

        For deadlines alone: nothing is admitted or decided under a policy that is not pinned.
        """
        return next((each for each in (self.current, *self.earlier) if each.version == version), self.current)
