"""A browser that begins a stream anew under its old id: no contradiction, but nothing is known across it."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.rows import PROPERTY, T0, Call, F, I
from verifier.core.model import Role
from verifier.core.policy import SHIPPED
from verifier.core.quality.perception import perceive
from verifier.core.quality.timeline import ProblemKind
from verifier.core.quality.trust import check
from verifier.core.samples import BrowserAudio, BrowserSample, BrowserVideo, InterviewRows, Stream
from verifier.core.verdicts import Band

_KEPT = {"stats_id", "ssrc", "frame_width", "frame_height", "newest_frame_age_ms"}


def _less(stream: BrowserAudio | BrowserVideo, base: BrowserAudio | BrowserVideo) -> dict[str, float]:
    names = [field.name for field in fields(stream) if field.name not in _KEPT]
    return {name: getattr(stream, name) - getattr(base, name) for name in names}


def restarted(
    rows: InterviewRows, role: Role, at_s: float, *, audio: bool = False, video: bool = True
) -> InterviewRows:
    """The same rows from a browser whose streams count from zero again at this second."""
    own = [row for row in rows.browser if row.leg is role]
    base = [row for row in own if row.received_ms < T0 + 1_000 * at_s][-1]

    def change(row: BrowserSample) -> BrowserSample:
        if row.leg is not role or row.received_ms <= base.received_ms:
            return row
        return replace(
            row,
            audio=replace(row.audio, **_less(row.audio, base.audio)) if audio else row.audio,
            video=replace(row.video, **_less(row.video, base.video)) if video else row.video,
        )

    return replace(rows, browser=tuple(change(row) for row in rows.browser))


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("audio", "video"), [(False, True), (True, False), (True, True)])
def test_streams_begun_anew_are_no_contradiction(role: Role, audio: bool, video: bool) -> None:
    rows = restarted(Call(120).rows(), role, 40, audio=audio, video=video)
    rows = restarted(rows, role, 80, audio=audio, video=video)
    assert check(rows, SHIPPED) == ()


def test_what_lies_across_is_not_known_and_what_follows_settles() -> None:
    rows = restarted(Call(60).rows(), F, 30)
    timeline = perceive(rows, T0, T0 + 60_000, SHIPPED)
    picture, sound = timeline.streams[Stream.VIDEO_FROM_INTERVIEWER], timeline.streams[Stream.AUDIO_FROM_INTERVIEWER]
    assert Band.UNKNOWN in {second.band for second in picture[29:31]}
    assert any(second.settling for second in picture[30:33])
    assert all(second.known and not second.settling for second in picture[:29] + picture[35:])
    assert all(second.known for second in sound)


def test_a_counter_that_falls_alone_is_a_contradiction_still() -> None:
    rows = restarted(Call(120).rows(), F, 40)
    alone = [
        replace(row, video=replace(row.video, frames_decoded=before.video.frames_decoded)) if row.leg is F else row
        for row, before in zip(Call(120).rows().browser, rows.browser, strict=True)
    ]
    assert ProblemKind.NOT_MONOTONIC in {one.kind for one in check(replace(rows, browser=tuple(alone)), SHIPPED)}


def test_a_stream_that_begins_anew_with_more_than_it_could_have_played_is_a_contradiction() -> None:
    def scaled(row: BrowserSample) -> BrowserSample:
        if row.leg is not I or row.received_ms < T0 + 60_000:
            return row
        names = ("total_samples_received", "jitter_buffer_emitted", "packets_received", "total_audio_energy")
        less = {name: getattr(row.audio, name) * 0.9 for name in names}
        return replace(row, audio=replace(row.audio, **less))

    rows = Call(120).rows()
    lied = replace(rows, browser=tuple(map(scaled, rows.browser)))
    assert ProblemKind.NOT_MONOTONIC in {one.kind for one in check(lied, SHIPPED)}


@PROPERTY
@given(st.sampled_from(list(Role)), st.floats(2, 55), st.booleans(), st.booleans())
def test_beginning_anew_never_makes_anything_better(role: Role, at_s: float, audio: bool, video: bool) -> None:
    call = Call(60).uplink_loss(I, 20, 30, 0.4).outage(F, 40, 44)
    plain = perceive(call.rows(), T0, T0 + 60_000, SHIPPED)
    anew = perceive(restarted(call.rows(), role, at_s, audio=audio, video=video), T0, T0 + 60_000, SHIPPED)
    worse = [Band.QUIET, Band.GOOD, Band.FAIR, Band.POOR, Band.BAD, Band.UNKNOWN]
    for stream in Stream:
        for before, after in zip(plain.streams[stream], anew.streams[stream], strict=True):
            assert after.settling or worse.index(after.band) >= worse.index(before.band) or not after.known
