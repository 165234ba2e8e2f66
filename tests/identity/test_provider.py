"""The provider's answers: what is right gets in, and every lie is refused by its own word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from yarl import URL

from tests.fakes import ManualClock
from tests.identity.issuer import (
    ACCESS_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    KEYS,
    OTHER,
    REDIRECT,
    RSA,
    Issuer,
    half_hash,
    hmac_key,
    running,
    signed_with,
    unsigned,
)
from verifier.core.identity import LEEWAY_S, OLDEST_S, Refusal
from verifier.errors import IdentityRefused
from verifier.identity import provider as module
from verifier.identity.provider import AGAIN_MS, FRESH_MS, OidcProvider, ProviderSettings
from verifier.ports.identity import Departure

DEPARTURE = Departure("a state", "a nonce", "a verifier of at least forty-three characters!!")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def issuer(clock: ManualClock) -> AsyncIterator[Issuer]:
    async with running(clock) as started:
        yield started


@pytest.fixture
async def provider(issuer: Issuer) -> AsyncIterator[OidcProvider]:
    async with OidcProvider(_settings(issuer), issuer.clock) as opened:
        yield opened


def _settings(of: Issuer, **changes: Any) -> ProviderSettings:
    values = {"issuer": of.url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uri": REDIRECT}
    return ProviderSettings(**(values | changes))


async def redeemed(issuer: Issuer, provider: OidcProvider) -> Any:
    """Somebody signs in there and comes back."""
    code = issuer.code_for(await provider.address(DEPARTURE))
    return await provider.redeem(code, DEPARTURE, issuer.clock.now_ms())


async def refusal(issuer: Issuer, provider: OidcProvider) -> str | None:
    """Why that did not work."""
    with pytest.raises(IdentityRefused) as refused:
        await redeemed(issuer, provider)
    return refused.value.field


# ---------------------------------------------------------------- what is right


async def test_the_address_asks_for_a_code_with_pkce(issuer: Issuer, provider: OidcProvider) -> None:
    address = URL(await provider.address(DEPARTURE))
    assert str(address.with_query(None)) == f"{issuer.url}/authorize"
    query = dict(address.query)
    assert query.pop("code_challenge") not in {DEPARTURE.verifier, ""}
    assert query == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "scope": "openid email profile",
        "state": DEPARTURE.state,
        "nonce": DEPARTURE.nonce,
        "code_challenge_method": "S256",
    }


@pytest.mark.parametrize("algorithm", list(KEYS))
async def test_every_accepted_algorithm_is_accepted(issuer: Issuer, provider: OidcProvider, algorithm: str) -> None:
    issuer.algorithm = algorithm
    digest = "sha512" if algorithm == "Ed25519" else "sha256"
    issuer.claims = {"at_hash": half_hash(ACCESS_TOKEN, digest)}
    found = await redeemed(issuer, provider)
    assert (found.subject, found.email) == ("subject-1", "per_anna@example.org")


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": [CLIENT_ID]},
        {"aud": [CLIENT_ID, "other"], "azp": CLIENT_ID},
        {"azp": CLIENT_ID},
        {"email": " Per_Anna@Example.org "},
    ],
)
async def test_what_the_standard_allows_is_allowed(
    issuer: Issuer, provider: OidcProvider, claims: dict[str, Any]
) -> None:
    issuer.claims = claims
    assert (await redeemed(issuer, provider)).email == "per_anna@example.org"


async def test_the_secret_goes_in_the_header_or_where_the_provider_wants_it(
    issuer: Issuer, provider: OidcProvider
) -> None:
    await redeemed(issuer, provider)
    assert issuer.authorizations[-1].startswith("Basic ") and "client_secret" not in issuer.forms[-1]
    issuer.document = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    async with OidcProvider(_settings(issuer), issuer.clock) as posting:
        await redeemed(issuer, posting)
    assert issuer.authorizations[-1] == "" and issuer.forms[-1]["client_secret"] == CLIENT_SECRET
    async with OidcProvider(_settings(issuer, client_secret=""), issuer.clock) as public:
        await redeemed(issuer, public)
    assert issuer.forms[-1]["client_id"] == CLIENT_ID and "client_secret" not in issuer.forms[-1]


async def test_an_address_that_the_token_leaves_out_comes_from_the_userinfo_endpoint(
    issuer: Issuer, provider: OidcProvider
) -> None:
    issuer.claims = {"email": None, "email_verified": None}
    issuer.userinfo = {"email": "per_anna@example.org", "email_verified": True, "iss": "elsewhere"}
    found = await redeemed(issuer, provider)
    assert found.email == "per_anna@example.org" and found.claims["iss"] == issuer.url
    issuer.userinfo["sub"] = "somebody else"
    assert await refusal(issuer, provider) == Refusal.SUBJECT
    issuer.document = {"userinfo_endpoint": None}
    async with OidcProvider(_settings(issuer), issuer.clock) as without:
        assert (await redeemed(issuer, without)).email is None


@pytest.mark.parametrize(
    "claims", [{"email_verified": False}, {"email_verified": None}, {"email_verified": "true"}, {"email": 7}]
)
async def test_an_address_that_nobody_verified_is_none(
    issuer: Issuer, provider: OidcProvider, claims: dict[str, Any]
) -> None:
    issuer.claims = claims
    assert (await redeemed(issuer, provider)).email is None and "userinfo" not in issuer.asked


# ---------------------------------------------------------------- every lie


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://elsewhere.example"}, Refusal.ISSUER),
        ({"iss": None}, Refusal.ISSUER),
        ({"aud": "somebody else"}, Refusal.AUDIENCE),
        ({"aud": ["somebody else"]}, Refusal.AUDIENCE),
        ({"aud": None}, Refusal.AUDIENCE),
        ({"aud": {"0": CLIENT_ID}}, Refusal.AUDIENCE),
        ({"aud": [CLIENT_ID, "other"]}, Refusal.AUTHORISED_PARTY),
        ({"aud": [CLIENT_ID, "other"], "azp": "other"}, Refusal.AUTHORISED_PARTY),
        ({"azp": "other"}, Refusal.AUTHORISED_PARTY),
        ({"nonce": "another nonce"}, Refusal.NONCE),
        ({"nonce": None}, Refusal.NONCE),
        ({"nonce": ["a nonce"]}, Refusal.NONCE),
        ({"exp": None}, Refusal.EXPIRED),
        ({"exp": "9999999999"}, Refusal.EXPIRED),
        ({"exp": True}, Refusal.EXPIRED),
        ({"exp": 0}, Refusal.EXPIRED),
        ({"iat": None}, Refusal.ISSUED_AT),
        ({"iat": 0}, Refusal.ISSUED_AT),
        ({"nbf": 2**40}, Refusal.NOT_BEFORE),
        ({"nbf": "soon"}, Refusal.NOT_BEFORE),
        ({"at_hash": half_hash("another token")}, Refusal.ACCESS_TOKEN),
        ({"at_hash": ""}, Refusal.ACCESS_TOKEN),
        ({"at_hash": 7}, Refusal.ACCESS_TOKEN),
        ({"sub": None}, Refusal.SUBJECT),
        ({"sub": ""}, Refusal.SUBJECT),
        ({"sub": "s" * 256}, Refusal.SUBJECT),
        ({"sub": 7}, Refusal.SUBJECT),
    ],
)
async def test_a_claim_that_is_not_as_it_must_be_is_refused(
    issuer: Issuer, provider: OidcProvider, claims: dict[str, Any], why: Refusal
) -> None:
    issuer.claims = claims
    assert await refusal(issuer, provider) == why


@pytest.mark.parametrize(
    ("claims", "age_s", "why"),
    [
        ({"exp": -LEEWAY_S + 1}, 0, None),
        ({"exp": -LEEWAY_S}, 0, Refusal.EXPIRED),
        ({"iat": LEEWAY_S}, 0, None),
        ({"iat": LEEWAY_S + 1}, 0, Refusal.ISSUED_AT),
        ({"iat": -OLDEST_S}, 0, None),
        ({"iat": -OLDEST_S - 1}, 0, Refusal.ISSUED_AT),
        ({"nbf": LEEWAY_S}, 0, None),
        ({"nbf": LEEWAY_S + 1}, 0, Refusal.NOT_BEFORE),
    ],
)
async def test_times_have_a_minute_of_leeway_and_no_more(
    issuer: Issuer, provider: OidcProvider, claims: dict[str, int], age_s: int, why: Refusal | None
) -> None:
    now_s = issuer.clock.now_ms() // 1_000
    issuer.claims = {name: now_s + offset for name, offset in claims.items()}
    if why is None:
        assert (await redeemed(issuer, provider)).subject == "subject-1"
    else:
        assert await refusal(issuer, provider) == why


async def test_a_token_signed_by_nobody_is_refused(issuer: Issuer, provider: OidcProvider) -> None:
    for alg in ("none", "None", "NONE", "nOnE"):
        issuer.forged = lambda claims, alg=alg: unsigned(claims, {"alg": alg, "kid": "rsa"})  # type: ignore[misc]
        assert await refusal(issuer, provider) == Refusal.ALGORITHM
    issuer.forged = lambda claims: unsigned(claims, {"alg": "RS256", "kid": "rsa"})
    assert await refusal(issuer, provider) == Refusal.SIGNATURE


async def test_a_token_signed_with_what_everybody_knows_is_refused(issuer: Issuer, provider: OidcProvider) -> None:
    """The public key, the client id or the secret as an HMAC key: algorithm confusion."""
    for known in (RSA.as_pem(private=False).decode(), CLIENT_ID, CLIENT_SECRET):

        def forge(claims: dict[str, Any], known: str = known) -> str:
            return signed_with(known, claims, {"alg": "HS256", "kid": "rsa"})

        issuer.forged = forge
        assert await refusal(issuer, provider) == Refusal.ALGORITHM


@pytest.mark.parametrize(
    "lie",
    [
        {"key": OTHER},
        {"key": OTHER, "header": {"kid": "rsa"}},
        {"key": OTHER, "header": {"kid": None}},
        {"key": OTHER, "header": {"jwk": OTHER.as_dict(private=False), "kid": "rsa"}},
        {"algorithm": "PS256", "header": {"kid": "ec"}},
    ],
)
async def test_a_token_signed_by_somebody_else_is_refused(
    issuer: Issuer, provider: OidcProvider, lie: dict[str, Any]
) -> None:
    for name, value in lie.items():
        setattr(issuer, name, value)
    assert await refusal(issuer, provider) in {Refusal.SIGNATURE, Refusal.TOKEN}


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c.d", "a.b.c", "e30.e30.e30", "x" * 20_000, "é.é.é"])
async def test_what_is_no_token_is_refused(issuer: Issuer, provider: OidcProvider, token: str) -> None:
    issuer.forged = lambda _: token
    assert await refusal(issuer, provider) in {Refusal.TOKEN, Refusal.ALGORITHM}


@pytest.mark.parametrize("answer", [{"id_token": 7, "access_token": "a"}, {"access_token": "a"}, {"id_token": "a.b.c"}])
async def test_an_answer_without_its_tokens_is_refused(
    issuer: Issuer, provider: OidcProvider, answer: dict[str, Any]
) -> None:
    issuer.token_answer = answer
    assert await refusal(issuer, provider) == Refusal.TOKEN


async def test_a_code_is_redeemed_once_and_only_by_who_began(issuer: Issuer, provider: OidcProvider) -> None:
    code = issuer.code_for(await provider.address(DEPARTURE))
    now_ms = issuer.clock.now_ms()
    for wrong in (Departure("s", "n", "another verifier, as a thief of the code would have"),):
        with pytest.raises(IdentityRefused) as refused:
            await provider.redeem(code, wrong, now_ms)
        assert refused.value.field == Refusal.EXCHANGE
    code = issuer.code_for(await provider.address(DEPARTURE))
    await provider.redeem(code, DEPARTURE, now_ms)
    with pytest.raises(IdentityRefused) as refused:
        await provider.redeem(code, DEPARTURE, now_ms)
    assert refused.value.field == Refusal.EXCHANGE


async def test_a_stronger_way_of_signing_in_can_be_asked_for(issuer: Issuer) -> None:
    async with OidcProvider(_settings(issuer, acr=("gold", "silver")), issuer.clock) as strict:
        assert URL(await strict.address(DEPARTURE)).query["acr_values"] == "gold silver"
        for acr in (None, "bronze", ["gold"]):
            issuer.claims = {"acr": acr}
            assert await refusal(issuer, strict) == Refusal.CONTEXT
        issuer.claims = {"acr": "silver"}
        assert await redeemed(issuer, strict)
    async with OidcProvider(_settings(issuer, amr=("mfa",)), issuer.clock) as strict:
        for amr in (None, "mfa", ["pwd"], [["mfa"]]):
            issuer.claims = {"amr": amr}
            assert await refusal(issuer, strict) == Refusal.CONTEXT
        issuer.claims = {"amr": ["pwd", "mfa"]}
        assert await redeemed(issuer, strict)


# ---------------------------------------------------------------- the document and the keys


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"issuer": "https://elsewhere.example"}, Refusal.ISSUER),
        ({"issuer": None}, Refusal.ISSUER),
        ({"token_endpoint": None}, Refusal.UNREACHABLE),
        ({"token_endpoint": 7}, Refusal.UNREACHABLE),
        ({"jwks_uri": "http://keys.example.org/keys"}, Refusal.UNREACHABLE),
        ({"authorization_endpoint": "javascript:alert(1)"}, Refusal.UNREACHABLE),
        ({"userinfo_endpoint": "ftp://127.0.0.1/x"}, Refusal.UNREACHABLE),
    ],
)
async def test_a_document_of_somebody_else_or_that_leads_astray_is_refused(
    issuer: Issuer, provider: OidcProvider, document: dict[str, Any], why: Refusal
) -> None:
    issuer.document = document
    with pytest.raises(IdentityRefused) as refused:
        await provider.address(DEPARTURE)
    assert refused.value.field == why
    issuer.document = {}
    assert await provider.address(DEPARTURE), "what was refused is not kept"


async def test_the_document_and_the_keys_are_kept_for_an_hour(issuer: Issuer, provider: OidcProvider) -> None:
    for _ in range(3):
        await redeemed(issuer, provider)
    assert (issuer.asked.count("document"), issuer.asked.count("keys")) == (1, 1)
    issuer.clock.advance(ms=FRESH_MS)
    await redeemed(issuer, provider)
    assert (issuer.asked.count("document"), issuer.asked.count("keys")) == (2, 2)


async def test_a_new_key_is_asked_for_once_a_minute_at_most(issuer: Issuer, provider: OidcProvider) -> None:
    await redeemed(issuer, provider)
    issuer.key = OTHER
    for _ in range(3):
        assert await refusal(issuer, provider) == Refusal.SIGNATURE
    assert issuer.asked.count("keys") == 1, "unknown keys are no way to make us hammer the provider"
    issuer.published = [OTHER]
    issuer.clock.advance(ms=AGAIN_MS)
    assert await redeemed(issuer, provider)
    assert issuer.asked.count("keys") == 2
    issuer.key = None
    assert await refusal(issuer, provider) == Refusal.SIGNATURE, "a key that was taken away signs no more"


@pytest.mark.parametrize("published", [[], [hmac_key("known")]])
async def test_keys_that_cannot_sign_are_none(issuer: Issuer, provider: OidcProvider, published: list[Any]) -> None:
    issuer.published = published
    assert await refusal(issuer, provider) == Refusal.SIGNATURE


async def test_an_answer_says_whom_it_is_from(issuer: Issuer, provider: OidcProvider) -> None:
    await provider.require_issuer(None)
    await provider.require_issuer(issuer.url)
    issuer.document = {"authorization_response_iss_parameter_supported": True}
    async with OidcProvider(_settings(issuer), issuer.clock) as naming:
        for said in (None, "https://elsewhere.example", ""):
            with pytest.raises(IdentityRefused) as refused:
                await naming.require_issuer(said)
            assert refused.value.field == Refusal.RESPONSE_ISSUER
        await naming.require_issuer(issuer.url)


async def test_a_provider_that_is_not_there_or_answers_nonsense_is_refused(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = "http://127.0.0.1:9"
    async with OidcProvider(_settings(issuer, issuer=gone), issuer.clock) as away:
        with pytest.raises(IdentityRefused) as refused:
            await away.address(DEPARTURE)
        assert refused.value.field == Refusal.UNREACHABLE
    async with OidcProvider(_settings(issuer), issuer.clock) as opened:
        monkeypatch.setattr(module, "MOST_BYTES", 100)
        with pytest.raises(IdentityRefused) as refused:
            await opened.address(DEPARTURE)
        assert refused.value.field == Refusal.UNREACHABLE
    issuer.status = 302
    monkeypatch.setattr(module, "MOST_BYTES", 100_000)
    async with OidcProvider(_settings(issuer), issuer.clock) as opened:
        assert await refusal(issuer, opened) == Refusal.EXCHANGE, "no redirect is followed"
