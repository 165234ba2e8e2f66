"""What a sample of a page is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Shot:
    """One page in one state: the template, its variables, and what the page's script would have set."""

    name: str
    template: str
    context: dict[str, Any]
    state: dict[str, Any] = field(default_factory=dict)


def moment(text: str) -> dict[str, str]:
    """A moment as the server prints it: ISO for machines, words in the reader's zone."""
    return {"iso": "2026-11-23T14:05:00Z", "text": text}


LANGUAGES = [
    {"code": "en", "name": "English", "url": "?lang=en"},
    {"code": "es", "name": "Español", "url": "?lang=es"},
    {"code": "bs", "name": "Bosanski", "url": "?lang=bs"},
]
PUBLIC: dict[str, Any] = {"lang": "en", "languages": LANGUAGES, "test_mode": False, "page_data": {}}
STAFF: dict[str, Any] = PUBLIC | {
    "languages": [],
    "person": {"name": "Ines Kovač", "pseudonym": "Ana", "roles": ["interviewer", "reviewer"]},
    "section": "",
    "alarms": [],
}
