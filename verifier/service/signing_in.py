"""The staff's doors: password and one-time code, or a one-use link, to a session. One rule: a refusal tells nothing.

A wrong address, a wrong password, a wrong or used code, a disabled person and one without a password look and take the
same. A one-use link replaces the password and never the second factor: its session may do nothing but set the account
up. Sessions are opaque and live at the server; changing what a session may do gives it a new secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from verifier.core.access import Audience, Link, Session, fingerprint
from verifier.core.model import Person, PersonId
from verifier.core.principal import StaffPrincipal, Stage
from verifier.errors import LinkRefused, NotAuthenticated
from verifier.ports import Clock, Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.service.devices import DeviceCookie, Devices
from verifier.service.passwords import Passwords
from verifier.service.proving import recognise, spend
from verifier.service.throttling import ADDRESS, DEVICE, STRANGER, Bucket, Throttle

SESSION_VALID_MS = 12 * 3_600_000
"""From signing in, however busy the session is."""
IDLE_MS = 2 * 3_600_000
"""Start value: a session that nobody used for so long is over; an open queue or call keeps it in use."""
SETUP_VALID_MS = 3_600_000
"""A session that came by a link and still lacks the second factor."""
TOUCH_EVERY_MS = 60_000
_NOBODY = PersonId("")
_WRONG = "The address, the password or the code is not right."


@dataclass(frozen=True, slots=True)
class Client:
    """The browser that asks."""

    address: str
    """Where the request came from: an IPv4 address or an IPv6 network, whatever one attacker cannot leave for free."""
    cookies: Mapping[str, str]
    agent: str | None
    """What it calls itself, in a few words."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person typed to sign in; ``code`` is a one-time code or a recovery code."""

    email: str
    password: str
    code: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the cookie's secret, how long it lives, whose it is and what it may do."""

    secret: str
    valid_ms: int
    person: Person
    stage: Stage
    device: DeviceCookie | None = None
    """What makes this browser known to the account from now on."""


class SigningIn:
    """Sessions of staff members."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        passwords: Passwords,
        throttle: Throttle,
        devices: Devices,
        *,
        second_factor: bool = True,
    ) -> None:
        """``second_factor``: False only in a demo, which compose refuses off loopback: links alone let people act."""
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._passwords = passwords
        self._throttle = throttle
        self._devices = devices
        self._second_factor = second_factor

    async def sign_in(self, typed: Typed, client: Client) -> SignedIn:
        """A new session of whoever proves to own this account.

        Raises:
            NotAuthenticated: something of it is not right; what is not said.
            RateLimited: this browser, or this address, has to wait before the next try.
        """
        account, now_ms = typed.email.strip().lower(), self._clock.now_ms()
        device = self._devices.recognised(account, client.cookies)
        own, shared = _buckets(account, device, client)
        self._throttle.begin((*own, *shared))
        async with self._units(read_only=True) as unit:
            found = await unit.people.by_email(account)
            person, hashed = found or (None, None)
            factor = await unit.second_factors.of_person(person.id if person else _NOBODY)
            proof = await recognise(unit, factor, typed.code, now_ms)
        right = await self._passwords.verify(hashed, typed.password, known=device is not None)
        if person is None or hashed is None or proof is None or not right or person.disabled_ms is not None:
            raise NotAuthenticated(_WRONG)
        newer = await self._passwords.hash(typed.password) if self._passwords.outdated(hashed) else None
        async with self._units() as unit:
            if not await spend(unit, proof, now_ms):
                raise NotAuthenticated(_WRONG)
            if newer is not None:
                await unit.people.set_password(person.id, newer)
            signed_in = await self.begin(unit, person, client.agent, second_factor_ms=now_ms)
        self._throttle.succeeded(own, shared)
        return signed_in

    async def use_link(self, token: str, client: Client) -> SignedIn:
        """A session from a one-use link: before it may act, it sets the account up or gives the second factor.

        Raises:
            LinkRefused: unknown, revoked, expired or used before; ``field`` says which.
        """
        now_ms = self._clock.now_ms()
        async with self._units() as unit:
            link = await unit.links.by_hash(fingerprint(token))
            if link is None or link.audience is not Audience.STAFF or link.person_id is None:
                raise LinkRefused("This sign-in link is not known here.", field="unknown")
            person = await unit.people.get(link.person_id)
            _require_open(link, person, now_ms)
            if not await unit.links.mark_used(link.token_hash, now_ms):
                raise LinkRefused("This sign-in link was used already. It works once.", field="used")
            return await self.begin(unit, person, client.agent, second_factor_ms=None)

    async def begin(
        self, unit: UnitOfWork, person: Person, agent: str | None, *, second_factor_ms: int | None
    ) -> SignedIn:
        """A new session in this unit of work; a full one makes the browser known to the account."""
        secret, now_ms = self._entropy.token(), self._clock.now_ms()
        full = second_factor_ms is not None or not self._second_factor
        valid_ms = SESSION_VALID_MS if full else SETUP_VALID_MS
        session = Session(
            fingerprint(secret),
            Audience.STAFF,
            now_ms,
            now_ms + valid_ms,
            person_id=person.id,
            seen_ms=now_ms,
            second_factor_ms=second_factor_ms,
            agent=agent,
        )
        await unit.sessions.add(session)
        stage = await self._stage(unit, session)
        device = self._devices.remember(person.email) if second_factor_ms is not None else None
        return SignedIn(secret, valid_ms, person, stage, device)

    async def renew(self, unit: UnitOfWork, principal: StaffPrincipal, now_ms: int) -> SignedIn:
        """The same browser's session with a second factor given now, under a new secret; the old one is over."""
        old = await unit.sessions.by_hash(principal.session_hash)
        await unit.sessions.revoke(principal.session_hash, now_ms)
        return await self.begin(unit, principal.person, old.agent if old else None, second_factor_ms=now_ms)

    async def principal(self, secret: str) -> StaffPrincipal:
        """The staff member whose session this secret opens, with the roles held now.

        Raises:
            NotAuthenticated: no such session, it is over or was not used for too long, or the person is disabled.
        """
        now_ms = self._clock.now_ms()
        async with self._units(read_only=True) as unit:
            session = await unit.sessions.by_hash(fingerprint(secret))
            if session is None or session.person_id is None or not alive(session, now_ms):
                raise NotAuthenticated("Please sign in again.")
            person = await unit.people.get(session.person_id)
            stage = await self._stage(unit, session)
        if person.disabled_ms is not None:
            raise NotAuthenticated("Please sign in again.")
        await self._touch(session, now_ms)
        return StaffPrincipal(person, session.token_hash, stage, session.second_factor_ms)

    async def sign_out(self, principal: StaffPrincipal) -> None:
        """End this session; other browsers of the same person stay signed in."""
        async with self._units() as unit:
            await unit.sessions.revoke(principal.session_hash, self._clock.now_ms())

    async def _stage(self, unit: UnitOfWork, session: Session) -> Stage:
        if session.second_factor_ms is not None or not self._second_factor or session.person_id is None:
            return Stage.FULL
        factor = await unit.second_factors.of_person(session.person_id)
        return Stage.SECOND_FACTOR if factor and factor.secret else Stage.ENROLMENT

    async def _touch(self, session: Session, now_ms: int) -> None:
        if session.seen_ms is None or now_ms - session.seen_ms >= TOUCH_EVERY_MS:
            async with self._units() as unit:
                await unit.sessions.touch(session.token_hash, now_ms)


def alive(session: Session, now_ms: int) -> bool:
    """Whether a staff session is neither revoked nor over nor idle for too long."""
    used_ms = session.created_ms if session.seen_ms is None else session.seen_ms
    lasts = now_ms < session.expires_ms and now_ms - used_ms < IDLE_MS
    return session.audience is Audience.STAFF and session.revoked_ms is None and lasts


def _buckets(account: str, device: str | None, client: Client) -> tuple[tuple[Bucket, ...], tuple[Bucket, ...]]:
    """(buckets that a right try clears, buckets that it leaves) of one try."""
    if device is not None:
        return ((f"device:{device}", DEVICE),), ()
    where = client.address
    return ((f"account:{account}:{where}", STRANGER),), ((f"address:{where}", ADDRESS),)


def _require_open(link: Link, person: Person, now_ms: int) -> None:
    if link.revoked_ms is not None or person.disabled_ms is not None:
        raise LinkRefused("This sign-in link was revoked.", field="revoked")
    if link.expires_ms is not None and now_ms >= link.expires_ms:
        raise LinkRefused("This sign-in link has run out.", field="expired")
