"""Runs the migrations on the connection of migrating.upgrade. One rule: one transaction, guards at its end."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from verifier.errors import OurError
from verifier.storage import guards
from verifier.storage.dialects import dialect
from verifier.storage.tables import METADATA


def run(connection: Connection) -> None:
    """Lift the guards, migrate, put every guard back, and refuse when a foreign key leads nowhere."""
    with connection.begin():
        context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
        if context.get_context().get_current_heads() != context.get_head_revisions():
            guards.lift(connection)
        context.run_migrations()
        guards.install(connection)
        lost = dialect(connection).dangling(connection)
        if lost:
            raise OurError(f"A migration left rows without the rows they refer to: {', '.join(lost)}.")


run(context.config.attributes["connection"])
