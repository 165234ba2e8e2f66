"""Setting an account up, and one's own account afterwards. One rule: nothing changes without a proof made just now.

A one-use link leads here: the person chooses a password, takes the authenticator's secret over and proves it by a code.
Later changes ask for the password or a code again, so that an unlocked screen is not enough. Whatever replaces a proof
ends every other session of the person. An authenticator's secret is shown until it is proven and never again.
"""

from __future__ import annotations

from dataclasses import dataclass

from verifier.core.access import SecondFactor
from verifier.core.model import PersonId, Training
from verifier.core.principal import StaffPrincipal, Stage
from verifier.errors import IllegalState, InvalidInput
from verifier.ports import Clock, Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.service.passwords import Passwords, require_strong
from verifier.service.proving import proven
from verifier.service.second_factor import (
    accepted_step,
    address,
    new_recovery_codes,
    new_secret,
    recovery_hash,
)
from verifier.service.sessions import Sessions
from verifier.service.signing_in import SignedIn, SigningIn
from verifier.service.throttling import SESSION, Bucket, Throttle

PENDING_VALID_MS = 3_600_000
"""An authenticator that is shown and not proven for so long is forgotten: another one is drawn."""
_WRONG_CODE = "This code is not right, or it was used before. Wait for the next one."


@dataclass(frozen=True, slots=True)
class Offer:
    """An authenticator to take over: the secret as text and as an ``otpauth:`` address."""

    secret: str
    address: str


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The full session after setting up, and the recovery codes, which are shown this once."""

    signed_in: SignedIn
    recovery_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """What a person's settings page shows of his account."""

    has_password: bool
    authenticator_since_ms: int | None
    recovery_codes_left: int
    trainings: tuple[Training, ...]


class Enrolling:
    """What a person does about his own password, authenticator and recovery codes."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        passwords: Passwords,
        throttle: Throttle,
        signing_in: SigningIn,
        sessions: Sessions,
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._passwords = passwords
        self._throttle = throttle
        self._signing_in = signing_in
        self._sessions = sessions

    async def overview(self, principal: StaffPrincipal) -> OwnAccount:
        """The state of one's own account."""
        id_ = principal.person.id
        async with self._units(read_only=True) as unit:
            found = await unit.people.by_email(principal.person.email)
            factor = await unit.second_factors.of_person(id_)
            left = await unit.recovery_codes.left(id_)
            trainings = await unit.trainings.of_person(id_)
        has_password = found is not None and found[1] is not None
        return OwnAccount(has_password, factor.confirmed_ms if factor else None, left, trainings)

    async def offer(self, principal: StaffPrincipal) -> Offer:
        """The authenticator to take over while the account is set up; the same until it is proven or an hour old.

        Raises:
            IllegalState: the account has an authenticator already.
        """
        if principal.stage is not Stage.ENROLMENT:
            raise IllegalState("This account has an authenticator already.")
        async with self._units() as unit:
            return await self._offered(unit, principal, anew=False)

    async def set_up(self, principal: StaffPrincipal, password: str, code: str) -> Enrolled:
        """A password and a proven second factor, and with them a session that may act.

        An account that has an authenticator proves that one (the password was forgotten); any other takes over the one
        that was offered.

        Raises:
            IllegalState: the account is set up already.
            InvalidInput: the password is weak, or the code is not right; ``field`` says which.
            RateLimited: too many wrong codes.
        """
        if principal.stage is Stage.FULL:
            raise IllegalState("This account is set up already.")
        require_strong(password, principal.person)
        self._throttle.begin([_bucket(principal)])
        hashed = await self._passwords.hash(password)
        async with self._units() as unit:
            codes = await self._prove_or_take_over(unit, principal, code)
            await unit.people.set_password(principal.person.id, hashed)
            signed_in = await self._signing_in.renew(unit, principal, self._clock.now_ms())
            ended = await self._sessions.end_others(unit, principal.person.id, signed_in.secret)
        self._sessions.tell(ended)
        self._throttle.succeeded([_bucket(principal)])
        return Enrolled(signed_in, codes)

    async def give_second_factor(self, principal: StaffPrincipal, code: str) -> SignedIn:
        """The session with a second factor given now, which what ends a case asks for.

        Raises:
            InvalidInput: the code is not right.
            RateLimited: too many wrong codes.
        """
        principal.require_full()
        self._throttle.begin([_bucket(principal)])
        now_ms = self._clock.now_ms()
        async with self._units() as unit:
            if not await proven(unit, principal.person.id, code, now_ms):
                raise InvalidInput(_WRONG_CODE, field="code")
            signed_in = await self._signing_in.renew(unit, principal, now_ms)
        self._throttle.succeeded([_bucket(principal)])
        return signed_in

    async def change_password(self, principal: StaffPrincipal, current: str, new: str) -> None:
        """Another password; every other session of the person ends.

        Raises:
            InvalidInput: the current one is not right, or the new one weak; ``field`` says which.
            RateLimited: too many wrong ones.
        """
        require_strong(new, principal.person)
        await self._require_password(principal, current)
        hashed = await self._passwords.hash(new)
        async with self._units() as unit:
            await unit.people.set_password(principal.person.id, hashed)
            ended = await unit.sessions.revoke_of_person(
                principal.person.id, self._clock.now_ms(), keep=principal.session_hash
            )
        self._sessions.tell(ended)

    async def offer_another(self, principal: StaffPrincipal, password: str) -> Offer:
        """A new authenticator to take over; the one in force stays until the new one is proven.

        Raises:
            InvalidInput: the password is not right.
            RateLimited: too many wrong ones.
        """
        await self._require_password(principal, password)
        async with self._units() as unit:
            return await self._offered(unit, principal, anew=True)

    async def take_over(self, principal: StaffPrincipal, code: str) -> tuple[str, ...]:
        """The offered authenticator is in force, with new recovery codes; every other session of the person ends.

        Raises:
            IllegalState: none was offered within the last hour.
            InvalidInput: the code is not the new authenticator's.
            RateLimited: too many wrong codes.
        """
        principal.require_full()
        self._throttle.begin([_bucket(principal)])
        async with self._units() as unit:
            codes = await self._take_over(unit, principal.person.id, code)
            ended = await unit.sessions.revoke_of_person(
                principal.person.id, self._clock.now_ms(), keep=principal.session_hash
            )
        self._sessions.tell(ended)
        self._throttle.succeeded([_bucket(principal)])
        return codes

    async def new_recovery_codes(self, principal: StaffPrincipal, password: str) -> tuple[str, ...]:
        """Ten new ones in the place of all former ones.

        Raises:
            InvalidInput: the password is not right.
            RateLimited: too many wrong ones.
        """
        await self._require_password(principal, password)
        async with self._units() as unit:
            return await self._replace_codes(unit, principal.person.id)

    async def _offered(self, unit: UnitOfWork, principal: StaffPrincipal, *, anew: bool) -> Offer:
        person, now_ms = principal.person, self._clock.now_ms()
        factor = await unit.second_factors.of_person(person.id) or SecondFactor(person.id)
        if anew or factor.pending is None or not _fresh(factor, now_ms):
            factor = SecondFactor(
                person.id, factor.secret, factor.confirmed_ms, factor.last_step, new_secret(self._entropy), now_ms
            )
            await unit.second_factors.put(factor)
        secret = factor.pending or ""
        return Offer(secret, address(secret, person.email))

    async def _prove_or_take_over(self, unit: UnitOfWork, principal: StaffPrincipal, code: str) -> tuple[str, ...]:
        if principal.stage is Stage.ENROLMENT:
            return await self._take_over(unit, principal.person.id, code)
        if not await proven(unit, principal.person.id, code, self._clock.now_ms()):
            raise InvalidInput(_WRONG_CODE, field="code")
        return ()

    async def _take_over(self, unit: UnitOfWork, id_: PersonId, code: str) -> tuple[str, ...]:
        now_ms = self._clock.now_ms()
        factor = await unit.second_factors.of_person(id_)
        if factor is None or factor.pending is None or not _fresh(factor, now_ms):
            raise IllegalState("Please start again: the code to scan is too old.")
        step = accepted_step(factor.pending, code.replace(" ", ""), now_ms, None)
        if step is None:
            raise InvalidInput(_WRONG_CODE, field="code")
        await unit.second_factors.put(SecondFactor(id_, factor.pending, now_ms, step))
        return await self._replace_codes(unit, id_)

    async def _replace_codes(self, unit: UnitOfWork, id_: PersonId) -> tuple[str, ...]:
        codes = new_recovery_codes(self._entropy)
        await unit.recovery_codes.replace(id_, tuple(recovery_hash(code) for code in codes), self._clock.now_ms())
        return codes

    async def _require_password(self, principal: StaffPrincipal, password: str) -> None:
        principal.require_full()
        self._throttle.begin([_bucket(principal)])
        async with self._units(read_only=True) as unit:
            found = await unit.people.by_email(principal.person.email)
        if not await self._passwords.verify(found[1] if found else None, password, known=True):
            raise InvalidInput("This is not your current password.", field="current")
        self._throttle.succeeded([_bucket(principal)])


def _bucket(principal: StaffPrincipal) -> Bucket:
    return f"session:{principal.session_hash}", SESSION


def _fresh(factor: SecondFactor, now_ms: int) -> bool:
    return factor.pending_ms is not None and now_ms - factor.pending_ms < PENDING_VALID_MS
