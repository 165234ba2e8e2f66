"""Guards and errors in PostgreSQL's words.

A guard is a function and a trigger of the same name. The trigger fires in every session (ENABLE ALWAYS); it counts as
standing only when function and trigger read exactly as below. There is no INSERT OR REPLACE here: ON CONFLICT DO UPDATE
and MERGE meet the UPDATE guard, so INSERT is guarded only where a repeated row is to be ignored. TRUNCATE is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import JSON, Column, Connection

from verifier.storage.dialects.base import Action, Guard, Reason

_UNIQUE = "23505"
_REASONS = {
    _UNIQUE: Reason.TAKEN,
    "40001": Reason.OVERTAKEN,
    "40P01": Reason.OVERTAKEN,
    "25006": Reason.READ_ONLY,
    "55P03": Reason.BUSY,
}
"""By SQLSTATE."""
_CLASSES = {"23": Reason.FORBIDDEN, "22": Reason.UNSTORABLE}
"""By the first two characters of the SQLSTATE: constraints, data."""

_STORED = """
SELECT p.proname, p.prosrc, coalesce(t.tgenabled::text, ''), coalesce(pg_get_triggerdef(t.oid, true), '')
FROM pg_proc p LEFT JOIN pg_trigger t ON t.tgfoid = p.oid AND t.tgname = p.proname
WHERE p.pronamespace = current_schema()::regnamespace AND p.proname LIKE 'guard\\_%'
"""


class PostgresqlDialect:
    """One plpgsql function for each guard."""

    def wording(self, guard: Guard) -> str | None:
        """Function and trigger as the catalogue tells them."""
        if guard.action is Action.INSERT and not guard.ignores:
            return None
        return _told(_body(guard), "A", _trigger(guard))

    def create(self, connection: Connection, guard: Guard) -> None:
        """Function, trigger, and the trigger set to fire always."""
        if self.wording(guard) is None:
            return
        connection.exec_driver_sql(
            f"CREATE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $guard${_body(guard)}$guard$"
        )
        connection.exec_driver_sql(_trigger(guard))
        connection.exec_driver_sql(f"ALTER TABLE {guard.table.name} ENABLE ALWAYS TRIGGER {guard.name}")

    def drop(self, connection: Connection, name: str) -> None:
        """The function takes its trigger with it."""
        connection.exec_driver_sql(f"DROP FUNCTION {name}() CASCADE")

    def stored(self, connection: Connection) -> Mapping[str, str]:
        """From the catalogue: a changed function, a disabled and a missing trigger all read differently."""
        rows = connection.exec_driver_sql(_STORED)
        return {name: _told(body, enabled, trigger) for name, body, enabled, trigger in rows}

    def dangling(self, connection: Connection) -> Sequence[str]:
        """None: PostgreSQL has checked every row; what is deferred is checked here and raises."""
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        return ()

    def reason(self, error: BaseException | None) -> tuple[Reason, str] | None:
        """By SQLSTATE. Details are left out: they quote the row."""
        driver = getattr(error, "__cause__", None)
        if driver is None or not type(driver).__module__.startswith("asyncpg."):
            return None
        state = getattr(driver, "sqlstate", None)
        if state is None:
            unstorable = isinstance(driver.__cause__, (OverflowError, UnicodeError))
            return (Reason.UNSTORABLE if unstorable else Reason.UNKNOWN), type(driver).__name__
        return _REASONS.get(state) or _CLASSES.get(state[:2], Reason.UNKNOWN), str(driver.args[0])


def _told(body: str, enabled: str, trigger: str) -> str:
    return f"{trigger}\n{enabled}\n{body}"


def _trigger(guard: Guard) -> str:
    """Worded as ``pg_get_triggerdef`` words it."""
    each = "STATEMENT" if guard.action is Action.TRUNCATE else "ROW"
    return (
        f"CREATE TRIGGER {guard.name} BEFORE {guard.action} ON {guard.table.name} "
        f"FOR EACH {each} EXECUTE FUNCTION {guard.name}()"
    )


def _body(guard: Guard) -> str:
    refused = f"RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = '{guard.message}';"
    match guard.action:
        case Action.INSERT:
            key = " AND ".join(f'"{column.name}" = NEW."{column.name}"' for column in guard.table.primary_key.columns)
            # Names come from our own tables; nothing a caller sends is in this statement.
            found = f'EXISTS (SELECT 1 FROM "{guard.table.name}" WHERE {key})'  # noqa: S608
            return f" BEGIN IF {found} THEN RETURN NULL; END IF; RETURN NEW; END "
        case Action.UPDATE if guard.unless is not None:
            return f" BEGIN IF {_moved(guard)} THEN {refused} END IF; RETURN NEW; END "
        case Action.DELETE if guard.allowed is not None:
            return f" BEGIN IF NOT {guard.allowed} THEN {refused} END IF; RETURN OLD; END "
        case _:
            return f" BEGIN {refused} END "


def _moved(guard: Guard) -> str:
    free = guard.unless or ()
    pinned = [_compared(column) for column in guard.table.columns if column.name not in free]
    return " OR ".join([guard.closed, *pinned])


def _compared(column: Column[object]) -> str:
    # A JSON document has no equality of its own; its text has.
    cast = "::text" if isinstance(column.type, JSON) else ""
    return f'NEW."{column.name}"{cast} IS DISTINCT FROM OLD."{column.name}"{cast}'
