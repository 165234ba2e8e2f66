"""Letters in words: subject, text and HTML from one template each. One rule: a subject says nothing about a result.

Many people share an inbox, and its list shows the first lines too: they name the matter and nothing else. Text and HTML
come from the same template with two sets of parts (templates/mail/text.jinja, html.jinja), so they cannot differ.
Called by delivery/mail_worker.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from verifier.core.letter import Breached, Contradicted, Disowned, Facts, Letter
from verifier.core.notice import NoticeKind
from verifier.wording.catalogue import Catalogue, load, negotiate
from verifier.wording.dates import moment, span
from verifier.wording.proposals import clock_sentence, ground_clause


def _(text: str) -> str:
    """Mark a text for extraction."""
    return text


SUBJECTS: Mapping[NoticeKind, str] = {
    NoticeKind.FAILURE_PROPOSED: _("Please read: news about your identity verification"),
    NoticeKind.RESPONSE_RECEIVED: _("Your identity verification: your answer has arrived"),
    NoticeKind.PROPOSAL_REJECTED: _("News about your identity verification"),
    NoticeKind.RULED: _("News about your identity verification"),
    NoticeKind.DECIDED: _("News about your identity verification"),
    NoticeKind.DECISION_SUPERSEDED: _("News about your identity verification"),
    NoticeKind.APPEAL_RECEIVED: _("Your identity verification: your appeal has arrived"),
    NoticeKind.APPEAL_ANSWERED: _("Your identity verification: your appeal was answered"),
    NoticeKind.CLOCK_BREACHED: _("Case %(case)s: a promise was not kept in time"),
    NoticeKind.EFFECT_MISMATCH: _("Case %(case)s: an account was suspended without a decision"),
    NoticeKind.NOT_ME_REPORTED: _("Case %(case)s: somebody says “this wasn't me”"),
}
_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Words:
    """One mail in words."""

    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    language: str


class Letters:
    """Puts letters into words in every language that has a catalogue."""

    def __init__(self, templates: Path, catalogues: Mapping[str, Catalogue] | None = None) -> None:
        self._catalogues = catalogues or load()
        self._forms = {
            (code, form): _environment(templates, catalogue, form)
            for code, catalogue in self._catalogues.items()
            for form in ("text", "html")
        }

    def words(self, letter: Letter) -> Words:
        """The mail that says ``letter``.

        Raises:
            jinja2.UndefinedError: a template uses a value that its kind of letter does not have.
        """
        language = negotiate(self._catalogues, letter.language, letter.language)
        template = f"mail/{letter.notice.kind}.jinja"
        context = self._context(letter, language)
        text = self._forms[language, "text"].get_template(template).render(context)
        html = self._forms[language, "html"].get_template(template).render(context)
        subject = self._subject(letter, self._catalogues[language])
        return Words(subject, _EMPTY_LINES.sub("\n\n", text).strip() + "\n", html.strip() + "\n", language)

    def _subject(self, letter: Letter, catalogue: Catalogue) -> str:
        subject = catalogue.plain(SUBJECTS[letter.notice.kind], **_named(letter.facts))
        return catalogue.plain(_("[test] %(subject)s"), subject=subject) if letter.test else subject

    def _context(self, letter: Letter, language: str) -> dict[str, object]:
        return {
            "lang": language,
            "facts": letter.facts,
            "name": letter.name,
            "page_url": letter.page_url,
            "not_me_url": letter.not_me_url,
            "test": letter.test,
            "moment": lambda at_ms: moment(at_ms, letter.time_zone, language)["text"],
            "days": lambda length_ms: span(length_ms, language),
        }


def _environment(templates: Path, catalogue: Catalogue, form: str) -> Environment:
    built = Environment(
        loader=FileSystemLoader(templates),
        autoescape=form == "html",  # noqa: S701  the other form is plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    say: Callable[..., str] = catalogue.translate if form == "html" else catalogue.plain
    built.globals.update(
        {
            "_": say,
            "form": form,
            "ground": lambda code: say(ground_clause(code)),
            "clock": lambda code: say(clock_sentence(code)),
        }
    )
    return built


def _named(facts: Facts) -> dict[str, object]:
    """Values of a subject: only those to staff have any."""
    return {"case": facts.case} if isinstance(facts, Breached | Contradicted | Disowned) else {}
