"""What was logged by mistake does not leave the process, and what is needed to follow a case stays readable."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import SeededEntropy
from verifier.app import logs
from verifier.app.logs import HIDDEN, hide_secrets, redacted
from verifier.app.runtime import SystemEntropy
from verifier.core.access import fingerprint

TOKEN = "Zm9v-YmFyYmF6_cXV4cXV1eGNvcmdlZ3JhdWx0MDEyM"
SECRETS = {
    "an API key": f"vi_live_{TOKEN}",
    "a test key": f"vi_test_{TOKEN}",
    "a webhook secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "a token": TOKEN,
    "a JWT": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJlLXRoYXQtaXMtbG9uZw",
}
AROUND = [
    "{}",
    "cannot use {} here",
    "https://verify.example.org/join#{}",
    "Cookie: __Host-vi_join={}; theme=dark",
    "<CIMultiDict('Authorization': 'Bearer {}', 'Accept': '*/*')>",
    "ValueError: '{}'\n  File \"x.py\", line 1",
    "b'{}'",
    '{{"token": "{}"}}',
    "?token={}&lang=en",
]


@pytest.mark.parametrize("what", SECRETS)
@pytest.mark.parametrize("around", AROUND)
def test_a_secret_is_known_by_its_shape_wherever_it_stands(what: str, around: str) -> None:
    hidden = redacted(around.format(SECRETS[what]))
    assert SECRETS[what] not in hidden and TOKEN not in hidden and HIDDEN in hidden


NAMES = ["password", "Cookie", "set-cookie", "authorization", "secret", "access_token", "ticket", "otp"]


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_is_known_by_the_name_it_stands_under(name: str) -> None:
    line = {"event": "x", name: "hunter2", "nested": {name: ["hunter2"]}, "text": f"{name}='hunter2'"}
    assert "hunter2" not in str(hide_secrets(None, "", line))


def test_passwords_in_addresses_are_hidden() -> None:
    assert redacted("smtp://mailer:hunter2@mail.example.org:587") == f"smtp://mailer:{HIDDEN}@mail.example.org:587"
    assert "hunter2" not in redacted("cannot reach postgresql+asyncpg://verifier:hunter2@db/verifier")


def test_a_token_is_hidden_however_it_came_out() -> None:
    for _ in range(2_000):
        token = SystemEntropy().token()
        assert token not in redacted(f"no such link: {token}.")


READABLE = [
    "ver_m45o5mem7oyaxepf4pdaww5dda",
    "req_jevlac56ohnqtteayrzti2vsce",
    fingerprint("something"),
    "/staff/interviews/int_m45o5mem7oyaxepf4pdaww5dda/ticket",
    "2001:db8::7",
    "ticket_refused",
    "https://verify.example.org/case",
    "test_a_function_whose_name_has_43_characters",
    "/usr/lib/python3.11/site-packages/aiohttp/web_protocol.py",
    "token_hash is not unique",
]


@pytest.mark.parametrize("text", READABLE)
def test_ids_hashes_and_addresses_stay_readable(text: str) -> None:
    assert redacted(text) == text
    assert hide_secrets(None, "", {"event": "request", "code": text, "status": 200, "who": None}) == {
        "event": "request",
        "code": text,
        "status": 200,
        "who": None,
    }


@given(st.text(max_size=300))
def test_no_text_is_too_strange(text: str) -> None:
    assert isinstance(redacted(text), str)


def test_ids_of_the_fakes_are_as_readable() -> None:
    id_ = SeededEntropy().new_id("ver")
    assert redacted(id_) == id_


# ---------------------------------------------------------------- every line takes the same way


@pytest.fixture
def configured(request: pytest.FixtureRequest) -> Iterator[None]:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    yield
    structlog.reset_defaults()
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    for name in logs.CHATTY:
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.mark.parametrize("form", ["json", "console"])
def test_exceptions_and_libraries_are_hidden_too(
    configured: None, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    logs.configure(form, logging.DEBUG, logging.DEBUG)  # type: ignore[arg-type]
    cookie = f"__Host-vi_join={TOKEN}"
    try:
        raise ValueError(f"bad header {cookie}")
    except ValueError as error:
        structlog.get_logger("ours").error("failed", exc_info=error, case="ver_1")
        logging.getLogger("aiohttp.server").exception("Error handling %s", cookie)
    logging.getLogger("theirs").debug("sending %r", {"Authorization": f"Bearer {TOKEN}"})
    logging.getLogger("aiosqlite").debug("executing %s", "SELECT 1")
    written = capsys.readouterr().err
    assert TOKEN not in written and written.count("ValueError") >= 2
    assert "ver_1" in written and "sending" in written and "SELECT" not in written
    if form == "json":
        assert all(json.loads(line) for line in written.splitlines())
