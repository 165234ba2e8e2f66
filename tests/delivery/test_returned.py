"""Mail that came back, in the shapes of many mail servers: only a genuine report of a final failure is a bounce."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier.core.model import NoticeId
from verifier.core.notice import Outcome, tag
from verifier.delivery.returned import READ_MAX_BYTES, read
from verifier.errors import CallerError, InvalidInput, NotAllowed

CORPUS = Path(__file__).parent / "returned"
KEY, OTHER_KEY = b"k" * 32, b"o" * 32
NOTICE = NoticeId("ntc_" + "abcdefghijklm" * 2)

BOUNCES = {
    "postfix": ("5.1.1", "User unknown"),
    "exim": ("5.0.0", "550 5.2.1 This mailbox is disabled"),
    "sendmail": ("5.1.1", "User unknown"),
    "exchange": ("5.1.10", "RecipientNotFound"),
    "gmail": ("5.1.1", "does not exist"),
    "opensmtpd": ("5.0.0", ""),
    "envelope_id": ("4.4.7", "Delivery timed out"),
    "international": ("5.1.1", "550 5.1.1"),
    "qmail": ("5.1.1", "does not like recipient"),
    "qmail_copy": ("5.1.1", "no mailbox here by that name"),
}


def returned(name: str, key: bytes = KEY) -> bytes:
    """A message of the corpus with the tag of the notice in it."""
    genuine = tag(NOTICE, key).encode()
    text = (CORPUS / f"{name}.eml").read_bytes()
    return text.replace(b"TAG", genuine).replace(b"CAPITALS", genuine.upper())


@pytest.mark.parametrize(("name", "status", "words"), [(name, *told) for name, told in BOUNCES.items()])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_a_bounce_is_read_whoever_wrote_it(name: str, status: str, words: str, newline: bytes) -> None:
    found = read(returned(name).replace(b"\n", newline), "", [KEY])
    assert found.notice_id == NOTICE and found.reply is not None
    assert (found.reply.outcome, found.reply.code) == (Outcome.RETURNED, status)
    assert words in found.reply.text
    assert found.reply.text == "" or found.reply.text.isprintable()


def test_a_tag_of_an_older_key_is_ours_as_long_as_the_ring_has_it() -> None:
    assert read(returned("postfix", OTHER_KEY), "", [KEY, OTHER_KEY]).notice_id == NOTICE


@pytest.mark.parametrize("name", ["delayed", "delivered"])
def test_a_delay_and_a_success_are_about_us_and_are_no_bounce(name: str) -> None:
    found = read(returned(name), "", [KEY])
    assert (found.notice_id, found.reply) == (NOTICE, None)


@pytest.mark.parametrize("name", ["vacation", "receipt"])
def test_what_answers_by_itself_or_says_that_it_was_read_is_no_bounce(name: str) -> None:
    with pytest.raises(InvalidInput, match="no delivery status"):
        read(returned(name), "", [KEY])


def test_mail_about_nothing_of_ours_is_refused() -> None:
    for raw in (returned("spam"), b"", b"\x00\xff\xfe" * 999, b"Subject: x\n\n", b"\n\n\n"):
        with pytest.raises(InvalidInput):
            read(raw, "", [KEY])


@pytest.mark.parametrize("name", sorted(BOUNCES))
def test_a_bounce_with_a_tag_that_is_not_ours_is_refused(name: str) -> None:
    with pytest.raises(NotAllowed):
        read(returned(name, OTHER_KEY), "", [KEY])


def test_a_bounce_that_names_a_notice_without_a_tag_is_refused() -> None:
    bare = returned("postfix").replace(tag(NOTICE, KEY).encode(), NOTICE.encode())
    with pytest.raises(InvalidInput):
        read(bare, "", [KEY])


def test_the_envelope_recipient_that_the_mail_server_names_is_enough() -> None:
    untagged = returned("postfix").replace(tag(NOTICE, KEY).encode(), b"lost")
    with pytest.raises(InvalidInput):
        read(untagged, "", [KEY])
    assert read(untagged, f"bounces+{tag(NOTICE, KEY)}@verifier.test", [KEY]).notice_id == NOTICE


@pytest.mark.parametrize("name", sorted({*BOUNCES, "delayed", "vacation"}))
def test_a_message_cut_anywhere_is_a_bounce_or_a_clear_refusal(name: str) -> None:
    whole = returned(name)
    for end in range(0, len(whole), 37):
        try:
            found = read(whole[:end], "", [KEY])
        except CallerError:
            continue
        assert found.notice_id == NOTICE
        assert found.reply is None or name in BOUNCES


def test_an_enormous_message_is_read_by_its_beginning() -> None:
    whole = returned("exim").removesuffix(b"--1795510802-eximdsn-2087654321--\n")
    enormous = whole + b"x" * 76 + b"\n" + b"y" * (4 * READ_MAX_BYTES)
    assert read(enormous, "", [KEY]).notice_id == NOTICE
    buried = b"Subject: " + b"x" * READ_MAX_BYTES + b"\n" + returned("postfix")
    with pytest.raises(InvalidInput):
        read(buried, "", [KEY])


def test_parts_within_parts_without_end_are_refused() -> None:
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (depth, depth) for depth in range(5_000)
    )
    with pytest.raises(CallerError):
        read(nested, "", [KEY])


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(BOUNCES)),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 40), st.binary(max_size=40)), max_size=8),
)
def test_a_damaged_message_never_names_another_notice(name: str, damage: list[tuple[int, int, bytes]]) -> None:
    raw = returned(name)
    for place, cut, put in damage:
        at = place % len(raw)
        raw = raw[:at] + put + raw[at + cut :]
    try:
        found = read(raw, "", [KEY])
    except CallerError:
        return
    assert found.notice_id == NOTICE
    if found.reply:
        found.reply.text.encode()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=2_000))
def test_noise_is_refused(raw: bytes) -> None:
    with pytest.raises(CallerError):
        read(raw, "", [KEY])
