"""The signalling messages of the pages and of the server are the same: names, fields, nested values and limits."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from verifier.core import messages, samples

ROOT = Path(__file__).parents[2]
NESTED = (
    samples.BrowserAudio,
    samples.BrowserVideo,
    samples.BrowserSource,
    messages.IceServerInfo,
    messages.LegFigures,
    messages.ChecklistItem,
)
PRINT_TABLES = """
import { BROWSER_MESSAGES, SERVER_MESSAGES, NESTED, LIMITS } from "./static/js/protocol.js";
console.log(JSON.stringify({ browser: BROWSER_MESSAGES, server: SERVER_MESSAGES, nested: NESTED, limits: LIMITS }));
"""


@pytest.fixture(scope="module")
def page() -> dict[str, dict[str, object]]:
    """The tables of static/js/protocol.js."""
    node = shutil.which("node")
    assert node, "this test needs node 20 or newer"
    command = [node, "--input-type=module", "--eval", PRINT_TABLES]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60)
    tables: dict[str, dict[str, object]] = json.loads(printed.stdout)
    return tables


def by_type(union: object) -> dict[str, list[str]]:
    """Fields of each message class, by its wire name."""
    return {one.type: [field.name for field in fields(one)] for one in get_args(union)}


def test_the_page_sends_the_messages_that_the_server_reads(page: dict[str, dict[str, object]]) -> None:
    assert page["browser"] == by_type(messages.BrowserMessage)


def test_the_page_reads_the_messages_that_the_server_sends(page: dict[str, dict[str, object]]) -> None:
    assert page["server"] == by_type(messages.ServerMessage)


def test_values_inside_messages_have_the_same_fields(page: dict[str, dict[str, object]]) -> None:
    assert page["nested"] == {one.__name__: [field.name for field in fields(one)] for one in NESTED}


def test_the_limits_are_the_same(page: dict[str, dict[str, object]]) -> None:
    assert page["limits"] == {name: getattr(messages, name) for name in page["limits"]}
