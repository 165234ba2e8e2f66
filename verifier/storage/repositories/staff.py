"""Staff and the platform's keys. One rule: an e-mail address belongs to one person, however it is typed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from verifier.core.access import ApiKey
from verifier.core.model import Person, PersonId, Training
from verifier.errors import Conflict, NotFound
from verifier.storage.connection import Connection
from verifier.storage.rows import RowCodec
from verifier.storage.tables.staff import api_keys, people, trainings

_PERSON = RowCodec(Person)
_TRAINING = RowCodec(Training)
_KEY = RowCodec(ApiKey)


class SqlPeople:
    """People of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, person: Person, password_hash: str | None) -> None:
        """Store a person."""
        row = {**_PERSON.encode(person), "email_key": _key(person.email), "password_hash": password_hash}
        try:
            await self._connection.insert(people, [row])
        except Conflict as error:
            raise Conflict("There is a person with this e-mail address already.", field="email") from error

    async def get(self, id_: PersonId) -> Person:
        """One person."""
        return _PERSON.decode(await self._connection.one(select(people).where(people.c.id == id_)))

    async def by_email(self, email: str) -> tuple[Person, str | None] | None:
        """The person and the password hash; upper and lower case are the same."""
        row = await self._connection.first(select(people).where(people.c.email_key == _key(email)))
        return None if row is None else (_PERSON.decode(row), row["password_hash"])

    async def save(self, person: Person) -> None:
        """Store what an administrator may change. Raises NotFound."""
        row = {name: value for name, value in _PERSON.encode(person).items() if name not in {"id", "email"}}
        await self._update(person.id, row)

    async def set_password(self, id_: PersonId, password_hash: str | None) -> None:
        """Store another password, or none. Raises NotFound."""
        await self._update(id_, {"password_hash": password_hash})

    async def _update(self, id_: PersonId, values: dict[str, Any]) -> None:
        if not await self._connection.change(update(people).where(people.c.id == id_).values(values)):
            raise NotFound("There is no such person.")

    async def all(self) -> tuple[Person, ...]:
        """By name, then id."""
        rows = await self._connection.all(select(people).order_by(people.c.name, people.c.id))
        return tuple(_PERSON.decode(row) for row in rows)


class SqlTrainings:
    """Trainings of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, training: Training) -> None:
        """Store a training."""
        await self._connection.insert(trainings, [_TRAINING.encode(training)])

    async def of_person(self, id_: PersonId) -> tuple[Training, ...]:
        """By valid_until_ms, then role."""
        query = (
            select(trainings)
            .where(trainings.c.person_id == id_)
            .order_by(trainings.c.valid_until_ms, trainings.c.role, trainings.c.completed_ms)
        )
        return tuple(_TRAINING.decode(row) for row in await self._connection.all(query))


class SqlApiKeys:
    """ApiKeys of the ports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, key: ApiKey) -> None:
        """Store a key."""
        await self._connection.insert(api_keys, [_KEY.encode(key)])

    async def by_hash(self, secret_hash: str) -> ApiKey | None:
        """The key, a revoked one included."""
        row = await self._connection.first(select(api_keys).where(api_keys.c.secret_hash == secret_hash))
        return None if row is None else _KEY.decode(row)

    async def all(self) -> tuple[ApiKey, ...]:
        """Oldest first."""
        rows = await self._connection.all(select(api_keys).order_by(api_keys.c.created_ms, api_keys.c.id))
        return tuple(_KEY.decode(row) for row in rows)


def _key(email: str) -> str:
    return email.strip().lower()
