"""Puts mail together: who writes letters, who carries them, what comes back. One rule: server and command share a desk.

A bounce that the command records sets off the same as one that the worker meets. Called by app/compose and __main__.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import BinaryIO

from verifier.app import policies
from verifier.app.keyring import derived_keys, sealer
from verifier.app.runtime import AnchoredClock, SystemEntropy
from verifier.config import Settings
from verifier.core.notice import NoticeKind
from verifier.core.policy import PolicyBook
from verifier.delivery.file_sink import FileSink
from verifier.delivery.mail import Letterhead, letterhead
from verifier.delivery.mail_worker import MailWorker
from verifier.delivery.returned import READ_MAX_BYTES, read
from verifier.delivery.smtp import Mailer, SmtpMailer, server_of
from verifier.errors import ConfigurationInvalid
from verifier.ports import Clock, Entropy, UnitOfWorkFactory
from verifier.service.noticing import Followers, Noticing
from verifier.service.responding import Responding
from verifier.storage import migrating
from verifier.storage.store import Store
from verifier.wording.letters import Letters

FILED_FROM = "verifier <verifier@localhost>"
"""Sender of mail that nobody sends."""


def desk(settings: Settings, units: UnitOfWorkFactory, clock: Clock, entropy: Entropy, book: PolicyBook) -> Noticing:
    """Where notices are composed and their fate is recorded, with everything that follows from it."""
    responding = Responding(units, clock, entropy)
    followers = Followers(
        accepted={NoticeKind.FAILURE_PROPOSED: responding.mail_accepted},
        bounced={NoticeKind.FAILURE_PROPOSED: responding.mail_returned},
    )
    return Noticing(units, clock, entropy, book, settings.origin, followers)


def worker(settings: Settings, noticing: Noticing, clock: Clock, templates: Path) -> MailWorker:
    """Carries notices by the mail server of the settings, or into files when there is none.

    Raises:
        ConfigurationInvalid: a setting about mail does not fit.
    """
    head = letterhead_of(settings)
    return MailWorker(noticing, Letters(templates), _mailer(settings, head), head, clock)


def letterhead_of(settings: Settings) -> Letterhead:
    """Whom our mail is from.

    Raises:
        ConfigurationInvalid: an address is none.
    """
    sender = settings.mail_from or FILED_FROM
    return letterhead(sender, settings.mail_reply_to, settings.mail_bounces, _tag_keys(settings)[0])


def bounce(settings: Settings, message: BinaryIO, recipient: str) -> str:
    """What was recorded of a message that came back, in words for a log.

    Args:
        settings: where the database is.
        message: read to its end, so that the mail server that feeds it is never cut off.
        recipient: whom the mail server delivered it to, or empty.

    Raises:
        InvalidInput: no delivery status notification about a mail of ours.
        NotAllowed: it names a notice by a tag that is not ours.
        NotFound: the notice is not in this database.
        IllegalState: the notice was never handed to a mail server.
        ConfigurationInvalid: there is no database of this version.
    """
    raw = message.read(READ_MAX_BYTES)
    while message.read(READ_MAX_BYTES):
        continue
    # Before any key is read: elsewhere than in its data directory the command would make one and refuse every bounce.
    if problem := migrating.defect(settings.database):
        raise ConfigurationInvalid(problem, field="database_url")
    found = read(raw, recipient, _tag_keys(settings))
    reply = found.reply
    if reply is None:
        return f"{found.notice_id}: no final failure, nothing recorded"

    async def run() -> bool:
        async with await Store.open(settings.database, sealer(settings)) as store:
            noticing = desk(settings, store.units, AnchoredClock(), SystemEntropy(), policies.load(settings.policy))
            return await noticing.returned(found.notice_id, reply)

    known = not asyncio.run(run())
    return f"{found.notice_id}: {'recorded before' if known else 'bounce recorded'}"


def _mailer(settings: Settings, head: Letterhead) -> Mailer:
    if not settings.smtp_url:
        return FileSink(settings.data_dir / "mail")
    return SmtpMailer(server_of(settings.smtp_url, settings.smtp_ca, head.sender.domain))


def _tag_keys(settings: Settings) -> tuple[bytes, ...]:
    return derived_keys(settings, "mail-tags")
