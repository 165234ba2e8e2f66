"""``verifier export`` as an operator types it, and ``--verify`` as anybody does who holds a file."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest

from tests.contract import examples
from verifier.__main__ import main
from verifier.config import load
from verifier.storage import Sealer, Store

Output = pytest.CaptureFixture[str]
CASE = examples.CASE


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with a case."""
    monkeypatch.setenv("VERIFIER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("VERIFIER_MASTER_KEY", base64.b64encode(bytes(32)).decode())
    assert main(["db", "upgrade"]) == 0

    async def fill() -> None:
        async with await Store.open(load().database, Sealer((bytes(32),))) as store, store.units() as unit:
            await unit.verifications.add(examples.verification())

    asyncio.run(fill())
    return tmp_path


def exported(folder: Path, capsys: Output) -> Path:
    assert main(["export", CASE]) == 0
    file = folder / "case.jsonl"
    file.write_text(capsys.readouterr().out)
    return file


def test_an_exported_case_is_verified_without_database_and_settings(
    folder: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["export", "--public-key"]) == 0
    key = capsys.readouterr().out.strip()
    file = exported(folder, capsys)
    for name in ("VERIFIER_DATA_DIR", "VERIFIER_MASTER_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.chdir(folder)
    assert main(["export", "--verify", str(file), "--key", key]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{CASE}, exported at 20") and said.endswith("signed by the key that you gave\n")
    assert main(["export", "--verify", str(file)]) == 0
    assert f"signed by {key}; compare it with the key that the operator publishes\n" in capsys.readouterr().out
    assert not (folder / "var").exists()


def test_a_rotated_key_signs_and_the_older_one_is_still_published(
    folder: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = base64.b64encode(bytes(32)).decode()
    assert main(["export", "--public-key"]) == 0
    before = capsys.readouterr().out.split()
    monkeypatch.setenv("VERIFIER_MASTER_KEY", f"{base64.b64encode(bytes([1]) * 32).decode()},{old}")
    assert main(["export", "--public-key"]) == 0
    newest, *older = capsys.readouterr().out.split()
    assert older == before != [newest]
    file = exported(folder, capsys)
    assert main(["export", "--verify", str(file), "--key", older[0]]) == 1
    assert "names another key than yours" in capsys.readouterr().err
    assert main(["export", "--verify", str(file), "--key", newest]) == 0


def test_what_proves_nothing_is_one_line_and_a_status(folder: Path, capsys: Output) -> None:
    file = exported(folder, capsys)
    changed = folder / "changed.jsonl"
    changed.write_text(file.read_text().replace('"export.read"', '"export.lost"'))
    cut = folder / "cut.jsonl"
    cut.write_text(file.read_text()[:-9])
    for path, words in ((changed, "signature does not fit"), (cut, "cut off"), (folder / "none", "Cannot read")):
        assert main(["export", "--verify", str(path)]) == 1
        error = capsys.readouterr().err
        assert words in error and error.count("\n") == 1


def test_an_unknown_case_and_an_unclear_command_are_refused(folder: Path, capsys: Output) -> None:
    assert main(["export", "ver_nobody"]) == 1
    assert capsys.readouterr().err == "verifier: There is no such verification.\n"
    for arguments in ([], [CASE, "--public-key"], [CASE, "--verify", "x"]):
        with pytest.raises(SystemExit) as ended:
            main(["export", *arguments])
        assert ended.value.code == 2
    capsys.readouterr()
