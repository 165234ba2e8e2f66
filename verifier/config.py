"""Settings from ``VERIFIER_*`` and a TOML file. One rule: nobody else reads the environment.

Every field's description is what ``verifier serve --help`` prints.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from verifier.errors import ConfigurationInvalid

PREFIX = "VERIFIER_"
_TURN_URL = re.compile(r"turns?:(\[[0-9A-Fa-f:.]+\]|[^\s:?/@\[\]]+)(:\d{1,5})?(\?transport=(udp|tcp))?")
"""RFC 7065 3.1; a browser refuses the whole call for a URL that it cannot read."""


class Settings(BaseSettings):
    """Frozen settings; made by ``load``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8080, ge=1, le=65535, description="TCP port to listen on")
    data_dir: Path = Field(Path("var"), description="database, evidence and keys; nothing is written elsewhere")
    database_url: str = Field(
        "", description="sqlite:///PATH or postgresql://USER@HOST/NAME; empty: SQLite in the data directory"
    )
    public_url: str = Field("", description="origin that people's browsers use; empty: http://localhost:PORT")
    platform_name: str = Field(
        "", description="what freelancers know the platform by, e.g. Northwind Freelance; empty: the platform"
    )
    tls_cert: Path | None = Field(None, description="PEM certificate chain; a phone on your network needs TLS")
    tls_key: Path | None = Field(None, description="PEM private key")
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="networks whose forwarded headers are believed, separated by commas"
    )
    master_key: str = Field(
        "", description="32 bytes in base64, or several by commas, newest first; empty: DATA_DIR/keys/master.key"
    )
    policy: Path | None = Field(None, description="TOML file with limits tighter than the shipped policy")
    media_address: str = Field("", description="IP address announced for media; empty: all addresses of this host")
    media_ports: str = Field("", description="UDP port range for media as LOW-HIGH; empty: any free port")
    stun_urls: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="stun: URLs given to browsers, separated by commas"
    )
    turn_urls: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="turn: and turns: URLs given to browsers, separated by commas; need the secret"
    )
    turn_secret: str = Field("", repr=False, description="static-auth-secret of the TURN servers")
    turn_valid_s: int = Field(
        43_200, ge=3_600, le=604_800, description="life of a TURN password in seconds; longer than any call"
    )
    relay_only: bool = Field(False, description="browsers reach media through the TURN servers alone")
    webhook_private_addresses: bool = Field(
        False, description="deliver webhooks to private addresses; demo and tests only"
    )
    smtp_url: str = Field(
        "",
        repr=False,
        description="mail server: smtp://user:password@host:587 (STARTTLS is required; ?starttls=never only on this "
        "machine) or smtps://user:password@host:465; empty: mail is filed in DATA_DIR/mail and counts as not sent",
    )
    smtp_ca: Path | None = Field(
        None, description="PEM file of the authorities for the mail server's certificate; empty: the system's"
    )
    mail_from: str = Field(
        "", description="sender of mail, e.g. Verification <verify@example.org>; a person must read answers to it"
    )
    mail_reply_to: str = Field("", description="address for answers to mail; empty: the sender")
    mail_bounces: str = Field(
        "",
        description="where mail returns to as NAME+TAG@DOMAIN, for verifier mail bounce; empty: the sender",
    )
    oidc_issuer: str = Field("", description="OpenID Connect issuer for staff, as https://id.example.org; empty: none")
    oidc_client_id: str = Field("", description="client id of verifier at the issuer")
    oidc_client_secret: str = Field("", repr=False, description="client secret; empty: none, PKCE alone")
    oidc_name: str = Field("", description="what staff know the issuer by; empty: its host")
    oidc_acr: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="authentication contexts of which one is required, separated by commas; empty: any"
    )
    oidc_amr: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="authentication methods of which one is required, e.g. mfa,otp; empty: any"
    )
    oidc_role_claim: str = Field("", description="claim whose groups give the roles; empty: administrators give them")
    oidc_roles: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="GROUP=ROLE pairs, separated by commas; go with the role claim"
    )
    log_format: Literal["json", "console"] = Field("json", description="json or console")
    log_level: Literal["", "debug", "info", "warning"] = Field(
        "", description="debug, info or warning; empty: info, in demo mode warning"
    )

    @field_validator("trusted_proxies", "stun_urls", "turn_urls", "oidc_acr", "oidc_amr", "oidc_roles", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("TLS_CERT and TLS_KEY go together")
        if self.smtp_url and not self.mail_from:
            raise ValueError("SMTP_URL needs MAIL_FROM")
        if self.media_ports:
            self.media_port_range()
        for network in self.trusted_proxies:
            if ipaddress.ip_network(network).prefixlen == 0:
                raise ValueError("TRUSTED_PROXIES must not name the whole internet: anybody could choose his address")
        _check_public_url(self.public_url)
        self._require_turn()
        self._require_oidc()
        return self

    def _require_turn(self) -> None:
        if any(not url.startswith(("stun:", "stuns:")) for url in self.stun_urls):
            raise ValueError("STUN_URLS are stun:HOST or stun:HOST:PORT; TURN servers go to TURN_URLS")
        if any(not _TURN_URL.fullmatch(url) for url in self.turn_urls):
            raise ValueError("TURN_URLS are turn:HOST or turns:HOST, with :PORT and ?transport=udp or tcp if need be")
        if bool(self.turn_urls) != bool(self.turn_secret):
            raise ValueError("TURN_URLS and TURN_SECRET go together")
        if self.relay_only and not self.turn_urls:
            raise ValueError("RELAY_ONLY needs TURN_URLS: without a relay nobody could be connected")

    def _require_oidc(self) -> None:
        issuer = urlsplit(self.oidc_issuer)
        if bool(self.oidc_issuer) != bool(self.oidc_client_id):
            raise ValueError("OIDC_ISSUER and OIDC_CLIENT_ID go together")
        safe = issuer.scheme == "https" or (issuer.scheme == "http" and _is_loopback(issuer.hostname or ""))
        if self.oidc_issuer and (not safe or not issuer.hostname or issuer.query or issuer.fragment):
            raise ValueError("OIDC_ISSUER is an https address, without query or fragment")
        if bool(self.oidc_role_claim) != bool(self.oidc_roles):
            raise ValueError("OIDC_ROLE_CLAIM and OIDC_ROLES go together")
        if any("=" not in pair for pair in self.oidc_roles):
            raise ValueError("OIDC_ROLES is GROUP=ROLE,GROUP=ROLE")

    @property
    def origin(self) -> str:
        """Scheme, host and port that browsers use, without a slash at the end."""
        if self.public_url:
            return self.public_url.rstrip("/")
        scheme = "https" if self.tls_cert else "http"
        return f"{scheme}://localhost:{self.port}"

    @property
    def database(self) -> str:
        """URL of the database."""
        return self.database_url or f"sqlite+aiosqlite:///{(self.data_dir / 'verifier.sqlite3').absolute()}"

    @property
    def listens_on_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return _is_loopback(self.host)

    def media_port_range(self) -> tuple[int, int] | None:
        """Lowest and highest UDP port for media, both included; None for any.

        Raises:
            ValueError: not ``LOW-HIGH`` with 1024 ≤ LOW ≤ HIGH ≤ 65535.
        """
        if not self.media_ports:
            return None
        low, _, high = self.media_ports.partition("-")
        first, last = int(low), int(high)
        if not 1024 <= first <= last <= 65535:
            raise ValueError("MEDIA_PORTS is LOW-HIGH with 1024 ≤ LOW ≤ HIGH ≤ 65535")
        return first, last

    def require_loopback(self) -> None:
        """Pass when nobody but this machine can reach the server: what demo mode needs.

        Raises:
            ConfigurationInvalid: bound or published elsewhere, or behind a proxy.
        """
        host = urlsplit(self.origin).hostname or ""
        if not (self.listens_on_loopback and _is_loopback(host)) or self.trusted_proxies:
            raise ConfigurationInvalid(
                "Demo mode prints links that let anyone in, so it runs only on loopback and behind no proxy. "
                "Unset VERIFIER_HOST, VERIFIER_PUBLIC_URL and VERIFIER_TRUSTED_PROXIES, or start without --demo."
            )


def load(config: Path | None = None, **overrides: object) -> Settings:
    """Settings from ``overrides``, then the environment, then the TOML file, then the defaults.

    Raises:
        ConfigurationInvalid: unreadable file, unknown setting, or a value that is not valid.
    """
    values = {**_from_file(config), **{key: value for key, value in overrides.items() if value is not None}}
    present = {name for name in Settings.model_fields if f"{PREFIX}{name.upper()}" in os.environ}
    known = {key: value for key, value in values.items() if key not in present or key in overrides}
    unknown = {
        name
        for name in os.environ
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).lower() not in Settings.model_fields
    }
    if unknown:
        raise ConfigurationInvalid(f"Unknown settings in the environment: {', '.join(sorted(unknown))}.")
    try:
        return Settings(**known)
    except ValidationError as error:
        raise ConfigurationInvalid(_readable(error)) from None


def help_text() -> str:
    """One line per setting, with its default."""
    lines = []
    for name, field in Settings.model_fields.items():
        shown = field.default if field.default not in ("", (), None) else "-"
        lines.append(f"  {PREFIX}{name.upper():28} {field.description} (default: {shown})")
    return "\n".join(lines)


def _from_file(config: Path | None) -> dict[str, Any]:
    if config is None:
        return {}
    try:
        return tomllib.loads(config.read_text())
    except OSError as error:
        raise ConfigurationInvalid(f"Cannot read {config}: {error.strerror}.") from None
    except ValueError as error:
        # Not UTF-8, not TOML, or an integer of more digits than Python converts.
        raise ConfigurationInvalid(f"{config} is not TOML: {error}.") from None


def _readable(error: ValidationError) -> str:
    return "; ".join(
        f"{PREFIX}{str(problem['loc'][0]).upper()}: {problem['msg']}" if problem["loc"] else _own(problem["msg"])
        for problem in error.errors()
    )


def _own(message: str) -> str:
    """A sentence of ours as it was written: the settings in it by the names that people set."""
    names = "|".join(sorted((name.upper() for name in Settings.model_fields if "_" in name), key=len, reverse=True))
    return re.sub(rf"\b({names})\b", rf"{PREFIX}\1", message.removeprefix("Value error, "))


def _check_public_url(text: str) -> None:
    """Pass for an origin: what ``Origin``, ``Host`` and every link are made of and compared with.

    Raises:
        ValueError: anything but scheme, host and port.
    """
    url = urlsplit(text)
    extra = (url.path.strip("/"), url.query, url.fragment, url.username, url.password)
    if text and (url.scheme not in {"http", "https"} or not url.hostname or any(extra) or url.port == 0):
        raise ValueError("PUBLIC_URL is https://HOST or https://HOST:PORT, without a path")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
