"""Moments and spans in words. One rule: a person reads times in his own zone, with the zone's name beside them."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from babel.dates import format_datetime, format_timedelta, get_timezone, get_timezone_gmt
from babel.units import format_unit


def moment(at_ms: int, time_zone: str, language: str) -> dict[str, str]:
    """``{"iso", "text"}``: the moment for machines in UTC, and in words in ``time_zone``, e.g. 23 Nov 2026, 15:05 CET.

    A zone that nobody knows is shown as UTC.
    """
    when = datetime.fromtimestamp(at_ms / 1_000, UTC)
    zone, locale = _zone(time_zone), _locale(language)
    text = format_datetime(when, "d MMM y, HH:mm", tzinfo=zone, locale=locale)
    local = when.astimezone(zone)
    name = local.tzname() or ""
    if not name.isalpha():
        name = get_timezone_gmt(local, "long", locale)
    return {"iso": when.isoformat(timespec="seconds").replace("+00:00", "Z"), "text": f"{text} {name}"}


def span(milliseconds: int, language: str) -> str:
    """A length of time in its largest unit, e.g. 3 hours; never negative."""
    return format_timedelta(max(0, milliseconds) // 1_000, locale=_locale(language))


def left(milliseconds: int, language: str) -> str:
    """A length of time in whole days, hours or minutes, never more than it is, e.g. 6 days; never negative.

    In days from two days up, in hours from two hours up: nobody is told that a week is left when six days are.
    """
    minutes_ = max(0, milliseconds) // 60_000
    if minutes_ >= 2 * 24 * 60:
        value, unit = minutes_ // (24 * 60), "duration-day"
    elif minutes_ >= 2 * 60:
        value, unit = minutes_ // 60, "duration-hour"
    else:
        value, unit = minutes_, "duration-minute"
    return format_unit(value, unit, locale=_locale(language))


def minutes(start_ms: int | None, end_ms: int | None) -> int:
    """Whole minutes between two moments, rounded up, 0 when one is missing."""
    if start_ms is None or end_ms is None:
        return 0
    return -(-max(0, end_ms - start_ms) // 60_000)


def clock(milliseconds: int) -> str:
    """A position in a call as ``m:ss``; before its start ``0:00``."""
    seconds = max(0, milliseconds) // 1_000
    return f"{seconds // 60}:{seconds % 60:02d}"


def _zone(name: str) -> tzinfo:
    try:
        return get_timezone(name)
    except LookupError:
        return UTC


def _locale(language: str) -> str:
    return language.replace("-", "_")
