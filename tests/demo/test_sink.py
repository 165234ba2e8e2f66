"""The demonstration's own sink figures, from packet sequences whose truth is known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from verifier.demo.sink import PACKET_S, PACKET_SAMPLES, SAMPLE_RATE_HZ, TARGET_PACKETS, AudioSink, VideoSink

_SSRC = 7
_START_S = 100.0


def _played(lost: set[int], *, count: int = 500, first: int = 0, delays: dict[int, float] | None = None) -> AudioSink:
    """A sink that was sent ``count`` packets at their pace, without the lost ones, some of them later."""
    sink = AudioSink(lambda _: 0.25)
    arrivals = sorted((_START_S + n * PACKET_S + (delays or {}).get(n, 0.0), n) for n in range(count) if n not in lost)
    for at_s, number in arrivals:
        sink.arrived(_SSRC, (first + number) % 65_536, b"", at_s)
    return sink


def _end(count: int = 500) -> float:
    return _START_S + (count + TARGET_PACKETS - 0.5) * PACKET_S


def test_an_undamaged_stream_has_no_concealment_and_48_000_samples_a_second() -> None:
    one, two = _played(set(), count=100).report(_START_S + 2.0), _played(set(), count=350).report(_START_S + 7.0)
    assert two.concealed_samples == 0
    assert one.total_samples_received is not None and two.total_samples_received is not None
    assert abs(two.total_samples_received - one.total_samples_received - 5 * SAMPLE_RATE_HZ) <= PACKET_SAMPLES


def test_every_lost_packet_is_twenty_milliseconds_of_concealment() -> None:
    report = _played({10, 11, 12, 400}).report(_end())
    assert report.concealed_samples == 4 * PACKET_SAMPLES
    assert report.concealment_events == 2
    assert report.packets_lost == 4
    assert report.packets_received == 496


def test_a_long_gap_fades_to_silence_and_a_short_one_does_not() -> None:
    assert _played({10, 11}).report(_end()).silent_concealed_samples == 0
    assert (_played(set(range(100, 150))).report(_end()).silent_concealed_samples or 0) >= 40 * PACKET_SAMPLES


def test_a_repeated_packet_is_counted_once() -> None:
    sink = _played(set())
    sink.arrived(_SSRC, 499, b"", _end())
    assert sink.report(_end()).packets_received == 500


def test_sequence_numbers_wrap() -> None:
    report = _played({300}, first=65_400).report(_end())
    assert (report.packets_received, report.packets_lost) == (499, 1)
    assert report.concealed_samples == PACKET_SAMPLES


def test_a_packet_that_comes_after_it_was_due_is_discarded_and_its_time_stays_concealed() -> None:
    report = _played(set(), delays={200: 0.15}).report(_end())
    assert (report.packets_discarded, report.packets_lost) == (1, 0)
    assert report.concealed_samples == PACKET_SAMPLES


def test_a_stall_is_concealed_and_what_it_held_up_is_played_later() -> None:
    stall = {n: max(0.0, 0.3 - (n - 200) * PACKET_S) for n in range(200, 215)}
    report = _played(set(), delays=stall).report(_end())
    assert (report.concealed_samples or 0) / SAMPLE_RATE_HZ > 0.15
    assert report.packets_discarded is not None and report.packets_discarded < 15


def test_energy_is_power_times_time() -> None:
    report = _played(set(), count=50).report(_end(50))
    assert report.total_audio_energy is not None
    assert abs(report.total_audio_energy - 0.25) < 0.01


def test_a_sink_that_received_nothing_states_nothing() -> None:
    assert AudioSink(lambda _: 0.0).report(1.0).total_samples_received is None
    assert VideoSink().report(1.0).frames_decoded is None


@given(st.sets(st.integers(1, 498), max_size=300), st.dictionaries(st.integers(1, 498), st.floats(0.0, 0.5)))
def test_figures_never_break_physics(lost: set[int], delays: dict[int, float]) -> None:
    report = _played(lost, delays=delays).report(_end())
    total, concealed, silent = report.total_samples_received, report.concealed_samples, report.silent_concealed_samples
    assert total is not None and concealed is not None and silent is not None
    assert 0 <= silent <= concealed <= total
    assert (report.packets_received or 0) + (report.packets_lost or 0) == 500
    assert concealed + (report.jitter_buffer_emitted or 0) == total


@given(st.sets(st.integers(1, 498), max_size=200), st.integers(1, 498))
def test_losing_one_packet_more_never_lowers_concealment(lost: set[int], another: int) -> None:
    before = _played(lost - {another}).report(_end()).concealed_samples or 0
    assert (_played(lost | {another}).report(_end()).concealed_samples or 0) >= before


def _shown(intervals: list[float]) -> VideoSink:
    sink, at_s = VideoSink(), _START_S
    sink.arrived(_SSRC, 1)
    sink.decoded(640, 480, at_s)
    for interval in intervals:
        at_s += interval
        sink.decoded(640, 480, at_s)
    return sink


def test_pictures_at_a_steady_pace_give_that_rate() -> None:
    report = _shown([1 / 15] * 30).report(_START_S + 2.0)
    delay_s, squared = report.total_inter_frame_delay_s, report.total_squared_inter_frame_delay_s2
    assert delay_s is not None and squared is not None
    assert abs(delay_s / squared - 15) < 0.01
    assert (report.frames_decoded, report.freeze_count) == (31, 0)
    assert (report.frame_width, report.frame_height) == (640, 480)


def test_a_pause_in_the_picture_is_a_freeze_and_shows_in_the_age() -> None:
    sink = _shown([1 / 15] * 30 + [1.0])
    report = sink.report(_START_S + 3.0 + 0.4)
    assert (report.freeze_count, report.total_freezes_duration_s) == (1, 1.0)
    assert report.newest_frame_age_ms is not None and abs(report.newest_frame_age_ms - 400) < 1
