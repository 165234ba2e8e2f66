"""What is swept away without looking at a case. One rule: it decides nothing, and it is over.

Each kind has a time after which it goes; what belongs to a case under legal hold stays. Called by service/retaining.
"""

from __future__ import annotations

from enum import StrEnum

_DAY_MS = 24 * 3_600_000


class Leftover(StrEnum):
    """Kinds of rows that go by age alone."""

    SESSIONS = "sessions"
    """Signed-in browsers, after they ran out or were revoked."""
    TICKETS = "tickets"
    """WebSocket tickets, after they ran out."""
    LINKS = "links"
    """Private links, after they ran out or were revoked; sign-in links after they were used."""
    REPEATED = "repeated"
    """Stored answers to requests with an Idempotency-Key."""
    RECEIVER_ANSWERS = "receiver_answers"
    """What webhook receivers answered; that they did, and how, stays."""
    MAIL_ANSWERS = "mail_answers"
    """What mail servers answered; that they did, and how, stays."""
    CHECK_FIGURES = "check_figures"
    """What device checks measured; that they passed or not stays."""
    FAREWELLS = "farewells"
    """What was told of redacted cases, once every endpoint has it: it names the platform's reference a last time."""


KEPT_MS: dict[Leftover, int] = {
    Leftover.SESSIONS: 30 * _DAY_MS,
    Leftover.TICKETS: _DAY_MS,
    Leftover.LINKS: 30 * _DAY_MS,
    Leftover.REPEATED: _DAY_MS,
    Leftover.RECEIVER_ANSWERS: 30 * _DAY_MS,
    Leftover.MAIL_ANSWERS: 30 * _DAY_MS,
    Leftover.CHECK_FIGURES: 30 * _DAY_MS,
    Leftover.FAREWELLS: 7 * _DAY_MS,
}
"""How long each kind is kept, counted from when it was over."""
