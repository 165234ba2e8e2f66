"""What a freelancer said about himself, as people read it: countries and languages by name, dates in words.

One rule: a value that is no code is shown as it was written. Scripts do the same in static/js/claim_text.js.
"""

from __future__ import annotations

import re
from datetime import date

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]+)*")


def value(field: str, text: str, language: str) -> str:
    """The value of a claim's field (country, date_of_birth, language, …) in ``language``."""
    match field:
        case "country":
            return country(text, language)
        case "date_of_birth":
            return long_date(text, language)
        case "language":
            return language_name(text, language)
        case _:
            return text


def country(code: str, language: str) -> str:
    """Name of an ISO 3166-1 alpha-2 country, e.g. Bosnia & Herzegovina."""
    return str(_locale(language).territories.get(code.upper(), code)) if len(code) == 2 else code


def long_date(text: str, language: str) -> str:
    """An ISO 8601 date with its month as a word, e.g. March 14, 1990."""
    try:
        return format_date(date.fromisoformat(text), "long", locale=_locale(language))
    except ValueError:
        return text


def language_name(tag: str, language: str) -> str:
    """Name of a language by its BCP 47 tag, e.g. Bosnian."""
    if not _LANGUAGE_TAG.fullmatch(tag):
        return tag
    try:
        name = Locale.parse(tag, sep="-").get_display_name(_locale(language))
    except (ValueError, UnknownLocaleError):
        return tag
    return name or tag


def _locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")
