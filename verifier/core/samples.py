"""The raw rows: one typed row per leg, second and origin. One rule: rows say what was seen, never what it means.

Counters are cumulative and belong to one ssrc or stats id; they are never subtracted across two of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from verifier.core.evidence import Still
from verifier.core.model import InterviewId, Role


class Medium(StrEnum):
    """Audio or video."""

    AUDIO = "audio"
    VIDEO = "video"


class Stream(StrEnum):
    """One medium from one participant to the other; what an item can need."""

    AUDIO_FROM_FREELANCER = "audio_from_freelancer"
    AUDIO_FROM_INTERVIEWER = "audio_from_interviewer"
    VIDEO_FROM_FREELANCER = "video_from_freelancer"
    VIDEO_FROM_INTERVIEWER = "video_from_interviewer"

    @property
    def medium(self) -> Medium:
        """Audio or video."""
        return Medium.AUDIO if self.value.startswith("audio") else Medium.VIDEO

    @property
    def source(self) -> Role:
        """Who sends it."""
        return Role.FREELANCER if self.value.endswith("from_freelancer") else Role.INTERVIEWER

    @property
    def sink(self) -> Role:
        """Who receives it."""
        return self.source.other


class ConnectionState(StrEnum):
    """State of one leg's peer connection, as in W3C webrtc-pc without ``closed`` and ``new`` folded into others."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class RtpCounters:
    """What the server's own tracker saw of one RTP stream on an uplink. Cumulative per SSRC unless said otherwise."""

    ssrc: int | None = None
    """None until the first packet; counters are never subtracted across two ssrcs."""
    received: int = 0
    """Distinct sequence numbers that arrived, repaired ones (RTX) not counted."""
    expected: int = 0
    repaired: int = 0
    """Lost at first and recovered by retransmission."""
    duplicates: int = 0
    reordered: int = 0
    bytes: int = 0
    """RTP payload bytes."""
    gaps_150ms: int = 0
    """Pauses of at least 150 ms between two arrivals whose sequence numbers skip."""
    longest_gap_ms: float = 0.0
    """Longest pause between two arrivals within this second (not cumulative)."""
    jitter_ms: float = 0.0
    """Inter-arrival jitter of RFC 3550 A.8 in milliseconds, on a monotonic clock."""


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """The browser's last RTCP receiver report about a stream we send it, with upstream loss not yet subtracted."""

    ssrc: int | None = None
    fraction_lost: float | None = None
    """0..1, None before the first report."""
    packets_lost: int | None = None
    """Cumulative and signed."""
    jitter_ms: float | None = None
    age_ms: float | None = None
    """Time since the report arrived."""


@dataclass(frozen=True, slots=True)
class ServerSample:
    """What the server measured of one leg in one second: the truth the verdict rests on."""

    interview_id: InterviewId
    leg: Role
    generation: int
    """Counts the peer connections of this leg; a reload or reconnect is a new generation."""
    sequence: int
    """Counts the samples of this leg over all generations; a hole is missing data."""
    at_ms: int
    """When it was taken; it covers the time since the sample before it."""
    connection: ConnectionState
    connected_ms: int | None
    """When this generation was first connected; settling counts from here."""
    audio: RtpCounters
    video: RtpCounters
    speech_ms: float
    """Milliseconds of this second in which arriving audio packets carried speech (RFC 6464 voice flag and level)."""
    level_dbov: float | None
    """Loudest audio level of this second in −dBov as a negative number, None without audio packets."""
    sent_audio_packets: int
    """Cumulative: packets forwarded down this leg."""
    sent_video_packets: int
    sent_retransmissions: int
    report_audio: ReceiverReport
    report_video: ReceiverReport
    rtt_ms: float | None
    """From RTCP; a WebSocket ping until the first report; None when neither is known."""
    silence_ms: float
    """Longest time within this second without any packet of any kind from the leg, running over second borders."""
    uplink_estimate_bps: int | None
    downlink_estimate_bps: int | None
    loop_lag_ms: float
    """Worst event-loop lag of this second."""
    udp_drops: int
    """Datagrams the kernel dropped on this leg's sockets, cumulative."""


class TrackState(StrEnum):
    """State of a local track as its own browser sees it."""

    LIVE = "live"
    MUTED = "muted"
    DISABLED = "disabled"
    ENDED = "ended"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class BrowserAudio:
    """Sink-side audio counters of W3C webrtc-stats, cumulative; None where the browser lacks the field."""

    stats_id: str | None = None
    ssrc: int | None = None
    total_samples_received: int | None = None
    concealed_samples: int | None = None
    silent_concealed_samples: int | None = None
    concealment_events: int | None = None
    jitter_buffer_delay_s: float | None = None
    """Cumulative seconds × emitted samples, as the standard defines it."""
    jitter_buffer_emitted: int | None = None
    packets_received: int | None = None
    packets_lost: int | None = None
    packets_discarded: int | None = None
    total_audio_energy: float | None = None


@dataclass(frozen=True, slots=True)
class BrowserVideo:
    """Sink-side video counters of W3C webrtc-stats, cumulative; None where the browser lacks the field."""

    stats_id: str | None = None
    ssrc: int | None = None
    frames_decoded: int | None = None
    frames_dropped: int | None = None
    total_inter_frame_delay_s: float | None = None
    total_squared_inter_frame_delay_s2: float | None = None
    qp_sum: int | None = None
    freeze_count: int | None = None
    total_freezes_duration_s: float | None = None
    frame_width: int | None = None
    frame_height: int | None = None
    packets_received: int | None = None
    packets_lost: int | None = None
    newest_frame_age_ms: float | None = None
    """Age of the newest rendered frame by the page's own clock, not cumulative."""
    jitter_buffer_delay_s: float | None = None
    jitter_buffer_emitted: int | None = None


@dataclass(frozen=True, slots=True)
class BrowserSource:
    """State of the sender's own devices and encoder in one browser."""

    audio_track: TrackState = TrackState.MISSING
    video_track: TrackState = TrackState.MISSING
    audio_energy: float | None = None
    """Cumulative totalAudioEnergy of the media source."""
    frames_per_second: float | None = None
    """Of the media source, before encoding."""
    frames_encoded: int | None = None
    quality_limitation: str | None = None
    """``none``, ``cpu``, ``bandwidth`` or ``other``."""
    packets_sent_audio: int | None = None
    packets_sent_video: int | None = None
    available_outgoing_bps: float | None = None
    rtt_ms: float | None = None
    """currentRoundTripTime of the selected candidate pair."""
    page_visible: bool | None = None
    audio_changes: int | None = None
    """Cumulative: changes of the audio track's state that the page saw (mute, unmute, enabled, ended, replaced). Equal
    counts on both sides of a gap between two rows prove that the gap hid none; None proves nothing."""
    video_changes: int | None = None
    """The same for the video track."""


@dataclass(frozen=True, slots=True)
class BrowserSample:
    """What one participant's browser reported about one second. Worth less than any measurement of the server."""

    interview_id: InterviewId
    leg: Role
    generation: int
    sequence: int
    """Counted by the page from 0 per generation; a hole is missing data."""
    client_ms: float
    """The page's monotonic clock (performance.now)."""
    received_ms: int
    """When the server received it, on the server's clock."""
    audio: BrowserAudio
    video: BrowserVideo
    source: BrowserSource


@dataclass(frozen=True, slots=True)
class FrameSample:
    """What OpenCV saw in one decoded frame of the freelancer's video."""

    interview_id: InterviewId
    at_ms: int
    width: int
    height: int
    mean_luma: float
    """0..255."""
    contrast: float
    """Standard deviation of luma, 0..127.5."""
    glare_share: float
    """Share of pixels with luma above 245, 0..1."""
    sharpness: float
    """Normalised Tenengrad, ≥ 0, on the luma resized to a fixed width after light denoising."""
    repeated: bool
    """Decoded luma identical to the frame before it."""
    faces: int
    face_width_px: int | None
    """Width of the largest face in pixels of the decoded frame."""


@dataclass(frozen=True, slots=True)
class InterviewRows:
    """Every raw row a verdict of one interview may rest on, each tuple in ascending time order."""

    server: tuple[ServerSample, ...]
    browser: tuple[BrowserSample, ...]
    frames: tuple[FrameSample, ...]
    stills: tuple[Still, ...] = ()


def uplink_kbps(row: ServerSample, before: ServerSample) -> float | None:
    """RTP payload rate of a leg's uplink between two of its rows in kb/s; None across two ssrcs or without time."""
    same = (row.audio.ssrc, row.video.ssrc) == (before.audio.ssrc, before.video.ssrc)
    if not same or row.at_ms <= before.at_ms:
        return None
    sent = row.audio.bytes + row.video.bytes - before.audio.bytes - before.video.bytes
    return round(8 * sent / (row.at_ms - before.at_ms), 1)
