"""A page behind the impaired network, over https, so that browsers in a namespace get their devices."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from bench.rig.network import Network
from bench.rig.tls import self_signed

PAGE = """<!doctype html><meta charset="utf-8"><title>Devices</title>
<style>:root { color-scheme: light dark }</style><video id="camera" autoplay muted playsinline></video>"""


async def show_page(request: web.Request) -> web.Response:
    return web.Response(text=PAGE, content_type="text/html")


@pytest.fixture
async def page_address(network: Network, tmp_path: Path) -> AsyncIterator[str]:
    """The address of `PAGE`, served at the test's `network` until the test ends."""
    certificate, key = self_signed(network.server_address, tmp_path, now=datetime.datetime.now(datetime.UTC))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    app = web.Application()
    app.router.add_get("/", show_page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, network.server_address, 0, ssl_context=tls).start()
    host, port = runner.addresses[0][:2]
    yield f"https://{host}:{port}/"
    await runner.cleanup()
