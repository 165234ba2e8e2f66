"""Signing and the retry schedule; the standardwebhooks library is the oracle for signatures."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from verifier.core.model import MessageId
from verifier.core.webhook import (
    JITTER_SHARE,
    RETRY_AFTER_MAX_S,
    RETRY_DELAYS_S,
    Attempt,
    DeliveryState,
    after_attempt,
    sign,
    signed_headers,
)
from verifier.errors import InvalidInput

BODIES = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
SECRETS = st.binary(min_size=24, max_size=64).map(lambda raw: "whsec_" + base64.b64encode(raw).decode())
SECONDS = st.integers(min_value=0, max_value=4_102_444_800)


def attempt(number: int = 1, status: int | None = 500) -> Attempt:
    return Attempt(MessageId("msg_1"), number, 1_000_000, 250, status, None, "")


@given(SECRETS, SECONDS, BODIES)
def test_a_signature_is_what_the_standardwebhooks_library_makes(secret: str, at_s: int, body: str) -> None:
    expected = standardwebhooks.Webhook(secret).sign("msg_1", datetime.fromtimestamp(at_s, UTC), body)
    assert sign(secret, "msg_1", at_s, body) == expected


@given(SECRETS, BODIES)
def test_any_change_changes_the_signature(secret: str, body: str) -> None:
    signature = sign(secret, "msg_1", 1, body)
    others = [sign(secret, "msg_2", 1, body), sign(secret, "msg_1", 2, body), sign(secret, "msg_1", 1, body + " ")]
    assert signature not in others


def test_during_a_rotation_there_is_one_signature_for_each_secret() -> None:
    secrets = tuple("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
    headers = signed_headers(secrets, "msg_1", 7, "{}")
    assert headers["webhook-signature"].split(" ") == [sign(secret, "msg_1", 7, "{}") for secret in secrets]
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("msg_1", "7")


@pytest.mark.parametrize("secret", ["", "whsec", "sk_abc", "whsec_*", "whsec_YQ"])
def test_a_secret_in_another_form_is_refused(secret: str) -> None:
    with pytest.raises(InvalidInput):
        sign(secret, "msg_1", 1, "{}")


@given(st.integers(min_value=1, max_value=len(RETRY_DELAYS_S)), st.integers(min_value=200, max_value=299))
def test_every_2xx_is_delivered(number: int, status: int) -> None:
    assert after_attempt(attempt(number, status), None, 0.5).state is DeliveryState.DELIVERED


@given(st.one_of(st.none(), st.integers(min_value=300, max_value=599).filter(lambda s: s != 410)))
def test_everything_else_is_tried_again_until_the_last_attempt(status: int | None) -> None:
    states = [after_attempt(attempt(n, status), None, 0).state for n in range(1, len(RETRY_DELAYS_S) + 1)]
    assert states == [DeliveryState.PENDING] * (len(RETRY_DELAYS_S) - 1) + [DeliveryState.FAILED]


def test_gone_disables_the_endpoint() -> None:
    step = after_attempt(attempt(status=410), None, 0)
    assert (step.state, step.disable_endpoint) == (DeliveryState.FAILED, True)


@given(st.integers(min_value=1, max_value=len(RETRY_DELAYS_S) - 1), st.floats(min_value=0, max_value=1))
def test_the_delay_is_the_schedule_and_at_most_a_tenth_more(number: int, jitter: float) -> None:
    delay_ms = after_attempt(attempt(number), None, jitter).next_attempt_ms - (1_000_000 + 250)
    scheduled_ms = RETRY_DELAYS_S[number] * 1_000
    assert scheduled_ms <= delay_ms <= scheduled_ms * (1 + JITTER_SHARE) + 1


@given(st.integers(min_value=0, max_value=10**9))
def test_retry_after_only_ever_delays_and_at_most_by_a_day(retry_after_s: int) -> None:
    plain = after_attempt(attempt(), None, 0).next_attempt_ms
    honoured = after_attempt(attempt(), retry_after_s, 0).next_attempt_ms
    assert plain <= honoured <= 1_000_250 + RETRY_AFTER_MAX_S * 1_000
    assert honoured >= 1_000_250 + min(retry_after_s, RETRY_AFTER_MAX_S) * 1_000


def test_the_schedule_is_the_published_one() -> None:
    hours = 3_600
    assert (0, 5, 300, 1_800, 2 * hours, 5 * hours, 10 * hours, 14 * hours, 20 * hours, 24 * hours) == RETRY_DELAYS_S
