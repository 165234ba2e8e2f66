"""A call in numbers: what really happened, second by second, and the rows that honest parts would have written.

One rule: rows follow from the truth, so that loss, freezes and mutes show in every counter that they touch. Build a
``Call``, damage it with its methods, then take ``rows()``. Used by every test that needs rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import settings

from verifier.core.model import Flag, FlagId, FlagKind, InterviewId, Role
from verifier.core.samples import (
    BrowserAudio,
    BrowserSample,
    BrowserSource,
    BrowserVideo,
    ConnectionState,
    FrameSample,
    InterviewRows,
    ReceiverReport,
    RtpCounters,
    ServerSample,
    TrackState,
)

T0 = 1_790_000_000_000
"""The first live millisecond of every built call."""
INTERVIEW = InterviewId("iv_1")
LEAD = 6
"""Seconds before T0 in which rows exist already."""
TAIL = 4
PHASE_MS = {Role.FREELANCER: 130, Role.INTERVIEWER: 480}
RATE, AUDIO_PPS, VIDEO_PPS = 48_000, 50, 60
F, I = Role.FREELANCER, Role.INTERVIEWER  # noqa: E741

PROPERTY = settings(max_examples=40, deadline=None, derandomize=True, database=None)
"""The same examples on every machine."""
VERDICT_PROPERTY = settings(PROPERTY, max_examples=15)
"""For properties that judge whole interviews."""


@dataclass
class Second:
    """What really happened to one participant in one second."""

    speech_ms: float = 0.0
    level_dbov: float = -60.0
    up_loss: float = 0.0
    down_loss: float = 0.0
    up_jitter_ms: float = 4.0
    down_jitter_ms: float = 5.0
    rtt_ms: float = 40.0
    buffer_ms: float = 60.0
    concealed: float = 0.0
    """Concealed share at this participant's sink on top of what loss causes."""
    fps_cap: float = 30.0
    """Frames that this participant's sink manages to show."""
    connected: bool = True
    generation: int = 1
    audio_track: TrackState = TrackState.LIVE
    video_track: TrackState = TrackState.LIVE
    camera_fps: float = 15.0
    limitation: str = "none"
    dropped: int = 0
    visible: bool = True
    lag_ms: float = 3.0
    udp_drops: int = 0
    browser_row: bool = True
    server_row: bool = True


@dataclass
class Call:
    """A clean call of so many live seconds, in which both speak in turn; methods damage it and return it."""

    seconds: int = 60
    truth: dict[Role, list[Second]] = field(default_factory=dict)
    luma: float = 120.0
    face_px: int | None = 140
    sharpness: float = 0.2
    frame_rate: int = 4

    def __post_init__(self) -> None:
        total = LEAD + self.seconds + TAIL
        self.truth = {role: [Second() for _ in range(total)] for role in Role}
        for k in range(total):
            speaker = I if k % 10 < 4 else F
            if k % 10 != 9:
                self.truth[speaker][k].speech_ms = 800.0
                self.truth[speaker][k].level_dbov = -25.0

    # ------------------------------------------------------------ damage

    def set(self, role: Role, begin: int, end: int, **changes: object) -> Call:
        """Change the truth of live seconds [begin, end) of one participant."""
        for k in range(max(0, begin + LEAD), min(end + LEAD, len(self.truth[role]))):
            for name, value in changes.items():
                assert hasattr(self.truth[role][k], name), name
                setattr(self.truth[role][k], name, value)
        return self

    def uplink_loss(self, role: Role, begin: int, end: int, share: float) -> Call:
        return self.set(role, begin, end, up_loss=share)

    def downlink_loss(self, role: Role, begin: int, end: int, share: float) -> Call:
        return self.set(role, begin, end, down_loss=share)

    def outage(self, role: Role, begin: int, end: int) -> Call:
        """Nothing passes in either direction, the browser's rows included."""
        return self.set(role, begin, end, up_loss=1.0, down_loss=1.0, browser_row=False)

    def withhold(self, role: Role, begin: int, end: int) -> Call:
        """The browser's rows do not come; the media does."""
        return self.set(role, begin, end, browser_row=False)

    def silence(self, role: Role, begin: int, end: int) -> Call:
        return self.set(role, begin, end, speech_ms=0.0, level_dbov=-80.0)

    def mute(self, role: Role, begin: int, end: int) -> Call:
        return self.silence(role, begin, end).set(role, begin, end, audio_track=TrackState.MUTED)

    def reconnect(self, role: Role, begin: int, end: int) -> Call:
        """Disconnected over [begin, end), a new generation from then on."""
        self.outage(role, begin, end).set(role, begin, end, connected=False)
        return self.set(role, begin, self.seconds + TAIL, generation=self.truth[role][begin + LEAD].generation + 1)

    # ------------------------------------------------------------ rows

    def rows(self) -> InterviewRows:
        """What honest parts would have written."""
        server = [row for role in Role for row in self._server(role)]
        browser = [row for role in Role for row in self._browser(role)]
        server.sort(key=lambda row: (row.at_ms, row.leg))
        browser.sort(key=lambda row: (row.received_ms, row.leg))
        return InterviewRows(tuple(server), tuple(browser), self._frames())

    def _server(self, role: Role) -> list[ServerSample]:
        rows: list[ServerSample] = []
        audio, video = _Rtp(100), _Rtp(200)
        sent = {"audio": 0, "video": 0}
        lost = {"audio": 0, "video": 0}
        silent, drops, connected_ms = 0.0, 0, T0 - 1_000 * LEAD
        for k, now in enumerate(self.truth[role]):
            other = self.truth[role.other][k]
            fresh = k > 0 and now.generation != self.truth[role][k - 1].generation
            if fresh:
                audio, video = _Rtp(100 + now.generation), _Rtp(200 + now.generation)
            if now.connected and (fresh or (k > 0 and not self.truth[role][k - 1].connected)):
                connected_ms = T0 + 1_000 * (k - LEAD)
            up = now.up_loss if now.connected else 1.0
            audio.second(AUDIO_PPS if now.connected else 0, up)
            video.second(VIDEO_PPS if now.connected else 0, up)
            arrives = 0.0 if other.up_loss >= 1 or not other.connected else 1 - other.up_loss
            for medium, pps in (("audio", AUDIO_PPS), ("video", VIDEO_PPS)):
                forwarded = round(pps * arrives) if now.connected else 0
                sent[medium] += forwarded
                missing = pps - forwarded if now.connected and other.connected else 0
                lost[medium] += missing + round(forwarded * min(now.down_loss, 0.99))
            silent = silent + 1_000 if up >= 1 else 20.0
            drops += now.udp_drops
            if now.server_row:
                rows.append(
                    ServerSample(
                        interview_id=INTERVIEW,
                        leg=role,
                        generation=now.generation,
                        sequence=k,
                        at_ms=T0 + 1_000 * (k - LEAD + 1),
                        connection=ConnectionState.CONNECTED if now.connected else ConnectionState.DISCONNECTED,
                        connected_ms=connected_ms if now.connected else None,
                        audio=audio.row(now.up_jitter_ms),
                        video=video.row(now.up_jitter_ms),
                        speech_ms=now.speech_ms * (1 - up),
                        level_dbov=None if up >= 1 else now.level_dbov,
                        sent_audio_packets=sent["audio"],
                        sent_video_packets=sent["video"],
                        sent_retransmissions=0,
                        report_audio=ReceiverReport(300, 0.0, lost["audio"], now.down_jitter_ms, 300.0),
                        report_video=ReceiverReport(301, 0.0, lost["video"], now.down_jitter_ms, 300.0),
                        rtt_ms=now.rtt_ms,
                        silence_ms=silent,
                        uplink_estimate_bps=1_500_000,
                        downlink_estimate_bps=1_500_000,
                        loop_lag_ms=now.lag_ms,
                        udp_drops=drops,
                    )
                )
        return rows

    def _browser(self, role: Role) -> list[BrowserSample]:
        rows: list[BrowserSample] = []
        sink, generation, sequence = _Sink(), 1, 0
        changes, sent = 0, 0
        for k, now in enumerate(self.truth[role]):
            other = self.truth[role.other][k]
            if now.generation != generation:
                sink, generation, sequence, sent = _Sink(), now.generation, 0, 0
            before = self.truth[role][max(0, k - 1)]
            changes += (before.audio_track, before.video_track) != (now.audio_track, now.video_track)
            arriving = (1 - (other.up_loss if other.connected else 1)) * (1 - (now.down_loss if now.connected else 1))
            sink.second(now, other, arriving)
            sent += AUDIO_PPS if now.connected else 0
            at_ms = T0 + 1_000 * (k - LEAD + 1) + PHASE_MS[role]
            if now.browser_row:
                rows.append(
                    BrowserSample(
                        interview_id=INTERVIEW,
                        leg=role,
                        generation=generation,
                        sequence=sequence,
                        client_ms=float(1_000 * k),
                        received_ms=at_ms,
                        audio=sink.audio(),
                        video=sink.video(now),
                        source=BrowserSource(
                            audio_track=now.audio_track,
                            video_track=now.video_track,
                            audio_energy=0.0,
                            frames_per_second=now.camera_fps,
                            frames_encoded=15 * k,
                            quality_limitation=now.limitation,
                            packets_sent_audio=sent,
                            packets_sent_video=60 * k,
                            available_outgoing_bps=1_500_000.0,
                            rtt_ms=now.rtt_ms,
                            page_visible=now.visible,
                            audio_changes=changes,
                            video_changes=changes,
                        ),
                    )
                )
            sequence += 1
        return rows

    def _frames(self) -> tuple[FrameSample, ...]:
        step = 1_000 // self.frame_rate
        return tuple(
            FrameSample(
                interview_id=INTERVIEW,
                at_ms=T0 + at,
                width=640,
                height=480,
                mean_luma=self.luma,
                contrast=40.0,
                glare_share=0.0,
                sharpness=self.sharpness,
                repeated=False,
                faces=1 if self.face_px else 0,
                face_width_px=self.face_px,
            )
            for at in range(0, 1_000 * self.seconds, step)
        )


class _Rtp:
    """One uplink stream as the server's tracker counts it; what is lost shows with the next packet that arrives."""

    def __init__(self, ssrc: int) -> None:
        self.ssrc, self.received, self.expected, self.gaps, self.pending = ssrc, 0, 0, 0, 0

    def second(self, packets: int, loss: float) -> None:
        got = round(packets * (1 - loss))
        if not got:
            self.pending += packets
            return
        if self.pending >= 8 or packets - got >= 25:
            self.gaps += 1
        self.expected += packets + self.pending
        self.received += got
        self.pending = 0

    def row(self, jitter_ms: float) -> RtpCounters:
        return RtpCounters(
            ssrc=self.ssrc,
            received=self.received,
            expected=self.expected,
            bytes=100 * self.received,
            gaps_150ms=self.gaps,
            longest_gap_ms=25.0,
            jitter_ms=jitter_ms,
        )


class _Sink:
    """One browser's cumulative sink counters."""

    def __init__(self) -> None:
        self.samples = self.concealed = self.silent = 0
        self.energy = self.held = 0.0
        self.emitted = self.audio_got = self.audio_lost = 0
        self.frames = self.dropped = self.video_got = 0
        self.delay = self.squares = self.frozen = self.since = 0.0

    def second(self, now: Second, other: Second, arriving: float) -> None:
        loss = 1 - arriving
        share = min(1.0, (loss if loss > 0.1 else loss * 0.25) + now.concealed)
        self.samples += RATE
        self.concealed += round(RATE * share)
        self.silent += round(RATE * share) if share > 0.95 else 0
        self.energy += arriving * 10 ** ((other.level_dbov - 3) / 10) * (other.speech_ms / 1_000 or 0.01)
        self.held += now.buffer_ms / 1_000 * RATE
        self.emitted += RATE
        self.audio_got += round(AUDIO_PPS * arriving)
        self.audio_lost += AUDIO_PPS - round(AUDIO_PPS * arriving) if other.connected and now.connected else 0
        self.video_got += round(VIDEO_PPS * arriving)
        off = other.video_track is not TrackState.LIVE
        fps = 0.0 if off or loss > 0.6 else min(now.fps_cap, other.camera_fps) * max(0.0, 1 - 1.5 * loss)
        self.dropped += now.dropped
        self._show(fps)

    def _show(self, fps: float) -> None:
        frames = int(fps)
        if not frames:
            self.since += 1.0
            return
        for number in range(frames):
            gap = 1 / frames + (self.since if number == 0 else 0.0)
            self.delay += gap
            self.squares += gap * gap
            self.frozen += gap if gap > 0.3 else 0.0
            self.frames += 1
        self.since = 0.0

    def audio(self) -> BrowserAudio:
        return BrowserAudio(
            stats_id="A",
            ssrc=300,
            total_samples_received=self.samples,
            concealed_samples=self.concealed,
            silent_concealed_samples=self.silent,
            concealment_events=self.concealed // 480,
            jitter_buffer_delay_s=self.held,
            jitter_buffer_emitted=self.emitted,
            packets_received=self.audio_got,
            packets_lost=self.audio_lost,
            packets_discarded=0,
            total_audio_energy=self.energy,
        )

    def video(self, now: Second) -> BrowserVideo:
        return BrowserVideo(
            stats_id="V",
            ssrc=301,
            frames_decoded=self.frames,
            frames_dropped=self.dropped,
            total_inter_frame_delay_s=self.delay,
            total_squared_inter_frame_delay_s2=self.squares,
            qp_sum=0,
            freeze_count=0,
            total_freezes_duration_s=self.frozen,
            frame_width=640,
            frame_height=480,
            packets_received=self.video_got,
            packets_lost=0,
            newest_frame_age_ms=1_000 * self.since + 20.0,
            jitter_buffer_delay_s=self.held,
            jitter_buffer_emitted=self.emitted,
        )


# ---------------------------------------------------------------- flags


def cant_hear(at_s: float, by: Role = F) -> Flag:
    """ "I can't hear / understand", so many seconds into the call."""
    return Flag(FlagId("fl_1"), INTERVIEW, FlagKind.CANT_HEAR, T0 + round(1_000 * at_s), by)


def telemetry(at_s: float = 0.0) -> Flag:
    """The server's own checks disputed the figures."""
    return Flag(FlagId("fl_2"), INTERVIEW, FlagKind.TELEMETRY, T0 + round(1_000 * at_s), None)


def only(rows: InterviewRows, role: Role, **changes: object) -> InterviewRows:
    """The rows with the same change to every browser row of one leg (dotted names by ``__``: ``audio__ssrc``)."""
    return replace(rows, browser=tuple(_changed(r, changes) if r.leg is role else r for r in rows.browser))


def _changed(row: BrowserSample, changes: dict[str, object]) -> BrowserSample:
    for name, value in changes.items():
        part, _, leaf = name.partition("__")
        row = replace(row, **{part: replace(getattr(row, part), **{leaf: value}) if leaf else value})
    return row
