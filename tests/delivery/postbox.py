# ruff: noqa: N802  aiosmtpd finds its hooks by these names
"""A mail server on loopback: a real SMTP conversation over real TLS that answers what a test tells it to."""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from bench.rig.tls import self_signed

USER, PASSWORD = "sender", "s3cret p@ss/word"


@dataclass(frozen=True, slots=True)
class Arrived:
    """One mail that was accepted."""

    sender: str
    recipient: str
    content: bytes
    tls: bool
    signed_in: bool

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)  # type: ignore[return-value]

    def part(self, subtype: str) -> str:
        """The text of the ``plain`` or ``html`` part."""
        body = self.message.get_body((subtype,))
        assert body is not None
        return body.get_content()


class _KnowingDsn(SMTP):
    """aiosmtpd with the options of RFC 3461, which it does not know by itself."""

    _OPTION = re.compile(r" (?:RET|ENVID|NOTIFY)=\S+", re.IGNORECASE)

    async def smtp_MAIL(self, arg: str | None) -> None:
        await super().smtp_MAIL(self._without_options(arg))

    async def smtp_RCPT(self, arg: str | None) -> None:
        await super().smtp_RCPT(self._without_options(arg))

    def _without_options(self, arg: str | None) -> str | None:
        self.event_handler.options += [found.strip() for found in self._OPTION.findall(arg or "")]
        return self._OPTION.sub("", arg) if arg else arg


@dataclass
class Postbox:
    """Answers each stage with the next of its scripted replies, then accepts.

    ``certificate`` and ``key`` are PEM files; without them there is no TLS.
    """

    certificate: Path | None = None
    key: Path | None = None
    implicit: bool = False
    """TLS from the first byte instead of STARTTLS."""
    sign_in: bool = False
    greeting_refused: bool = False
    at_mail: list[str] = field(default_factory=list)
    at_rcpt: list[str] = field(default_factory=list)
    at_data: list[str] = field(default_factory=list)
    hangs_up: int = 0
    """So many mails are read to their end and answered by closing the connection."""
    stalls: asyncio.Event | None = None
    """When set to an event: every mail waits for it before it is answered."""
    arrived: list[Arrived] = field(default_factory=list)
    connections: int = 0
    options: list[str] = field(default_factory=list)
    """Of RFC 3461, as they came with MAIL and RCPT."""
    conversation: list[str] = field(default_factory=list)
    """Names of the commands that came, in order."""
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Self:
        context = None
        if self.certificate and self.key:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate, self.key)
        loop = asyncio.get_running_loop()

        def conversation() -> SMTP:
            self.connections += 1
            return _KnowingDsn(
                self,
                hostname="postbox.test",
                loop=loop,
                tls_context=None if self.implicit else context,
                authenticator=self._authenticate if self.sign_in else None,
                auth_required=self.sign_in and not self.implicit,
                auth_require_tls=not self.implicit,
            )

        self._server = await loop.create_server(conversation, "127.0.0.1", 0, ssl=context if self.implicit else None)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.stalls:
            self.stalls.set()
        self._server.close()
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        return int(self._server.sockets[0].getsockname()[1])

    def _authenticate(self, _s: SMTP, _e: Session, _v: Envelope, _mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    # ------------------------------------------------------------ hooks of aiosmtpd

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.conversation.append("EHLO")
        session.host_name = hostname
        if self.greeting_refused:
            return ["554 5.7.1 no service for you"]
        return [*responses[:-1], "250-DSN", responses[-1]]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.conversation.append("MAIL")
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.at_mail.pop(0) if self.at_mail else "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.conversation.append("RCPT")
        answer = self.at_rcpt.pop(0) if self.at_rcpt else "250 2.1.5 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.extend(options)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.conversation.append("DATA")
        self.came.set()
        if self.stalls:
            await self.stalls.wait()
        if self.hangs_up:
            self.hangs_up -= 1
            server.transport.abort()
            return "421 4.3.0 gone"
        answer = self.at_data.pop(0) if self.at_data else "250 2.0.0 Queued as 4ZXY"
        if answer.startswith("250"):
            tls = session.ssl is not None or self.implicit
            self.arrived.append(
                Arrived(
                    str(envelope.mail_from),
                    envelope.rcpt_tos[0],
                    bytes(envelope.content or b""),
                    tls,
                    bool(session.authenticated),
                )
            )
        return answer


def certificate(folder: Path) -> tuple[Path, Path]:
    """A fresh self-signed certificate of 127.0.0.1 and its key; the certificate is its own authority."""
    return self_signed("127.0.0.1", folder, now=datetime.now(UTC))
