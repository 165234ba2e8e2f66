"""What every handler finds in the application: services, settings, pages. One rule: nothing else is global.

Handlers get them by ``request.app[SERVICES]`` and so on; ``app`` builds services and settings, ``web/application``
stores them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from verifier.web.ice import IceSettings

if TYPE_CHECKING:
    from verifier.ports import Bus, Clock, Entropy
    from verifier.service.accounts import Accounts
    from verifier.service.checking import Checking
    from verifier.service.conflicts import Conflicts
    from verifier.service.deciding import Deciding
    from verifier.service.interviewing import Interviewing
    from verifier.service.joining import Joining
    from verifier.service.linking import Linking
    from verifier.service.measuring import Measuring
    from verifier.service.platform import Platform
    from verifier.service.playing import Playing
    from verifier.service.redress import Redress
    from verifier.service.relaying import Relaying
    from verifier.service.review_desk import ReviewDesk
    from verifier.service.reviewing import Reviewing
    from verifier.service.showing import Showing
    from verifier.service.staff import Staff
    from verifier.service.stills import Stills
    from verifier.service.taking import Taking
    from verifier.web.assets import Assets
    from verifier.web.doors import Crowd
    from verifier.web.metrics import Metrics
    from verifier.web.security import Limits
    from verifier.wording.pages import Pages

LOOPBACK = ("127.0.0.0/8", "::1/128")


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases, one field per person's verbs, and the ports that handlers need themselves."""

    platform: Platform
    joining: Joining
    linking: Linking
    accounts: Accounts
    staff: Staff
    conflicts: Conflicts
    checking: Checking
    relaying: Relaying
    taking: Taking
    interviewing: Interviewing
    measuring: Measuring
    deciding: Deciding
    reviewing: Reviewing
    review: ReviewDesk
    stills: Stills
    showing: Showing
    playing: Playing
    redress: Redress
    bus: Bus
    clock: Clock
    entropy: Entropy
    readiness: Callable[[], Awaitable[Mapping[str, bool]]]
    """Each thing the server needs before it may get traffic, e.g. ``database`` and ``migrations``, and whether it is
    there."""
    gauges: Mapping[str, Callable[[], float]] = field(default_factory=dict)
    """Further figures for /metrics by name, e.g. ``verifier_calls``."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: ``burst`` at once, then one every ``refill_ms``."""

    burst: int
    refill_ms: int


@dataclass(frozen=True, slots=True)
class WebSettings:
    """How the server shows itself to the world."""

    public_url: str
    """Scheme, host and port, without a path, as people type it."""
    static_dir: Path
    templates_dir: Path
    idempotency_keys: tuple[bytes, ...]
    """32 bytes each, newest first: it encrypts stored answers to the platform, each of them opens what it sealed."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks whose X-Forwarded-For is believed; none by default."""
    metrics_from: tuple[str, ...] = LOOPBACK
    """Networks that may read /metrics."""
    ice: IceSettings = field(default_factory=IceSettings)
    """STUN and TURN servers for the browsers."""
    platform_name: str = "the platform"
    """What freelancers are told about who asks."""
    oidc_name: str = ""
    """What staff know their identity provider by; empty when none is configured."""
    test_mode: bool = False
    """Every page says that nothing here counts."""
    max_body_bytes: int = 256 * 1024
    link_rate: Rate = Rate(burst=20, refill_ms=6_000)
    """Link exchanges per address."""
    check_rate: Rate = Rate(burst=8, refill_ms=15_000)
    """Starts of a device check per address, and per session."""
    relay_rate: Rate = Rate(burst=20, refill_ms=3_000)
    """Tries of the TURN servers, and words about them, per address, and per session."""
    still_rate: Rate = Rate(burst=20, refill_ms=3_000)
    """Uploads of stills, repetitions included, per address, and per session."""
    ticket_rate: Rate = Rate(burst=30, refill_ms=2_000)
    """WebSocket tickets per session."""
    upload_timeout_s: float = 120.0
    """A still on a weak link takes its time; one that has not come by then is sent again."""
    page_rate: Rate = Rate(burst=300, refill_ms=200)
    """Pages that anybody may see, per address."""
    key_rate: Rate = Rate(burst=30, refill_ms=2_000)
    """Requests with an API key that is not right, per address."""
    words_rate: Rate = Rate(burst=10, refill_ms=10_000)
    """Answers, appeals and downloads of one case."""
    socket_rate: Rate = Rate(burst=120, refill_ms=500)
    """New WebSockets per address."""
    sockets_max: int = 4_096
    """Open WebSockets in all."""
    sockets_max_of_one: int = 256
    """Open WebSockets of one address: an office full of interviewers."""


SERVICES: web.AppKey[Services] = web.AppKey("services")
SETTINGS: web.AppKey[WebSettings] = web.AppKey("settings")
PAGES: web.AppKey[Pages] = web.AppKey("pages")
ASSETS: web.AppKey[Assets] = web.AppKey("assets")
METRICS: web.AppKey[Metrics] = web.AppKey("metrics")
LIMITS: web.AppKey[Limits] = web.AppKey("limits")
CROWD: web.AppKey[Crowd] = web.AppKey("crowd")
REQUEST_ID = web.RequestKey("request_id", str)
"""Quoted in error answers and in the log."""
