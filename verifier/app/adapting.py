"""From the settings to what each room needs to know. One rule: no room below config sees the settings themselves.

Called by ``compose``.
"""

from __future__ import annotations

from pathlib import Path

from verifier.app import federation
from verifier.app.keyring import derived_keys
from verifier.config import Settings
from verifier.core.policy import PolicyBook
from verifier.delivery.transport import HttpTransport, TransportSettings
from verifier.media.settings import MediaSettings
from verifier.service.platform import PlatformSettings
from verifier.web.ice import IceSettings
from verifier.web.keys import WebSettings

ROOT = Path(__file__).resolve().parents[2]


def web_settings(settings: Settings) -> WebSettings:
    """What the web room needs to know."""
    return WebSettings(
        public_url=settings.origin,
        static_dir=ROOT / "static",
        templates_dir=ROOT / "templates",
        idempotency_keys=derived_keys(settings, "idempotency"),
        trusted_proxies=settings.trusted_proxies,
        ice=ice_settings(settings),
        platform_name=settings.platform_name or "the platform",
        oidc_name=federation.name(settings),
    )


def ice_settings(settings: Settings) -> IceSettings:
    """What browsers are told about the way to the server."""
    return IceSettings(
        stun_urls=settings.stun_urls,
        turn_urls=settings.turn_urls,
        turn_secret=settings.turn_secret,
        valid_s=settings.turn_valid_s,
        relay_only=settings.relay_only,
    )


def http_transport(settings: Settings) -> HttpTransport:
    """What carries webhooks."""
    return HttpTransport(TransportSettings(allow_private_addresses=settings.webhook_private_addresses))


def media_settings(settings: Settings) -> MediaSettings:
    """What the media room needs to know; a server on loopback offers its loopback address for media too."""
    return MediaSettings(
        announced_address=settings.media_address or None,
        port_range=settings.media_port_range(),
        include_loopback=settings.listens_on_loopback,
    )


def platform_settings(settings: Settings, book: PolicyBook) -> PlatformSettings:
    """What the platform's API needs to know."""
    private = settings.webhook_private_addresses
    return PlatformSettings(public_url=settings.origin, allow_private_addresses=private, promises=book)
