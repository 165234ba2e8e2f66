"""Where a platform's events go, and what became of them. One rule: a key sees the endpoints of its own mode.

A secret is told once, when it is made. Called by web/api through ``Platform.endpoints``.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

from verifier.core import events
from verifier.core.access import Scope
from verifier.core.model import EndpointId, MessageId
from verifier.core.principal import PlatformPrincipal
from verifier.core.target import check_url
from verifier.core.webhook import SECRET_PREFIX, Attempt, Delivery, Endpoint, Event, EventType
from verifier.errors import IllegalState, NotFound
from verifier.ports.runtime import Clock, Entropy
from verifier.ports.storage import UnitOfWork, UnitOfWorkFactory
from verifier.service.publishing import first_delivery


class Endpoints:
    """Endpoints, events and deliveries; each verb opens one unit of work."""

    def __init__(
        self,
        units: UnitOfWorkFactory,
        clock: Clock,
        entropy: Entropy,
        notify: Callable[[], None],
        *,
        allow_private_addresses: bool,
        most: int,
    ) -> None:
        self._units = units
        self._clock = clock
        self._entropy = entropy
        self._notify = notify
        self._allow_private = allow_private_addresses
        self._most = most

    async def create(self, principal: PlatformPrincipal, url: str, types: frozenset[EventType]) -> Endpoint:
        """The new endpoint with its first secret.

        Raises:
            NotAllowed: the key lacks the scope.
            InvalidInput: the address may not be sent to.
            IllegalState: there are as many enabled endpoints as allowed.
        """
        principal.require(Scope.ENDPOINTS_WRITE)
        check_url(url, allow_private=self._allow_private)
        endpoint = Endpoint(
            id=EndpointId(self._entropy.new_id("end")),
            url=url,
            secrets=(self._secret(),),
            events=types,
            test=principal.key.test,
            created_ms=self._clock.now_ms(),
        )
        async with self._units() as unit:
            await self._require_room(unit, principal)
            await unit.outbox.add_endpoint(endpoint)
        return endpoint

    async def all(self, principal: PlatformPrincipal) -> tuple[Endpoint, ...]:
        """Every endpoint of the key's mode, disabled ones included.

        Raises:
            NotAllowed: the key lacks the scope.
        """
        principal.require(Scope.ENDPOINTS_WRITE)
        async with self._units(read_only=True) as unit:
            return await unit.outbox.endpoints(test=principal.key.test)

    async def get(self, principal: PlatformPrincipal, id_: EndpointId) -> Endpoint:
        """One endpoint of the key's mode.

        Raises:
            NotAllowed: the key lacks the scope.
            NotFound: no such endpoint in this mode.
        """
        principal.require(Scope.ENDPOINTS_WRITE)
        async with self._units(read_only=True) as unit:
            return await _own(unit, principal, id_)

    async def update(
        self,
        principal: PlatformPrincipal,
        id_: EndpointId,
        url: str | None,
        types: frozenset[EventType] | None,
        *,
        enable: bool = False,
    ) -> Endpoint:
        """The endpoint with another address or choice of events (None keeps what is there), or enabled again.

        Raises:
            NotAllowed: the key lacks the scope.
            NotFound: no such endpoint in this mode.
            InvalidInput: the address may not be sent to.
        """
        if url is not None:
            check_url(url, allow_private=self._allow_private)
        changed = await self._change(
            principal,
            id_,
            lambda old: replace(
                old,
                url=old.url if url is None else url,
                events=old.events if types is None else types,
                disabled_ms=None if enable else old.disabled_ms,
            ),
        )
        self._notify()
        return changed

    async def disable(self, principal: PlatformPrincipal, id_: EndpointId) -> Endpoint:
        """The endpoint, which receives nothing any more; what waits for it waits until it is enabled again.

        Raises:
            NotAllowed: the key lacks the scope.
            NotFound: no such endpoint in this mode.
        """
        now = self._clock.now_ms()
        return await self._change(
            principal, id_, lambda old: old if old.disabled_ms is not None else replace(old, disabled_ms=now)
        )

    async def rotate_secret(self, principal: PlatformPrincipal, id_: EndpointId, *, keep_previous: bool) -> Endpoint:
        """The endpoint with a new secret; the one before it signs too, until the next rotation, when it is kept.

        Raises:
            NotAllowed: the key lacks the scope.
            NotFound: no such endpoint in this mode.
        """
        secret = self._secret()
        return await self._change(
            principal, id_, lambda old: replace(old, secrets=(secret, *old.secrets[: 1 if keep_previous else 0]))
        )

    async def retire_secret(self, principal: PlatformPrincipal, id_: EndpointId) -> Endpoint:
        """The endpoint with its newest secret alone: the end of a rotation.

        Raises:
            NotAllowed: the key lacks the scope.
            NotFound: no such endpoint in this mode.
        """
        return await self._change(principal, id_, lambda old: replace(old, secrets=old.secrets[:1]))

    async def send_test(self, principal: PlatformPrincipal, id_: EndpointId) -> Delivery:
        """A test event on its way to this endpoint, whatever it subscribed to.

        Raises:
            NotAllowed: the key lacks the scope.
            NotFound: no such endpoint in this mode.
            IllegalState: the endpoint is disabled.
        """
        principal.require(Scope.ENDPOINTS_WRITE)
        now = self._clock.now_ms()
        async with self._units() as unit:
            endpoint = await _own(unit, principal, id_)
            _require_enabled(endpoint)
            body = events.body(EventType.ENDPOINT_TEST, now, events.endpoint_test(endpoint.id, endpoint.test))
            event = Event(self._entropy.new_id("evt"), EventType.ENDPOINT_TEST, None, 0, now, body, test=endpoint.test)
            delivery = first_delivery(event, endpoint)
            await unit.outbox.add_event(event, [delivery])
        self._notify()
        return delivery

    async def events(self, principal: PlatformPrincipal, after: int, limit: int) -> tuple[tuple[int, Event], ...]:
        """(cursor, event) of the key's mode in the order they happened, cursors above ``after``.

        Raises:
            NotAllowed: the key lacks the scope.
        """
        principal.require(Scope.VERIFICATIONS_READ)
        async with self._units(read_only=True) as unit:
            return await unit.outbox.events(test=principal.key.test, after=after, limit=limit)

    async def deliveries(self, principal: PlatformPrincipal, limit: int) -> tuple[Delivery, ...]:
        """The newest deliveries of the key's mode.

        Raises:
            NotAllowed: the key lacks the scope.
        """
        principal.require(Scope.ENDPOINTS_WRITE)
        async with self._units(read_only=True) as unit:
            return await unit.outbox.deliveries(test=principal.key.test, limit=limit)

    async def delivery(self, principal: PlatformPrincipal, id_: MessageId) -> tuple[Delivery, tuple[Attempt, ...]]:
        """One delivery of the key's mode with every attempt.

        Raises:
            NotAllowed: the key lacks the scope.
            NotFound: no such delivery in this mode.
        """
        principal.require(Scope.ENDPOINTS_WRITE)
        async with self._units(read_only=True) as unit:
            delivery = await _own_delivery(unit, principal, id_)
            return delivery, await unit.outbox.attempts(id_)

    async def replay(self, principal: PlatformPrincipal, id_: MessageId) -> Delivery:
        """The delivery, due again now with all its attempts; the body and the ``webhook-id`` stay the same.

        Raises:
            NotAllowed: the key lacks the scope.
            NotFound: no such delivery in this mode.
            IllegalState: its endpoint is disabled, or what the event said was erased.
        """
        principal.require(Scope.ENDPOINTS_WRITE)
        async with self._units() as unit:
            delivery = await _own_delivery(unit, principal, id_)
            if not delivery.event.body:
                raise IllegalState("The verification was redacted: what this event said was erased.")
            _require_enabled(await unit.outbox.endpoint(delivery.endpoint_id))
            await unit.outbox.requeue(id_, self._clock.now_ms())
            queued = await unit.outbox.delivery(id_)
        self._notify()
        return queued

    async def _change(
        self, principal: PlatformPrincipal, id_: EndpointId, change: Callable[[Endpoint], Endpoint]
    ) -> Endpoint:
        principal.require(Scope.ENDPOINTS_WRITE)
        async with self._units() as unit:
            endpoint = change(await _own(unit, principal, id_))
            await unit.outbox.save_endpoint(endpoint)
        return endpoint

    async def _require_room(self, unit: UnitOfWork, principal: PlatformPrincipal) -> None:
        known = await unit.outbox.endpoints(test=principal.key.test)
        if sum(endpoint.disabled_ms is None for endpoint in known) >= self._most:
            raise IllegalState(f"There are {self._most} enabled endpoints already; disable one first.")

    def _secret(self) -> str:
        """``whsec_`` and 256 random bits in the form of Standard Webhooks."""
        return SECRET_PREFIX + base64.b64encode(self._entropy.token().encode()).decode()


def _require_enabled(endpoint: Endpoint) -> None:
    if endpoint.disabled_ms is not None:
        raise IllegalState("This endpoint is disabled; enable it first.")


async def _own(unit: UnitOfWork, principal: PlatformPrincipal, id_: EndpointId) -> Endpoint:
    endpoint = await unit.outbox.endpoint(id_)
    if endpoint.test is not principal.key.test:
        raise NotFound
    return endpoint


async def _own_delivery(unit: UnitOfWork, principal: PlatformPrincipal, id_: MessageId) -> Delivery:
    delivery = await unit.outbox.delivery(id_)
    if delivery.event.test is not principal.key.test:
        raise NotFound
    return delivery
