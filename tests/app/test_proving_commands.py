"""``verifier audit`` and ``verifier rescore`` of a store whose rows have expired, as an operator types them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.service.histories import Histories
from verifier.__main__ import main
from verifier.app import proving
from verifier.config import load
from verifier.storage import Sealer, Store

Output = pytest.CaptureFixture[str]


@pytest.fixture
def histories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Histories:
    """A data directory with a case that was verified and redacted; the rows of its call have expired."""
    monkeypatch.setenv("VERIFIER_DATA_DIR", str(tmp_path))
    assert main(["db", "upgrade"]) == 0

    async def tell() -> Histories:
        async with await Store.open(load().database, Sealer((bytes(32),))) as store:
            told = Histories(store.units)
            await told.world.fill()
            await told.verified_and_long_gone()
            return told

    return asyncio.run(tell())


def test_expired_rows_are_told_as_expired_and_not_as_a_difference(histories: Histories, capsys: Output) -> None:
    (call,) = histories.calls
    capsys.readouterr()
    assert main(["audit"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{call}: expired: the raw rows are gone, their digest stands",
        "1 expired",
        "0 differences",
    ]
    assert main(["rescore"]) == 0
    line = json.loads(capsys.readouterr().out)
    assert (line["interview"], line["expired"], line["equal"]) == (call, True, True)
    assert line["assessment"]["conclusive"] is True


def test_a_long_audit_says_how_far_it_is(histories: Histories, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "PROGRESS_EVERY", 1)
    assert main(["audit"]) == 0
    assert "1 cases audited, 0 differences\n" in capsys.readouterr().err
