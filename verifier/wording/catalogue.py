"""Translations by language. One rule: English is the source, so a missing translation shows English and never a code.

A language is offered as soon as ``locale/<code>/LC_MESSAGES/verifier.po`` is there. Extraction:
``pybabel extract -F verifier/wording/extraction.cfg -k _ -o verifier.pot .``
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from babel.core import negotiate_locale
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

SOURCE = "en"
NAMES: Mapping[str, str] = {"en": "English", "es": "Español", "bs": "Bosanski"}
"""Languages the product is meant for, each named in itself."""
LOCALE_DIR = Path(__file__).parent / "locale"


class Translate(Protocol):
    """Translates one text; ``%(name)s`` in it takes the value ``name``, escaped."""

    def __call__(self, text: str, **values: object) -> str: ...


class Catalogue:
    """The texts of one language."""

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        self.language = language
        self._texts = texts

    def translate(self, text: str, **values: object) -> str:
        """The text in this language, or as it is when there is no translation."""
        found = self._texts.get(text, text)
        return Markup(found) % {name: escape(value) for name, value in values.items()} if values else found  # noqa: S704

    def plain(self, text: str, **values: object) -> str:
        """As ``translate``, with the values as they are: for what is not HTML."""
        found = self._texts.get(text, text)
        return found % values if values else found


def load(directory: Path = LOCALE_DIR) -> dict[str, Catalogue]:
    """Every language that can be offered, English always among them."""
    result = {SOURCE: Catalogue(SOURCE, {})}
    for code in NAMES:
        path = directory / code / "LC_MESSAGES" / "verifier.po"
        if path.is_file():
            result[code] = Catalogue(code, _texts(path, code))
    return result


def negotiate(available: Mapping[str, Catalogue], wanted: str, accepted: str) -> str:
    """The language to use: ``wanted`` when it is there, else the best of an Accept-Language header, else English."""
    if wanted in available:
        return wanted
    return negotiate_locale(_by_preference(accepted), list(available), sep="-") or SOURCE


def _by_preference(accepted: str) -> list[str]:
    """Tags of an Accept-Language header, best first; what cannot be read is left out. Source: RFC 9110, 12.5.4."""
    ranked: list[tuple[float, str]] = []
    for part in accepted[:500].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            ranked.append((-float(weight or 1), tag.strip()))
        except ValueError:
            continue
    return [tag for weight, tag in sorted(ranked, key=lambda pair: pair[0]) if tag and weight < 0]


def _texts(path: Path, code: str) -> dict[str, str]:
    with path.open("rb") as file:
        messages = read_po(file, locale=code)
    return {
        message.id: message.string
        for message in messages
        if isinstance(message.id, str) and message.id and isinstance(message.string, str) and message.string
    }
