"""What the platform's programs may do with cases. One rule: a key sees the cases of its own mode, and no others.

Its other verbs: ``records`` (calls and their rows), ``results`` (the decision, and what was done with the account) and
``endpoints`` (where events go). Called by web/api.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from verifier.core import events
from verifier.core.access import ApiKey, Audience, Link, Scope, fingerprint
from verifier.core.model import Claim, ClaimId, ClaimKind, Result, Verification, VerificationId
from verifier.core.model import VerificationStatus as Status
from verifier.core.policy import PolicyBook
from verifier.core.principal import PlatformPrincipal
from verifier.core.verification import VerificationEvent, next_status
from verifier.core.webhook import EventType
from verifier.errors import InvalidInput, NotAuthenticated
from verifier.ports.runtime import Clock, Entropy
from verifier.ports.storage import UnitOfWork, UnitOfWorkFactory
from verifier.service.chronicling import by_platform
from verifier.service.endpoints import Endpoints
from verifier.service.publishing import publish
from verifier.service.read_log import Reading, ReadLog
from verifier.service.records import Records, own_case
from verifier.service.redacting import Redacting
from verifier.service.repeating import Repeating
from verifier.service.results import Results
from verifier.service.standing import Case, standing

KEY_PREFIXES = {True: "vi_test_", False: "vi_live_"}
"""Beginning of an API key by test mode."""
_KEY_LENGTH_MAX = 128


@dataclass(frozen=True, slots=True)
class PlatformSettings:
    """What a platform may ask for, and where its freelancers are sent."""

    public_url: str
    """Scheme, host and port, without a path."""
    allow_private_addresses: bool = False
    """Webhook endpoints on http, loopback and private addresses: for the demo and tests."""
    policies: frozenset[str] = field(default_factory=lambda: frozenset({"default"}))
    """Names that a verification may ask for."""
    endpoints_max: int = 20
    """Enabled endpoints per mode."""
    promises: PolicyBook = field(default_factory=PolicyBook)
    """What freelancers were promised, by policy version."""


@dataclass(frozen=True, slots=True)
class NewVerification:
    """What the platform asks for; ``claims`` is the snapshot as (kind, field, value)."""

    external_id: str
    legal_name: str
    email: str
    locale: str
    time_zone: str
    claims: tuple[tuple[ClaimKind, str, str], ...]
    policy: str = "default"
    metadata: Mapping[str, str] = field(default_factory=dict)


class Platform:
    """The verbs of the platform; each opens one unit of work."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        settings: PlatformSettings,
        redacting: Redacting,
        notify: Callable[[], None] = lambda: None,
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._settings = settings
        self._redacting = redacting
        self._notify = notify
        self.records = Records(units, clock)
        self._reads = ReadLog(units, clock)
        self.repeating = Repeating(units, clock)
        self.results = Results(units, clock, entropy, notify)
        self.endpoints = Endpoints(
            units,
            clock,
            entropy,
            notify,
            allow_private_addresses=settings.allow_private_addresses,
            most=settings.endpoints_max,
        )

    async def principal(self, secret: str) -> PlatformPrincipal:
        """Who holds this API key.

        Raises:
            NotAuthenticated: unknown, revoked, or of another mode than its prefix says.
        """
        if len(secret) > _KEY_LENGTH_MAX or not secret.startswith(tuple(KEY_PREFIXES.values())):
            raise NotAuthenticated("Send an API key as Authorization: Bearer vi_live_… or vi_test_…")
        async with self._units(read_only=True) as unit:
            key = await unit.api_keys.by_hash(fingerprint(secret))
        if key is None or key.revoked_ms is not None or not secret.startswith(KEY_PREFIXES[key.test]):
            raise NotAuthenticated("This API key is unknown or revoked.")
        return PlatformPrincipal(key)

    async def create(self, principal: PlatformPrincipal, asked: NewVerification) -> tuple[Case, str]:
        """The new case and its join link, which is told this once.

        Raises:
            NotAllowed: the key lacks the scope.
            InvalidInput: a policy that does not exist, or a date of birth that is still to come.
            Conflict: an open case with this external id exists.
        """
        principal.require(Scope.VERIFICATIONS_WRITE)
        now, token = self._clock.now_ms(), self._entropy.token()
        self._check(asked, now)
        verification = self._verification(asked, principal.key, now)
        async with self._units() as unit:
            await unit.verifications.add(verification)
            link = Link(fingerprint(token), Audience.FREELANCER, now, None, verification_id=verification.id)
            await unit.links.add(link)
            data = events.created(verification)
            verification = await publish(
                unit, verification, EventType.VERIFICATION_CREATED, data, self._clock, self._entropy
            )
        self._notify()
        return Case(verification, None, at_ms=now), f"{self._settings.public_url}/join#{token}"

    async def get(self, principal: PlatformPrincipal, id_: VerificationId) -> Case:
        """One case of the key's mode.

        Raises:
            NotAllowed: the key lacks the scope.
            NotFound: no such case in this mode.
        """
        principal.require(Scope.VERIFICATIONS_READ)
        async with self._units(read_only=True) as unit:
            await own_case(unit, principal, id_)
        await self._reads.note([id_], by_platform(principal), Reading.CASE)
        async with self._units(read_only=True) as unit:
            return await self._standing(unit, await unit.verifications.get(id_))

    async def page(
        self, principal: PlatformPrincipal, before: tuple[int, str] | None, limit: int
    ) -> tuple[tuple[Case, ...], bool]:
        """Cases of the key's mode, newest first, and whether there are more.

        Raises:
            NotAllowed: the key lacks the scope.
        """
        principal.require(Scope.VERIFICATIONS_READ)
        async with self._units(read_only=True) as unit:
            found = await unit.verifications.page(test=principal.key.test, before=before, limit=limit + 1)
            cases = [await self._standing(unit, each) for each in found[:limit]]
        await self._reads.note([each.verification.id for each in cases], by_platform(principal), Reading.CASE)
        return tuple(cases), len(found) > limit

    async def cancel(self, principal: PlatformPrincipal, id_: VerificationId) -> Case:
        """The case, cancelled; the freelancer's open pages are signed out.

        Raises:
            NotAllowed: the key lacks the scope.
            NotFound: no such case in this mode.
            IllegalState: a call is under way or the case is closed.
        """
        principal.require(Scope.VERIFICATIONS_WRITE)
        async with self._units() as unit:
            before = await own_case(unit, principal, id_)
            status = next_status(before.status, VerificationEvent.CANCELLED)
            after = replace(before, status=status, waiting_since_ms=None)
            await unit.verifications.save(after, expected=before.status)
            await unit.sessions.revoke_of_verification(id_, Audience.FREELANCER, self._clock.now_ms())
            cancelled = EventType.VERIFICATION_CANCELLED
            after = await publish(unit, after, cancelled, events.closed(), self._clock, self._entropy)
            cancelled_case = await self._standing(unit, after)
        self._notify()
        return cancelled_case

    async def redact(self, principal: PlatformPrincipal, id_: VerificationId) -> Case:
        """The case without personal data; asking twice changes nothing.

        Raises:
            NotAllowed: the key lacks the scope.
            NotFound: no such case in this mode.
            IllegalState: somebody may still need what it holds.
            PolicyInvalid: a policy of one of its calls is missing.
        """
        principal.require(Scope.VERIFICATIONS_WRITE)
        redacted = await self._redacting.redact(id_, by_platform(principal), test=principal.key.test)
        async with self._units(read_only=True) as unit:
            return await self._standing(unit, redacted)

    async def _standing(self, unit: UnitOfWork, verification: Verification) -> Case:
        return await standing(unit, verification, self._settings.promises, self._clock.now_ms())

    def _check(self, asked: NewVerification, now_ms: int) -> None:
        if asked.policy not in self._settings.policies:
            raise InvalidInput("There is no policy of this name.", field="/policy")
        today = events.timestamp(now_ms)[:10]
        if any(name == "date_of_birth" and value >= today for _, name, value in asked.claims):
            raise InvalidInput("The date of birth is not in the past.", field="/freelancer/date_of_birth")

    def _verification(self, asked: NewVerification, key: ApiKey, now_ms: int) -> Verification:
        claims = tuple(
            Claim(ClaimId(self._entropy.new_id("clm")), kind, name, value) for kind, name, value in asked.claims
        )
        return Verification(
            id=VerificationId(self._entropy.new_id("ver")),
            external_id=asked.external_id,
            test=key.test,
            status=Status.AWAITING_FREELANCER,
            result=Result.NONE,
            legal_name=asked.legal_name,
            email=asked.email,
            locale=asked.locale,
            time_zone=asked.time_zone,
            policy=asked.policy,
            metadata=dict(asked.metadata),
            claims=claims,
            created_ms=now_ms,
        )
