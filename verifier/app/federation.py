"""Puts signing in by an identity provider together, when one is configured. Called by compose and serving."""

from __future__ import annotations

from urllib.parse import urlsplit

from verifier.config import Settings
from verifier.core.model import StaffRole
from verifier.errors import ConfigurationInvalid
from verifier.identity.provider import OidcProvider, ProviderSettings
from verifier.ports import Clock
from verifier.service.federating import RoleMap
from verifier.web.pages.oidc import CALLBACK


def provider(settings: Settings, clock: Clock) -> OidcProvider | None:
    """The identity provider of the settings; None when there is none."""
    if not settings.oidc_issuer:
        return None
    own = ProviderSettings(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        redirect_uri=settings.origin + CALLBACK,
        acr=settings.oidc_acr,
        amr=settings.oidc_amr,
    )
    return OidcProvider(own, clock)


def role_map(settings: Settings) -> RoleMap:
    """Which group gives which role.

    Raises:
        ConfigurationInvalid: there is no such role.
    """
    pairs = [pair.rpartition("=") for pair in settings.oidc_roles]
    try:
        return RoleMap(settings.oidc_role_claim, {group: StaffRole(role) for group, _, role in pairs})
    except ValueError as error:
        raise ConfigurationInvalid(f"VERIFIER_OIDC_ROLES: {error}.", field="oidc_roles") from None


def name(settings: Settings) -> str:
    """What staff know the provider by; "" when there is none."""
    return settings.oidc_name or urlsplit(settings.oidc_issuer).hostname or ""
