"""Against a real, certified provider (oidc-provider, in its own process): the whole way, by HTTP alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.identity.panva import CLIENT_ID, CLIENT_SECRET, panva
from tests.web.account import account
from tests.web.house import ORIGIN, open_house
from verifier.app.runtime import AnchoredClock
from verifier.core.identity import Refusal
from verifier.errors import IdentityRefused
from verifier.identity.provider import OidcProvider, ProviderSettings
from verifier.ports.identity import Departure

REDIRECT = f"{ORIGIN}/staff/oidc/callback"
DEPARTURE = Departure("a state", "a nonce", "a-verifier-of-at-least-forty-three-characters")


def settings(issuer: str, **changes: Any) -> ProviderSettings:
    values = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uri": REDIRECT} | changes
    return ProviderSettings(issuer=issuer, **values)


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256"])
@pytest.mark.parametrize("conform", [True, False])
async def test_a_code_becomes_a_verified_identity(algorithm: str, conform: bool) -> None:
    clock = AnchoredClock()
    async with (
        panva(REDIRECT, algorithm=algorithm, conform=conform) as real,
        OidcProvider(settings(real.issuer), clock) as provider,
    ):
        back = await real.sign_in(await provider.address(DEPARTURE), "anna")
        assert back.query["state"] == DEPARTURE.state
        await provider.require_issuer(back.query.get("iss"))
        with pytest.raises(IdentityRefused):
            await provider.require_issuer(None)
        found = await provider.redeem(back.query["code"], DEPARTURE, clock.now_ms())
        assert (found.subject, found.email) == ("anna", "per_anna@example.org")
        assert found.claims["iss"] == real.issuer and found.claims["aud"] == CLIENT_ID
        with pytest.raises(IdentityRefused) as refused:
            await provider.redeem(back.query["code"], DEPARTURE, clock.now_ms())
        assert refused.value.field == Refusal.EXCHANGE, "a code is good once"


async def test_what_does_not_belong_together_is_refused() -> None:
    clock = AnchoredClock()
    async with (
        panva(REDIRECT) as real,
        OidcProvider(settings(real.issuer), clock) as provider,
        OidcProvider(settings(real.issuer, client_secret="another secret"), clock) as stranger,
    ):

        async def refusal(by: OidcProvider, departure: Departure) -> str | None:
            back = await real.sign_in(await provider.address(DEPARTURE), "anna")
            with pytest.raises(IdentityRefused) as refused:
                await by.redeem(back.query["code"], departure, clock.now_ms())
            return refused.value.field

        assert await refusal(provider, Departure("s", "a nonce", "x" * 43)) == Refusal.EXCHANGE, "PKCE"
        assert await refusal(provider, Departure("s", "another nonce", DEPARTURE.verifier)) == Refusal.NONCE
        assert await refusal(stranger, DEPARTURE) == Refusal.EXCHANGE, "the client's secret"
        late = clock.now_ms() + 3_600_000 * 24
        back = await real.sign_in(await provider.address(DEPARTURE), "anna")
        with pytest.raises(IdentityRefused) as refused:
            await provider.redeem(back.query["code"], DEPARTURE, late)
        assert refused.value.field == Refusal.EXPIRED


@pytest.mark.parametrize(("login", "where"), [("nobody", "unknown_person"), ("unverified", "unknown_person")])
async def test_only_a_verified_address_of_somebody_who_is_staff_opens_a_session(
    aiohttp_client: Any, login: str, where: str
) -> None:
    clock: Any = AnchoredClock()
    async with panva(REDIRECT) as real, OidcProvider(settings(real.issuer), clock) as provider:
        house = await open_house(aiohttp_client, clock=clock, by={"provider": provider})
        await account(house)
        for who, status in ((login, 303), ("anna", 200)):
            browser = house.browser()
            departed = await browser.get("/staff/oidc")
            back = await real.sign_in(departed.headers["Location"], who)
            answer = await browser.get(back.raw_path_qs)
            assert answer.status == status
            if status == 303:
                assert answer.headers["Location"] == f"/staff?error={where}"
        assert (await browser.get("/staff/queue.json", "application/json")).status == 200
