"""The commands as a person types them: the secret alone on the last line, errors in one line, a status that says so."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import structlog

from tests.contract import examples
from tests.service.stage import Stage
from tests.service.test_auditing import fill, tamper
from verifier import __version__
from verifier.__main__ import main
from verifier.config import Settings, load
from verifier.core.model import VerificationStatus
from verifier.storage import Store

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """``serve`` configures logging for the process; the next test gets the defaults back."""
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    yield
    structlog.reset_defaults()
    root.setLevel(before[0])
    root.handlers[:] = before[1]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with a database in it."""
    monkeypatch.setenv("VERIFIER_DATA_DIR", str(tmp_path))
    assert main(["db", "upgrade"]) == 0
    return tmp_path


PERSON = ["user", "add", "--name", "Anna", "--email", "anna@example.org", "--pseudonym", "Ann", "--role", "interviewer"]


def test_a_key_is_printed_once_and_alone(folder: Path, capsys: Output) -> None:
    for arguments, begin in ((["--name", "Shop"], "vi_live_"), (["--name", "Shop", "--test"], "vi_test_")):
        assert main(["key", "add", *arguments]) == 0
        assert capsys.readouterr().out.splitlines()[-1].startswith(begin)


def test_a_person_gets_a_link_and_an_address_is_taken_once(folder: Path, capsys: Output) -> None:
    assert main(PERSON) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("http://localhost:8080/staff#")
    assert main(PERSON) == 1
    error = capsys.readouterr().err
    assert error.startswith("verifier: ") and error.count("\n") == 1


def _trainings(folder: Path) -> list[tuple[str, int, int]]:
    with closing(sqlite3.connect(folder / "verifier.sqlite3")) as connection:
        return connection.execute("SELECT role, completed_ms, valid_until_ms FROM trainings ORDER BY role").fetchall()


def test_a_new_person_is_trained_for_a_year_or_until_the_day_that_is_named(folder: Path, capsys: Output) -> None:
    assert main([*PERSON, "--role", "reviewer"]) == 0
    rows = _trainings(folder)
    assert [role for role, *_ in rows] == ["interviewer", "reviewer"]
    assert {until - completed for _, completed, until in rows} == {365 * 86_400_000}
    admin = [*PERSON[:5], "admin@example.org", *PERSON[6:-1]]
    assert main([*admin, "administrator"]) == 0 and len(_trainings(folder)) == 2, "an administrator decides nothing"
    other = [*PERSON[:5], "other@example.org", *PERSON[6:], "--trained-until"]
    assert main([*other, "2020-01-01"]) == 1
    assert "over already" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*other, "next year"])


def test_a_fresh_link_replaces_the_earlier_ones_and_a_disabled_person_gets_in_by_none(
    folder: Path, capsys: Output
) -> None:
    assert main(PERSON) == 0
    first = capsys.readouterr().out.splitlines()[-1]
    email = ["--email", "Anna@example.org"]
    assert main(["user", "link", *email]) == main(["user", "link", *email, "--forget-authenticator"]) == 0
    second, third = capsys.readouterr().out.splitlines()
    assert len({first, second, third}) == 3 and third.startswith("http://localhost:8080/staff#")
    assert main(["user", "disable", *email]) == 0
    assert capsys.readouterr().out == "Anna is disabled.\n"
    with closing(sqlite3.connect(folder / "verifier.sqlite3")) as connection:
        revoked = connection.execute("SELECT revoked_ms FROM links ORDER BY created_ms").fetchall()
        changes = [what for (what,) in connection.execute("SELECT what FROM staff_changes ORDER BY position")]
    assert len(revoked) == 3 and all(at for (at,) in revoked)
    assert changes == ["added", "trained", "link", "link", "second_factor_removed", "link", "disabled"]
    for command in (["link"], ["disable"]):
        assert main(["user", *command, "--email", "nobody@example.org"]) == 1
        assert "nobody with this e-mail address" in capsys.readouterr().err


def test_no_command_makes_links_that_need_no_second_factor(capsys: Output) -> None:
    for command in (["user", "add"], ["user", "link"]):
        with pytest.raises(SystemExit):
            main([*command, "--help"])
        assert "demo" not in capsys.readouterr().out


def test_an_unknown_role_is_refused(folder: Path, capsys: Output) -> None:
    assert main([*PERSON[:-1], "judge"]) == 1
    assert "judge is not a role" in capsys.readouterr().err


async def _case(settings: Settings) -> str:
    """A case of the store that waits for its freelancer, with one link."""
    waiting = examples.verification(status=VerificationStatus.AWAITING_FREELANCER)
    async with await Store.open(settings.database) as store, store.units() as unit:
        await unit.verifications.add(waiting)
        await unit.links.add(examples.link())
    return waiting.id


def test_links_of_a_case_are_made_and_switched_off(folder: Path, capsys: Output) -> None:
    case = asyncio.run(_case(load()))
    assert main(["link", "add", case]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("http://localhost:8080/case#")
    assert main(["link", "add", case, "--interview"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("http://localhost:8080/join#")
    assert main(["link", "revoke", case]) == 0
    assert "signed out: 0" in capsys.readouterr().out
    with closing(sqlite3.connect(folder / "verifier.sqlite3")) as connection:
        assert connection.execute("SELECT count(*), count(revoked_ms) FROM links").fetchone() == (3, 3)
    for command in (["link", "revoke", "ver_nobody"], ["link", "add", "ver_nobody"]):
        assert main(command) == 1
        assert capsys.readouterr().err.startswith("verifier: ")


def test_an_empty_store_audits_and_rescores_clean(folder: Path, capsys: Output) -> None:
    assert main(["audit"]) == 0
    assert capsys.readouterr().out == "0 differences\n"
    assert main(["rescore"]) == 0
    assert capsys.readouterr().out == ""


def test_a_database_that_was_never_made_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setenv("VERIFIER_DATA_DIR", str(tmp_path / "nothing"))
    for command in (["audit"], ["rescore"], ["key", "add", "--name", "x"]):
        assert main(command) == 1
        assert capsys.readouterr().err.count("\n") == 1


def test_a_policy_that_loosens_stops_every_command_that_judges(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    (folder / "policy.toml").write_text('version = "ours"\nmin_coverage = nan\n')
    monkeypatch.setenv("VERIFIER_POLICY", str(folder / "policy.toml"))
    for command in ("audit", "rescore"):
        assert main([command]) == 1
        assert "min_coverage" in capsys.readouterr().err


def test_the_demos_way_in_exists_only_after_a_demo(folder: Path, capsys: Output) -> None:
    assert main(["demo"]) == 1
    assert "--demo" in capsys.readouterr().err


def test_demo_mode_never_starts_off_loopback(folder: Path, capsys: Output) -> None:
    assert main(["serve", "--demo", "--host", "0.0.0.0"]) == 1
    assert "loopback" in capsys.readouterr().err


def test_a_port_that_is_taken_says_how_to_take_another(folder: Path, capsys: Output) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert main(["serve", "--port", str(other.getsockname()[1])]) == 1
    said = capsys.readouterr().err
    assert "VERIFIER_PORT" in said and said.count("\n") == 1


def test_a_certificate_that_cannot_be_read_is_named(
    folder: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERIFIER_TLS_CERT", "/nothing.pem")
    monkeypatch.setenv("VERIFIER_TLS_KEY", "/nothing.key")
    assert main(["serve", "--port", "18958"]) == 1
    assert "VERIFIER_TLS_CERT /nothing.pem" in capsys.readouterr().err


def test_a_key_without_a_name_is_refused(folder: Path, capsys: Output) -> None:
    assert main(["key", "add", "--name", " "]) == 1
    assert "needs a name" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["audit", "retention", "user disable", "key add", "hold place", "db upgrade"])
def test_every_command_says_what_it_does_and_takes_a_file_of_settings(command: str, capsys: Output) -> None:
    with pytest.raises(SystemExit):
        main([*command.split(), "--help"])
    said = capsys.readouterr().out
    assert "--config CONFIG" in said
    described = said.split("\n\n")[1]
    assert described[:1].isupper() and described.endswith(".")


def test_a_file_of_settings_may_stand_after_the_command(folder: Path, capsys: Output) -> None:
    assert main(["audit", "--config", str(folder / "nothing.toml")]) == 1
    assert "Cannot read" in capsys.readouterr().err


def test_version_and_unknown_commands(capsys: Output) -> None:
    for arguments, status in ((["--version"], 0), (["judge"], 2), ([], 2)):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == status
    assert __version__ in capsys.readouterr().out


async def test_what_the_command_prints_of_a_tampered_store_names_the_case(
    folder: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await Store.open(load().database) as store:
        stage = Stage(store.units, file=folder / "verifier.sqlite3")
        await fill(stage)
    assert await asyncio.to_thread(main, ["rescore"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert [line["equal"] for line in lines] == [True, True] and lines[0]["assessment"]["conclusive"] is True
    assert await asyncio.to_thread(main, ["audit"]) == 0
    tamper(stage, "UPDATE findings SET admissible = 0, in_scope = 0")
    assert await asyncio.to_thread(main, ["audit"]) == 1
