"""Everything about staff accounts in one hand. One rule: who builds it says once whether a second factor is asked for.

Called by compose, by the commands and by tests.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from argon2 import PasswordHasher

from verifier.core.model import InterviewId, Role
from verifier.ports import Bus, Clock, Entropy, UnitOfWorkFactory
from verifier.ports.identity import IdentityProvider
from verifier.service.administering import Administering
from verifier.service.calls import Calls
from verifier.service.devices import Devices
from verifier.service.enrolling import Enrolling
from verifier.service.federating import NO_ROLES_FROM_GROUPS, Federating, RoleMap
from verifier.service.passwords import Passwords
from verifier.service.people import People
from verifier.service.sessions import Sessions
from verifier.service.signing_in import SigningIn
from verifier.service.throttling import Throttle


@dataclass(frozen=True, slots=True)
class Accounts:
    """Signing in, one's own account, and other people's."""

    signing_in: SigningIn
    sessions: Sessions
    enrolling: Enrolling
    people: People
    administering: Administering
    federating: Federating | None
    """None: no identity provider is configured."""


@dataclass(frozen=True, slots=True)
class AccountPorts:
    """What accounts rest on."""

    units: UnitOfWorkFactory
    clock: Clock
    entropy: Entropy
    bus: Bus
    calls: Calls
    device_keys: Sequence[bytes]
    """Sign device cookies; newest first."""
    leave: Callable[[InterviewId, Role], Awaitable[None]] | None = None
    """Ends a call for one side; None where no calls run."""
    hasher: PasswordHasher | None = None
    """None: argon2id with the library's parameters (RFC 9106, low memory)."""
    second_factor: bool = True
    """False only in a demo, on loopback: links alone let people act."""
    provider: IdentityProvider | None = None
    role_map: RoleMap = NO_ROLES_FROM_GROUPS


def accounts(ports: AccountPorts) -> Accounts:
    """The services of staff accounts."""
    units, clock, entropy = ports.units, ports.clock, ports.entropy
    passwords, throttle = Passwords(entropy, ports.hasher), Throttle(clock)
    devices = Devices(clock, entropy, ports.device_keys)
    signing_in = SigningIn(units, clock, entropy, passwords, throttle, devices, second_factor=ports.second_factor)
    sessions = Sessions(units, clock, ports.bus)
    people = People(units, clock, entropy, sessions, ports.calls, ports.leave)
    by = ports.provider
    return Accounts(
        signing_in=signing_in,
        sessions=sessions,
        enrolling=Enrolling(units, clock, entropy, passwords, throttle, signing_in, sessions),
        people=people,
        administering=Administering(units, people),
        federating=Federating(units, clock, entropy, signing_in, by, ports.role_map) if by else None,
    )
