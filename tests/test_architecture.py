"""The architecture as it is written down: layers hold, the core is pure, and one module leads to an adverse result."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter import cli

from verifier.core import events
from verifier.core.model import Result

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "verifier").rglob("*.py"))


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in MODULES:
        yield path.relative_to(ROOT), ast.parse(path.read_text())


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def test_every_import_contract_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    # The linter puts the working directory on the path for good; the tests keep theirs.
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert cli.lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == cli.EXIT_STATUS_SUCCESS


def test_nothing_that_decides_rests_on_predictable_chance() -> None:
    """RTP wants random ssrcs, first timestamps and report times; the demo wants a seeded network. Nobody else may."""
    users = {path.parts[1] for path, tree in trees() if "random" in set(imported(tree))}
    assert users <= {"media", "demo"}


def test_there_are_four_results_and_one_of_them_is_adverse() -> None:
    assert {result.value for result in Result} == {"none", "verified", "failed", "inconclusive"}
    assert [result for result in Result if events.adverse(result)] == [Result.FAILED]


def test_failed_is_stated_by_the_core_and_checked_where_it_is_stored() -> None:
    """A ``Result`` is stated by name; only stored rows are read by value, and the enum refuses any other word."""
    failing, called = set(), set()
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Result":
                failing |= {str(path)} if node.attr == "FAILED" else set()
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Result":
                called.add(path.parts[1])
    assert called <= {"storage", "web", "wording"}
    assert {path for path in failing if path.startswith("verifier/core/")} <= {
        "verifier/core/appeal.py",
        "verifier/core/decision.py",
        "verifier/core/events.py",
        "verifier/core/retention.py",
    }
    with pytest.raises(ValueError, match="dishonest"):
        Result("dishonest")


def test_a_failure_is_made_in_one_module() -> None:
    makers = {
        str(path)
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Failed"
    }
    assert makers == {"verifier/core/failure.py"}


def test_a_decision_is_made_in_one_module() -> None:
    makers = {
        str(path)
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Decision"
    }
    assert {maker for maker in makers if not maker.startswith("verifier/storage")} == {"verifier/core/decision.py"}


def test_the_environment_is_read_in_config_alone() -> None:
    readers = {
        str(path)
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }
    assert readers <= {"verifier/config.py"}
