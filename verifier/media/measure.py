"""One row per leg and second from what the leg counted. One rule: figures as seen, no smoothing, no judgement."""

from __future__ import annotations

from verifier.core.samples import ServerSample
from verifier.media.leg import Leg


def sample_of(leg: Leg, *, sequence: int, at_ms: int, now_s: float, websocket_rtt_ms: float | None,
              loop_lag_ms: float) -> ServerSample:  # fmt: skip
    """The row of ``leg`` since the row before it; starts the next interval.

    Args:
        leg: any generation, connected or not.
        sequence: counts this leg's rows over all generations.
        at_ms: now, on the server's clock.
        now_s: now, monotonic.
        websocket_rtt_ms: stands in until RTCP gives a round trip.
        loop_lag_ms: worst lag since the row before.
    """
    streams = leg.streams
    speech_ms, level_dbov = streams.audio_in.take_level()
    measured_s = streams.round_trip_s
    return ServerSample(
        interview_id=leg.interview_id,
        leg=leg.role,
        generation=leg.generation,
        sequence=sequence,
        at_ms=at_ms,
        connection=leg.connection,
        connected_ms=leg.connected_ms,
        audio=streams.audio_in.take(now_s),
        video=streams.video_in.take(now_s),
        speech_ms=speech_ms,
        level_dbov=None if level_dbov is None else float(level_dbov),
        sent_audio_packets=streams.audio_out.packets,
        sent_video_packets=streams.video_out.packets,
        sent_retransmissions=streams.video_out.retransmissions,
        report_audio=streams.audio_out.receiver_report(now_s),
        report_video=streams.video_out.receiver_report(now_s),
        rtt_ms=websocket_rtt_ms if measured_s is None else measured_s * 1000,
        silence_ms=leg.take_silence_s(now_s) * 1000,
        uplink_estimate_bps=streams.control.cap_bps,
        downlink_estimate_bps=streams.control.downlink_bps,
        loop_lag_ms=loop_lag_ms,
        udp_drops=leg.transport.kernel_drops(),
    )
