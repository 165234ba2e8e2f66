"""Words that were erased. One rule: they keep their length and nothing else, and are recognised as erased.

Redaction and retention delete what people wrote; the rows that refer to it stay. Read back, such words are a bar of the
same length, so that every value can still be built and shown.
"""

from __future__ import annotations

_BAR = "█"
ERASED = _BAR * 8
"""In place of a name, a reference or a claim; of these not even the length is kept."""

LOCALE = "en"
TIME_ZONE = "UTC"
"""In place of the language and the time zone of somebody whose case was redacted."""


def erased(length: int) -> str:
    """A bar of ``length`` characters in place of words that were erased."""
    return _BAR * length


def is_erased(text: str) -> bool:
    """Whether words were erased."""
    return text != "" and not text.strip(_BAR)
