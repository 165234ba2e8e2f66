"""One mail to a real SMTP server: what every answer, and every silence, means for the notice."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import aiosmtplib
import pytest
import uvloop

from tests.delivery.postbox import PASSWORD, USER, Postbox, certificate
from verifier.core.notice import Outcome, Reply
from verifier.delivery.smtp import Mail, SmtpMailer, SmtpServer, Tls, reply_of, server_of
from verifier.errors import ConfigurationInvalid

MAIL = Mail(
    name="ntc_a-1",
    sender="bounces+tag@verifier.test",
    recipient="zoe@example.org",
    tag="ntc_a.mac",
    content=b"From: a@verifier.test\r\nSubject: News\r\n\r\nHello\r\n.hidden dot\r\n",
)


def server(box: Postbox, **other: object) -> SmtpServer:
    given = {"host": "127.0.0.1", "port": box.port, "tls": Tls.NEVER, "greeting": "verifier.test", "timeout_s": 20.0}
    return SmtpServer(**(given | other))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("tls"))


# ---------------------------------------------------------------- accepted


async def test_what_the_server_accepted_is_what_was_handed_in_with_its_answer() -> None:
    async with Postbox() as box:
        reply = await SmtpMailer(server(box)).send(MAIL)
    assert reply == Reply(Outcome.ACCEPTED, "250", "2.0.0 Queued as 4ZXY")
    (arrived,) = box.arrived
    assert (arrived.sender, arrived.recipient) == (MAIL.sender, MAIL.recipient)
    assert arrived.content == MAIL.content


async def test_the_server_is_asked_to_return_headers_only_so_that_no_link_travels_back() -> None:
    async with Postbox() as box:
        await SmtpMailer(server(box)).send(MAIL)
    assert box.options == ["RET=HDRS", "ENVID=ntc_a.mac", "NOTIFY=FAILURE"]


async def test_starttls_comes_before_anything_else(pem: tuple[Path, Path]) -> None:
    async with Postbox(*pem, sign_in=True) as box:
        signed_in = server(box, tls=Tls.REQUIRED, ca=pem[0], username=USER, password=PASSWORD)
        reply = await SmtpMailer(signed_in).send(MAIL)
    assert reply.outcome is Outcome.ACCEPTED
    assert (box.arrived[0].tls, box.arrived[0].signed_in) == (True, True)


async def test_tls_from_the_first_byte(pem: tuple[Path, Path]) -> None:
    async with Postbox(*pem, implicit=True, sign_in=True) as box:
        signed_in = server(box, tls=Tls.IMPLICIT, ca=pem[0], username=USER, password=PASSWORD)
        reply = await SmtpMailer(signed_in).send(MAIL)
    assert reply.outcome is Outcome.ACCEPTED
    assert (box.arrived[0].tls, box.arrived[0].signed_in) == (True, True)


def test_the_servers_own_event_loop_speaks_tls_too(pem: tuple[Path, Path]) -> None:
    async def send(implicit: bool) -> Reply:
        async with Postbox(*pem, implicit=implicit) as box:
            tls = Tls.IMPLICIT if implicit else Tls.REQUIRED
            return await SmtpMailer(server(box, tls=tls, ca=pem[0])).send(MAIL)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert [runner.run(send(implicit)).outcome for implicit in (True, False)] == [Outcome.ACCEPTED] * 2


async def test_a_server_that_hangs_up_instead_of_a_goodbye_has_accepted_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def quit_fails(*_: object, **__: object) -> None:
        raise aiosmtplib.SMTPServerDisconnected("Connection lost")

    monkeypatch.setattr(aiosmtplib.SMTP, "quit", quit_fails)
    async with Postbox() as box:
        assert (await SmtpMailer(server(box)).send(MAIL)).outcome is Outcome.ACCEPTED


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("stage", "answer", "expected"),
    [
        ("at_rcpt", "550 5.1.1 <zoe@example.org>: no such user", Outcome.REFUSED),
        ("at_rcpt", "553 mailbox name not allowed", Outcome.REFUSED),
        ("at_data", "552 5.3.4 too big", Outcome.REFUSED),
        ("at_data", "554 5.6.0 we do not like the content", Outcome.REFUSED),
        ("at_rcpt", "450 4.2.0 greylisted, come back", Outcome.BUSY),
        ("at_rcpt", "452 4.2.2 mailbox full", Outcome.BUSY),
        ("at_data", "451 4.3.0 try again", Outcome.BUSY),
        ("at_data", "421 4.3.2 shutting down", Outcome.BUSY),
        ("at_mail", "451 4.7.1 slow down", Outcome.BUSY),
        ("at_mail", "550 5.1.7 we do not know you", Outcome.NOT_LET_IN),
        ("at_rcpt", "554 5.7.1 relay access denied", Outcome.NOT_LET_IN),
        ("at_rcpt", "530 authentication required", Outcome.NOT_LET_IN),
        ("at_data", "550 5.7.26 unauthenticated mail is not accepted", Outcome.NOT_LET_IN),
    ],
)
async def test_a_refusal_is_of_the_recipient_for_good_or_for_now_or_of_us(
    stage: str, answer: str, expected: Outcome
) -> None:
    async with Postbox(**{stage: [answer]}) as box:  # type: ignore[arg-type]
        reply = await SmtpMailer(server(box)).send(MAIL)
    assert reply == Reply(expected, answer[:3], answer[4:])
    assert box.arrived == []


async def test_a_server_that_refuses_the_greeting_says_nothing_about_the_recipient() -> None:
    async with Postbox(greeting_refused=True) as box:
        assert (await SmtpMailer(server(box)).send(MAIL)).outcome is Outcome.NOT_LET_IN


async def test_a_wrong_password_is_ours_and_is_never_repeated_in_the_answer(pem: tuple[Path, Path]) -> None:
    async with Postbox(*pem, sign_in=True) as box:
        wrong = server(box, tls=Tls.REQUIRED, ca=pem[0], username=USER, password="not the one")
        reply = await SmtpMailer(wrong).send(MAIL)
    assert (reply.outcome, reply.code) == (Outcome.NOT_LET_IN, "535")
    assert "not the one" not in repr(reply) and "not the one" not in repr(wrong)


async def test_a_server_without_sign_in_gets_no_password(pem: tuple[Path, Path]) -> None:
    async with Postbox(*pem) as box:
        signed_in = server(box, tls=Tls.REQUIRED, ca=pem[0], username=USER, password=PASSWORD)
        assert (await SmtpMailer(signed_in).send(MAIL)).outcome is Outcome.NOT_LET_IN
    assert "MAIL" not in box.conversation


# ---------------------------------------------------------------- no TLS, no mail


async def test_a_server_without_the_required_tls_gets_neither_password_nor_mail() -> None:
    async with Postbox() as box:
        required = server(box, tls=Tls.REQUIRED, username=USER, password=PASSWORD)
        assert (await SmtpMailer(required).send(MAIL)).outcome is Outcome.UNTRUSTED
    assert set(box.conversation) == {"EHLO"}


@pytest.mark.parametrize("implicit", [True, False])
async def test_a_certificate_that_nobody_vouches_for_is_refused_and_the_reason_is_clear(
    pem: tuple[Path, Path], implicit: bool
) -> None:
    async with Postbox(*pem, implicit=implicit) as box:
        tls = Tls.IMPLICIT if implicit else Tls.REQUIRED
        reply = await SmtpMailer(server(box, tls=tls)).send(MAIL)
    assert reply.outcome is Outcome.UNTRUSTED and "self-signed certificate" in reply.text
    assert "MAIL" not in box.conversation


@pytest.mark.parametrize("implicit", [True, False])
async def test_a_certificate_of_another_name_is_refused(pem: tuple[Path, Path], implicit: bool) -> None:
    async with Postbox(*pem, implicit=implicit) as box:
        tls = Tls.IMPLICIT if implicit else Tls.REQUIRED
        reply = await SmtpMailer(server(box, tls=tls, ca=pem[0], host="localhost")).send(MAIL)
    assert reply.outcome is Outcome.UNTRUSTED and "localhost" in reply.text


# ---------------------------------------------------------------- silence


async def test_nobody_listening() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = SmtpServer("127.0.0.1", taken.getsockname()[1], Tls.NEVER, greeting="verifier.test")
        assert (await SmtpMailer(nobody).send(MAIL)).outcome is Outcome.UNREACHABLE


async def test_a_name_that_does_not_exist() -> None:
    nowhere = SmtpServer("mail.invalid", 587, Tls.NEVER, greeting="verifier.test", timeout_s=20)
    assert (await SmtpMailer(nowhere).send(MAIL)).outcome in {Outcome.UNREACHABLE, Outcome.TIMED_OUT}


async def test_a_server_that_hangs_up_after_the_mail_has_not_accepted_it() -> None:
    async with Postbox(hangs_up=1) as box:
        assert (await SmtpMailer(server(box)).send(MAIL)).outcome is Outcome.UNREACHABLE
        assert (await SmtpMailer(server(box)).send(MAIL)).outcome is Outcome.ACCEPTED


async def test_a_server_that_never_answers_is_left_in_time() -> None:
    async with Postbox(stalls=asyncio.Event()) as box:
        async with asyncio.timeout(20):
            reply = await SmtpMailer(server(box, timeout_s=0.2)).send(MAIL)
    assert reply == Reply(Outcome.TIMED_OUT)


async def test_a_server_that_connects_and_says_nothing_is_left_in_time() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        for tls in Tls:
            mute = SmtpServer("127.0.0.1", port, tls, greeting="verifier.test", timeout_s=0.2)
            assert (await SmtpMailer(mute).send(MAIL)).outcome is Outcome.TIMED_OUT


async def test_a_server_that_speaks_another_protocol() -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    web = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with web:
        port = web.sockets[0].getsockname()[1]
        for tls in (Tls.NEVER, Tls.IMPLICIT):
            reply = await SmtpMailer(SmtpServer("127.0.0.1", port, tls, greeting="x.test", timeout_s=20)).send(MAIL)
            assert reply.outcome in {Outcome.UNREACHABLE, Outcome.UNTRUSTED}


@pytest.mark.parametrize("recipient", ["a@b.c>\r\nRCPT TO:<x@y.z", "a b@c.d", "a@b.c\r\nDATA"])
async def test_an_address_never_becomes_two_commands(recipient: str) -> None:
    """delivery/mail refuses such an address before it comes here."""
    async with Postbox() as box:
        await SmtpMailer(server(box)).send(replace(MAIL, recipient=recipient))
    assert box.conversation.count("RCPT") <= 1
    assert {arrived.recipient for arrived in box.arrived} <= {"a@b.c"}


def test_a_servers_words_are_one_line_that_any_database_holds() -> None:
    reply = reply_of(aiosmtplib.SMTPDataError(554, "no\x00 way\r\nat \udcff all" + "x" * 9_999))
    assert reply.text.isprintable() and reply.text.startswith("no  way") and len(reply.text) <= 1_000
    reply.text.encode()


# ---------------------------------------------------------------- the setting


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", ("mail.example.org", 587, Tls.REQUIRED, "", "")),
        ("smtp://mail.example.org:25?starttls=never", ("mail.example.org", 25, Tls.NEVER, "", "")),
        ("smtps://mail.example.org/", ("mail.example.org", 465, Tls.IMPLICIT, "", "")),
        ("smtp://me:pw@[::1]:2525?starttls=required", ("::1", 2525, Tls.REQUIRED, "me", "pw")),
        (f"smtps://a%40b.c:{quote(PASSWORD, safe='')}@h.example", ("h.example", 465, Tls.IMPLICIT, "a@b.c", PASSWORD)),
    ],
)
def test_the_url_of_a_mail_server(url: str, expected: tuple[object, ...]) -> None:
    found = server_of(url, None, "verifier.test")
    assert (found.host, found.port, found.tls, found.username, found.password) == expected


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org:587",
        "http://me:topsecret@mail.example.org",
        "smtp://",
        "smtp://me:topsecret@host:port",
        "smtp://me:topsecret@host:99999",
        "smtp://host/path",
        "smtp://host#topsecret",
        "smtp://host?starttls=maybe",
        "smtp://host?tls=required",
        "smtps://host?starttls=required",
        "smtp://me:topsecret@host?starttls=never",
        "smtp://[::1",
    ],
)
def test_a_url_that_does_not_fit_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationInvalid, match="VERIFIER_SMTP_URL") as refused:
        server_of(url, None, "verifier.test")
    assert "topsecret" not in str(refused.value)


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_authorities_that_cannot_be_read_are_refused_at_start(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationInvalid, match="VERIFIER_SMTP_CA"):
        SmtpMailer(SmtpServer("h", 25, Tls.REQUIRED, ca=file))
