"""Device checks and consents. One rule: every one is kept, the newest counts; what was measured can be erased."""

from __future__ import annotations

from sqlalchemy import ColumnElement, insert, select

from verifier.core.model import DeviceCheck, PersonId, VerificationId
from verifier.ports.storage import Consent
from verifier.storage.connection import Connection
from verifier.storage.rows import RowCodec
from verifier.storage.tables.cases import consents
from verifier.storage.tables.staff import check_figures, device_checks

_CHECK = RowCodec(DeviceCheck)
_NOTHING: dict[str, object] = {}
_CONSENT = RowCodec(Consent)


class SqlDeviceChecks:
    """DeviceChecks of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, check: DeviceCheck) -> None:
        """Store a check, a failed one too."""
        row = _CHECK.encode(check)
        figures = row.pop("figures")
        async with self._connection.atomic():
            stored = await self._connection.one(insert(device_checks).values(row).returning(device_checks.c.position))
            await self._connection.insert(check_figures, [{"position": stored["position"], "figures": figures}])

    async def latest_of_person(self, id_: PersonId) -> DeviceCheck | None:
        """The newest one of a staff member."""
        return await self._latest(device_checks.c.person_id == id_)

    async def latest_of_verification(self, id_: VerificationId) -> DeviceCheck | None:
        """The newest one of a freelancer."""
        return await self._latest(device_checks.c.verification_id == id_)

    async def _latest(self, own: ColumnElement[bool]) -> DeviceCheck | None:
        newest = (device_checks.c.at_ms.desc(), device_checks.c.position.desc())
        joined = device_checks.outerjoin(check_figures, check_figures.c.position == device_checks.c.position)
        query = select(device_checks, check_figures.c.figures).select_from(joined)
        row = await self._connection.first(query.where(own).order_by(*newest).limit(1))
        return None if row is None else _CHECK.decode({**row, "figures": row["figures"] or _NOTHING})


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
