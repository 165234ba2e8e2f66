"""Every code has words, for whoever reads them, and moments are told in the reader's own zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import cast

import pytest
from markupsafe import Markup

from verifier.core.appeal import AppealOutcome, Hindrance
from verifier.core.check import CheckFigures, judge
from verifier.core.checklist_view import checklist_for
from verifier.core.clocks import ClockKind
from verifier.core.decision import allowed
from verifier.core.evidence import StillKind
from verifier.core.involvement import Part
from verifier.core.model import (
    Answer,
    EndCause,
    Flag,
    FlagId,
    FlagKind,
    InterviewId,
    ItemKind,
    ItemRun,
    PlannedItem,
    Result,
    Role,
    RunId,
    VerificationStatus,
)
from verifier.core.policy import SHIPPED, SHIPPED_TESTS
from verifier.core.proposal import RulingOutcome
from verifier.core.reasons import ReasonCode
from verifier.core.samples import BrowserSource, Stream
from verifier.core.statement import Ground
from verifier.core.verdicts import AccountEffect, Assessment, Band, Blame
from verifier.service import case_state
from verifier.service.entitling import Unfit
from verifier.wording import case, claims, redress
from verifier.wording.catalogue import SOURCE, Catalogue, load, negotiate
from verifier.wording.dates import clock, left, minutes, moment, span
from verifier.wording.measures import CHECK_PROBLEMS, TESTS, name_of
from verifier.wording.phrases import SHORT_REASONS, short_reason
from verifier.wording.reasons import END_CAUSES, REASONS, Reader, end_cause, reason
from verifier.wording.vocabulary import vocabulary

EN = Catalogue(SOURCE, {})
REVIEWS = {"review.fraud_flag", "review.contradicted", "review.answers_differ", "review.not_all_consistent"}
BLAMING = ("your fault", "failed", "dishonest", "suspicious", "cheat", "guilty")


@pytest.mark.parametrize("code", [*ReasonCode, *sorted(REVIEWS), "answer.not_heard"])
@pytest.mark.parametrize("reader", list(Reader))
def test_every_reason_has_words_that_blame_nobody(code: str, reader: Reader) -> None:
    text = reason(code, reader, EN.translate)
    assert text.endswith(".") and code not in text and not any(word in text.lower() for word in BLAMING)


def test_there_are_no_words_for_reasons_that_do_not_exist() -> None:
    assert set(REASONS) == set(ReasonCode) | REVIEWS | {"answer.not_heard"}
    assert set(SHORT_REASONS) == set(ReasonCode) and set(END_CAUSES) == set(EndCause)


def _said_of_askings() -> set[str]:
    """Codes on the checklist after an asking whose media were good but whose answer is none."""
    plan = (PlannedItem("identity.city", ItemKind.IDENTITY, 0, True, (), "city", "Which city do you live in?"),)
    run = ItemRun(RunId("run_1"), InterviewId("int_1"), "identity.city", 1, 0, 1_000, Answer.NOT_HEARD)
    view = checklist_for(Role.INTERVIEWER, 7, plan, (run,), {run.id: (True, ())})
    return {code for line in view.items for code in line.reasons}


def _said_of_calls() -> set[str]:
    """Codes of every way into a review."""
    blame = Blame(None, 0.0)
    good = Assessment(InterviewId("int_1"), True, True, (), (), (), blame, 0.0, 0.0, 600, SHIPPED.version)
    fraud = Flag(FlagId("flg_1"), InterviewId("int_1"), FlagKind.FRAUD, 0, Role.INTERVIEWER, "")
    ways = [
        allowed(good, (fraud,), 0, 2),
        allowed(replace(good, adverse_items=("a",)), (), 0, 2),
        allowed(replace(good, disputed_items=("a",)), (), 0, 2),
        allowed(replace(good, all_consistent=False), (), 0, 2),
    ]
    return {code for way in ways for code in way.reasons}


def test_what_only_the_live_pages_say_has_words_too() -> None:
    assert _said_of_askings() == {"answer.not_heard"}
    assert _said_of_calls() == REVIEWS


def test_every_problem_of_a_check_has_words() -> None:
    far = dict.fromkeys(("rtt_ms", "uplink_loss", "downlink_loss", "jitter_ms", "concealment"), 1e6)
    worst = CheckFigures(**far, fps=0.0)
    found = judge(worst, BrowserSource(), SHIPPED).problems
    assert {*found, "network.uplink_rate"} == set(CHECK_PROBLEMS), "the rate is either known or missing"


def test_every_test_of_the_policy_has_a_name() -> None:
    assert set(TESTS) == {*SHIPPED_TESTS, *SHIPPED.absent_tests}
    assert name_of("smell", EN.translate) == "smell"


def test_a_short_reason_is_a_phrase() -> None:
    for code in ReasonCode:
        text = short_reason(code, EN.translate)
        assert len(text) <= 45 and not text.endswith(".") and text[0].islower()
    assert short_reason("media.smell", EN.translate) == "not good enough"


@pytest.mark.parametrize("reader", list(Reader))
def test_pages_get_the_words_of_every_code_and_of_codes_to_come(reader: Reader) -> None:
    printed = dict(cast("list[tuple[str, str]]", vocabulary(EN)["reasons"](reader.value)))
    assert set(printed) == {*REASONS, "other"}
    assert printed["media.delay"] == reason("media.delay", reader, EN.translate)


@pytest.mark.parametrize(
    ("field", "value", "english", "spanish"),
    [
        ("country", "BA", "Bosnia & Herzegovina", "Bosnia y Herzegovina"),
        ("country", "ZZ9", "ZZ9", "ZZ9"),
        ("country", "Bosnia and Herzegovina", "Bosnia and Herzegovina", "Bosnia and Herzegovina"),
        ("date_of_birth", "1990-03-14", "March 14, 1990", "14 de marzo de 1990"),
        ("date_of_birth", "in spring", "in spring", "in spring"),
        ("language", "bs", "Bosnian", "bosnio"),
        ("language", "pt-BR", "Portuguese (Brazil)", "portugués (Brasil)"),
        ("language", "qqx", "qqx", "qqx"),
        ("language", "Bosnian, a bit", "Bosnian, a bit", "Bosnian, a bit"),
        ("skill", "Go", "Go", "Go"),
        ("city", "PT", "PT", "PT"),
    ],
)
def test_claims_are_told_by_name_and_not_by_code(field: str, value: str, english: str, spanish: str) -> None:
    assert (claims.value(field, value, "en"), claims.value(field, value, "es")) == (english, spanish)


def test_a_reason_of_a_later_version_gets_a_general_sentence() -> None:
    text = reason("media.smell", Reader.FREELANCER, EN.translate)
    assert text == "The call did not give a clear enough picture to decide anything."


@pytest.mark.parametrize("cause", list(EndCause))
def test_every_end_has_a_sentence_for_the_freelancer_and_a_phrase_for_staff(cause: EndCause) -> None:
    assert end_cause(cause, Reader.FREELANCER, EN.translate).endswith(".")
    assert not end_cause(cause, Reader.STAFF, EN.translate).endswith(".")
    text, mark = case.event(f"call_{cause}", 2, "the platform", EN.translate)
    assert text.startswith("Call 2 ended. ") and mark == "stop"


@pytest.mark.parametrize("status", list(VerificationStatus))
@pytest.mark.parametrize("result", list(Result))
def test_every_state_of_a_case_has_a_headline(status: VerificationStatus, result: Result) -> None:
    title, meaning = case.headline(status, result, EN.translate)
    assert title and not title.endswith(".") and meaning.endswith(".")


@pytest.mark.parametrize("words", [*case.PROPOSED, *case.ANOTHER_CALL, *case.VERIFIED_BY])
def test_who_decided_or_ordered_and_what_is_proposed_change_the_headline(words: str) -> None:
    said = {
        case.headline(VerificationStatus.AWAITING_RESPONSE, Result.NONE, EN.translate),
        case.headline(VerificationStatus.RETRY_OFFERED, Result.NONE, EN.translate),
        case.headline(VerificationStatus.COMPLETED, Result.VERIFIED, EN.translate),
    }
    title, meaning = case.headline(
        *(
            (VerificationStatus.COMPLETED, Result.VERIFIED)
            if words in case.VERIFIED_BY
            else (VerificationStatus.RETRY_OFFERED, Result.NONE)
        ),
        EN.translate,
        decided_by=words,
        proposed=words if words in case.PROPOSED else "",
        ordered_by=words,
    )
    assert (title, meaning) not in said and meaning.endswith(".")


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (redress.GROUNDS_FOR_STAFF, Ground),
        (redress.RULES, Ground),
        (redress.CLOCKS, ClockKind),
        (redress.APPEAL_OUTCOMES, AppealOutcome),
        (redress.RULING_OUTCOMES, RulingOutcome),
        (redress.HINDRANCES, Hindrance),
        (redress.UNFIT, Unfit),
        (redress.PARTS, Part),
        (redress.STILLS, StillKind),
        (redress.STREAMS, Stream),
        (redress.BANDS, Band),
        (redress.EFFECTS, AccountEffect),
    ],
)
def test_everything_that_can_be_said_about_a_failure_has_words(
    words: Mapping[str, str | tuple[str, str]], codes: type[StrEnum]
) -> None:
    assert set(words) == set(codes)
    assert all(all(said) if isinstance(said, tuple) else said for said in words.values())


def test_staff_read_of_somebody_else_what_the_freelancer_reads_of_himself() -> None:
    for words in (redress.CLOCKS, redress.APPEAL_OUTCOMES, redress.EFFECTS, redress.STREAMS):
        assert not [said for _, said in words.values() if re.search(r"\byou\b|\byour\b", said, re.IGNORECASE)]
    assert not [said for said in redress.GROUNDS_FOR_STAFF.values() if "your" in said]


def test_everything_that_happened_has_a_sentence() -> None:
    own = {"created", "consented", "consent_declined", "call_began", "response_given", "proposal_rejected"}
    for what in {*own, *case_state.TOLD.values(), "effect_suspend_unsupported"}:
        text, mark = case.event(what, 1, "Acme", EN.translate)
        assert text != what and text.endswith(".") and mark


@pytest.mark.parametrize("effect", list(AccountEffect))
def test_every_account_effect_has_words(effect: AccountEffect) -> None:
    assert case.event(f"effect_{effect}", None, "x", EN.translate)[0].startswith("The platform reported")


def test_values_in_a_sentence_are_escaped() -> None:
    text, _ = case.event("created", None, "<b>Acme</b>", EN.translate)
    assert isinstance(text, Markup) and text == "The verification was asked for by &lt;b&gt;Acme&lt;/b&gt;."


def test_skills_are_named_together_and_the_name_only_when_asked() -> None:
    rows = [
        {"kind": "identity", "field": "legal_name", "value": "Zoë"},
        {"kind": "skill", "field": "skill", "value": "Go"},
        {"kind": "skill", "field": "skill", "value": "SQL"},
    ]
    assert case.claims(rows, EN) == [
        {"field": "Name", "value": "Zoë"},
        {"field": "Skills", "value": "Go, SQL"},
    ]
    assert case.claims(rows, EN, name=False) == [{"field": "Skills", "value": "Go, SQL"}]


def test_items_have_short_names() -> None:
    assert case.item("identity.city", "Which city?", EN.translate) == "City"
    assert case.item("comprehension.hear_interviewer.2", "…", EN.translate) == "Code: you hear the interviewer"
    assert case.item("profile.clm_1", "What is Go?", EN.translate) == "What is Go?"


def test_moments_are_told_in_the_readers_zone_and_language() -> None:
    at_ms = 1_795_442_700_000
    assert moment(at_ms, "Europe/Sarajevo", "en") == {
        "iso": "2026-11-23T14:05:00Z",
        "text": "23 Nov 2026, 15:05 CET",
    }
    assert moment(at_ms, "America/Sao_Paulo", "en")["text"] == "23 Nov 2026, 11:05 GMT-03:00"
    assert moment(at_ms, "Mars/Olympus", "en")["text"] == "23 Nov 2026, 14:05 UTC"
    assert moment(at_ms, "Europe/Madrid", "es")["text"] == "23 nov 2026, 15:05 CET"


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [
        (6 * 86_400_000, "6 days"),
        (7 * 86_400_000 - 1, "6 days"),
        (2 * 86_400_000 - 1, "47 hours"),
        (2 * 3_600_000 - 1, "119 minutes"),
        (60_000, "1 minute"),
        (59_999, "0 minutes"),
        (-5, "0 minutes"),
    ],
)
def test_what_is_left_is_never_said_to_be_more_than_it_is(milliseconds: int, said: str) -> None:
    assert left(milliseconds, "en") == said


def test_lengths_of_time() -> None:
    assert span(3 * 3_600_000, "en") == "3 hours" and span(-5, "en") == "0 seconds"
    assert (minutes(0, 60_001), minutes(None, 5), minutes(5, 0)) == (2, 0, 0)
    assert (clock(125_999), clock(-1)) == ("2:05", "0:00")


def test_a_language_is_offered_once_it_has_a_catalogue(tmp_path: Path) -> None:
    assert list(load(tmp_path)) == ["en"]
    folder = tmp_path / "es" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "verifier.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Call %(number)s began."\nmsgstr "Empezó la llamada %(number)s."\n\nmsgid "City"\nmsgstr ""\n',
        encoding="utf-8",
    )
    catalogues = load(tmp_path)
    assert catalogues["es"].translate("Call %(number)s began.", number=2) == "Empezó la llamada 2."
    assert catalogues["es"].translate("City") == "City", "what is not translated is shown in English"


@pytest.mark.parametrize(
    ("wanted", "accepted", "expected"),
    [
        ("", "", "en"),
        ("es", "en", "es"),
        ("xx", "es-MX,es;q=0.8,en;q=0.5", "es"),
        ("", "en;q=0.3, es;q=0.9", "es"),
        ("", "fr, *;q=0.1", "en"),
        ("", "es;q=0, en", "en"),
        ("", "q=;;;,,es;q=much", "en"),
        ("", "a" * 100_000, "en"),
    ],
)
def test_the_first_language_that_both_sides_know_is_spoken(wanted: str, accepted: str, expected: str) -> None:
    assert negotiate({"en": EN, "es": EN}, wanted, accepted) == expected
