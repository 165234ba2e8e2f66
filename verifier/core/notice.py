"""Notices: what a person is told by e-mail, and what became of it. One rule: only a mail server's answer is acceptance.

A notice is written in the transaction of the change that it tells of; ``delivery/mail_worker`` sends it. A file sink
accepts nothing, a message that comes back was not delivered. States are a table: what is not in it is refused and
changes nothing. Called by service/noticing; delivery reads the tags of returned mail with it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from verifier.core.model import NoticeId, PersonId, VerificationId
from verifier.errors import IllegalState

RETRY_DELAYS_S = (0, 60, 300, 900, 3_600, 7_200, 14_400, 28_800, 57_600, 86_400, 86_400, 86_400)
"""Delay before each attempt, counted from the one before it; 4.3 days in all. Source: RFC 5321 4.5.4.1 (4-5 days)."""
JITTER_SHARE = 0.1
ANSWER_CHARACTERS = 1_000
"""As much of a server's words as is kept."""


class NoticeKind(StrEnum):
    """What a notice tells; the texts stand in templates/mail."""

    FAILURE_PROPOSED = "failure_proposed"
    """A failure was proposed and nothing is decided. Subject: the proposal."""
    RESPONSE_RECEIVED = "response_received"
    """His answer has arrived. Subject: the proposal."""
    PROPOSAL_REJECTED = "proposal_rejected"
    """The proposal was not confirmed. Subject: the proposal."""
    RULED = "ruled"
    """A reviewer ordered another call or another way, and nothing was proposed. Subject: the ruling."""
    DECIDED = "decided"
    """There is a decision. Subject: its version."""
    DECISION_SUPERSEDED = "decision_superseded"
    """A newer decision replaces the one he was told. Subject: the new version."""
    APPEAL_RECEIVED = "appeal_received"
    """His appeal has arrived. Subject: the appeal."""
    APPEAL_ANSWERED = "appeal_answered"
    """His appeal was answered. Subject: the appeal."""
    CLOCK_BREACHED = "clock_breached"
    """A promise was not kept in time; to staff. Subject: the escalation."""
    EFFECT_MISMATCH = "effect_mismatch"
    """The platform suspended an account without a decision that supports it; to staff. Subject: the case."""
    NOT_ME_REPORTED = "not_me_reported"
    """Somebody said that a message was not meant for them; to staff. Subject: the case."""


TO_STAFF = frozenset({NoticeKind.CLOCK_BREACHED, NoticeKind.EFFECT_MISMATCH, NoticeKind.NOT_ME_REPORTED})
"""Kinds that only staff are told; all others go to the freelancer."""


class RecipientKind(StrEnum):
    """Whom a notice is for. The address is never stored with it: it is read when the mail is sent."""

    FREELANCER = "freelancer"
    PERSON = "person"


class NoticeState(StrEnum):
    """Where a notice stands."""

    QUEUED = "queued"
    ACCEPTED = "accepted"
    """The recipient's or our own mail server took it."""
    FILED = "filed"
    """Written to a file because no mail server is configured: nobody has accepted it."""
    BOUNCED = "bounced"
    """Refused for good, or accepted first and returned later."""
    FAILED = "failed"
    """There was no address, or every attempt was used."""
    WITHDRAWN = "withdrawn"
    """Overtaken before it was sent: to say it now would be untrue."""


class NoticeEvent(StrEnum):
    """What can happen to a notice."""

    ACCEPTED = "accepted"
    FILED = "filed"
    DEFERRED = "deferred"
    REFUSED = "refused"
    RETURNED = "returned"
    GIVEN_UP = "given_up"
    OVERTAKEN = "overtaken"


_S, _E = NoticeState, NoticeEvent

TRANSITIONS: dict[tuple[NoticeState, NoticeEvent], NoticeState] = {
    (_S.QUEUED, _E.ACCEPTED): _S.ACCEPTED,
    (_S.QUEUED, _E.FILED): _S.FILED,
    (_S.QUEUED, _E.DEFERRED): _S.QUEUED,
    (_S.QUEUED, _E.REFUSED): _S.BOUNCED,
    (_S.QUEUED, _E.GIVEN_UP): _S.FAILED,
    (_S.QUEUED, _E.OVERTAKEN): _S.WITHDRAWN,
    (_S.QUEUED, _E.RETURNED): _S.BOUNCED,
    (_S.ACCEPTED, _E.RETURNED): _S.BOUNCED,
    (_S.FAILED, _E.RETURNED): _S.BOUNCED,
    (_S.BOUNCED, _E.ACCEPTED): _S.BOUNCED,
    (_S.BOUNCED, _E.DEFERRED): _S.BOUNCED,
    (_S.BOUNCED, _E.REFUSED): _S.BOUNCED,
    (_S.BOUNCED, _E.GIVEN_UP): _S.BOUNCED,
    (_S.BOUNCED, _E.OVERTAKEN): _S.BOUNCED,
}
"""A return may overtake the record of the attempt that it answers: a bounced notice stays bounced."""


class Outcome(StrEnum):
    """What came of one attempt, as a stable word."""

    ACCEPTED = "accepted"
    FILED = "filed"
    REFUSED = "refused"
    """The server refused the recipient or the message for good (5xx)."""
    RETURNED = "returned"
    """A delivery status notification came back: not delivered."""
    BUSY = "busy"
    """The server asked to come back later (4xx)."""
    UNREACHABLE = "unreachable"
    """No connection, or one that broke."""
    TIMED_OUT = "timed_out"
    UNTRUSTED = "untrusted"
    """No TLS where it is required, or a certificate that nobody vouches for: nothing was sent."""
    NOT_LET_IN = "not_let_in"
    """The server refused us, not the recipient: sign-in, greeting or sender."""
    OUR_FAULT = "our_fault"
    """The mail could not be written, or could not be filed: nothing was sent."""
    NO_ADDRESS = "no_address"
    """There is no address any more, or none that mail can be sent to."""
    OVERTAKEN = "overtaken"


_EVENTS = {
    Outcome.ACCEPTED: _E.ACCEPTED,
    Outcome.FILED: _E.FILED,
    Outcome.REFUSED: _E.REFUSED,
    Outcome.RETURNED: _E.RETURNED,
    Outcome.NO_ADDRESS: _E.GIVEN_UP,
    Outcome.OVERTAKEN: _E.OVERTAKEN,
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing one person is told by e-mail."""

    id: NoticeId
    verification_id: VerificationId | None
    kind: NoticeKind
    subject_id: str
    """What it is about: a proposal, decision version, appeal, escalation or case, by the kind."""
    recipient_kind: RecipientKind
    person_id: PersonId | None
    created_ms: int
    state: NoticeState = NoticeState.QUEUED
    next_attempt_ms: int = 0
    """When it is due while it is queued; afterwards when its state was reached."""
    attempts: int = 0
    """Entries of its history so far; a return is one of them."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of handing over one mail."""

    outcome: Outcome
    code: str | None = None
    """SMTP reply code (RFC 5321) or, of a return, enhanced status code (RFC 3463); None when there was none."""
    text: str = ""
    """The server's own words, cut; they may hold addresses."""


@dataclass(frozen=True, slots=True)
class NoticeAttempt:
    """One entry of a notice's history."""

    notice_id: NoticeId
    number: int
    """1 for the first, without holes."""
    at_ms: int
    """When the answer was there."""
    outcome: Outcome
    code: str | None = None
    answer: str = ""
    """The server's own words; empty after redaction."""


def next_state(state: NoticeState, event: NoticeEvent) -> NoticeState:
    """The state after ``event``.

    Raises:
        IllegalState: the table has no such event in this state.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalState(f"A notice that is {state} cannot become {event}.") from None


def after_attempt(notice: Notice, reply: Reply, at_ms: int, jitter: float) -> tuple[Notice, NoticeAttempt]:
    """The notice after one attempt or return, and the entry of its history.

    Args:
        notice: as it is stored.
        reply: what came of the attempt.
        at_ms: when.
        jitter: 0..1, spreads the delay before the next attempt by at most ``JITTER_SHARE`` of it.

    Raises:
        IllegalState: nothing of this kind can happen to the notice any more.
    """
    number = notice.attempts + 1
    event = _EVENTS.get(reply.outcome, _E.DEFERRED)
    if event is _E.DEFERRED and number >= len(RETRY_DELAYS_S):
        event = _E.GIVEN_UP
    state = next_state(notice.state, event)
    delay_s = RETRY_DELAYS_S[number] * (1 + JITTER_SHARE * jitter) if state is _S.QUEUED else 0
    moved = replace(notice, state=state, next_attempt_ms=at_ms + round(delay_s * 1_000), attempts=number)
    answer = reply.text[:ANSWER_CHARACTERS]
    return moved, NoticeAttempt(notice.id, number, at_ms, reply.outcome, reply.code, answer)


# ---------------------------------------------------------------- tags

_MAC_BYTES = 10
_TAG = re.compile(r"(ntc_[a-z2-7]{26})\.([a-z2-7]{16})", re.IGNORECASE)


def tag(id_: NoticeId, key: bytes) -> str:
    """``<notice id>.<mac>``: 47 characters that name a notice in an envelope and cannot be made without ``key``.

    They fit into a local part with a prefix of up to 16 characters, and mean the same in capitals. Source: RFC 5321
    4.5.3.1.1 (64 octets).
    """
    digest = hmac.new(key, f"notice:{id_}".encode(), hashlib.sha256).digest()[:_MAC_BYTES]
    return f"{id_}.{base64.b32encode(digest).decode().lower()}"


def tagged(text: str, keys: Sequence[bytes]) -> tuple[bool, NoticeId | None]:
    """Whether ``text`` holds a tag at all, and the notice of the first that was made with one of ``keys``."""
    found = _TAG.findall(text)
    for id_, mac in found:
        notice_id = NoticeId(id_.lower())
        given = f"{notice_id}.{mac.lower()}"
        if any(hmac.compare_digest(tag(notice_id, key), given) for key in keys):
            return True, notice_id
    return bool(found), None
