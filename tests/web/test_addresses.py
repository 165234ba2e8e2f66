"""Whose address a request has: read from the right, as far as trusted proxies vouch, however they write it."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.web.house import House, open_house
from verifier.web.addresses import client_address, forwarded_by_stranger, neighbourhood, parsed
from verifier.web.keys import SETTINGS

PROXY, OTHER_PROXY, CLIENT, STRANGER = "10.0.0.1", "10.9.9.9", "198.51.100.7", "203.0.113.5"


class Transport:
    """The peer of a connection."""

    def __init__(self, address: str) -> None:
        self._address = address

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return (self._address, 4711) if name == "peername" else default


class Trusting:
    """Settings that trust one network."""

    def __init__(self, *networks: str) -> None:
        self.trusted_proxies = networks


def asked(peer: str, *trusted: str, **headers: str) -> Any:
    app = {SETTINGS: Trusting(*trusted)}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_mocked_request("GET", "/", named, app=app, transport=Transport(peer))  # type: ignore[arg-type]


def seen(peer: str, *trusted: str, **headers: str) -> str:
    return client_address(asked(peer, *trusted, **headers))


def test_strangers_cannot_say_who_they_are() -> None:
    spoofed = {"X_Forwarded_For": CLIENT, "Forwarded": f"for={CLIENT}", "X_Real_IP": CLIENT}
    assert seen(STRANGER, **spoofed) == STRANGER
    assert seen(STRANGER, PROXY, **spoofed) == STRANGER


@pytest.mark.parametrize(
    ("hops", "found"),
    [
        (CLIENT, CLIENT),
        (f"6.6.6.6, {CLIENT}", CLIENT),
        (f"127.0.0.1, {CLIENT}, {OTHER_PROXY}", CLIENT),
        (f"{OTHER_PROXY}", OTHER_PROXY),
        ("", PROXY),
        ("unknown", PROXY),
        (f"{CLIENT}, unknown", PROXY),
        (f"{CLIENT}, garbage, {OTHER_PROXY}", OTHER_PROXY),
    ],
)
def test_hops_are_read_from_the_right_as_far_as_they_are_vouched_for(hops: str, found: str) -> None:
    assert seen(PROXY, "10.0.0.0/8", X_Forwarded_For=hops) == found


def test_other_forwarding_headers_are_not_believed_even_from_a_trusted_proxy() -> None:
    assert seen(PROXY, PROXY, Forwarded=f"for={CLIENT}", X_Real_IP=CLIENT) == PROXY


@pytest.mark.parametrize(
    "written",
    [
        "198.51.100.7",
        " 198.51.100.7 ",
        "198.51.100.7:52011",
        "::ffff:198.51.100.7",
        "[::ffff:198.51.100.7]:443",
        "::ffff:c633:6407",
        '"198.51.100.7:80"',
    ],
)
def test_an_address_is_known_however_it_is_written(written: str) -> None:
    assert seen(PROXY, PROXY, X_Forwarded_For=written) == CLIENT


@pytest.mark.parametrize(
    "written", ["2001:db8::7", "[2001:db8::7]", "[2001:db8::7]:443", "2001:db8:0:0::7", '"[2001:db8::7]:1"']
)
def test_so_is_an_address_of_version_6(written: str) -> None:
    assert seen("::1", "::1", X_Forwarded_For=written) == "2001:db8::7"


def test_a_network_of_version_6_is_one_neighbour() -> None:
    assert neighbourhood("2001:db8:1:2::1") == neighbourhood("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert neighbourhood("2001:db8:1:3::1") != neighbourhood("2001:db8:1:2::1")
    assert neighbourhood("::ffff:198.51.100.7") == neighbourhood(CLIENT) == CLIENT


@given(st.text(max_size=60))
def test_text_that_is_no_address_is_nobody(text: str) -> None:
    found = parsed(text)
    assert neighbourhood(text) == neighbourhood(str(found)) if found else neighbourhood(text) == ""


@given(
    st.lists(st.text(alphabet=st.characters(max_codepoint=255, exclude_characters="\r\n,"), max_size=20), max_size=6)
)
def test_no_header_makes_a_trusted_proxy_somebody_who_is_none(hops: list[str]) -> None:
    found = seen(PROXY, PROXY, X_Forwarded_For=", ".join(hops))
    assert found == PROXY or any(str(parsed(hop)) == found for hop in hops)


def test_who_forwards_without_being_trusted_is_noticed() -> None:
    assert forwarded_by_stranger(asked("127.0.0.1", X_Forwarded_For=CLIENT))
    assert forwarded_by_stranger(asked("127.0.0.1", Via="1.1 proxy"))
    assert not forwarded_by_stranger(asked(PROXY, PROXY, X_Forwarded_For=CLIENT))
    assert not forwarded_by_stranger(asked("127.0.0.1"))


async def test_figures_are_for_configured_networks_and_never_pass_a_proxy_that_is_not_known(
    house: House, aiohttp_client: Any
) -> None:
    assert "verifier_open_checks 2.0" in (await house.browser().get("/metrics")).text
    with capture_logs() as logs:
        assert (await house.browser().get("/metrics", X_Forwarded_For="198.51.100.7")).status == 404
    assert logs[-1]["forwarded_by_stranger"] is True
    proxied = await open_house(aiohttp_client, trusted_proxies=("127.0.0.1",))
    assert (await proxied.browser().get("/metrics", X_Forwarded_For="198.51.100.7")).status == 404
    assert (await proxied.browser().get("/metrics", X_Forwarded_For="127.0.0.1, 198.51.100.7")).status == 404
    assert (await proxied.browser().get("/metrics", X_Forwarded_For="198.51.100.7, 127.0.0.1")).status == 404
    assert (await proxied.browser().get("/metrics", X_Forwarded_For="127.0.0.1")).status == 200


async def test_what_proxies_say_about_host_and_scheme_changes_nothing(house: House) -> None:
    asked_for = {"X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "http", "Forwarded": "host=evil.example"}
    answer = await house.browser().get("/join", **asked_for)
    assert answer.status == 200 and "evil.example" not in answer.text + str(answer.headers)
    assert answer.headers["Strict-Transport-Security"]
