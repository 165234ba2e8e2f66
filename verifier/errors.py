"""Every error the project raises; each knows its HTTP status and its stable public code.

    VerifierError
    ├── CallerError                the sender must change something
    │   ├── InvalidInput           400 invalid_input       malformed, unknown or out-of-range input
    │   ├── NotAuthenticated       401 not_authenticated   no, wrong or expired credential
    │   ├── IdentityRefused        401 identity_refused    an identity provider's answer that does not prove who it is
    │   ├── TicketRefused          401 ticket_refused      WebSocket ticket unknown, used or too old
    │   ├── NotAllowed             403 not_allowed         known person, wrong role or somebody else's case
    │   ├── SecondFactorNeeded     403 second_factor_needed  signed in, but not with everything that is needed to act
    │   ├── NotFound               404 not_found
    │   ├── IllegalState           409 illegal_state       the state table does not contain this event
    │   ├── Conflict               409 conflict            somebody else was first, or still in flight
    │   ├── LinkRefused            410 link_refused        revoked, expired or unknown private link
    │   ├── TooLarge               413 too_large
    │   ├── Misdirected            421 misdirected         meant for another site than this one
    │   ├── IdempotencyMismatch    422 idempotency_mismatch
    │   └── RateLimited            429 rate_limited
    ├── RemoteError                the other end failed us
    │   ├── DeliveryFailed         502 delivery_failed     a webhook receiver did not accept
    │   └── PeerRefused            422 peer_refused        SDP or candidates we cannot accept
    └── OurError                   we are at fault
        ├── ConfigurationInvalid   500 configuration_invalid
        ├── PolicyInvalid          500 policy_invalid      looser than the shipped limits, or incomplete
        ├── RecordsDiffer          500 records_differ      a stored verdict does not follow from its raw rows
        ├── MediaFull              503 media_full          no UDP port is left for another leg
        └── SealBroken             500 seal_broken         a sealed secret opens with no key that is here

Clients see ``public_code``, ``title`` and ``detail``; ``detail`` is written for them. They never see ``str(exc)`` of
anything outside this tree.
"""

from __future__ import annotations


class VerifierError(Exception):
    """Root of the tree. ``detail`` is shown to the person or program that caused it."""

    http_status = 500
    public_code = "internal_error"
    title = "Something went wrong on our side"

    def __init__(self, detail: str = "", *, field: str | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.field = field


class CallerError(VerifierError):
    """The sender must change something; nothing was written."""

    http_status = 400


class InvalidInput(CallerError):
    """Malformed, unknown or out-of-range input. ``field`` names it when one field is to blame."""

    http_status, public_code, title = 400, "invalid_input", "The request is not valid"


class NotAuthenticated(CallerError):
    """No credential, or one that is unknown or expired."""

    http_status, public_code, title = 401, "not_authenticated", "Please sign in or send a valid key"


class IdentityRefused(CallerError):
    """An identity provider's answer that does not prove who it is; ``field`` says why, for the log alone."""

    http_status, public_code, title = 401, "identity_refused", "Signing in with your organisation did not work"


class TicketRefused(CallerError):
    """A WebSocket ticket that is unknown, already used or too old."""

    http_status, public_code, title = 401, "ticket_refused", "The connection ticket is not valid any more"


class NotAllowed(CallerError):
    """A known person in the wrong role, or somebody else's case."""

    http_status, public_code, title = 403, "not_allowed", "You may not do this"


class SecondFactorNeeded(CallerError):
    """Signed in by a link alone: the account must be set up, or its second factor given, before it may act."""

    http_status, public_code, title = 403, "second_factor_needed", "Please finish signing in first"


class NotFound(CallerError):
    """No such thing, or none that this caller may know of."""

    http_status, public_code, title = 404, "not_found", "There is nothing here"


class IllegalState(CallerError):
    """The state table contains no such event in this state; the state is unchanged."""

    http_status, public_code, title = 409, "illegal_state", "This cannot be done now"


class Conflict(CallerError):
    """Somebody else was first, or the same request is still in flight."""

    http_status, public_code, title = 409, "conflict", "Somebody else was first"


class LinkRefused(CallerError):
    """A private link that is revoked, expired or unknown."""

    http_status, public_code, title = 410, "link_refused", "This link does not work any more"


class TooLarge(CallerError):
    """More bytes than the limit."""

    http_status, public_code, title = 413, "too_large", "That is too large"


class Misdirected(CallerError):
    """A request for a name that is not ours: a rebound name, or a proxy that does not pass ``Host`` on."""

    http_status, public_code, title = 421, "misdirected", "This request is meant for another site"


class IdempotencyMismatch(CallerError):
    """The same Idempotency-Key came with another body."""

    http_status, public_code, title = 422, "idempotency_mismatch", "This Idempotency-Key was used for another request"


class RateLimited(CallerError):
    """Too many requests or messages; the sender should slow down and come back after ``retry_after_s`` seconds."""

    http_status, public_code, title = 429, "rate_limited", "Too many requests"

    def __init__(self, detail: str = "", *, field: str | None = None, retry_after_s: int = 60) -> None:
        super().__init__(detail, field=field)
        self.retry_after_s = retry_after_s


class RemoteError(VerifierError):
    """The other end failed us."""

    http_status = 502


class DeliveryFailed(RemoteError):
    """A webhook receiver did not accept a message."""

    http_status, public_code, title = 502, "delivery_failed", "The receiver did not accept the message"


class PeerRefused(RemoteError):
    """An SDP answer or candidate that does not fit what was offered; the leg is unharmed."""

    http_status, public_code, title = 422, "peer_refused", "The media description does not fit what was offered"


class OurError(VerifierError):
    """We are at fault."""


class ConfigurationInvalid(OurError):
    """A setting that is missing, contradictory or unsafe; the server does not start."""

    public_code, title = "configuration_invalid", "The configuration is not valid"


class PolicyInvalid(OurError):
    """A policy that is incomplete or looser than the shipped limits."""

    public_code, title = "policy_invalid", "The policy is not valid"


class RecordsDiffer(OurError):
    """A stored verdict does not follow from the raw rows it claims to rest on."""

    public_code, title = "records_differ", "Stored records do not agree"


class MediaFull(OurError):
    """No UDP port of the configured range is left; what waits for one may come about later."""

    http_status, public_code, title = 503, "media_full", "There is no room for this call right now"


class SealBroken(OurError):
    """A stored secret that none of the keys opens: another master key, another row's value, or changed bytes."""

    public_code, title = "seal_broken", "A stored secret cannot be opened with the keys at hand"
