"""Staff sign in by their organisation's identity provider. One rule: nobody becomes staff by it who is not already.

The browser that begins is the one that ends it: state, nonce and PKCE verifier wait at the server under the hash of a
secret that only this browser holds, and are gone with the first answer, right or wrong. The account is the existing
person with the verified e-mail address. Called by web/pages/oidc.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from verifier.core.access import fingerprint
from verifier.core.identity import Identity, Refusal, require
from verifier.core.model import Person, StaffRole
from verifier.core.staffing import Change, StaffChange, require_roles
from verifier.errors import IdentityRefused, InvalidInput
from verifier.ports import Clock, Entropy, UnitOfWork, UnitOfWorkFactory
from verifier.ports.identity import Departure, IdentityProvider
from verifier.service.signing_in import Client, SignedIn, SigningIn

UNDER_WAY_MS = 600_000
"""How long somebody may take at the provider."""
_MOST_UNDER_WAY = 10_000


@dataclass(frozen=True, slots=True)
class RoleMap:
    """Which roles the provider's groups give; without a claim the roles stay as administrators set them."""

    claim: str = ""
    roles: Mapping[str, StaffRole] = field(default_factory=dict)


NO_ROLES_FROM_GROUPS = RoleMap()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the browser brings back from the provider."""

    state: str
    code: str
    error: str
    issuer: str | None


class Federating:
    """Signing in by an identity provider."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        signing_in: SigningIn,
        provider: IdentityProvider,
        role_map: RoleMap = NO_ROLES_FROM_GROUPS,
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._signing_in = signing_in
        self._provider = provider
        self._role_map = role_map
        self._under_way: OrderedDict[str, tuple[int, Departure]] = OrderedDict()

    async def begin(self) -> tuple[str, str]:
        """(the secret of a cookie that this browser alone holds, where it goes to sign in).

        Raises:
            IdentityRefused: the provider cannot be reached.
        """
        departure = Departure(self._entropy.token(), self._entropy.token(), self._entropy.token())
        address = await self._provider.address(departure)
        secret = self._entropy.token()
        self._under_way[fingerprint(secret)] = (self._clock.now_ms() + UNDER_WAY_MS, departure)
        while len(self._under_way) > _MOST_UNDER_WAY:
            self._under_way.popitem(last=False)
        return secret, address

    async def finish(self, secret: str, answer: Answer, client: Client) -> SignedIn:
        """A full session of the person whom the provider vouches for.

        Raises:
            IdentityRefused: anything about the answer does not hold; ``field`` says what, for the log alone.
        """
        now_ms = self._clock.now_ms()
        expires_ms, departure = self._under_way.pop(fingerprint(secret), (0, Departure("", "", "")))
        require(now_ms < expires_ms and answer.state == departure.state, Refusal.STATE)
        await self._provider.require_issuer(answer.issuer)
        require(not answer.error and bool(answer.code), Refusal.PROVIDER)
        found = await self._provider.redeem(answer.code, departure, now_ms)
        async with self._units() as unit:
            person = await self._person(unit, found, now_ms)
            return await self._signing_in.begin(unit, person, client.agent, second_factor_ms=now_ms)

    async def _person(self, unit: UnitOfWork, found: Identity, now_ms: int) -> Person:
        if found.email is None:
            raise IdentityRefused(field=Refusal.EMAIL)
        known = await unit.people.by_email(found.email)
        if known is None or known[0].disabled_ms is not None:
            raise IdentityRefused(field=Refusal.UNKNOWN_PERSON)
        return await self._with_roles(unit, known[0], found, now_ms) if self._role_map.claim else known[0]

    async def _with_roles(self, unit: UnitOfWork, person: Person, found: Identity, now_ms: int) -> Person:
        groups = found.claims.get(self._role_map.claim)
        named = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
        roles = frozenset(role for group, role in self._role_map.roles.items() if group in named)
        try:
            require_roles(roles)
        except InvalidInput:
            raise IdentityRefused(field=Refusal.NO_ROLE) from None
        if roles == person.roles:
            return person
        changed = Person(
            person.id, person.name, person.email, person.pseudonym, roles, person.languages, person.disabled_ms
        )
        await unit.people.save(changed)
        await unit.staff_changes.add(StaffChange(person.id, now_ms, Change.ROLES, None, ", ".join(sorted(roles))))
        return changed
