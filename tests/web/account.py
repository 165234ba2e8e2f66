"""A staff account that is set up: its password, and an authenticator that shows codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyotp

from tests.contract.examples import person
from tests.web.house import CHEAP, PASSWORD, Answer, Browser, House
from verifier.core.access import SecondFactor
from verifier.core.model import Person, StaffRole, Training
from verifier.service.second_factor import STEP_MS, recovery_hash

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
RECOVERY = "abcd-efgh-ijkl-mnop"
TRAINED_MS = 365 * 86_400_000
WRONG = "The address, the password or the code is not right."


@dataclass
class Account:
    """One person's account as he knows it."""

    house: House
    person: Person
    password: str = PASSWORD
    secret: str = SECRET

    def code(self, steps: int = 0) -> str:
        """What the authenticator shows now, or some half minutes later."""
        return pyotp.TOTP(self.secret).generate_otp(self.house.clock.now_ms() // STEP_MS + steps)

    def typed(self, **changes: Any) -> dict[str, Any]:
        """What he types to sign in."""
        return {"email": self.person.email, "password": self.password, "code": self.code()} | changes

    async def sign_in(self, browser: Browser | None = None, **changes: Any) -> Answer:
        """Sign in; ``changes`` are typed differently, those in capitals are headers."""
        headers = {name: changes.pop(name) for name in [*changes] if name[0].isupper()}
        return await (browser or self.house.browser()).post("/staff/sign-in", self.typed(**changes), **headers)

    async def signed_in(self) -> Browser:
        """A browser that has just signed in."""
        browser = self.house.browser()
        self.house.clock.advance(ms=STEP_MS)
        assert (await self.sign_in(browser)).status == 200
        return browser


async def account(house: House, name: str = "per_anna", *roles: StaffRole, hasher: Any = CHEAP) -> Account:
    """A new person with password, authenticator and one recovery code, trained for every role."""
    somebody, now_ms = person(name, **({"roles": frozenset(roles)} if roles else {})), house.clock.now_ms()
    async with house.units() as unit:
        await unit.people.add(somebody, hasher.hash(PASSWORD))
        await unit.second_factors.put(SecondFactor(somebody.id, SECRET, now_ms))
        await unit.recovery_codes.replace(somebody.id, (recovery_hash(RECOVERY),), now_ms)
        for role in sorted(somebody.roles):
            await unit.trainings.add(Training(somebody.id, role, now_ms, now_ms + TRAINED_MS))
    return Account(house, somebody)
