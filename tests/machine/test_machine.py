"""A slice of ``python -m bench reliability``: the same machine, fewer steps; and that it reaches what it must prove."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.machine import Machine
from verifier.core.model import Result, VerificationStatus

SLICE = settings(
    max_examples=25,
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def machine() -> Iterator[Machine]:
    made = Machine()
    made.opens()
    yield made
    made.teardown()


def test_no_sequence_of_commands_leads_to_failed_on_a_bad_link() -> None:
    Machine.totals.clear()
    run_state_machine_as_test(Machine, settings=SLICE)
    assert Machine.totals["failed_on_bad_links"] == 0
    assert Machine.totals["calls_on_bad_links"] > 0


@pytest.mark.parametrize("answers", [True, False], ids=["answered", "in silence"])
def test_the_machine_reaches_a_failure_and_its_overturning(machine: Machine, answers: bool) -> None:
    results = []
    for _ in range(12):
        machine.leads_on(0, answers)
        status, _, current, _ = machine.now(machine._standing(machine.world.cases[0]))
        results.append(current.result if current else Result.NONE)
    assert results[-1] is Result.VERIFIED
    assert Result.FAILED in results
    assert status is VerificationStatus.COMPLETED
