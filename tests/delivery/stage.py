"""A platform with endpoints, a case and a worker, over the in-memory units."""

from __future__ import annotations

from dataclasses import replace

from tests.fakes import FakeUnits, ManualClock, SeededEntropy
from tests.fakes.keeping import ErasedFiles
from verifier.core import events
from verifier.core.access import ApiKey, Scope
from verifier.core.model import KeyId, Verification
from verifier.core.policy import PolicyBook
from verifier.core.principal import PlatformPrincipal
from verifier.core.webhook import Attempt, Delivery, Endpoint, EventType
from verifier.delivery.transport import Transport
from verifier.delivery.worker import DeliveryWorker, WorkerSettings
from verifier.service.platform import NewVerification, Platform, PlatformSettings
from verifier.service.publishing import publish
from verifier.service.redacting import Redacting

SETTINGS = WorkerSettings(poll_s=0.01)
ASKED = NewVerification("case-1", "Ana Anić", "ana@example.org", "en", "Europe/Sarajevo", ())


class Stage:
    """Everything a delivery needs apart from the receiver."""

    def __init__(
        self, transport: Transport, clock: ManualClock | None = None, settings: WorkerSettings = SETTINGS
    ) -> None:
        self.units = FakeUnits()
        self.clock = clock or ManualClock()
        self.entropy = SeededEntropy()
        self.worker = DeliveryWorker(self.units, self.clock, self.entropy, transport, settings)
        self.platform = Platform(
            self.units,
            self.clock,
            self.entropy,
            PlatformSettings("https://verifier.example", allow_private_addresses=True),
            Redacting(self.units, self.clock, self.entropy, PolicyBook(), ErasedFiles()),
            self.worker.notify,
        )
        key = ApiKey(KeyId("key_1"), "key", "vi_live_abc", "0" * 64, False, frozenset(Scope), self.clock.now_ms())
        self.principal = PlatformPrincipal(key)

    async def endpoint(self, url: str) -> Endpoint:
        return await self.platform.endpoints.create(self.principal, url, frozenset())

    async def case(self, external_id: str = "case-1") -> Verification:
        """A case; its creation is an event of its own."""
        created, _ = await self.platform.create(self.principal, replace(ASKED, external_id=external_id))
        return created.verification

    async def happens(self, case: Verification, type_: EventType = EventType.VERIFICATION_EXPIRED) -> Verification:
        async with self.units() as unit:
            return await publish(unit, case, type_, events.closed(), self.clock, self.entropy)

    async def deliveries(self) -> tuple[Delivery, ...]:
        """Oldest first."""
        async with self.units(read_only=True) as unit:
            return tuple(reversed(await unit.outbox.deliveries(test=False, limit=1_000)))

    async def attempts(self, delivery: Delivery) -> tuple[Attempt, ...]:
        async with self.units(read_only=True) as unit:
            return await unit.outbox.attempts(delivery.message_id)
