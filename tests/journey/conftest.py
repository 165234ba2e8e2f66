"""What every journey needs: Playwright, the impaired network, the running server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Playwright, async_playwright

from bench.rig.network import Network, open_network

# --- browsers and network ------------------------------------------------------------------------------------

_networks_used: set[str] = set()


@pytest.fixture
async def playwright() -> AsyncIterator[Playwright]:
    """The running Playwright; `browsers.person` starts people in it."""
    async with async_playwright() as running:
        yield running


@pytest.fixture
def network() -> Iterator[Network]:
    """Perfect connections for "freelancer" and "interviewer", to be impaired by the test; mark it `netns`."""
    with open_network("freelancer", "interviewer") as opened:
        _networks_used.add(opened.kind)
        yield opened


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which network the journeys were held over."""
    for kind in sorted(_networks_used):
        terminalreporter.write_line(f"impaired networks of the journeys: {kind}")


# --- the server under test -----------------------------------------------------------------------------------
# The fixture that starts the server goes here. In a network it must be bound to `network.server_address`
# (or to every address), with the certificate of `bench.rig.tls.self_signed` when the kind is "namespaces".
