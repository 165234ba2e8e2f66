"""A letter as the bytes of a mail. One rule: text and HTML say the same, and nothing in it reports back.

No picture, no tracking; ``Auto-Submitted`` keeps answering machines quiet (RFC 3834). Names and addresses come from
outside: what could begin another header is taken out or refused. Called by delivery/mail_worker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from unicodedata import category

from verifier.core.model import NoticeId
from verifier.core.notice import tag
from verifier.delivery.smtp import Mail
from verifier.errors import ConfigurationInvalid, InvalidInput
from verifier.wording.letters import Words

NAME_CHARACTERS, SUBJECT_CHARACTERS = 100, 200
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
"""The pattern of HTML's e-mail field. Source: HTML standard 4.10.5.1.5."""
_BOUNCES_MAX = 16
"""Longest local part that leaves room for ``+`` and a tag within 64 octets."""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Whom our mail is from and where it returns to."""

    sender: Address
    reply_to: Address | None
    bounces: Address | None
    """Returns go to ``local+tag@domain``; None: to the sender."""
    key: bytes = field(repr=False)
    """Makes the tags."""

    def returns_to(self, id_: NoticeId) -> str:
        """The envelope sender of one notice."""
        if self.bounces is None:
            return self.sender.addr_spec
        return f"{self.bounces.username}+{tag(id_, self.key)}@{self.bounces.domain}"


def letterhead(sender: str, reply_to: str, bounces: str, key: bytes) -> Letterhead:
    """The letterhead of the settings' texts.

    Args:
        sender: ``Name <address>`` or an address.
        reply_to: as ``sender``, or empty.
        bounces: an address whose ``+`` extensions arrive in one mailbox, or empty.
        key: makes the tags.

    Raises:
        ConfigurationInvalid: one of them is no address, or ``bounces`` is too long.
    """
    returns = _configured("MAIL_BOUNCES", bounces) if bounces else None
    if returns is not None and len(returns.username) > _BOUNCES_MAX:
        raise ConfigurationInvalid(
            f"VERIFIER_MAIL_BOUNCES has at most {_BOUNCES_MAX} characters before the @.", field="mail_bounces"
        )
    return Letterhead(
        sender=_configured("MAIL_FROM", sender),
        reply_to=_configured("MAIL_REPLY_TO", reply_to) if reply_to else None,
        bounces=returns,
        key=key,
    )


def mail(head: Letterhead, words: Words, id_: NoticeId, attempt: int, address: str, name: str, at_ms: int) -> Mail:
    """One attempt at a notice, ready to be handed in.

    Args:
        head: whom it is from.
        words: what it says.
        id_: the notice; every attempt has the same Message-ID, so a reader who got two sees one.
        attempt: counts from 1.
        address: the recipient's address as somebody typed it.
        name: the recipient's name as somebody typed it.
        at_ms: now.

    Raises:
        InvalidInput: mail cannot be sent to this address.
    """
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"] = head.sender
    message["To"] = _recipient(address, name)
    if head.reply_to is not None:
        message["Reply-To"] = head.reply_to
    message["Subject"] = _one_line(words.subject)
    message["Date"] = format_datetime(datetime.fromtimestamp(at_ms // 1_000, UTC))
    message["Message-ID"] = f"<{tag(id_, head.key)}@{head.sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(words.text, cte="quoted-printable")
    message.add_alternative(words.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = words.language
    return Mail(
        name=f"{id_}-{attempt}",
        sender=head.returns_to(id_),
        recipient=address,
        tag=tag(id_, head.key),
        content=message.as_bytes(),
    )


def _recipient(address: str, name: str) -> Address:
    try:
        return _parsed(address, name)
    except ValueError:
        # The library's error repeats the address, which belongs into no log.
        raise InvalidInput("Mail cannot be sent to this address.") from None


def _one_line(text: str) -> str:
    """A text in one line, without anything that a mail reader would not show as it is.

    The beginning of an encoded word is taken apart: the library would decode it, line breaks included.
    """
    readable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(readable.replace("=?", "= ?").split())[:SUBJECT_CHARACTERS]


def _display_name(name: str) -> str:
    """Letters, digits, spaces, hyphens and apostrophes of a name: what needs no quoting.

    The library loses quotation marks where it folds a long header, and a comma or a bracket would then begin another
    address. The greeting in the mail has the whole name.
    """
    plain = "".join(char if category(char)[0] in "LMN" or char in "-'’" else " " for char in name)
    return " ".join(plain.split())[:NAME_CHARACTERS]


def _configured(setting: str, text: str) -> Address:
    name, address = parseaddr(text if text.isprintable() else "")
    try:
        return _parsed(address, name)
    except ValueError:
        raise ConfigurationInvalid(f"VERIFIER_{setting} is not an e-mail address.", field=setting.lower()) from None


def _parsed(address: str, name: str) -> Address:
    """Raises ValueError when it is no address that every mail server knows."""
    if not _ADDRESS.fullmatch(address):
        raise ValueError
    return Address(_display_name(name), addr_spec=address)
