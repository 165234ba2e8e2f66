"""Every letter says what it has to in text and in HTML alike, gives nothing away in a list, and blames nobody."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from tests.wording.samples import AT_MS, DAY_MS, LETTERS, TOKEN, letter
from verifier.core.clocks import ClockKind
from verifier.core.letter import Disowned, Proposed
from verifier.core.notice import TO_STAFF, NoticeKind, NoticeState
from verifier.core.statement import Ground
from verifier.wording.catalogue import SOURCE, Catalogue
from verifier.wording.letters import SUBJECTS, Letters
from verifier.wording.notices import KINDS, STATES, notice
from verifier.wording.proposals import CLOCKS, GROUNDS

LETTERHEAD = Letters(Path(__file__).parents[2] / "templates")
RESULT_WORDS = ("fail", "verified", "reject", "suspend", "forged", "overturn", "inconclusive", "denied", "success")
BLAMING = ("dishonest", "suspicious", "cheat", "guilty", "fraud", "you lied", "unfortunately", "violation")
TO_FREELANCER = {name: one for name, one in LETTERS.items() if one.notice.kind not in TO_STAFF}


class _Reader(HTMLParser):
    """The words of a page as a person reads them, and what it would fetch."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self._hidden = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._hidden = tag in ("style", "title")
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words += data.split()


def test_every_kind_of_notice_has_a_letter_and_every_state_has_words() -> None:
    assert {one.notice.kind for one in LETTERS.values()} == set(NoticeKind) == set(SUBJECTS) == set(KINDS)
    assert set(STATES) == set(NoticeState) and set(GROUNDS) == set(Ground) and set(CLOCKS) == set(ClockKind)
    say = Catalogue(SOURCE, {}).translate
    assert notice("failure_proposed", "filed", say) == (
        "Message about what was proposed",
        "Not sent: no mail server is set up here. It lies in a file.",
    )


@pytest.mark.parametrize("name", sorted(LETTERS))
def test_text_and_html_say_the_same_with_the_same_links(name: str) -> None:
    words = LETTERHEAD.words(LETTERS[name])
    page = _Reader(words.html)
    urls = re.findall(r"https://\S+", words.text)
    plain = re.sub(r"(?m)^[-=]+$|^\* |:\nhttps://\S+$", "", words.text)
    assert plain.split() == page.words
    assert urls == page.links
    assert all(len(line) <= 72 or line.startswith("https://") for line in words.text.splitlines())
    assert "\n\n\n" not in words.text and words.text.endswith("\n")


@pytest.mark.parametrize("name", sorted(LETTERS))
def test_a_letter_fetches_nothing_and_runs_nothing(name: str) -> None:
    html = LETTERHEAD.words(LETTERS[name]).html
    assert not {"img", "script", "link", "iframe", "object", "form", "input"} & set(_Reader(html).tags)
    assert "url(" not in html and "@import" not in html
    assert html.startswith("<!doctype html>") and 'lang="en"' in html


@pytest.mark.parametrize("name", sorted(TO_FREELANCER))
def test_the_list_of_an_inbox_shows_the_matter_and_no_result(name: str) -> None:
    """Subject, and the first lines that most readers show beside it."""
    words = LETTERHEAD.words(TO_FREELANCER[name])
    beginning = f"{words.subject} {words.text[:150]}".lower()
    assert not [word for word in RESULT_WORDS if word in beginning]
    assert len(words.subject) <= 60


@pytest.mark.parametrize("name", sorted(LETTERS))
def test_no_letter_blames(name: str) -> None:
    text = LETTERHEAD.words(LETTERS[name]).text.lower()
    assert not [word for word in BLAMING if word in text]


@pytest.mark.parametrize("ground", list(Ground))
def test_a_proposed_failure_is_told_plainly(ground: Ground) -> None:
    text = " ".join(LETTERHEAD.words(LETTERS[f"proposed-{ground}"]).text.split())
    for said in (
        "A reviewer looked at your interview and proposes that your verification fails.",
        f"The reviewer thinks that {GROUNDS[ground]}.",
        "Nothing is decided",
        "Your account should stay as it is",
        f"Read the facts and answer: https://verifier.example/case#{TOKEN}",
        "You have 1 week to answer.",
        "30 Nov 2026, 15:05 CET",
        "Reply to this message. A person reads it.",
        f"This wasn't me: https://verifier.example/case/not-me#{TOKEN}",
    ):
        assert said in text


def test_a_failure_names_its_ground_and_the_way_to_appeal() -> None:
    text = " ".join(LETTERHEAD.words(LETTERS["failed"]).text.split())
    assert "Your verification has failed" in text and GROUNDS[Ground.FACE_MISMATCH] in text
    assert "You can appeal at least until 26 May 2027" in text
    assert "appeal" not in LETTERHEAD.words(LETTERS["verified"]).text


def test_a_ruling_says_what_comes_next_and_where_the_reason_stands() -> None:
    for name, said in (
        ("ruled-new_interview", "Start the call whenever it suits you: from your page"),
        ("ruled-alternative_route", "You do not need another video call."),
    ):
        text = " ".join(LETTERHEAD.words(LETTERS[name]).text.split())
        assert said in text and "The reason, in the reviewer's own words, stands on your page." in text
        assert f"Open your page: https://verifier.example/case#{TOKEN}" in text
        assert "nothing is held against you" in text.lower()


def test_a_newer_decision_says_that_it_replaces_the_earlier_one() -> None:
    for name in ("superseded-verified", "superseded-none"):
        assert "It replaces the earlier one" in " ".join(LETTERHEAD.words(LETTERS[name]).text.split())
    assert "replaces" not in LETTERHEAD.words(LETTERS["failed"]).text


@pytest.mark.parametrize("name", sorted(set(LETTERS) - set(TO_FREELANCER)))
def test_staff_get_no_token_and_no_name_of_a_freelancer(name: str) -> None:
    words = LETTERHEAD.words(LETTERS[name])
    assert "#" not in words.text and "Zoë" not in words.text and "case-7" in words.subject


def test_what_people_wrote_is_text_in_both_forms() -> None:
    words = LETTERHEAD.words(replace(LETTERS["answered"], name="<b>Zoë</b> & {{ 7 * 7 }} %(at)s"))
    assert "Hello <b>Zoë</b> & {{ 7 * 7 }} %(at)s," in words.text
    assert "Hello &lt;b&gt;Zoë&lt;/b&gt; &amp; {{ 7 * 7 }} %(at)s," in words.html
    staff = LETTERHEAD.words(letter(NoticeKind.NOT_ME_REPORTED, Disowned("<i>%s</i>")))
    assert staff.subject.startswith("Case <i>%s</i>:") and "&lt;i&gt;%s&lt;/i&gt;" in staff.html


def test_a_test_case_is_marked_as_one() -> None:
    for name in ("failed", "disowned"):
        words = LETTERHEAD.words(replace(LETTERS[name], test=True))
        assert words.subject.startswith("[test] ") and "This is a test." in words.text


def test_after_redaction_nobody_is_greeted() -> None:
    assert LETTERHEAD.words(replace(LETTERS["failed"], name="")).text.startswith("This message is about")


def test_a_letter_is_in_the_readers_language_and_zone_where_there_is_one() -> None:
    spanish = Catalogue("es", {"Hello %(name)s,": "Hola, %(name)s:", "Nothing is decided": "No hay nada decidido"})
    letters = Letters(Path(__file__).parents[2] / "templates", {SOURCE: Catalogue(SOURCE, {}), "es": spanish})
    asked = replace(LETTERS["proposed-face_mismatch"], language="es-MX", time_zone="America/Mexico_City")
    words = letters.words(asked)
    assert words.language == "es" and 'lang="es"' in words.html
    assert words.text.startswith("Hola, Zoë Müller:") and "No hay nada decidido" in words.text
    assert "30 nov 2026, 08:05" in " ".join(words.text.split())
    assert letters.words(replace(asked, language="tlh")).language == SOURCE


def test_facts_of_another_kind_are_an_error_and_not_a_gap() -> None:
    with pytest.raises(UndefinedError):
        LETTERHEAD.words(letter(NoticeKind.DECIDED, Proposed(Ground.FACE_MISMATCH, DAY_MS, AT_MS)))
