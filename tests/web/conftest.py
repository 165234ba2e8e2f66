"""Fixtures of the web tests."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.house import House, open_house


@pytest.fixture
async def house(aiohttp_client: Any) -> House:
    """The application over fakes, with the shipped settings."""
    return await open_house(aiohttp_client)
