"""Everybody and everything at random, at least 100,000 steps, and never ``failed`` on a bad link.

python -m bench reliability [--quick]

Runs tests/machine over the in-memory store and over SQLite, in two processes, with seeds that are printed when a run
fails. A figure is printed only after every step of every run was proved and every chain is whole.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import multiprocessing
import os
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import structlog
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.machine import Machine
from tests.storage.databases import SEALER, fresh_database
from verifier.ports import UnitOfWorkFactory
from verifier.storage import Store

STEPS = 100_000
QUICK_STEPS = 3_000
SQLITE_SHARE = 0.1
"""Of the steps; each of them costs several commits to the disk."""
COUNTED = (
    "steps",
    "refused",
    "calls",
    "calls_on_bad_links",
    "failed",
    "failed_on_bad_links",
    "verified",
    "verified_on_bad_links",
    "overturned",
)
STEPS_A_RUN = 100
RUNS_A_BATCH = 25


class OverSqlite(Machine):
    """The same over a real database file."""

    def units(self) -> UnitOfWorkFactory:
        """A new database in a folder of its own."""
        self._folder = tempfile.TemporaryDirectory()
        url = fresh_database(Path(self._folder.name))
        self._store = self.loop.run_until_complete(Store.open(url, SEALER))
        return self._store.units

    def teardown(self) -> None:
        """Audit, then close."""
        try:
            super().teardown()
        finally:
            loop = asyncio.new_event_loop()
            loop.run_until_complete(self._store.close())
            loop.close()
            self._folder.cleanup()


MACHINES: dict[str, type[Machine]] = {"memory": Machine, "sqlite": OverSqlite}


def run(store: str, steps: int, first_seed: int) -> Counter[str]:
    """What happened in at least so many steps over one kind of store.

    Raises:
        AssertionError: something that must hold did not; the seed and the steps are printed.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    machine = MACHINES[store]
    machine.totals.clear()
    batch = first_seed
    while machine.totals.get("steps", 0) < steps:
        try:
            run_state_machine_as_test(seed(batch)(machine), settings=_settings())
        except BaseException:
            print(f"seed {batch} over {store}", flush=True)
            raise
        batch += 1
        print(f"{machine.totals['steps']:,} of {steps:,} steps over {store}", file=sys.stderr, flush=True)
    return Counter(machine.totals)


def _run(work: tuple[str, int, int]) -> tuple[str, Counter[str]]:
    return work[0], run(*work)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures, one JSON line each."""
    parser = argparse.ArgumentParser(prog="python -m bench reliability")
    parser.add_argument("--quick", action="store_true")
    steps = QUICK_STEPS if parser.parse_args(arguments).quick else STEPS
    share = round(steps * SQLITE_SHARE)
    work = [("memory", steps - share, 1), ("sqlite", share, 1_000_001)]
    began = time.monotonic()
    context = multiprocessing.get_context("spawn")
    with context.Pool(len(work)) as pool:
        for store, found in pool.imap_unordered(_run, work):
            for name in COUNTED:
                _print(f"reliability.{name}", found[name], "count", found["runs"], store=store)
    _print("reliability.seconds", round(time.monotonic() - began, 1), "s", len(work))


def _print(figure: str, value: float, unit: str, n: int, **more: object) -> None:
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(json.dumps({"figure": figure, "value": value, "unit": unit, "n": n, "machine": machine, **more}), flush=True)


def _settings() -> settings:
    return settings(
        max_examples=RUNS_A_BATCH,
        stateful_step_count=STEPS_A_RUN,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
