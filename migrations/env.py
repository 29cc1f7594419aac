"""Alembic's entry: it is always called with a connection (``guichet.migrate``)."""

from alembic import context
from sqlalchemy import Connection

import guichet.models  # noqa: F401  (every table, so that autogenerate sees them)
from core.database import Base


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        # It is a full-text table, of another kind on each database: written by hand.
        include_object=lambda _object, name, kind, _reflected, _other: (
            kind != "table" or not str(name).startswith("case_search")
        ),
    )
    with context.begin_transaction():
        context.run_migrations()


_run(context.config.attributes["connection"])
