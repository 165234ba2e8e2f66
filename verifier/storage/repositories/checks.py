"""Device checks and consents. One rule: every one is kept, the newest counts."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from verifier.core.model import DeviceCheck, PersonId, VerificationId
from verifier.ports.storage import Consent
from verifier.storage.connection import Connection
from verifier.storage.rows import RowCodec
from verifier.storage.tables.cases import consents
from verifier.storage.tables.staff import device_checks

_CHECK = RowCodec(DeviceCheck)
_CONSENT = RowCodec(Consent)


class SqlDeviceChecks:
    """DeviceChecks of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, check: DeviceCheck) -> None:
        """Store a check, a failed one too."""
        await self._connection.insert(device_checks, [_CHECK.encode(check)])

    async def latest_of_person(self, id_: PersonId) -> DeviceCheck | None:
        """The newest one of a staff member."""
        return await self._latest(device_checks.c.person_id == id_)

    async def latest_of_verification(self, id_: VerificationId) -> DeviceCheck | None:
        """The newest one of a freelancer."""
        return await self._latest(device_checks.c.verification_id == id_)

    async def _latest(self, own: ColumnElement[bool]) -> DeviceCheck | None:
        newest = (device_checks.c.at_ms.desc(), device_checks.c.position.desc())
        row = await self._connection.first(select(device_checks).where(own).order_by(*newest).limit(1))
        return None if row is None else _CHECK.decode(row)


class SqlConsents:
    """Consents of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, consent: Consent) -> None:
        """Store a consent or a refusal."""
        await self._connection.insert(consents, [_CONSENT.encode(consent)])

    async def latest(self, id_: VerificationId) -> Consent | None:
        """What counts now."""
        newest = (consents.c.at_ms.desc(), consents.c.position.desc())
        row = await self._connection.first(
            select(consents).where(consents.c.verification_id == id_).order_by(*newest).limit(1)
        )
        return None if row is None else _CONSENT.decode(row)
