"""Hands one mail to the operator's mail server. One rule: what was sent in the clear or to a stranger was not sent.

TLS is required unless the operator says otherwise, the server's certificate is checked, and a password never travels
without TLS. The answer says whether the recipient was refused or we were: only the first is a bounce. Called by
delivery/mail_worker through ``Mailer``; built in app.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import aiosmtplib
from aiosmtplib import errors as smtp

from verifier.core.notice import ANSWER_CHARACTERS, Outcome, Reply
from verifier.errors import ConfigurationInvalid

TIMEOUT_S = 60.0
"""For one mail from connecting to the last answer; stopping the server waits no longer than this."""
_PARTING_S = 2.0
_ABOUT_US = re.compile(r"\b5\.7\.\d")
"""Enhanced status "security or policy": the sender is not welcome, whoever the recipient is. Source: RFC 3463 3.8."""
_SIGN_IN_CODES = frozenset({530, 534, 535, 538})
"""Source: RFC 4954 6."""


class Tls(StrEnum):
    """How the connection is secured."""

    IMPLICIT = "implicit"
    """From the first byte (smtps://)."""
    REQUIRED = "required"
    """By STARTTLS before anything else; a server without it gets nothing."""
    NEVER = "never"
    """Not at all: for a mail server on this machine."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in."""

    host: str
    port: int
    tls: Tls
    username: str = ""
    password: str = field(default="", repr=False)
    ca: Path | None = None
    """PEM file with the authorities to trust instead of the system's."""
    greeting: str = "localhost"
    """Name given in EHLO."""
    timeout_s: float = TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, ready to go."""

    name: str
    """Unique for each attempt; a file sink names its file so."""
    sender: str
    """Envelope sender: where it returns to."""
    recipient: str
    tag: str
    """Envelope id for the delivery status, when the server knows such (RFC 3461)."""
    content: bytes = field(repr=False)
    """Headers and body with CRLF, 7 bit."""


class Mailer(Protocol):
    """Hands in one mail; never raises for what the other side does."""

    async def send(self, mail: Mail) -> Reply: ...


def server_of(url: str, ca: Path | None, greeting: str) -> SmtpServer:
    """The server that ``smtp://[user:password@]host[:port][?starttls=required|never]`` or ``smtps://…`` names.

    Raises:
        ConfigurationInvalid: another form, or a password that would travel in the clear. The URL is never repeated:
            it holds a secret.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigurationInvalid("VERIFIER_SMTP_URL is not a URL.", field="smtp_url") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path not in ("", "/") or parts.fragment:
        raise ConfigurationInvalid(
            "VERIFIER_SMTP_URL is smtp://user:password@host:587 or smtps://user:password@host:465.", field="smtp_url"
        )
    tls = _tls(parts)
    if parts.username and tls is Tls.NEVER:
        raise ConfigurationInvalid("VERIFIER_SMTP_URL holds a password, so it needs TLS.", field="smtp_url")
    return SmtpServer(
        host=parts.hostname,
        port=port or (465 if tls is Tls.IMPLICIT else 587),
        tls=tls,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        ca=ca,
        greeting=greeting,
    )


def _tls(parts: SplitResult) -> Tls:
    options = parse_qs(parts.query, keep_blank_values=True)
    if parts.scheme == "smtps" and not options:
        return Tls.IMPLICIT
    wanted = options.pop("starttls", [Tls.REQUIRED.value])
    if parts.scheme == "smtps" or options or wanted not in ([Tls.REQUIRED.value], [Tls.NEVER.value]):
        raise ConfigurationInvalid(
            "The only option of VERIFIER_SMTP_URL is starttls=required or starttls=never, with smtp://.",
            field="smtp_url",
        )
    return Tls(wanted[0])


class SmtpMailer:
    """Hands mail in over aiosmtplib, one connection a mail."""

    def __init__(self, server: SmtpServer) -> None:
        """Raises ConfigurationInvalid when the file of authorities cannot be read."""
        self._server = server
        try:
            self._context = ssl.create_default_context(cafile=server.ca)
        except OSError as error:
            reason = error.strerror or "it holds no certificates"
            raise ConfigurationInvalid(f"Cannot use VERIFIER_SMTP_CA {server.ca}: {reason}.", field="smtp_ca") from None

    async def send(self, mail: Mail) -> Reply:
        """What the server answered, or why nothing came."""
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls is Tls.IMPLICIT,
            start_tls=False,
            tls_context=self._context,
            local_hostname=server.greeting,
            timeout=server.timeout_s,
        )
        try:
            reply = await self._converse(client, mail)
            if reply.code is not None:
                await _say_goodbye(client)
            return reply
        finally:
            client.close()

    async def _converse(self, client: aiosmtplib.SMTP, mail: Mail) -> Reply:
        try:
            async with asyncio.timeout(self._server.timeout_s):
                await client.connect()
                if self._server.tls is Tls.REQUIRED and not await _offers_tls(client):
                    return Reply(Outcome.UNTRUSTED)
                return await self._hand_in(client, mail)
        except (smtp.SMTPException, OSError, ValueError) as error:
            return reply_of(error)

    async def _hand_in(self, client: aiosmtplib.SMTP, mail: Mail) -> Reply:
        server = self._server
        if server.tls is Tls.REQUIRED:
            await client.starttls()
        if server.username:
            await _sign_in(client, server)
        await client.ehlo()
        to_mail, to_recipient = _options(client, mail)
        _, answer = await client.sendmail(
            mail.sender, mail.recipient, mail.content, mail_options=to_mail, rcpt_options=to_recipient
        )
        return Reply(Outcome.ACCEPTED, "250", _plain(answer))


def reply_of(error: Exception) -> Reply:
    """What an error of the conversation means for the notice.

    A refusal of the recipient or of the message is for good (5xx) or for now (4xx); a refusal of ourselves is never
    the recipient's and is tried again once the operator has had time to see it.
    """
    refusal = error.recipients[0] if isinstance(error, smtp.SMTPRecipientsRefused) else error
    if isinstance(refusal, smtp.SMTPResponseException):
        return Reply(_refused(refusal), _code(refusal.code), _plain(refusal.message))
    if any(isinstance(one, ssl.SSLError) for one in _causes(error)):
        return Reply(Outcome.UNTRUSTED, None, _plain(str(error)))
    if isinstance(error, TimeoutError):
        return Reply(Outcome.TIMED_OUT)
    if isinstance(error, ValueError):
        return Reply(Outcome.NO_ADDRESS)
    return Reply(Outcome.UNREACHABLE, None, _plain(str(error)))


def _refused(refusal: smtp.SMTPResponseException) -> Outcome:
    if not 400 <= refusal.code < 600:
        return Outcome.UNREACHABLE
    if refusal.code < 500:
        return Outcome.BUSY
    of_mail = isinstance(refusal, smtp.SMTPRecipientRefused | smtp.SMTPDataError)
    about_us = refusal.code in _SIGN_IN_CODES or _ABOUT_US.match(refusal.message)
    return Outcome.REFUSED if of_mail and not about_us else Outcome.NOT_LET_IN


async def _offers_tls(client: aiosmtplib.SMTP) -> bool:
    await client.ehlo()
    return client.supports_extension("starttls")


async def _sign_in(client: aiosmtplib.SMTP, server: SmtpServer) -> None:
    await client.ehlo()
    if not client.supports_extension("auth") or not client.supported_auth_methods:
        raise smtp.SMTPAuthenticationError(535, "The server offers no sign-in that we know.")
    await client.login(server.username, server.password)


def _options(client: aiosmtplib.SMTP, mail: Mail) -> tuple[list[str], list[str]]:
    """Options of MAIL and RCPT: a return with headers only, so that nobody's private link travels back with it."""
    if not client.supports_extension("dsn"):
        return [], []
    return ["RET=HDRS", f"ENVID={mail.tag}"], ["NOTIFY=FAILURE"]


async def _say_goodbye(client: aiosmtplib.SMTP) -> None:
    """QUIT, for good manners only: what the server answered before stands whatever it does now."""
    with suppress(smtp.SMTPException, OSError):
        if client.is_connected:
            await client.quit(timeout=_PARTING_S)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _code(code: int) -> str | None:
    return str(code) if 100 <= code < 600 else None


def _plain(text: str) -> str:
    """A server's words in one line that any database can hold."""
    readable = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(char if char.isprintable() else " " for char in readable)[:ANSWER_CHARACTERS].strip()
