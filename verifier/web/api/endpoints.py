"""/webhook-endpoints: where events go."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from verifier.core.access import Scope
from verifier.core.events import timestamp
from verifier.core.model import EndpointId
from verifier.core.webhook import Endpoint, EventType
from verifier.errors import IllegalState, InvalidInput, NotFound
from verifier.web.api.answers import Answer, Time
from verifier.web.api.deliveries import DeliveryAnswer, delivery_answer
from verifier.web.api.operations import Call, Operation
from verifier.web.api.requests import CreateEndpoint, Nothing, RotateSecret, UpdateEndpoint

GROUP = "Webhook endpoints"


class EndpointAnswer(Answer):
    """Where events go."""

    id: str
    url: str
    events: Annotated[list[EventType], Field(description="Empty: all.")]
    enabled: bool
    secrets: Annotated[int, Field(description="How many secrets sign: 2 during a rotation.")]
    test: bool
    created_at: Time
    disabled_at: Time | None


class EndpointWithSecret(EndpointAnswer):
    """An endpoint and its newest secret, which is told this once."""

    secret: Annotated[str, Field(description="whsec_…; check signatures with it.")]


class EndpointList(Answer):
    """Every endpoint of the key's mode."""

    data: list[EndpointAnswer]


async def create(call: Call) -> EndpointWithSecret:
    """A new endpoint and its secret."""
    body = call.sent(CreateEndpoint)
    return _with_secret(await call.platform.endpoints.create(call.principal, body.url, frozenset(body.events)))


async def list_all(call: Call) -> EndpointList:
    """Every endpoint."""
    return EndpointList(data=[_answer(each) for each in await call.platform.endpoints.all(call.principal)])


async def get(call: Call) -> EndpointAnswer:
    """One endpoint."""
    return _answer(await call.platform.endpoints.get(call.principal, _id(call)))


async def update(call: Call) -> EndpointAnswer:
    """One endpoint, changed."""
    body = call.sent(UpdateEndpoint)
    types = None if body.events is None else frozenset(body.events)
    return _answer(
        await call.platform.endpoints.update(call.principal, _id(call), body.url, types, enable=body.enabled is True)
    )


async def rotate(call: Call) -> EndpointWithSecret:
    """One endpoint with a new secret."""
    keep = call.sent(RotateSecret).keep_previous
    return _with_secret(await call.platform.endpoints.rotate_secret(call.principal, _id(call), keep_previous=keep))


async def retire(call: Call) -> EndpointAnswer:
    """One endpoint with its newest secret alone."""
    return _answer(await call.platform.endpoints.retire_secret(call.principal, _id(call)))


async def disable(call: Call) -> EndpointAnswer:
    """One endpoint, disabled."""
    return _answer(await call.platform.endpoints.disable(call.principal, _id(call)))


async def send_test(call: Call) -> DeliveryAnswer:
    """A test event on its way."""
    return delivery_answer(await call.platform.endpoints.send_test(call.principal, _id(call)))


def _id(call: Call) -> EndpointId:
    return EndpointId(call.path["id"])


def _members(endpoint: Endpoint) -> dict[str, object]:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": sorted(endpoint.events),
        "enabled": endpoint.disabled_ms is None,
        "secrets": len(endpoint.secrets),
        "test": endpoint.test,
        "created_at": timestamp(endpoint.created_ms),
        "disabled_at": None if endpoint.disabled_ms is None else timestamp(endpoint.disabled_ms),
    }


def _answer(endpoint: Endpoint) -> EndpointAnswer:
    return EndpointAnswer.model_validate(_members(endpoint))


def _with_secret(endpoint: Endpoint) -> EndpointWithSecret:
    return EndpointWithSecret.model_validate({**_members(endpoint), "secret": endpoint.secrets[0]})


_ONE = "/webhook-endpoints/{id}"
_SCOPE = Scope.ENDPOINTS_WRITE

OPERATIONS = (
    Operation(
        "createWebhookEndpoint",
        "POST",
        "/webhook-endpoints",
        _SCOPE,
        "Create an endpoint",
        create,
        EndpointWithSecret,
        GROUP,
        status=201,
        body=CreateEndpoint,
        description="Keep the secret: it is told this once and checks every signature. A test key's endpoints receive "
        "the events of test verifications alone.",
        refusals=(InvalidInput, IllegalState),
        location=_ONE,
    ),
    Operation(
        "listWebhookEndpoints",
        "GET",
        "/webhook-endpoints",
        _SCOPE,
        "List endpoints",
        list_all,
        EndpointList,
        GROUP,
    ),
    Operation(
        "getWebhookEndpoint", "GET", _ONE, _SCOPE, "Read an endpoint", get, EndpointAnswer, GROUP, refusals=(NotFound,)
    ),
    Operation(
        "updateWebhookEndpoint",
        "PATCH",
        _ONE,
        _SCOPE,
        "Change an endpoint, or enable it again",
        update,
        EndpointAnswer,
        GROUP,
        body=UpdateEndpoint,
        refusals=(InvalidInput, NotFound),
    ),
    Operation(
        "rotateWebhookSecret",
        "POST",
        _ONE + "/rotate-secret",
        _SCOPE,
        "Begin a rotation: a new secret",
        rotate,
        EndpointWithSecret,
        GROUP,
        body=RotateSecret,
        description="Until you retire it, the secret before signs as well: every message carries both signatures.",
        refusals=(InvalidInput, NotFound),
    ),
    Operation(
        "retireWebhookSecret",
        "POST",
        _ONE + "/retire-secret",
        _SCOPE,
        "End a rotation: the older secret is void",
        retire,
        EndpointAnswer,
        GROUP,
        body=Nothing,
        refusals=(InvalidInput, NotFound),
    ),
    Operation(
        "testWebhookEndpoint",
        "POST",
        _ONE + "/test",
        _SCOPE,
        "Send a test event",
        send_test,
        DeliveryAnswer,
        GROUP,
        status=202,
        body=Nothing,
        description="An endpoint.test event, signed and retried like any other. Follow it by its delivery.",
        refusals=(InvalidInput, NotFound, IllegalState),
    ),
    Operation(
        "disableWebhookEndpoint",
        "POST",
        _ONE + "/disable",
        _SCOPE,
        "Disable an endpoint",
        disable,
        EndpointAnswer,
        GROUP,
        body=Nothing,
        description="It receives no events until it is enabled again. An answer of 410 does the same.",
        refusals=(InvalidInput, NotFound),
    ),
)
