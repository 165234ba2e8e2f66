"""What ``verifier …`` does besides serving. Each command opens the store, does one thing and closes it."""

from __future__ import annotations

import asyncio

from verifier.app.keys import make_key
from verifier.app.runtime import AnchoredClock, SystemEntropy
from verifier.app.seeding import PEOPLE
from verifier.app.user_commands import people_of
from verifier.config import Settings
from verifier.core.access import Audience
from verifier.core.demo import DemoAccess
from verifier.core.model import StaffRole, VerificationId
from verifier.errors import InvalidInput, NotFound
from verifier.service.linking import Linking
from verifier.storage import migrating
from verifier.storage.store import Store
from verifier.web.bus import InProcessBus


def upgrade(settings: Settings) -> None:
    """Create or migrate the database."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    migrating.upgrade(settings.database)


def add_key(settings: Settings, name: str, *, test: bool) -> str:
    """The secret of a new API key.

    Raises:
        InvalidInput: the name is empty.
    """
    if not name.strip():
        raise InvalidInput("A key needs a name, by which it is known later.", field="name")

    async def run() -> str:
        async with await Store.open(settings.database) as store:
            key, secret = make_key(name, AnchoredClock().now_ms(), SystemEntropy(), test=test)
            async with store.units() as unit:
                await unit.api_keys.add(key)
            return secret

    return asyncio.run(run())


def revoke_links(settings: Settings, verification_id: str) -> int:
    """How many browsers were signed out; a running server closes their connections within seconds.

    Raises:
        NotFound: no such case.
    """

    async def run() -> int:
        async with await Store.open(settings.database) as store:
            return await _linking(store, settings).revoke(VerificationId(verification_id))

    return asyncio.run(run())


def add_link(settings: Settings, verification_id: str, *, interview: bool) -> str:
    """A further private link of the case.

    Raises:
        NotFound: no such case.
        IllegalState: no interview can come any more.
    """

    async def run() -> str:
        async with await Store.open(settings.database) as store:
            audience = Audience.FREELANCER if interview else Audience.CASE
            return await _linking(store, settings).add(VerificationId(verification_id), audience)

    return asyncio.run(run())


def _linking(store: Store, settings: Settings) -> Linking:
    return Linking(store.units, AnchoredClock(), SystemEntropy(), InProcessBus(), settings.origin)


def demo_access(settings: Settings) -> DemoAccess:
    """Ways in for the synthetic people: a fresh key and fresh one-use links of the demo's staff.

    Raises:
        ConfigurationInvalid: the server is not on loopback.
        NotFound: the server was never started with --demo.
    """
    settings.require_loopback()

    async def run() -> DemoAccess:
        async with await Store.open(settings.database) as store:
            key, secret = make_key("verifier demo", AnchoredClock().now_ms(), SystemEntropy(), test=False)
            async with store.units() as unit:
                await unit.api_keys.add(key)
                people = {person.email: person for person in await unit.people.all()}
            links: dict[StaffRole, list[str]] = {}
            for _, email, _, role in PEOPLE:
                if email not in people:
                    raise NotFound("The demo's people are missing. Start the server with --demo (make run) first.")
                token = await people_of(store.units).mint_link(people[email].id, void_earlier=False)
                links.setdefault(role, []).append(f"{settings.origin}/staff#{token}")
            return DemoAccess(secret, tuple(links[StaffRole.INTERVIEWER]), links[StaffRole.REVIEWER][0])

    return asyncio.run(run())
