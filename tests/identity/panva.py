"""Starts the real provider of provider.mjs, and signs people in on its own pages as a browser without scripts would."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from joserfc.jwk import ECKey, RSAKey
from yarl import URL

ROOT = Path(__file__).resolve().parents[2]
CLIENT_ID, CLIENT_SECRET = "verifier", "a secret that is long enough for HMAC as well"
PEOPLE = {
    "anna": {"email": "per_anna@example.org", "email_verified": True, "groups": ["v-int"]},
    "nobody": {"email": "nobody@example.org", "email_verified": True},
    "unverified": {"email": "per_anna@example.org", "email_verified": False},
}
START_S = 60.0


@dataclass
class Panva:
    """A running provider."""

    issuer: str
    redirect_uri: str

    async def sign_in(self, address: str, login: str) -> URL:
        """Follow the provider's pages to the end: the address at verifier that it leads back to."""
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as browser:
            here = await self._led(browser, "GET", URL(address))
            for form in ({"prompt": "login", "login": login, "password": "any"}, {"prompt": "consent"}):
                if str(here).startswith(self.redirect_uri):
                    break
                here = await self._led(browser, "POST", here, form)
        assert str(here).startswith(self.redirect_uri), here
        return here

    async def _led(self, browser: aiohttp.ClientSession, method: str, here: URL, form: Any = None) -> URL:
        """Where this request leads: a page of the provider, or back to us."""
        while True:
            async with browser.request(method, here, data=form, allow_redirects=False) as response:
                if response.status not in {302, 303}:
                    assert response.status == 200, await response.text()
                    found = re.search(r'action="([^"]+)"', await response.text())
                    assert found, "a page without a form"
                    return URL(found[1], encoded=True) if found[1].startswith("http") else here.join(URL(found[1]))
                here = here.join(URL(response.headers["Location"], encoded=True))
            if str(here).startswith(self.redirect_uri):
                return here
            method, form = "GET", None


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def panva(
    redirect_uri: str, port: int | None = None, algorithm: str = "RS256", *, conform: bool = True
) -> AsyncIterator[Panva]:
    """The provider as its own process; ``conform``: addresses come from userinfo alone, as the standard says."""
    node = shutil.which("node")
    assert node, "this test needs node 20 or newer"
    port = port or free_port()
    issuer = f"http://127.0.0.1:{port}"
    keys = [RSAKey.generate_key(2048, {"use": "sig"}), ECKey.generate_key("P-256", {"use": "sig"})]
    settings = {
        "issuer": issuer,
        "port": port,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uri": redirect_uri,
        "algorithm": algorithm,
        "conform": conform,
        "people": PEOPLE,
        "jwks": {"keys": [key.as_dict(private=True) for key in keys]},
    }
    process = await asyncio.create_subprocess_exec(
        node,
        str(Path(__file__).with_name("provider.mjs")),
        json.dumps(settings),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), START_S)
        assert line == b"ready\n", "the provider did not start; is oidc-provider in node_modules?"
        yield Panva(issuer, redirect_uri)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()
