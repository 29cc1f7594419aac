"""``guichet migrate-engine``: an embedded town moves to PostgreSQL and Kafka.

All rows arrive in one transaction, so that a move that is cut off has moved nothing and is simply
begun again. Nobody works on the old folder meanwhile, nor afterwards (:mod:`guichet.moved`).
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from core.blobs import Blobs
from core.database import Database
from core.errors import GuichetError, Refused
from core.lock import sole_process
from core.settings import Settings
from guichet.copying import copy_files, copy_rows, fill_outbox, first_filled
from guichet.findings import in_one_line
from guichet.migrate import migrate
from guichet.moved import mark_moved
from guichet.offline import fail, read_settings
from guichet.progress import Bars, bars


@dataclass(frozen=True, slots=True)
class Moved:
    rows: int
    files: int
    lost: list[str]
    """Large files that the old town had lost before."""
    unread: int
    """Events that are still to be handled."""


def migrate_engine(
    to_stream: Annotated[
        str, typer.Option(envvar="GUICHET_TO_STREAM", help="kafka://host:port, as GUICHET_STREAM.")
    ],
    to_database: Annotated[
        str,
        typer.Option(
            envvar="GUICHET_TO_DATABASE",
            help="postgresql://user:password@host/name, as GUICHET_DATABASE: an empty database.",
        ),
    ],
    to_blobs: Annotated[
        str,
        typer.Option(
            envvar="GUICHET_TO_BLOBS",
            help="Folder or s3://bucket of large files; where they are when left out.",
        ),
    ] = "",
) -> None:
    """Move the embedded town of these settings to PostgreSQL and Kafka, while it is stopped."""
    old = read_settings()
    blobs = to_blobs or old.blobs_url
    new = read_settings(
        stream=to_stream,
        database=to_database,
        blobs=blobs if "://" in blobs else str(Path(blobs).resolve()),
    )
    try:
        moved = asyncio.run(move(old, new))
    except KeyboardInterrupt:
        fail("interrupted; nothing was moved, and it can be begun again")
    except GuichetError as problem:
        fail(str(problem))
    except (SQLAlchemyError, OSError) as problem:
        fail(f"{in_one_line(problem)}; nothing was moved, and it can be begun again")
    _tell(moved, old, new)


async def move(old: Settings, new: Settings) -> Moved:
    """Raises Refused, with a reason, when there is nothing to move or it cannot be moved."""
    _refuse_nothing(old)
    with sole_process(old.data):
        await _refuse_bad_target(new)
        source, target = Database(old.database_url), Database(new.database_url)
        try:
            await migrate(source)
            await migrate(target)
            with bars() as shown:
                return await _move(old, new, source, target, shown)
        finally:
            await source.close()
            await target.close()


async def _move(
    old: Settings, new: Settings, source: Database, target: Database, shown: Bars
) -> Moved:
    async with target.read() as session:
        _refuse_filled(new, await first_filled(session))
    # Opened for writing, though nothing is written: other commands wait outside.
    async with source.begin() as reading:
        files, lost = 0, list[str]()
        if old.blobs_url != new.blobs_url:
            stores = Blobs(old.blobs_url), Blobs(new.blobs_url)
            files, lost = await copy_files(source, *stores, shown)
        async with target.begin() as writing:
            _refuse_filled(new, await first_filled(writing))
            rows = await copy_rows(reading, writing, shown)
            unread = await fill_outbox(writing)
            # Before the commit: should we be killed at it, nobody goes on with the old one.
            mark_moved(old.data.resolve(), _where(new))
    return Moved(rows, files, lost, unread)


def _refuse_nothing(old: Settings) -> None:
    if old.is_distributed:
        raise Refused("these settings name Kafka already; give those of the embedded town")
    path = make_url(old.database_url).database
    if not path or not Path(path).is_file():
        raise Refused(f"there is no town at {path}; set GUICHET_DATA or GUICHET_DATABASE")


async def _refuse_bad_target(new: Settings) -> None:
    from guichet.check_blobs import check_blobs
    from guichet.check_kafka import check_kafka
    from guichet.check_postgresql import check_postgresql

    found = await asyncio.gather(check_postgresql(new.database_url), check_blobs(new.blobs_url))
    bad = [one for one in (*found, *await check_kafka(new)) if not one.ok]
    if bad:
        raise Refused("; ".join(f"{one.what}: {one.says}" for one in bad))


def _refuse_filled(new: Settings, table: str) -> None:
    if table:
        raise Refused(
            f"{_where(new)} is not empty: {table} has rows. Name an empty database; if a move to "
            "this one has ended before, set GUICHET_STREAM and GUICHET_DATABASE"
        )


def _where(new: Settings) -> str:
    store = make_url(new.database_url)
    return f"PostgreSQL {store.host or 'localhost'}/{store.database}"


def _tell(moved: Moved, old: Settings, new: Settings) -> None:
    typer.echo(
        f"moved {moved.rows} rows and {moved.files} large files; "
        f"{moved.unread} events are still to be handled"
    )
    if moved.lost:
        typer.echo(f"lost or damaged before, and not moved: {', '.join(moved.lost)}")
    database = make_url(new.database_url).set(drivername="postgresql")
    data = old.data.resolve()
    typer.echo(
        "Set for every process (passwords are left out here):\n"
        f"  GUICHET_STREAM={_without_password(new.stream)}\n"
        f"  GUICHET_DATABASE={database.render_as_string(hide_password=True)}\n"
        f"  GUICHET_BLOBS={new.blobs_url}\n"
        f"Keep the town's secret, {data / 'secret'}: every machine needs a copy of it in its\n"
        f"GUICHET_DATA. Everything else in {data} stays as it is."
    )


def _without_password(stream: str) -> str:
    scheme, _, rest = stream.partition("://")
    account, at, servers = rest.rpartition("@")
    user, _, password = account.partition(":")
    return f"{scheme}://{user}{':***' if password else ''}{at}{servers}"
