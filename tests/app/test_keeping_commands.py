"""``verifier redact``, ``retention`` and ``hold`` as an operator types them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contract import examples
from verifier.__main__ import main
from verifier.config import load
from verifier.core.model import EndCause, InterviewState, VerificationStatus
from verifier.core.policy import SHIPPED
from verifier.ports.redress import EvidenceKey
from verifier.storage import Sealer, Store

Output = pytest.CaptureFixture[str]
CASE, CALL = examples.CASE, examples.CALL
LONG_AGO_MS = 1_600_000_000_000
WHY = ["--reason", "A court asked for the case."]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with a case that was cancelled in 2020, after a call of a minute."""
    monkeypatch.setenv("VERIFIER_DATA_DIR", str(tmp_path))
    assert main(["db", "upgrade"]) == 0
    asyncio.run(fill())
    return tmp_path


async def fill() -> None:
    call = examples.interview(
        policy_version=SHIPPED.version,
        created_ms=LONG_AGO_MS,
        ended_ms=LONG_AGO_MS + 60_000,
        state=InterviewState.ENDED,
        end_cause=EndCause.COMPLETED,
    )
    case = examples.verification(status=VerificationStatus.CANCELLED, created_ms=LONG_AGO_MS)
    sealer = Sealer((bytes(32),))
    async with await Store.open(load().database, sealer) as store, store.units() as unit:
        await unit.verifications.add(case)
        await unit.people.add(examples.person(), None)
        await unit.interviews.add(call, [examples.item()])
        await unit.samples.add([examples.server_sample()], [], [])
        await unit.evidence_keys.add(EvidenceKey(CALL, b"wrapped", "key_1", LONG_AGO_MS))
        await unit.sessions.add(examples.session(created_ms=LONG_AGO_MS, expires_ms=LONG_AGO_MS + 1))


def test_a_dry_run_prints_what_would_go_and_why_and_the_run_what_went(folder: Path, capsys: Output) -> None:
    assert main(["retention", "--dry-run"]) == 0
    heading, evidence, samples, person, sessions, sum_ = capsys.readouterr().out.splitlines()
    assert heading.split() == ["what", "of", "case", "due", "since", "why"]
    assert evidence.startswith("pictures and recording") and CALL in evidence and CASE in evidence
    assert samples.startswith("rows and words of the call") and "2020-10-13 12:26Z" in samples
    assert person.startswith("everything personal") and person.endswith("closed for as long as records are kept")
    assert sessions.startswith("sessions that are over")
    assert sum_ == "3 things and 1 leftovers would go, 0 problems"
    assert main(["retention"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "3 things and 1 leftovers went, 0 problems"
    assert main(["retention"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["0 things and 0 leftovers went, 0 problems"]


def test_redacting_says_when_and_says_the_same_again(folder: Path, capsys: Output) -> None:
    assert main(["redact", CASE]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{CASE} was redacted on 20")
    assert main(["redact", CASE]) == 0
    assert capsys.readouterr().out == said


def test_a_bad_id_is_one_line(folder: Path, capsys: Output) -> None:
    for command in (["redact", "ver_nobody"], ["hold", "place", "ver_nobody", *WHY]):
        assert main(command) == 1
        assert capsys.readouterr().err == "verifier: There is no such verification.\n"


def test_a_held_case_keeps_everything_until_it_is_released(folder: Path, capsys: Output) -> None:
    assert main(["hold", "place", CASE, *WHY]) == 0
    assert capsys.readouterr().out == f"{CASE} is under legal hold.\n"
    assert main(["redact", CASE]) == 1
    assert "legal hold" in capsys.readouterr().err
    assert main(["retention"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "0 things and 0 leftovers went, 0 problems"
    assert main(["hold", "place", CASE, *WHY]) == 1
    assert main(["hold", "release", CASE, "--reason", "short"]) == 1
    assert main(["hold", "release", CASE, *WHY]) == 0
    assert main(["redact", CASE]) == 0


def test_what_cannot_go_is_named_and_the_status_says_so(folder: Path, capsys: Output) -> None:
    asyncio.run(another_under_a_lost_policy())
    assert main(["retention"]) == 1
    printed = capsys.readouterr().out
    assert "NOT DELETED: The policy version lost is not in the policy book." in printed
    assert printed.splitlines()[-1] == "3 things and 1 leftovers went, 1 problems"


async def another_under_a_lost_policy() -> None:
    case = examples.verification("ver_2", status=VerificationStatus.CANCELLED, created_ms=LONG_AGO_MS)
    call = examples.interview("int_lost", verification_id=case.id, policy_version="lost")
    async with await Store.open(load().database) as store, store.units() as unit:
        await unit.verifications.add(replace(case, claims=()))
        await unit.interviews.add(call, [])
