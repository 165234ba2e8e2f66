"""Reads mail that came back (RFC 3464). One rule: only a genuine tag says which notice it is about.

Anybody can write to the address of returns, so nothing here is believed but a tag that we made: in the envelope, in
the report, or in the headers of the returned mail. Answering machines write there too: what is no report of a final
failure is no bounce. Called by app/commands for ``verifier mail bounce``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.parser import HeaderParser

from verifier.core.model import NoticeId
from verifier.core.notice import Outcome, Reply, tagged
from verifier.errors import InvalidInput, NotAllowed

READ_MAX_BYTES = 512 * 1_024
"""The report stands before the returned mail; nothing after this is needed."""
_ENVELOPE = ("X-Original-To", "Delivered-To", "Envelope-To", "X-Envelope-To", "To", "References", "In-Reply-To")
_OF_ORIGINAL = ("Message-ID", "Return-Path", "X-Envelope-From")
_QMAIL = re.compile(r"\A\s*Hi\. This is the\b")
"""Source: D. J. Bernstein, "The qmail-send Bounce Message Format (QSBMF)", https://cr.yp.to/proto/qsbmf.txt."""
_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


@dataclass(frozen=True, slots=True)
class Returned:
    """What a returned mail says."""

    notice_id: NoticeId
    reply: Reply | None
    """None: it reports no final failure (a delay, a success, a relay)."""


def read(raw: bytes, recipient: str, keys: Sequence[bytes]) -> Returned:
    """Which notice a message is about and whether it bounced.

    Args:
        raw: the message, its first ``READ_MAX_BYTES`` at least.
        recipient: whom the mail server delivered it to, or empty.
        keys: tags made with any of them are ours.

    Raises:
        InvalidInput: no delivery status notification, or none about our mail.
        NotAllowed: it names a notice by a tag that we did not make.
    """
    try:
        message = message_from_bytes(raw[:READ_MAX_BYTES])
        report = _report(message)
        named = [recipient, *_texts(message, _ENVELOPE), *report.names, *_original(message)]
    except (RecursionError, LookupError, ValueError):
        raise InvalidInput("This message cannot be read.") from None
    about_us, notice_id = tagged("\n".join(named), keys)
    if notice_id is None and about_us:
        raise NotAllowed("This message names a notice by a tag that is not ours.")
    if notice_id is None:
        raise InvalidInput("This message is not about a mail of ours.")
    if not report.known:
        raise InvalidInput("This message is no delivery status notification.")
    return Returned(notice_id, report.reply)


@dataclass(frozen=True, slots=True)
class _Report:
    known: bool
    reply: Reply | None
    names: tuple[str, ...] = ()


def _report(message: Message) -> _Report:
    for part in message.walk():
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            return _of_fields(list(_blocks(part)))
    text = _first_text(message)
    if _QMAIL.match(text):
        return _Report(True, _failure(_STATUS.search(text), text))
    return _Report(False, None)


def _of_fields(blocks: list[Message]) -> _Report:
    """The first recipient that was not reached; a mail of ours has one."""
    failed = [block for block in blocks if _first_word(block, "Action") == "failed"]
    known = any("Action" in block for block in blocks)
    names = tuple(str(name) for block in blocks for name in block.get_all("Original-Envelope-Id", []))
    if not failed:
        return _Report(known, None, names)
    status = _STATUS.search(str(failed[0].get("Status", "")))
    return _Report(True, _failure(status, str(failed[0].get("Diagnostic-Code", ""))), names)


def _failure(status: re.Match[str] | None, words: str) -> Reply:
    readable = "".join(char if char.isprintable() else " " for char in words.encode("utf-8", "replace").decode())
    return Reply(Outcome.RETURNED, status.group() if status else None, " ".join(readable.split()))


def _blocks(part: Message) -> Iterator[Message]:
    """Groups of fields. The parser takes message/delivery-status apart, of the global kind it leaves a text."""
    payload = part.get_payload()
    for block in payload if isinstance(payload, list) else []:
        if isinstance(block, Message):
            yield block
            rest = block.get_payload()
            for text in re.split(r"\r?\n\r?\n", rest) if isinstance(rest, str) else []:
                yield HeaderParser().parsestr(text.strip())


def _original(message: Message) -> Iterator[str]:
    """Headers of the returned mail, whole or cut down to headers; in a qmail bounce they stand in the text."""
    for part in message.walk():
        if part is message:
            continue
        if part.get_content_type() == "text/rfc822-headers":
            decoded = part.get_payload(decode=True)
            text = decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else ""
            yield from _texts(HeaderParser().parsestr(text), _OF_ORIGINAL)
        yield from _texts(part, _OF_ORIGINAL)
    if _QMAIL.match(text := _first_text(message)):
        yield from re.findall(r"(?im)^(?:Message-ID|Return-Path):.*$", text)


def _texts(message: Message, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        for value in message.get_all(name, []):
            yield str(value)


def _first_text(message: Message) -> str:
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            decoded = part.get_payload(decode=True)
            return decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else ""
    return ""


def _first_word(block: Message, name: str) -> str:
    return str(block.get(name, "")).strip().split(" ")[0].split("(")[0].lower()
