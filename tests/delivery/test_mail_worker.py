"""The worker against a real SMTP server: accepted, put off, refused, cut off, slow; and against its own storage."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from tests.contract import failed_case
from tests.core import failures
from tests.delivery.mail_stage import KEY, SETTINGS, MailStage
from tests.delivery.postbox import PASSWORD, USER, Postbox, certificate
from verifier.core.access import fingerprint
from verifier.core.model import NoticeId
from verifier.core.notice import RETRY_DELAYS_S, Notice, NoticeState, Outcome, Reply, tag
from verifier.core.proposal import WindowStop
from verifier.delivery.file_sink import FileSink
from verifier.delivery.mail_worker import MailWorkerSettings
from verifier.delivery.smtp import Mail, SmtpMailer, SmtpServer, Tls
from verifier.errors import IllegalState
from verifier.wording.letters import Letters

_LINK = re.compile(r"https://verifier\.example/case(?:/not-me)?#([A-Za-z0-9_-]{43})")


def mailer(box: Postbox, **other: Any) -> SmtpMailer:
    given: dict[str, Any] = {"tls": Tls.NEVER, "greeting": "verifier.test", "timeout_s": 20.0}
    return SmtpMailer(SmtpServer("127.0.0.1", box.port, **(given | other)))


@pytest.fixture
async def box() -> AsyncIterator[Postbox]:
    async with Postbox() as opened:
        yield opened


@pytest.fixture
async def stage(box: Postbox) -> MailStage:
    built = MailStage(mailer(box))
    await built.begin()
    return built


async def test_a_notice_arrives_as_a_mail_whose_links_open_and_its_acceptance_is_recorded(
    stage: MailStage, box: Postbox
) -> None:
    notice = await stage.tell()
    assert await stage.worker.send_due() == 1
    (arrived,) = box.arrived
    assert (arrived.recipient, arrived.sender) == (
        "zoe@example.org",
        f"bounces+{tag(notice.id, KEY)}@verifier.test",
    )
    assert arrived.message["Subject"] == "Please read: news about your identity verification"
    text, html = arrived.part("plain"), arrived.part("html")
    tokens = _LINK.findall(text)
    assert len(set(tokens)) == 2 and set(tokens) == set(_LINK.findall(html))
    async with stage.units(read_only=True) as unit:
        assert all([await unit.links.by_hash(fingerprint(token)) for token in tokens])
    assert (await stage.stored(notice)).state is NoticeState.ACCEPTED
    (attempt,) = await stage.history(notice)
    assert (attempt.outcome, attempt.code, attempt.answer) == (Outcome.ACCEPTED, "250", "2.0.0 Queued as 4ZXY")
    assert attempt.at_ms == stage.clock.now_ms() and stage.followed == ["accepted"]


async def test_a_server_that_is_busy_gets_the_same_message_again_with_other_links(
    stage: MailStage, box: Postbox
) -> None:
    box.at_data += ["451 4.3.0 try again", "450 4.2.0 greylisted"]
    notice = await stage.tell()
    assert await stage.worker.send_due() == 1
    assert await stage.worker.send_due() == 0
    stage.clock.advance(s=RETRY_DELAYS_S[1] - 1)
    assert await stage.worker.send_due() == 0
    stage.clock.advance(s=8)
    assert await stage.worker.send_due() == 1
    stage.clock.advance(minutes=6)
    assert await stage.worker.send_due() == 1
    assert [(one.number, one.outcome, one.code) for one in await stage.history(notice)] == [
        (1, Outcome.BUSY, "451"),
        (2, Outcome.BUSY, "450"),
        (3, Outcome.ACCEPTED, "250"),
    ]
    assert stage.followed == ["accepted"]
    assert box.arrived[0].message["Message-ID"] == f"<{tag(notice.id, KEY)}@verifier.test>"


async def test_a_refused_recipient_is_a_bounce_and_is_not_tried_again(stage: MailStage, box: Postbox) -> None:
    box.at_rcpt.append("550 5.1.1 <zoe@example.org> no such user")
    notice = await stage.tell()
    await stage.worker.send_due()
    stage.clock.advance(days=9)
    assert await stage.worker.send_due() == 0
    assert (await stage.stored(notice)).state is NoticeState.BOUNCED
    assert stage.followed == ["bounced"]


async def test_a_server_that_refuses_us_is_asked_again_until_the_attempts_are_used(
    stage: MailStage, box: Postbox
) -> None:
    box.at_mail += ["550 5.7.1 who are you"] * 20
    notice = await stage.tell()
    for _ in range(20):
        await stage.worker.send_due()
        stage.clock.advance(days=2)
        if (await stage.stored(notice)).attempts == 3:
            await _reopen(stage)
    assert (await stage.stored(notice)).state is NoticeState.FAILED
    assert [one.outcome for one in await stage.history(notice)] == [Outcome.NOT_LET_IN] * len(RETRY_DELAYS_S)
    assert stage.followed == []


async def _reopen(stage: MailStage) -> None:
    """The freelancer's page was opened and the message came back: still to be told."""
    async with stage.units() as unit:
        await unit.proposals.open_window(failures.window())
        await unit.proposals.stop_window(WindowStop(failures.PROPOSAL, 1, failures.OPENED_MS + 1))


async def test_a_connection_that_breaks_after_the_mail_leads_to_a_second_one(stage: MailStage, box: Postbox) -> None:
    box.hangs_up = 1
    notice = await stage.tell()
    await stage.worker.send_due()
    assert [one.outcome for one in await stage.history(notice)] == [Outcome.UNREACHABLE]
    stage.clock.advance(minutes=2)
    await stage.worker.send_due()
    assert (await stage.stored(notice)).state is NoticeState.ACCEPTED


async def test_nobody_listening_is_no_bounce(stage: MailStage, box: Postbox) -> None:
    box._server.close()
    notice = await stage.tell()
    await stage.worker.send_due()
    assert (await stage.stored(notice)).state is NoticeState.QUEUED
    assert [one.outcome for one in await stage.history(notice)] == [Outcome.UNREACHABLE]


async def test_without_a_mail_server_mail_is_filed_and_nothing_follows_from_that(tmp_path: Path) -> None:
    stage = MailStage(FileSink(tmp_path / "mail"))
    await stage.begin()
    notice = await stage.tell()
    await stage.worker.send_due()
    (file,) = (tmp_path / "mail").glob("*.eml")
    filed = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert filed["To"] == "Zoë Müller <zoe@example.org>"
    assert (await stage.stored(notice)).state is NoticeState.FILED
    assert stage.followed == []


async def test_what_was_overtaken_is_not_sent(stage: MailStage, box: Postbox) -> None:
    notice = await stage.tell()
    async with stage.units() as unit:
        await unit.proposals.open_window(failures.window())
        await unit.proposals.respond(failures.response())
    stage.clock.advance(days=3)
    await stage.worker.send_due()
    assert box.connections == 0
    assert (await stage.stored(notice)).state is NoticeState.WITHDRAWN


@pytest.mark.parametrize("address", ["", "zoe@example.org\r\nBcc: x@y.z", "zoe"])
async def test_an_address_that_is_none_ends_it_without_a_connection(box: Postbox, address: str) -> None:
    stage = MailStage(mailer(box))
    await stage.begin()
    case = stage.units.state.verifications[failed_case.CASE]
    stage.units.state.verifications[failed_case.CASE] = replace(case, email=address)
    notice = await stage.tell()
    await stage.worker.send_due()
    assert box.connections == 0
    assert (await stage.stored(notice)).state is NoticeState.FAILED
    assert [one.outcome for one in await stage.history(notice)] == [Outcome.NO_ADDRESS]


# ---------------------------------------------------------------- running


async def test_notify_wakes_a_sleeping_worker_and_stopping_finishes_what_is_under_way(box: Postbox) -> None:
    stage = MailStage(mailer(box), MailWorkerSettings(poll_s=600))
    await stage.begin()
    box.stalls = asyncio.Event()
    running = asyncio.create_task(stage.worker.run())
    await asyncio.sleep(0)
    first = await stage.tell()
    stage.worker.notify()
    async with asyncio.timeout(20):
        await box.came.wait()
        second = await stage.tell()
        stage.worker.stop()
        box.stalls.set()
        await running
    assert (await stage.stored(first)).state is NoticeState.ACCEPTED
    assert (await stage.stored(second)).state is NoticeState.QUEUED
    assert await stage.process(mailer(box)).send_due() == 1, "the next start goes on"
    assert len(box.arrived) == 2


async def test_what_becomes_due_is_sent_without_being_called(box: Postbox) -> None:
    stage = MailStage(mailer(box))
    await stage.begin()
    running = asyncio.create_task(stage.worker.run())
    await stage.tell()
    async with asyncio.timeout(20):
        await box.came.wait()
    stage.worker.stop()
    await running
    assert len(box.arrived) == 1


class Keeping:
    """A mailer that accepts everything and counts."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.under_way = self.most = 0

    async def send(self, mail: Mail) -> Reply:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        self.sent.append(mail)
        return Reply(Outcome.ACCEPTED, "250")


async def test_a_few_are_sent_at_a_time_until_none_is_due() -> None:
    keeping = Keeping()
    stage = MailStage(keeping, MailWorkerSettings(at_once=4))
    await stage.begin()
    for _ in range(10):
        await stage.tell()
    assert await stage.worker.send_due() == 10
    assert keeping.most == 4 and len({mail.name for mail in keeping.sent}) == 10


class Breaking:
    """``record`` of a desk, failing as often as it is told to."""

    def __init__(self, stage: MailStage, times: int, only: NoticeId | None = None) -> None:
        self._whole = stage.noticing.record
        self.left = times
        self.looked = 0
        self.tried = asyncio.Event()
        self._only = only
        stage.noticing.record = self.record  # type: ignore[method-assign]
        whole_due = stage.noticing.due

        async def due(limit: int) -> tuple[Notice, ...]:
            self.looked += 1
            return await whole_due(limit)

        stage.noticing.due = due  # type: ignore[method-assign]

    async def record(self, id_: NoticeId, reply: Reply, at_ms: int) -> None:
        self.tried.set()
        if self.left and self._only in (None, id_):
            self.left -= 1
            raise IllegalState("What follows cannot be done now.")
        await self._whole(id_, reply, at_ms)


async def test_when_our_storage_fails_after_the_answer_the_record_is_made_again_and_not_the_mail(
    capsys: pytest.CaptureFixture[str],
) -> None:
    keeping = Keeping()
    stage = MailStage(keeping)
    await stage.begin()
    notice = await stage.tell()
    Breaking(stage, 3)
    answered_ms = stage.clock.now_ms()
    for _ in range(4):
        await stage.worker.send_due()
        stage.clock.advance(minutes=2)
    assert len(keeping.sent) == 1
    assert (await stage.stored(notice)).state is NoticeState.ACCEPTED
    assert [one.at_ms for one in await stage.history(notice)] == [answered_ms], "it counts from the answer"
    capsys.readouterr()


async def test_a_record_that_never_succeeds_holds_up_no_other_mail_and_is_tried_less_and_less(
    capsys: pytest.CaptureFixture[str],
) -> None:
    keeping = Keeping()
    stage = MailStage(keeping, MailWorkerSettings(at_once=2, poll_s=1))
    await stage.begin()
    stuck = await stage.tell()
    breaking = Breaking(stage, 1_000_000, only=stuck.id)
    for _ in range(600):
        await stage.worker.send_due()
        stage.clock.advance(s=1)
    others = [await stage.tell() for _ in range(5)]
    await stage.worker.send_due()
    assert [(await stage.stored(one)).state for one in others] == [NoticeState.ACCEPTED] * 5
    assert len(keeping.sent) == 6
    assert 10 <= 1_000_000 - breaking.left <= 20
    capsys.readouterr()


async def test_stopping_tries_once_more_to_record_and_does_not_wait_for_a_storage_that_stays_broken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for broken, expected in ((1, NoticeState.ACCEPTED), (1_000, NoticeState.QUEUED)):
        keeping = Keeping()
        stage = MailStage(keeping, MailWorkerSettings(poll_s=600))
        await stage.begin()
        notice = await stage.tell()
        breaking = Breaking(stage, broken)
        running = asyncio.create_task(stage.worker.run())
        async with asyncio.timeout(20):
            await breaking.tried.wait()
            for _ in range(100):
                await asyncio.sleep(0)
            assert breaking.looked <= 3, "it rests"
            stage.worker.stop()
            await running
        assert (await stage.stored(notice)).state is expected
        assert len(keeping.sent) == 1
    capsys.readouterr()


async def test_a_letter_that_cannot_be_written_is_our_fault_and_waits_for_its_turn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keeping = Keeping()
    stage = MailStage(keeping)
    await stage.begin()
    notice = await stage.tell()
    stage.worker._letters = Letters(tmp_path)
    assert await stage.worker.send_due() == 1
    assert keeping.sent == [] and [one.outcome for one in await stage.history(notice)] == [Outcome.OUR_FAULT]
    assert (await stage.stored(notice)).next_attempt_ms > stage.clock.now_ms()
    capsys.readouterr()


async def test_notices_that_cannot_be_read_are_looked_at_again(capsys: pytest.CaptureFixture[str]) -> None:
    keeping = Keeping()
    stage = MailStage(keeping)
    await stage.begin()
    await stage.tell()
    whole, broken = stage.noticing.due, True

    async def breaking(limit: int) -> Any:
        nonlocal broken
        if broken:
            broken = False
            raise OSError("disk gone")
        found = await whole(limit)
        if not found:
            stage.worker.stop()
        return found

    stage.noticing.due = breaking  # type: ignore[method-assign]
    async with asyncio.timeout(20):
        await stage.worker.run()
    assert len(keeping.sent) == 1
    capsys.readouterr()


# ---------------------------------------------------------------- secrets


async def test_no_log_line_and_no_record_holds_a_token_an_address_or_the_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    caplog.set_level("CRITICAL", "mail.log")
    pem = certificate(tmp_path)
    async with Postbox(*pem, sign_in=True) as box:
        box.at_rcpt += ["450 4.2.0 <zoe@example.org> later", "550 5.1.1 <zoe@example.org> unknown"]
        right = mailer(box, tls=Tls.REQUIRED, ca=pem[0], username=USER, password=PASSWORD)
        wrong = mailer(box, tls=Tls.REQUIRED, ca=pem[0], username=USER, password=PASSWORD + "x")
        stage = MailStage(right)
        await stage.begin()
        await stage.tell()
        for each in (stage.worker, stage.process(wrong, SETTINGS), stage.worker, stage.worker):
            await each.send_due()
            stage.clock.advance(hours=2)
        await stage.tell()
        await stage.worker.send_due()
        tokens = {token for one in box.arrived for token in _LINK.findall(one.part("plain"))}
    printed = capsys.readouterr().out
    assert len(tokens) == 2 and "not_let_in" in printed and "accepted" in printed
    logged = printed + caplog.text
    for secret in (*tokens, "zoe@", "Zoë", PASSWORD):
        assert secret not in logged
    assert not any(token in repr(stage.units.state) for token in tokens)
