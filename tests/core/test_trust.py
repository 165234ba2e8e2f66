"""Which rows contradict themselves, each other or physics, and which honest oddities do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.rows import AUDIO_PPS, PROPERTY, T0, Call, F, I
from verifier.core.model import Role
from verifier.core.policy import SHIPPED
from verifier.core.quality.timeline import ProblemKind
from verifier.core.quality.trust import check
from verifier.core.samples import BrowserSample, InterviewRows, ReceiverReport


def kinds(source: Call | InterviewRows) -> set[ProblemKind]:
    rows = source.rows() if isinstance(source, Call) else source
    return {problem.kind for problem in check(rows, SHIPPED)}


def lied(change: Callable[[BrowserSample, float], BrowserSample], role: Role = F) -> InterviewRows:
    """A clean call of two minutes in which one browser changes its rows by the seconds since the call began."""
    rows = Call(120).rows()
    return replace(
        rows,
        browser=tuple(change(r, (r.received_ms - T0) / 1_000) if r.leg is role else r for r in rows.browser),
    )


@pytest.mark.parametrize(
    "call",
    [
        Call(120),
        Call(120).silence(F, 10, 100).silence(I, 10, 100),
        Call(120).mute(F, 20, 60),
        Call(120).uplink_loss(F, 10, 90, 0.3),
        Call(120).downlink_loss(I, 10, 90, 0.3),
        Call(120).uplink_loss(I, 10, 90, 0.2).downlink_loss(F, 10, 90, 0.2),
        Call(120).uplink_loss(F, 70, 98, 0.993),
        Call(120).outage(F, 40, 55),
        Call(120).outage(I, 40, 43).outage(F, 70, 71),
        Call(120).reconnect(F, 40, 50),
        Call(120).reconnect(I, 40, 50).reconnect(F, 80, 82),
        Call(120).withhold(F, 30, 60),
        Call(120).set(I, 10, 80, server_row=False),
        Call(120).set(I, 20, 60, fps_cap=0.0, visible=False),
    ],
)
def test_honest_calls_raise_no_flag(call: Call) -> None:
    assert check(call.rows(), SHIPPED) == ()


def test_an_honest_start_may_jump() -> None:
    def jump(row: BrowserSample, at: float) -> BrowserSample:
        more = 400_000 if at > -3 else 0
        return replace(
            row, audio=replace(row.audio, total_samples_received=(row.audio.total_samples_received or 0) + more)
        )

    assert kinds(lied(jump)) == set()


def test_a_starved_machine_may_play_a_tenth_less() -> None:
    def starve(row: BrowserSample, at: float) -> BrowserSample:
        return replace(
            row, audio=replace(row.audio, total_samples_received=round(0.9 * (row.audio.total_samples_received or 0)))
        )

    assert kinds(lied(starve)) == set()


def stretched(row: BrowserSample, at: float) -> BrowserSample:
    """Claims more samples than time allows, which dilutes concealment."""
    samples = row.audio.total_samples_received or 0
    return replace(row, audio=replace(row.audio, total_samples_received=round(1.2 * samples)))


def halved(row: BrowserSample, at: float) -> BrowserSample:
    """Halves every audio counter."""
    audio = row.audio
    return replace(
        row,
        audio=replace(
            audio,
            total_samples_received=(audio.total_samples_received or 0) // 2,
            concealed_samples=(audio.concealed_samples or 0) // 2,
        ),
    )


def over_concealed(row: BrowserSample, at: float) -> BrowserSample:
    return replace(row, audio=replace(row.audio, concealed_samples=2 * (row.audio.total_samples_received or 0)))


def over_silent(row: BrowserSample, at: float) -> BrowserSample:
    return replace(row, audio=replace(row.audio, silent_concealed_samples=round(48_000 * (at + 10))))


def more_frames_than_packets(row: BrowserSample, at: float) -> BrowserSample:
    return replace(row, video=replace(row.video, frames_decoded=round(100 * (at + 10))))


def unsent(row: BrowserSample, at: float) -> BrowserSample:
    """Claims to have sent far more than ever came, to look like a victim of the network."""
    return replace(row, source=replace(row.source, packets_sent_audio=3 * (row.source.packets_sent_audio or 0)))


def invented_loss(row: BrowserSample, at: float) -> BrowserSample:
    return replace(row, audio=replace(row.audio, packets_lost=round(20 * (at + 10))))


def invented_packets(row: BrowserSample, at: float) -> BrowserSample:
    return replace(row, audio=replace(row.audio, packets_received=2 * (row.audio.packets_received or 0)))


def stuck(row: BrowserSample, at: float) -> BrowserSample:
    """Its receive counters stand still for most of the time while the server goes on sending."""
    return replace(row, audio=replace(row.audio, packets_received=round(5 * (at + 10))))


def falling(row: BrowserSample, at: float) -> BrowserSample:
    return replace(row, audio=replace(row.audio, concealed_samples=0 if at > 50 else 500))


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (stretched, ProblemKind.PHYSICS),
        (halved, ProblemKind.PHYSICS),
        (over_concealed, ProblemKind.PHYSICS),
        (over_silent, ProblemKind.PHYSICS),
        (more_frames_than_packets, ProblemKind.PHYSICS),
        (unsent, ProblemKind.CONSERVATION),
        (invented_loss, ProblemKind.CONSERVATION),
        (invented_packets, ProblemKind.CONSERVATION),
        (stuck, ProblemKind.CONSERVATION),
        (falling, ProblemKind.NOT_MONOTONIC),
    ],
)
def test_lying_clients_are_flagged(script: Callable[[BrowserSample, float], BrowserSample], kind: ProblemKind) -> None:
    for role in (F, I):
        assert kind in kinds(lied(script, role))


def test_signed_loss_may_fall() -> None:
    def repaired(row: BrowserSample, at: float) -> BrowserSample:
        return replace(row, audio=replace(row.audio, packets_lost=-3 if at > 40 else 2))

    assert kinds(lied(repaired)) == set()


def test_one_strange_second_is_not_enough_for_physics() -> None:
    def once(row: BrowserSample, at: float) -> BrowserSample:
        more = 24_000 if 50 < at < 51 else 0
        return replace(row, audio=replace(row.audio, silent_concealed_samples=more))

    assert ProblemKind.PHYSICS not in kinds(lied(once))


def test_problems_name_leg_and_time() -> None:
    problem = check(lied(falling), SHIPPED)[0]
    assert problem.leg is F and not problem.from_server
    assert T0 + 49_000 < problem.from_ms < problem.to_ms < T0 + 52_000
    assert "concealed_samples" in problem.detail


DAMAGE = st.lists(
    st.tuples(st.sampled_from([F, I]), st.integers(0, 65), st.integers(1, 9), st.floats(0, 1)), max_size=5
)


@PROPERTY
@given(DAMAGE, DAMAGE)
def test_no_honest_network_raises_a_flag(ups: list, downs: list) -> None:  # type: ignore[type-arg]
    call = Call(75)
    for role, at, length, share in ups:
        call.uplink_loss(role, at, at + length, share)
    for role, at, length, share in downs:
        call.downlink_loss(role, at, at + length, share)
    assert check(call.rows(), SHIPPED) == ()


@pytest.mark.parametrize("role", Role)
def test_a_browser_whose_figures_deny_what_its_own_reports_told_is_flagged(role: Role) -> None:
    """The page claims a clean sink; the receiver reports of the same browser told of the loss all the while."""
    clean, lossy = Call(120).rows(), Call(120).downlink_loss(role, 20, 90, 0.3).rows()
    assert kinds(replace(lossy, browser=clean.browser)) == {ProblemKind.CONSERVATION}


def test_reports_that_are_old_or_few_accuse_nobody() -> None:
    rows = Call(120).downlink_loss(F, 20, 90, 0.3).rows()
    late = [
        replace(
            row, report_audio=replace(row.report_audio, packets_lost=before.report_audio.packets_lost, age_ms=4_300.0)
        )
        for row, before in zip(rows.server[8:], rows.server[:-8], strict=True)
    ]
    assert kinds(replace(rows, server=(*rows.server[:8], *late))) == set()
    never = tuple(replace(row, report_audio=ReceiverReport()) for row in rows.server)
    assert kinds(replace(rows, server=never)) == set()


def unseen(role: Role, at: int, seconds: int) -> InterviewRows:
    """An outage of the downlink of which the browser states no loss, as real ones do after 50 packets in a row."""
    call = Call(120).downlink_loss(role, at, at + seconds, 1.0)
    rows, lost, ended_ms = call.rows(), AUDIO_PPS * seconds, T0 + 1_000 * (at + seconds)
    browser = tuple(
        replace(row, audio=replace(row.audio, packets_lost=(row.audio.packets_lost or 0) - lost))
        if row.leg is role and row.received_ms >= ended_ms + 900
        else row
        for row in rows.browser
    )
    server = tuple(
        replace(row, report_audio=replace(row.report_audio, packets_lost=(row.report_audio.packets_lost or 0) - lost))
        if row.leg is role and row.at_ms >= ended_ms + 900
        else row
        for row in rows.server
    )
    return replace(rows, browser=browser, server=server)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("at", "seconds"), [(60, 2), (45, 3), (60, 6), (100, 3)])
def test_an_outage_that_a_browser_takes_for_a_new_beginning_is_no_lie(role: Role, at: int, seconds: int) -> None:
    assert check(unseen(role, at, seconds), SHIPPED) == ()


@pytest.mark.parametrize("role", Role)
def test_loss_that_is_hidden_is_seen_in_spite_of_an_outage(role: Role) -> None:
    """Before and behind the outage a quarter is lost, and the page says that none was."""
    rows = (
        Call(120)
        .downlink_loss(role, 5, 60, 0.25)
        .downlink_loss(role, 60, 63, 1.0)
        .downlink_loss(role, 63, 115, 0.25)
        .rows()
    )
    hidden = tuple(
        replace(row, audio=replace(row.audio, packets_lost=0)) if row.leg is role else row for row in rows.browser
    )
    assert kinds(replace(rows, browser=hidden)) == {ProblemKind.CONSERVATION}


@pytest.mark.parametrize("role", Role)
def test_rows_of_the_connection_before_that_come_late_are_no_lie(role: Role) -> None:
    """Who comes back after an outage has two connections, and the older one's rows may arrive last."""
    rows = Call(120).rows()
    late = tuple(
        replace(row, received_ms=row.received_ms + 2_300) if row.leg is role and 60 <= row.sequence <= 62 else row
        for row in rows.browser
    )
    assert check(replace(rows, browser=late), SHIPPED) == ()
