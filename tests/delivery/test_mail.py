"""A letter as bytes: every header is ours, names cannot add one, and every line survives any mail server."""

from __future__ import annotations

import re
import stat
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier.core.model import NoticeId
from verifier.core.notice import Outcome, Reply, tag, tagged
from verifier.delivery.file_sink import FileSink
from verifier.delivery.mail import Letterhead, letterhead, mail
from verifier.delivery.smtp import Mail
from verifier.errors import ConfigurationInvalid, InvalidInput
from verifier.wording.letters import Words

KEY = b"k" * 32
ID = NoticeId("ntc_" + "abcdefghijklm" * 2)
AT_MS = 1_795_442_700_123
WORDS = Words("News – about you", "Größe " * 40 + "\n.\nFrom here\n", "<p>Größe</p>\n", "en")
HEAD = letterhead("Prüfer <verify@verifier.test>", "Help <help@verifier.test>", "bounces@returns.test", KEY)
HEADERS = {
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Language",
}


def write(
    head: Letterhead = HEAD,
    address: str = "zoe@example.org",
    name: str = "Zoë Müller",
    attempt: int = 1,
    words: Words = WORDS,
) -> Mail:
    return mail(head, words, ID, attempt, address, name, AT_MS)


def read(made: Mail) -> EmailMessage:
    return message_from_bytes(made.content, policy=policy.default)  # type: ignore[return-value]


def test_a_mail_has_these_headers_and_no_others() -> None:
    message = read(write())
    assert sorted(message.keys()) == sorted(HEADERS)
    assert str(message["From"]) == "Prüfer <verify@verifier.test>"
    assert str(message["To"]) == "Zoë Müller <zoe@example.org>"
    assert str(message["Reply-To"]) == "Help <help@verifier.test>"
    assert message["Subject"] == "News – about you"
    assert message["Date"] == "Mon, 23 Nov 2026 14:05:00 +0000"
    assert message["Auto-Submitted"] == "auto-generated" and message["Content-Language"] == "en"
    assert message["Message-ID"] == f"<{tag(ID, KEY)}@verifier.test>"


def test_text_comes_first_and_html_is_the_alternative() -> None:
    message = read(write())
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    texts = [part.get_content().replace("\r\n", "\n") for part in message.iter_parts()]  # type: ignore[attr-defined]
    assert texts == [WORDS.text, WORDS.html]


def test_the_bytes_are_seven_bit_lines_of_ordinary_length() -> None:
    content = write().content
    assert content.isascii()
    assert all(len(line) <= 78 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_every_attempt_has_the_same_message_id_and_a_name_of_its_own() -> None:
    first, second = write(), write(attempt=2)
    assert read(first)["Message-ID"] == read(second)["Message-ID"]
    assert (first.name, second.name) == (f"{ID}-1", f"{ID}-2")


def test_returns_name_their_notice_and_go_to_the_sender_where_no_address_for_them_is_set() -> None:
    assert write().sender == f"bounces+{tag(ID, KEY)}@returns.test"
    assert tagged(write().sender, [KEY]) == (True, ID)
    assert len(write().sender.split("@")[0]) <= 64
    assert write(letterhead("verify@verifier.test", "", "", KEY)).sender == "verify@verifier.test"


@pytest.mark.parametrize(
    "name",
    [
        "Zoë\r\nBcc: everybody@example.org",
        "Zoë\nSubject: You won\n\n<script>",
        "Zoë\r\rX: y",
        "Zoë\x00\x1b[31m",
        'Zoë" <evil@example.org>, "x',
        "Zoë <evil@example.org>",
        "=?utf-8?q?Zo=0D=0ABcc=3A_evil@example.org?= x",
        "=\x00?utf-8?q?Zo=0D=0ABcc=3A_evil@example.org?= x",
        "Zo\u202eë \u2028Bcc: x",
        "Z" * 5_000,
        "",
        "   ",
    ],
)
def test_a_name_adds_no_header_and_no_recipient(name: str) -> None:
    message = read(write(name=name))
    assert sorted(message.keys()) == sorted(HEADERS)
    assert [one.addr_spec for one in message["To"].addresses] == ["zoe@example.org"]
    assert message["Subject"] == "News – about you"


NASTY = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(["=?utf-8?q?", "=0D=0A", "?=", "\r\n", "Bcc:", "<", ">", "@", '"', ",", " ", "x"])).map(
        "".join
    ),
)


@settings(max_examples=60, deadline=None)
@given(NASTY)
def test_no_name_whatever_it_is_adds_a_header_or_a_recipient(name: str) -> None:
    message = read(write(name=name))
    assert sorted(message.keys()) == sorted(HEADERS)
    assert [one.addr_spec for one in message["To"].addresses] == ["zoe@example.org"]


@settings(max_examples=60, deadline=None)
@given(NASTY)
def test_no_case_name_in_a_subject_adds_a_header(case: str) -> None:
    message = read(write(words=replace(WORDS, subject=f"Case {case}: late")))
    assert sorted(message.keys()) == sorted(HEADERS)
    assert message["Subject"].strip().startswith("Case ")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "zoe",
        "zoe@example.org\r\nBcc: x@y.z",
        "zoe@example.org, x@y.z",
        "Zoe <zoe@example.org>",
        "zoe @example.org",
        "zoë@example.org",
        "a..b@example.org",
        "a@b..c",
        '"zoe x"@example.org',
        "zoe@example.org>",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        write(address=address)
    assert not address or address not in str(refused.value)


def test_a_letterhead_does_not_show_its_key() -> None:
    assert repr(KEY) not in repr(HEAD)


@pytest.mark.parametrize(
    ("texts", "named"),
    [
        (("", "", ""), "MAIL_FROM"),
        (("verifier", "", ""), "MAIL_FROM"),
        (("a@b.c\r\nBcc: x@y.z", "", ""), "MAIL_FROM"),
        (("a@b.c", "nobody", ""), "MAIL_REPLY_TO"),
        (("a@b.c", "", "not an address"), "MAIL_BOUNCES"),
        (("a@b.c", "", "far-too-long-for-a-tag@b.c"), "MAIL_BOUNCES"),
    ],
)
def test_a_setting_that_is_no_address_is_refused_by_its_name(texts: tuple[str, str, str], named: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=f"VERIFIER_{named}"):
        letterhead(*texts, KEY)


# ---------------------------------------------------------------- without a mail server


async def test_a_filed_mail_is_whole_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    made = write()
    assert await FileSink(tmp_path / "mail").send(made) == Reply(Outcome.FILED)
    file = tmp_path / "mail" / f"{ID}-1.eml"
    assert file.read_bytes() == made.content
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert await FileSink(tmp_path / "mail").send(made) == Reply(Outcome.FILED), "an attempt made again replaces it"


async def test_what_cannot_be_filed_is_our_fault_and_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")
    reply = await FileSink(tmp_path / "mail").send(write())
    assert reply.outcome is Outcome.OUR_FAULT and not re.search(r"ntc_|zoe", reply.text)
