"""What templates may call for words. One rule: codes come in, words go out; no template holds a list of codes.

Called by wording/pages for each language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from verifier.wording import measures, phrases, reasons, staff
from verifier.wording.catalogue import Catalogue
from verifier.wording.reasons import Reader


def vocabulary(catalogue: Catalogue) -> dict[str, Callable[..., object]]:
    """Functions by the name under which templates know them; lists are pairs of code and words."""
    say = catalogue.translate

    def every_reason(reader: str) -> list[tuple[str, str]]:
        codes = [*reasons.REASONS, reasons.OTHER]
        return [(str(code), reasons.reason(code, Reader(reader), say)) for code in codes]

    def named(texts: Mapping[str, str]) -> Callable[[], list[tuple[str, str]]]:
        return lambda: [(str(code), say(text)) for code, text in texts.items()]

    return {
        "_": say,
        "reason": lambda code, reader: reasons.reason(code, Reader(reader), say),
        "reasons": every_reason,
        "end_cause": lambda cause, reader: reasons.end_cause(cause, Reader(reader), say),
        "role_name": lambda role: staff.role_name(role, say),
        "staff_change": lambda what: staff.staff_change(what, say),
        "short_reason": lambda code: phrases.short_reason(code, say),
        "short_reasons": named(phrases.SHORT_REASONS),
        "tests": named(measures.TESTS),
        "check_problems": named(measures.CHECK_PROBLEMS),
        "still_problem": lambda code: measures.still_problem(code, "staff", say),
        "still_problems": lambda reader: [
            (str(code), measures.still_problem(code, reader, say)) for code in measures.STILL_PROBLEMS
        ],
    }
