"""What can never happen: nothing becomes admissible or conclusive because data is worse, missing, odd or forged."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.core.interviews import PLAN, SECONDS, decide, runs
from tests.core.rows import T0, VERDICT_PROPERTY, Call, F, I, Second, cant_hear, telemetry
from verifier.core.model import Role
from verifier.core.policy import SHIPPED
from verifier.core.quality.window import streams_of
from verifier.core.samples import BrowserSample, InterviewRows, TrackState
from verifier.core.verdicts import Assessment, Finding

Verdict = tuple[dict[str, Finding], Assessment]

ROLES = st.sampled_from(list(Role))
WHEN = st.integers(0, SECONDS - 2)
LENGTH = st.integers(1, 14)


def add(name: str, step: float) -> Callable[[Second], None]:
    """Worsen one figure of the truth by a step."""

    def worsen(second: Second) -> None:
        value = getattr(second, name) + step
        setattr(second, name, min(1.0, value) if name in {"up_loss", "down_loss", "concealed"} else max(0.0, value))

    return worsen


def put(name: str, value: object) -> Callable[[Second], None]:
    return lambda second: setattr(second, name, value)


WORSE: dict[str, Callable[[Second], None]] = {
    "up_loss": add("up_loss", 0.2),
    "up_gone": add("up_loss", 1.0),
    "down_loss": add("down_loss", 0.2),
    "down_gone": add("down_loss", 1.0),
    "slight_loss": add("down_loss", 0.04),
    "delay": add("rtt_ms", 900.0),
    "buffer": add("buffer_ms", 700.0),
    "concealment": add("concealed", 0.1),
    "fps": add("fps_cap", -21.0),
    "no_picture": put("fps_cap", 0.0),
    "camera": put("camera_fps", 2.0),
    "muted": put("audio_track", TrackState.MUTED),
    "camera_off": put("video_track", TrackState.ENDED),
    "rows_withheld": put("browser_row", False),
    "server_rows_lost": put("server_row", False),
    "quiet_level": put("level_dbov", -90.0),
    "lag": put("lag_ms", 300.0),
}

DAMAGE = st.tuples(st.sampled_from(sorted(WORSE)), ROLES, WHEN, LENGTH)


def damaged(call: Call, damages: list[tuple[str, Role, int, int]]) -> Call:
    worse = copy.deepcopy(call)
    for name, role, at, length in damages:
        lead = len(worse.truth[role]) - worse.seconds - 4
        for second in worse.truth[role][at + lead : at + lead + length]:
            WORSE[name](second)
    return worse


def counted(verdict: Verdict) -> set[str]:
    return {run_id for run_id, finding in verdict[0].items() if finding.admissible}


def no_better(after: Verdict, before: Verdict) -> bool:
    """Nothing counts that did not count, and the interview is not conclusive unless it was."""
    within = counted(after) <= counted(before)
    return within and after[1].conclusive <= before[1].conclusive


@VERDICT_PROPERTY
@given(st.lists(DAMAGE, max_size=3), st.lists(DAMAGE, min_size=1, max_size=3))
def test_worsening_never_makes_anything_count(
    before: list[tuple[str, Role, int, int]], more: list[tuple[str, Role, int, int]]
) -> None:
    call = damaged(Call(SECONDS), before)
    assert no_better(decide(damaged(call, more)), decide(call))


@VERDICT_PROPERTY
@given(st.lists(DAMAGE, max_size=3), st.data())
def test_dropping_rows_never_makes_anything_count(
    before: list[tuple[str, Role, int, int]], data: st.DataObject
) -> None:
    rows = damaged(Call(SECONDS), before).rows()
    lost = data.draw(st.sets(st.integers(0, len(rows.server) + len(rows.browser) - 1), min_size=1, max_size=12))
    kept = InterviewRows(
        tuple(row for place, row in enumerate(rows.server) if place not in lost),
        tuple(row for place, row in enumerate(rows.browser) if place + len(rows.server) not in lost),
        rows.frames,
    )
    assert no_better(decide(kept), decide(rows))


@VERDICT_PROPERTY
@given(st.lists(DAMAGE, max_size=2), st.floats(0, SECONDS), st.booleans())
def test_another_flag_never_makes_anything_count(
    before: list[tuple[str, Role, int, int]], at: float, disputed: bool
) -> None:
    rows = damaged(Call(SECONDS), before).rows()
    flag = telemetry(at) if disputed else cant_hear(at)
    assert no_better(decide(rows, flags=(flag,)), decide(rows))


@VERDICT_PROPERTY
@given(st.lists(DAMAGE, max_size=2), st.randoms(use_true_random=False))
def test_shuffled_and_repeated_rows_give_the_same_verdict(
    before: list[tuple[str, Role, int, int]], chance: random.Random
) -> None:
    rows = damaged(Call(SECONDS), before).rows()
    server, browser, frames = list(rows.server), list(rows.browser), list(rows.frames)
    for part in (server, browser, frames):
        part += chance.choices(part, k=9)
        chance.shuffle(part)
    asked = list(runs())
    chance.shuffle(asked)
    mixed = InterviewRows(tuple(server), tuple(browser), tuple(frames))
    assert decide(mixed, tuple(asked)) == decide(rows)


FIELDS = {
    "audio": ("total_samples_received", "concealed_samples", "silent_concealed_samples", "packets_received",
              "jitter_buffer_delay_s", "jitter_buffer_emitted", "total_audio_energy", "stats_id", "ssrc"),
    "video": ("frames_decoded", "total_inter_frame_delay_s", "total_squared_inter_frame_delay_s2",
              "newest_frame_age_ms", "total_freezes_duration_s", "stats_id", "ssrc"),
}  # fmt: skip
ODD = st.sampled_from([None, -1, 0, 10**15, float("nan"), float("inf")])


@VERDICT_PROPERTY
@given(ROLES, st.sampled_from([(part, name) for part, names in FIELDS.items() for name in names]), ODD, WHEN, LENGTH)
def test_odd_figures_never_rescue_what_the_server_saw_break(
    liar: Role, field: tuple[str, str], value: object, at: int, length: int
) -> None:
    rows = Call(SECONDS).uplink_loss(F, 3, SECONDS, 1.0).uplink_loss(I, 3, SECONDS, 1.0).rows()
    part, name = field

    def forge(row: BrowserSample) -> BrowserSample:
        hit = row.leg is liar and T0 + 1_000 * at <= row.received_ms < T0 + 1_000 * (at + length)
        return replace(row, **{part: replace(getattr(row, part), **{name: value})}) if hit else row

    verdict = decide(replace(rows, browser=tuple(forge(row) for row in rows.browser)))
    assert counted(verdict) == set() and not verdict[1].conclusive


@VERDICT_PROPERTY
@given(ROLES, st.integers(8, SECONDS - 10), st.integers(2, 6))
def test_a_perfect_looking_client_never_hides_an_outage_on_the_other_uplink(liar: Role, at: int, length: int) -> None:
    clean = Call(SECONDS).rows()
    broken = Call(SECONDS).uplink_loss(liar.other, at, at + length, 1.0).rows()
    forged = tuple(
        theirs if theirs.leg is liar else ours for theirs, ours in zip(clean.browser, broken.browser, strict=True)
    )
    findings, _ = decide(replace(broken, browser=forged))
    begin, end = T0 + 1_000 * (at - 1), T0 + 1_000 * (at + length + 1)
    for asked, planned in zip(runs(), PLAN, strict=True):
        touched = asked.started_ms < end and (asked.ended_ms or 0) > begin
        needed = liar.other in {stream.source for stream in streams_of(planned.needs)}
        assert not (touched and needed and findings[asked.id].admissible)


@VERDICT_PROPERTY
@given(st.integers(0, len(PLAN) - 1), st.integers(1, 300), st.lists(DAMAGE, max_size=2))
def test_conflicting_rows_never_make_anything_count(
    which: int, place: int, before: list[tuple[str, Role, int, int]]
) -> None:
    rows = damaged(Call(SECONDS), before).rows()
    assume(place < len(rows.browser))
    twin = replace(rows.browser[place], client_ms=rows.browser[place].client_ms + 1 + which)
    verdict = decide(replace(rows, browser=(*rows.browser, twin)))
    assert counted(verdict) == set() and not verdict[1].conclusive


@VERDICT_PROPERTY
@given(st.lists(DAMAGE, min_size=1, max_size=4))
def test_shares_stay_within_bounds_and_reasons_follow_the_verdict(damages: list[tuple[str, Role, int, int]]) -> None:
    findings, assessment = decide(damaged(Call(SECONDS), damages))
    assert 0 <= assessment.bad_share_live <= 1 and 0 <= assessment.bad_share_relied <= 1
    assert 0 <= assessment.blame.explained <= 1
    assert assessment.conclusive is (assessment.reasons == ())
    assert all(finding.admissible is (finding.reasons == ()) for finding in findings.values())


TIGHTER = (
    ("audio_window_max", 0.02),
    ("min_coverage", 1.0),
    ("settling_ms", 5_000),
    ("max_bad_share_live", 0.1),
    ("face_min_fps", 14.0),
    ("late_row_max_ms", 300),
)


@VERDICT_PROPERTY
@given(st.lists(DAMAGE, max_size=3), st.sampled_from(TIGHTER))
def test_a_tighter_policy_never_makes_anything_count(
    damages: list[tuple[str, Role, int, int]], limit: tuple[str, float]
) -> None:
    rows = damaged(Call(SECONDS), damages).rows()
    tight = replace(SHIPPED, **{limit[0]: limit[1]})
    assert no_better(decide(rows, policy=tight), decide(rows))
