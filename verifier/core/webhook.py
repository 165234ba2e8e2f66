"""Standard Webhooks 1.0 as pure functions: signing, the retry schedule, what an answer of the receiver means.

One rule: the body is signed and stored once; every attempt sends the same bytes with the same ``webhook-id``. Called by
delivery/worker and by web/api for the signed result. Source: standardwebhooks.com specification 1.0.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum

from verifier.core.model import EndpointId, MessageId, VerificationId
from verifier.errors import InvalidInput

SECRET_PREFIX = "whsec_"  # noqa: S105  the public prefix of the format, not a secret
RETRY_DELAYS_S = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Delay before each attempt, counted from the attempt before it."""
ATTEMPT_TIMEOUT_S = 15.0
RESPONSE_LOG_BYTES = 2_048
JITTER_SHARE = 0.1
RETRY_AFTER_MAX_S = 86_400


class EventType(StrEnum):
    """Event types that this version of the product sends."""

    VERIFICATION_CREATED = "verification.created"
    INTERVIEW_STARTED = "interview.started"
    INTERVIEW_INCONCLUSIVE = "interview.inconclusive"
    VERIFICATION_FAILURE_PROPOSED = "verification.failure_proposed"
    VERIFICATION_NEW_INTERVIEW = "verification.new_interview"
    VERIFICATION_DECIDED = "verification.decided"
    DECISION_SUPERSEDED = "decision.superseded"
    APPEAL_OPENED = "appeal.opened"
    APPEAL_DECIDED = "appeal.decided"
    VERIFICATION_ALTERNATIVE_ROUTE = "verification.alternative_route"
    VERIFICATION_CANCELLED = "verification.cancelled"
    VERIFICATION_EXPIRED = "verification.expired"
    VERIFICATION_REDACTED = "verification.redacted"
    EFFECT_MISMATCH = "effect.mismatch"
    ENDPOINT_TEST = "endpoint.test"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a platform receives events."""

    id: EndpointId
    url: str
    secrets: tuple[str, ...]
    """``whsec_…``, newest first; two during a rotation, each gives a signature."""
    events: frozenset[EventType]
    """Empty: all."""
    test: bool
    created_ms: int
    disabled_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a case, as told to the platform. ``body`` is the exact JSON text that is signed."""

    id: str
    type: EventType
    verification_id: VerificationId | None
    sequence: int
    """Per verification, without holes."""
    at_ms: int
    body: str
    """Empty once it was erased."""
    test: bool


class DeliveryState(StrEnum):
    """Where the delivery of one event to one endpoint stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    """All attempts used; can be replayed."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one endpoint."""

    message_id: MessageId
    event: Event
    endpoint_id: EndpointId
    state: DeliveryState
    attempts: int
    next_attempt_ms: int
    delivered_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try; ``status`` is None when no HTTP answer came."""

    message_id: MessageId
    number: int
    at_ms: int
    duration_ms: int
    status: int | None
    error: str | None
    """Stable word: timeout, refused_address, connection, tls, http_status."""
    response: str
    """Beginning of the answer, at most 2 KiB; empty once it was erased."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do after an attempt."""

    state: DeliveryState
    next_attempt_ms: int
    disable_endpoint: bool = False


def sign(secret: str, message_id: str, timestamp_s: int, body: str) -> str:
    """One ``v1,…`` signature: base64 of HMAC-SHA256 over ``{id}.{timestamp}.{body}``.

    Raises:
        InvalidInput: the secret is not ``whsec_`` followed by base64.
    """
    if not secret.startswith(SECRET_PREFIX):
        raise InvalidInput("A webhook secret starts with whsec_.")
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise InvalidInput("A webhook secret is base64 after whsec_.") from None
    digest = hmac.new(key, f"{message_id}.{timestamp_s}.{body}".encode(), hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def signed_headers(secrets: tuple[str, ...], message_id: str, timestamp_s: int, body: str) -> dict[str, str]:
    """The three Standard Webhooks headers; several signatures are separated by a space."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(sign(secret, message_id, timestamp_s, body) for secret in secrets),
    }


def after_attempt(attempt: Attempt, retry_after_s: int | None, jitter: float) -> NextStep:
    """What follows from an attempt: delivered on 2xx, disabled on 410, else the next delay or failed.

    Args:
        attempt: its ``number`` counts from 1.
        retry_after_s: the receiver's Retry-After in seconds, honoured when later than the schedule (at most a day).
        jitter: 0..1, spreads the delay by at most ``JITTER_SHARE`` of it.
    """
    if attempt.status is not None and 200 <= attempt.status < 300:
        return NextStep(DeliveryState.DELIVERED, attempt.at_ms)
    if attempt.status == 410:
        return NextStep(DeliveryState.FAILED, attempt.at_ms, disable_endpoint=True)
    if attempt.number >= len(RETRY_DELAYS_S):
        return NextStep(DeliveryState.FAILED, attempt.at_ms)
    delay_s = RETRY_DELAYS_S[attempt.number] * (1 + JITTER_SHARE * jitter)
    if retry_after_s is not None:
        delay_s = max(delay_s, min(retry_after_s, RETRY_AFTER_MAX_S))
    return NextStep(DeliveryState.PENDING, attempt.at_ms + attempt.duration_ms + round(delay_s * 1_000))
