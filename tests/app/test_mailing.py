"""Mail in the whole house: sent by the running server, drained when it stops; what comes back recorded by command."""

from __future__ import annotations

import asyncio
import io
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contract import failed_case
from tests.core import failures
from tests.delivery.postbox import PASSWORD, USER, Postbox, certificate
from verifier.__main__ import main
from verifier.app import mailing, serving
from verifier.app.adapting import ROOT
from verifier.app.compose import House
from verifier.app.keyring import derived_keys
from verifier.app.runtime import AnchoredClock, SystemEntropy
from verifier.config import Settings, load
from verifier.core.model import NoticeId
from verifier.core.notice import Notice, NoticeKind, NoticeState, Outcome, Reply, tag
from verifier.core.policy import PolicyBook
from verifier.core.proposal import DeliveredBy, ProposalRecord
from verifier.errors import ConfigurationInvalid
from verifier.service.noticing import tell
from verifier.storage import Store, upgrade

RETURNED = Path(__file__).parents[1] / "delivery" / "returned"
Output = pytest.CaptureFixture[str]


def settings_of(folder: Path, **other: Any) -> Settings:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = load(data_dir=folder, port=port, **other)
    upgrade(made.database)
    return made


async def told(store: Store) -> Notice:
    """A notice of a proposed failure, written as a service writes it."""
    async with store.units() as unit:
        await failed_case.add_conclusive_call(unit)
        await unit.proposals.add(failures.proposal())
        return await tell(
            unit,
            NoticeKind.FAILURE_PROPOSED,
            failures.PROPOSAL,
            AnchoredClock(),
            SystemEntropy(),
            case=failed_case.CASE,
        )


async def state_of(store: Store, id_: NoticeId) -> tuple[NoticeState, list[Outcome]]:
    async with store.units(read_only=True) as unit:
        notice = await unit.notices.get(id_)
        return notice.state, [attempt.outcome for attempt in await unit.notices.attempts(id_)]


async def record_of(store: Store) -> ProposalRecord:
    async with store.units(read_only=True) as unit:
        return await unit.proposals.record(failures.PROPOSAL)


async def accepted_notice(settings: Settings) -> Notice:
    """A notice that a mail server has accepted."""
    async with await Store.open(settings.database) as store:
        notice = await told(store)
        desk = mailing.desk(settings, store.units, AnchoredClock(), SystemEntropy(), PolicyBook())
        await desk.record(notice.id, Reply(Outcome.ACCEPTED, "250"), AnchoredClock().now_ms())
    return notice


def message(name: str, settings: Settings, id_: NoticeId) -> bytes:
    genuine = tag(id_, derived_keys(settings, "mail-tags")[0])
    return (RETURNED / f"{name}.eml").read_bytes().replace(b"TAG", genuine.encode())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory that the commands use."""
    monkeypatch.setenv("VERIFIER_DATA_DIR", str(tmp_path))
    return tmp_path


async def bounce(raw: bytes, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """``verifier mail bounce < raw``, as the mail server runs it."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    return await asyncio.to_thread(main, ["mail", "bounce", *arguments])


# ---------------------------------------------------------------- the running server


async def test_the_server_sends_what_is_written_while_it_runs(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    async with Postbox(*pem, sign_in=True) as box:
        settings = settings_of(
            tmp_path / "data",
            smtp_url=f"smtp://{USER}:{PASSWORD.replace('/', '%2F').replace('@', '%40')}@127.0.0.1:{box.port}",
            smtp_ca=pem[0],
            mail_from="Verification <verify@verifier.test>",
            mail_bounces="bounces@verifier.test",
        )
        assert PASSWORD not in repr(settings) and "smtp_url" not in repr(settings)
        async with serving.running(settings) as house:
            notice = await told(house.store)
            async with asyncio.timeout(20):
                await box.came.wait()
            await _until_recorded(house, notice)
        (arrived,) = box.arrived
        assert arrived.tls and arrived.signed_in and arrived.sender.startswith("bounces+ntc_")
        assert f"{settings.origin}/case#" in arrived.part("plain")
    async with await Store.open(settings.database) as store:
        assert await state_of(store, notice.id) == (NoticeState.ACCEPTED, [Outcome.ACCEPTED])
        window = (await record_of(store)).window
        assert window is not None and window.delivered_by is DeliveredBy.MAIL_ACCEPTED
        async with store.units(read_only=True) as unit:
            assert window.opened_ms == (await unit.notices.attempts(notice.id))[-1].at_ms


async def test_stopping_waits_for_the_mail_under_way(tmp_path: Path) -> None:
    async with Postbox(stalls=asyncio.Event()) as box:
        settings = settings_of(
            tmp_path / "data",
            smtp_url=f"smtp://127.0.0.1:{box.port}?starttls=never",
            mail_from="verify@verifier.test",
        )
        async with serving.running(settings) as house:
            notice = await told(house.store)
            async with asyncio.timeout(20):
                await box.came.wait()
            assert box.stalls is not None
            asyncio.get_running_loop().call_later(0.05, box.stalls.set)
    async with await Store.open(settings.database) as store:
        assert await state_of(store, notice.id) == (NoticeState.ACCEPTED, [Outcome.ACCEPTED])


async def test_without_a_mail_server_mail_lies_in_the_data_directory_and_is_not_accepted(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "data")
    async with serving.running(settings) as house:
        notice = await told(house.store)
        await _until_recorded(house, notice)
    async with await Store.open(settings.database) as store:
        assert await state_of(store, notice.id) == (NoticeState.FILED, [Outcome.FILED])
        assert (await record_of(store)).windows == (), "a file opens no window"
    assert [file.name for file in (tmp_path / "data" / "mail").iterdir()] == [f"{notice.id}-1.eml"]


async def _until_recorded(house: House, notice: Notice) -> None:
    async with asyncio.timeout(20):
        while (await state_of(house.store, notice.id))[0] is NoticeState.QUEUED:
            house.mail.notify()
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"smtp_url": "smtp://h"}, "VERIFIER_SMTP_URL needs VERIFIER_MAIL_FROM"),
        ({"smtp_url": "http://h", "mail_from": "a@b.c"}, "VERIFIER_SMTP_URL"),
        ({"smtp_url": "smtp://h", "mail_from": "nobody"}, "VERIFIER_MAIL_FROM"),
        ({"smtp_url": "smtp://h", "mail_from": "a@b.c", "smtp_ca": "/nowhere.pem"}, "VERIFIER_SMTP_CA"),
        ({"mail_bounces": "nobody"}, "VERIFIER_MAIL_BOUNCES"),
    ],
)
def test_a_setting_about_mail_that_does_not_fit_stops_the_start_by_its_name(
    tmp_path: Path, values: dict[str, str], named: str
) -> None:
    with pytest.raises(ConfigurationInvalid, match=named):
        settings = load(data_dir=tmp_path, **values)  # type: ignore[arg-type]
        mailing.worker(settings, None, AnchoredClock(), ROOT / "templates")  # type: ignore[arg-type]


# ---------------------------------------------------------------- what comes back


async def test_a_bounce_is_recorded_once_however_often_it_is_fed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    settings = settings_of(folder)
    notice = await accepted_notice(settings)
    raw = message("postfix", settings, notice.id)
    assert await bounce(raw, monkeypatch) == os.EX_OK
    assert capsys.readouterr().out == f"{notice.id}: bounce recorded\n"
    assert await bounce(raw, monkeypatch) == os.EX_OK
    assert capsys.readouterr().out == f"{notice.id}: recorded before\n"
    async with await Store.open(settings.database) as store:
        assert await state_of(store, notice.id) == (NoticeState.BOUNCED, [Outcome.ACCEPTED, Outcome.RETURNED])
        assert (await record_of(store)).window is None, "no time runs against him any more"
        async with store.units(read_only=True) as unit:
            assert "User unknown" in (await unit.notices.attempts(notice.id))[-1].answer


async def test_a_delay_is_read_and_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    settings = settings_of(folder)
    notice = await accepted_notice(settings)
    assert await bounce(message("delayed", settings, notice.id), monkeypatch) == os.EX_OK
    assert "nothing recorded" in capsys.readouterr().out
    async with await Store.open(settings.database) as store:
        assert await state_of(store, notice.id) == (NoticeState.ACCEPTED, [Outcome.ACCEPTED])


async def test_what_is_forged_or_not_about_our_mail_is_refused_in_one_line_and_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    settings = settings_of(folder)
    notice = await accepted_notice(settings)
    forged = (RETURNED / "postfix.eml").read_bytes().replace(b"TAG", f"{notice.id}.{'a' * 16}".encode())
    unknown = message("postfix", settings, NoticeId("ntc_" + "z" * 26))
    for raw in (forged, unknown, message("vacation", settings, notice.id), b"", b"\xff" * 999):
        assert await bounce(raw, monkeypatch) == os.EX_DATAERR
        printed = capsys.readouterr()
        assert printed.out == "" and printed.err.startswith("verifier: ") and printed.err.count("\n") == 1
    async with await Store.open(settings.database) as store:
        assert await state_of(store, notice.id) == (NoticeState.ACCEPTED, [Outcome.ACCEPTED])


async def test_the_address_that_the_mail_server_names_is_enough(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(folder)
    notice = await accepted_notice(settings)
    untagged = (RETURNED / "opensmtpd.eml").read_bytes()
    recipient = f"bounces+{tag(notice.id, derived_keys(settings, 'mail-tags')[0])}@verifier.test"
    assert await bounce(untagged, monkeypatch) == os.EX_DATAERR
    assert await bounce(untagged, monkeypatch, "--to", recipient) == os.EX_OK


async def test_a_bounce_of_before_a_change_of_the_master_key_is_ours_still(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(folder)
    notice = await accepted_notice(settings)
    raw = message("postfix", settings, notice.id)
    file = folder / "keys" / "master.key"
    file.write_text("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU=\n" + file.read_text())
    assert await bounce(raw, monkeypatch) == os.EX_OK


async def test_without_its_database_the_mail_server_is_asked_to_come_again_and_no_key_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setenv("VERIFIER_DATA_DIR", str(tmp_path / "elsewhere"))
    assert await bounce((RETURNED / "postfix.eml").read_bytes(), monkeypatch) == os.EX_TEMPFAIL
    assert "verifier db upgrade" in capsys.readouterr().err and not (tmp_path / "elsewhere").exists()


async def test_an_enormous_message_is_read_to_its_end_so_that_the_pipe_does_not_break(folder: Path) -> None:
    settings = settings_of(folder)
    notice = await accepted_notice(settings)
    raw = message("postfix", settings, notice.id) + b"x" * 8_000_000

    def feed() -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "verifier", "mail", "bounce"]
        return subprocess.run(command, input=raw, capture_output=True, timeout=60, check=False)

    done = await asyncio.to_thread(feed)
    assert (done.returncode, done.stdout) == (os.EX_OK, f"{notice.id}: bounce recorded\n".encode()), done.stderr
