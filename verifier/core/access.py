"""Credentials as values: links, sessions, tickets, API keys. One rule: a secret is never here, only its SHA-256.

Every secret has 256 bits, so a plain SHA-256 is enough to store it (no slow hash needed, none is used).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from verifier.core.model import InterviewId, KeyId, NoticeId, PersonId, Role, VerificationId


def fingerprint(secret: str) -> str:
    """SHA-256 of a secret as 64 hexadecimal digits; text that is no Unicode, as headers may hold, has one too."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def session_tag(token_hash: str) -> str:
    """What a page calls its session by, 16 hexadecimal digits: enough to notice another one, no secret."""
    return token_hash[:16]


class Audience(StrEnum):
    """Whom a link or session is for; each has its own cookie name."""

    FREELANCER = "freelancer"
    CASE = "case"
    STAFF = "staff"
    NOT_ME = "not_me"
    """To say "this wasn't me" from a message: the link opens no session and shows nothing of the case."""


SESSION_AUDIENCES = tuple(audience for audience in Audience if audience is not Audience.NOT_ME)
"""Whom a browser can be signed in as."""


@dataclass(frozen=True, slots=True)
class Link:
    """A private link. Join, case and not-me links work until revoked or expired; staff links once."""

    token_hash: str
    audience: Audience
    created_ms: int
    expires_ms: int | None
    verification_id: VerificationId | None = None
    person_id: PersonId | None = None
    revoked_ms: int | None = None
    used_ms: int | None = None
    """First use; a staff link that was used is refused."""
    notice_id: NoticeId | None = None
    """The message that carried it; None: it was shown on a page or given to the platform."""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser. A newer freelancer session of the same case takes over the older one."""

    token_hash: str
    audience: Audience
    created_ms: int
    expires_ms: int
    verification_id: VerificationId | None = None
    person_id: PersonId | None = None
    revoked_ms: int | None = None
    seen_ms: int | None = None
    """Staff: when it was last used, to the minute."""
    second_factor_ms: int | None = None
    """Staff: when a second factor was given in it; None: signed in by a link alone."""
    agent: str | None = None
    """Staff: what the browser calls itself, in a few words, for the person's own list of sessions."""


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """A person's authenticator. ``secret`` is the one in force; ``pending`` is shown and not proven yet."""

    person_id: PersonId
    secret: str | None = None
    confirmed_ms: int | None = None
    last_step: int | None = None
    """Time step of the newest code that was taken: neither it nor an older one is taken again."""
    pending: str | None = None
    pending_ms: int | None = None


@dataclass(frozen=True, slots=True)
class TicketGrant:
    """A single-use admission to the WebSocket, valid for 30 s."""

    token_hash: str
    role: Role
    expires_ms: int
    session_hash: str
    verification_id: VerificationId | None = None
    """Set for a freelancer."""
    interview_id: InterviewId | None = None
    """Set for an interviewer in a call; None on the queue page."""
    person_id: PersonId | None = None


class Scope(StrEnum):
    """What an API key may do."""

    VERIFICATIONS_WRITE = "verifications:write"
    VERIFICATIONS_READ = "verifications:read"
    EFFECTS_WRITE = "effects:write"
    ENDPOINTS_WRITE = "endpoints:write"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A platform's key: ``vi_live_…`` or ``vi_test_…``; ``display`` is its recognisable beginning."""

    id: KeyId
    name: str
    display: str
    secret_hash: str
    test: bool
    scopes: frozenset[Scope]
    created_ms: int
    revoked_ms: int | None = None
