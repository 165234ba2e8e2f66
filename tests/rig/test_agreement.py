"""What bench links calls an agreement of the server's figures with the link."""

from __future__ import annotations

import pytest

from bench.links.agreement import differences, expected_jitter_ms
from bench.links.scenarios import Scenario
from bench.rig.impairment import Counts, Impairment
from tests.core.rows import Call
from verifier.core.model import Role


def scenario(direction, **bad):
    return Scenario("one", Role.FREELANCER, direction, Impairment(**bad), Impairment(delay_ms=40), 20, 4)


def test_a_link_without_jitter_has_none():
    assert expected_jitter_ms(Impairment(delay_ms=60)) == pytest.approx(0, abs=1e-9)
    assert 9 < expected_jitter_ms(Impairment(delay_ms=40, jitter_ms=15)) < 10.5


def test_rows_of_a_clean_call_agree_with_a_clean_link_and_not_with_a_lossy_one():
    rows = [row for row in Call(20).rows().server if row.leg is Role.FREELANCER]
    before, clean = Counts(), Counts(offered=1_000, passed=1_000, delay_total_ms=1_000 * (rows[0].rtt_ms - 40))
    found = differences(scenario("up"), rows, before, clean)
    assert found["loss_points"] == 0
    assert found["rtt_ms"] == pytest.approx(0, abs=1)
    lossy = Counts(offered=1_000, passed=900, lost=100, delay_total_ms=0)
    assert differences(scenario("up"), rows, before, lossy)["loss_points"] == -10
