"""Bandwidth of one leg, both ways. One rule: audio first; video waits when a downlink chokes.

Uplink: arrivals are reported transport-wide every 75 ms, so the browser estimates by itself; what the other leg's
downlink carries goes up as a REMB cap, and the lower of the two rules. Downlink: our own transport-wide numbers are
stamped on every packet, the browser's feedback feeds an estimator. Times are seconds (monotonic).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from verifier.media import rtcp, twcc
from verifier.media.estimator import MAX_BPS, DownlinkEstimator
from verifier.media.sender import VideoDownlink

_FEEDBACK_S = 0.075
_ESTIMATE_S = 0.1
_CAP_REPEAT_S = 1.0
_CAP_TOLERANCE = 0.03
_SENT_KEPT = 4096
_OVERHEAD_BYTES = 60
"""IP, UDP, SRTP and RTP headers of one packet."""
_HOLD_LOSS, _HOLD_QUEUE_S, _RESUME_QUEUE_S = 0.25, 0.25, 0.10
_HOLD_MIN_S, _HOLD_MAX_S, _HOLD_INTERVAL_S = 0.15, 0.8, 3.0
_PICTURE_INTERVAL_S = 0.5


class CongestionControl:
    """What one leg tells and learns about its bandwidth."""

    def __init__(self, send_rtcp: Callable[[bytes], bool]) -> None:
        self.transport_wide = False
        """Whether the browser answered with transport-wide numbers."""
        self.arrivals = twcc.ArrivalRecorder()
        self.estimator = DownlinkEstimator()
        self.reported_bps: int | None = None
        """The browser's own REMB about our downlink, used when there is no transport-wide feedback."""
        self.cap_bps: int | None = None
        """What the other leg's downlink carries; set by the call, sent up as REMB."""
        self.want_picture: Callable[[], None] = lambda: None
        """Asks the source of this leg's downlink for a key frame."""
        self._send = send_rtcp
        self._number = 0
        self._sent: list[tuple[int, float, int] | None] = [None] * _SENT_KEPT
        self._feedback_due_at = self._estimate_due_at = 0.0
        self._cap_sent: int | None = None
        self._cap_sent_at = self._held_at = self._picture_at = -math.inf

    def stamp(self, size: int, now_s: float) -> int | None:
        """The next 16-bit transport-wide number for a packet with ``size`` bytes of payload sent now."""
        if not self.transport_wide:
            return None
        self._number = (self._number + 1) & 0xFFFF
        self._sent[self._number % _SENT_KEPT] = (self._number, now_s, size + _OVERHEAD_BYTES)
        return self._number

    def take_feedback(self, information: bytes, now_s: float) -> None:
        """Take the browser's transport-wide feedback.

        Raises:
            ValueError: malformed.
        """
        for number, arrival in twcc.parse(information):
            sent = self._sent[number % _SENT_KEPT]
            if sent is None or sent[0] != number:
                continue
            if arrival is None:
                self.estimator.missing(now_s)
            else:
                self._sent[number % _SENT_KEPT] = None
                self.estimator.delivered(arrival - sent[1], sent[2], now_s)

    @property
    def downlink_bps(self) -> int | None:
        """What the downlink carries as far as is known, None when nothing is."""
        if self.estimator.known:
            return int(self.estimator.target_bps)
        return self.reported_bps

    def tick(self, now_s: float, uplink_ssrc: int | None, video_out: VideoDownlink) -> None:
        """Send what is due and hold video back or let it go on."""
        if now_s >= self._feedback_due_at:
            self._feedback_due_at = now_s + _FEEDBACK_S
            for information in self.arrivals.take():
                self._send(rtcp.pack_transport_feedback(video_out.ssrc, uplink_ssrc or 0, information))
        if now_s < self._estimate_due_at:
            return
        self._estimate_due_at = now_s + _ESTIMATE_S
        if self.estimator.known:
            video_out.budget_bps = self.estimator.tick(now_s)
            self._protect_audio(now_s, video_out)
        if uplink_ssrc is not None:
            self._send_cap(now_s, video_out.ssrc, uplink_ssrc)

    def _send_cap(self, now_s: float, ssrc: int, uplink_ssrc: int) -> None:
        cap, sent = self.cap_bps, self._cap_sent
        if cap is None or (sent is None and cap >= MAX_BPS):
            return
        moved = sent is None or abs(cap - sent) > _CAP_TOLERANCE * sent
        if not moved and now_s - self._cap_sent_at < _CAP_REPEAT_S:
            return
        self._cap_sent, self._cap_sent_at = cap, now_s
        self._send(rtcp.pack_bitrate_cap(ssrc, uplink_ssrc, cap))

    def _protect_audio(self, now_s: float, video_out: VideoDownlink) -> None:
        """Heavy congestion: drop video, let the queue drain, start again from a key frame made at the new rate."""
        estimator = self.estimator
        if not video_out.held:
            heavy = estimator.loss > _HOLD_LOSS or estimator.queue_s > _HOLD_QUEUE_S
            if heavy and now_s - self._held_at > _HOLD_INTERVAL_S:
                self._held_at, self._picture_at = now_s, -math.inf
                video_out.hold()
            return
        held_s = now_s - self._held_at
        drained = (estimator.queue_s < _RESUME_QUEUE_S and held_s > _HOLD_MIN_S) or held_s > _HOLD_MAX_S
        if drained and now_s - self._picture_at > _PICTURE_INTERVAL_S:
            self._picture_at = now_s
            self.want_picture()
