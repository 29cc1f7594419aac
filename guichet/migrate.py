"""Bringing a database to the newest form, with Alembic."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

import migrations
from core.database import Database
from core.errors import Refused
from guichet.findings import Level

FOLDER = Path(migrations.__file__).parent
NEWER = "is of another, newer Guichet; install that one, or restore the backup from before it"


async def migrate(database: Database) -> None:
    """Run the migrations that are missing; costs one query when there are none.

    Raises Refused when the database is ahead of this program.
    """
    async with database.turn("migrate"), database.writer.connect() as connection:
        await connection.run_sync(_upgrade)
        await connection.commit()


def judge_schema(revision: str | None) -> tuple[Level, str]:
    """What the next start will make of a database of this revision; None for an empty one."""
    head, *older = _revisions()
    if revision is None:
        return Level.OK, "no tables yet: the first start makes them"
    if revision == head:
        return Level.OK, f"schema {revision}"
    if revision in older:
        return (
            Level.NOTE,
            f"schema {revision}: the next start brings it to {head}; back it up first",
        )
    return Level.BAD, f"schema {revision} {NEWER}"


def _upgrade(connection: Connection) -> None:
    revision = MigrationContext.configure(connection).get_current_revision()
    head, *older = _revisions()
    if revision == head:
        return
    if revision is not None and revision not in older:
        raise Refused(f"the database (schema {revision}) {NEWER}")
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@cache
def _revisions() -> tuple[str, ...]:
    """Those that this program knows, the newest first."""
    script = ScriptDirectory.from_config(_config())
    return tuple(one.revision for one in script.walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config
