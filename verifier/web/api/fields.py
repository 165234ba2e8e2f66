"""The kinds of text that a platform sends, with their limits. One rule: what is odd is refused here, with its name."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import cache
from typing import Annotated
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
"""The pattern of HTML's e-mail field, with at least one dot in the domain. Source: HTML standard 4.10.5.1.5."""
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OLDEST = date(1900, 1, 1)
_NOT_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})
_BAD_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, lone surrogates, private use, unassigned, line and paragraph separators."""
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They would make a page show a name in another order than it is stored."""


def _plain(text: str) -> str:
    if any(unicodedata.category(c) in _BAD_CATEGORIES or c in _BIDI_CONTROLS for c in text):
        raise PydanticCustomError("control_character", "must not contain control characters")
    return text


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text) or ".." in text or ".@" in text or text.startswith("."):
        raise PydanticCustomError("email", "is not an e-mail address")
    return text


def _language(text: str) -> str:
    try:
        known = _LANGUAGE.fullmatch(text) is not None and Locale.parse(text, sep="-") is not None
    except (UnknownLocaleError, ValueError):
        known = False
    if not known:
        raise PydanticCustomError("language_tag", "is not a language tag (BCP 47) that we know, e.g. en or pt-BR")
    return text


def _time_zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError):
        raise PydanticCustomError("time_zone", "is not an IANA time zone, e.g. Europe/Sarajevo") from None
    return text


@cache
def countries() -> frozenset[str]:
    """ISO 3166-1 alpha-2 codes, as the locale data knows them."""
    codes = [str(code) for code in Locale("en").territories]
    return frozenset(code for code in codes if len(code) == 2 and code.isalpha()) - _NOT_COUNTRIES


def _country(text: object) -> object:
    """What is no text is left to the type."""
    if isinstance(text, str) and text not in countries():
        raise PydanticCustomError("country", "is not an ISO 3166-1 alpha-2 country code, e.g. BA")
    return text


def _date(text: str) -> str:
    try:
        good = _DATE.fullmatch(text) is not None and date.fromisoformat(text) >= _OLDEST
    except ValueError:
        good = False
    if not good:
        raise PydanticCustomError("iso_date", "is not a date of the form YYYY-MM-DD since 1900")
    return text


def _bounded(longest: int) -> tuple[StringConstraints, AfterValidator]:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=longest), AfterValidator(_plain)


ExternalId = Annotated[str, *_bounded(128), Field(description="Your own id of this case; unique among open cases.")]
Name = Annotated[str, *_bounded(200)]
Address = Annotated[str, *_bounded(300)]
City = Annotated[str, *_bounded(120)]
Skill = Annotated[str, *_bounded(80)]
PolicyName = Annotated[str, *_bounded(64)]
MetadataKey = Annotated[str, *_bounded(40)]
MetadataValue = Annotated[str, *_bounded(500)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_]+$")]
Email = Annotated[
    str, StringConstraints(max_length=254), AfterValidator(_email), Field(json_schema_extra={"format": "email"})
]
Language = Annotated[str, StringConstraints(max_length=16), AfterValidator(_language), Field(description="BCP 47 tag.")]
TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_time_zone), Field(description="IANA name.")]
Country = Annotated[
    str,
    BeforeValidator(_country),
    StringConstraints(min_length=2, max_length=2),
    Field(description="ISO 3166-1 alpha-2."),
]
IsoDate = Annotated[
    str, StringConstraints(max_length=10), AfterValidator(_date), Field(json_schema_extra={"format": "date"})
]
