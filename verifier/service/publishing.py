"""An event and its deliveries, written in the caller's own transaction. One rule: no change without its event.

Every service that changes a case calls ``publish`` inside the unit of work of that change, after it has saved the
case: either both are stored or neither.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

from verifier.core import events
from verifier.core.chain import SYSTEM, text_digest
from verifier.core.model import EndpointId, MessageId, Verification
from verifier.core.webhook import Delivery, DeliveryState, Endpoint, Event, EventType
from verifier.ports.runtime import Clock, Entropy
from verifier.ports.storage import UnitOfWork


async def publish(
    unit: UnitOfWork,
    verification: Verification,
    event_type: EventType,
    data: events.Data,
    clock: Clock,
    entropy: Entropy,
) -> Verification:
    """The case with its sequence number raised by one, saved; the event waits in the outbox of every endpoint.

    Args:
        unit: the open unit of work; ``verification`` is stored in it with the status that it has here.
        verification: the case as it is after the change.
        event_type: what happened.
        data: the event's own fields, from a builder in core/events.
        clock: gives the event its time.
        entropy: gives it its id.

    Raises:
        Conflict: the case was changed by somebody else.
    """
    told = replace(verification, sequence=verification.sequence + 1)
    await unit.verifications.save(told, expected=verification.status)
    now = clock.now_ms()
    appealed = any(answer is None for _, answer in await unit.appeals.of_verification(told.id))
    event = Event(
        id=entropy.new_id("evt"),
        type=event_type,
        verification_id=told.id,
        sequence=told.sequence,
        at_ms=now,
        body=events.body(event_type, now, events.common(told, told.sequence, data, appealed=appealed)),
        test=told.test,
    )
    endpoints = await unit.outbox.endpoints(test=told.test)
    wanted = [endpoint for endpoint in endpoints if subscribes(endpoint, event_type)]
    await unit.outbox.add_event(event, [first_delivery(event, endpoint) for endpoint in wanted])
    facts = {"event_id": event.id, "type": event.type, "sequence": event.sequence, "sha256": text_digest(event.body)}
    await unit.audit.append(told.id, now, "platform.told", SYSTEM, facts)
    return told


def subscribes(endpoint: Endpoint, event_type: EventType) -> bool:
    """Whether an endpoint is enabled and wants events of this type."""
    return endpoint.disabled_ms is None and (not endpoint.events or event_type in endpoint.events)


def first_delivery(event: Event, endpoint: Endpoint) -> Delivery:
    """A delivery that is due at once."""
    return Delivery(message_id(event.id, endpoint.id), event, endpoint.id, DeliveryState.PENDING, 0, event.at_ms)


def message_id(event_id: str, endpoint_id: EndpointId) -> MessageId:
    """The ``webhook-id`` of one event for one endpoint: it follows from both, so a pulled result has it too."""
    digest = hashlib.sha256(f"{event_id}:{endpoint_id}".encode()).digest()[:16]
    return MessageId("msg_" + base64.b32encode(digest).decode().rstrip("=").lower())
