"""/events and /deliveries: what happened, and what became of telling it."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import Field

from verifier.core.access import Scope
from verifier.core.events import timestamp
from verifier.core.model import MessageId
from verifier.core.webhook import RETRY_DELAYS_S, Attempt, Delivery, DeliveryState, Event, EventType
from verifier.errors import IllegalState, InvalidInput, NotFound
from verifier.web.api import cursor
from verifier.web.api.answers import Answer, Time
from verifier.web.api.operations import Call, Operation
from verifier.web.api.requests import Newest, Nothing, Page


class EventAnswer(Answer):
    """One event."""

    id: str
    type: EventType
    verification_id: str | None
    sequence: int
    test: bool
    created_at: Time
    payload: Annotated[
        dict[str, Any] | None,
        Field(description="What webhooks carry, as described there; null once the verification was redacted."),
    ]


class EventPage(Answer):
    """In the order they happened."""

    data: list[EventAnswer]
    next_cursor: Annotated[
        str | None, Field(description="Ask with it for what comes after; null only when nothing ever happened.")
    ]


class AttemptAnswer(Answer):
    """One try."""

    number: int
    at: Time
    duration_ms: int
    status: Annotated[int | None, Field(description="null: no HTTP answer came.")]
    error: Annotated[str | None, Field(description="timeout, refused_address, connection, tls or http_status.")]
    response: Annotated[
        str, Field(description="Beginning of the answer, at most 2 KiB; empty once it was erased (after 30 days).")
    ]


class DeliveryAnswer(Answer):
    """One event on its way to one endpoint."""

    id: Annotated[str, Field(description="The webhook-id, the same in every attempt: use it to drop repeats.")]
    event_id: str
    event_type: EventType
    verification_id: str | None
    endpoint_id: str
    state: DeliveryState
    attempts_made: int
    attempts_left: int
    next_attempt_at: Time | None
    delivered_at: Time | None


class DeliveryDetail(DeliveryAnswer):
    """One delivery with every attempt."""

    attempts: list[AttemptAnswer]


class DeliveryList(Answer):
    """Newest first."""

    data: list[DeliveryAnswer]


async def events(call: Call) -> EventPage:
    """A page of events, oldest first."""
    query = call.asked(Page)
    found = await call.platform.endpoints.events(call.principal, cursor.position(query.cursor), query.limit)
    after = cursor.encode(found[-1][0]) if found else query.cursor
    return EventPage(data=[_event(event) for _, event in found], next_cursor=after)


async def deliveries(call: Call) -> DeliveryList:
    """The newest deliveries."""
    found = await call.platform.endpoints.deliveries(call.principal, call.asked(Newest).limit)
    return DeliveryList(data=[delivery_answer(each) for each in found])


async def delivery(call: Call) -> DeliveryDetail:
    """One delivery with every attempt."""
    found, attempts = await call.platform.endpoints.delivery(call.principal, MessageId(call.path["id"]))
    tries = [_attempt(each) for each in attempts]
    return DeliveryDetail(**delivery_answer(found).model_dump(), attempts=tries)


async def replay(call: Call) -> DeliveryAnswer:
    """One delivery, due again now."""
    return delivery_answer(await call.platform.endpoints.replay(call.principal, MessageId(call.path["id"])))


def delivery_answer(about: Delivery) -> DeliveryAnswer:
    """The answer for one delivery."""
    pending = about.state is DeliveryState.PENDING
    return DeliveryAnswer(
        id=about.message_id,
        event_id=about.event.id,
        event_type=about.event.type,
        verification_id=about.event.verification_id,
        endpoint_id=about.endpoint_id,
        state=about.state,
        attempts_made=about.attempts,
        attempts_left=max(0, len(RETRY_DELAYS_S) - about.attempts) if pending else 0,
        next_attempt_at=timestamp(about.next_attempt_ms) if pending else None,
        delivered_at=None if about.delivered_ms is None else timestamp(about.delivered_ms),
    )


def _event(about: Event) -> EventAnswer:
    return EventAnswer(
        id=about.id,
        type=about.type,
        verification_id=about.verification_id,
        sequence=about.sequence,
        test=about.test,
        created_at=timestamp(about.at_ms),
        payload=json.loads(about.body) if about.body else None,
    )


def _attempt(about: Attempt) -> AttemptAnswer:
    return AttemptAnswer(
        number=about.number,
        at=timestamp(about.at_ms),
        duration_ms=about.duration_ms,
        status=about.status,
        error=about.error,
        response=about.response,
    )


OPERATIONS = (
    Operation(
        "listEvents",
        "GET",
        "/events",
        Scope.VERIFICATIONS_READ,
        "List events in the order they happened",
        events,
        EventPage,
        "Events and deliveries",
        query=Page,
        description="Everything that webhooks tell, to catch up after an outage: keep next_cursor and go on there.",
        refusals=(InvalidInput,),
    ),
    Operation(
        "listDeliveries",
        "GET",
        "/deliveries",
        Scope.ENDPOINTS_WRITE,
        "List the newest deliveries",
        deliveries,
        DeliveryList,
        "Events and deliveries",
        query=Newest,
        refusals=(InvalidInput,),
    ),
    Operation(
        "getDelivery",
        "GET",
        "/deliveries/{id}",
        Scope.ENDPOINTS_WRITE,
        "Read a delivery with every attempt",
        delivery,
        DeliveryDetail,
        "Events and deliveries",
        refusals=(NotFound,),
    ),
    Operation(
        "replayDelivery",
        "POST",
        "/deliveries/{id}/replay",
        Scope.ENDPOINTS_WRITE,
        "Deliver an event again",
        replay,
        DeliveryAnswer,
        "Events and deliveries",
        status=202,
        body=Nothing,
        description="The same body with the same webhook-id, signed anew, with all its attempts.",
        refusals=(InvalidInput, NotFound, IllegalState),
    ),
)
