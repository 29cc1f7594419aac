"""The store: SQLAlchemy 2, asynchronous, the same models on SQLite and on PostgreSQL.

On SQLite all writing goes through one connection behind a lock (WAL, ``synchronous=FULL``, see
https://sqlite.org/wal.html); reading has its own connections and never waits for a writer. A
patient transaction waits for the disk outside of the lock (``docs/decisions/0011``).
"""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import DateTime, Dialect, ForeignKeyConstraint, MetaData, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, TimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from core.flushing import Flushing, Sync, to_the_disk
from core.sqlite import OneHop, later_if_it_can
from core.together import Together
from core.turns import Turns

READERS = 4  # connections kept for reading SQLite
CONNECTIONS = 10  # kept to PostgreSQL
POSTGRESQL = {
    # In seconds and (the second) milliseconds: a server that has gone is not waited for.
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
}
"""What libpq is told of a connection."""
# To compile a query takes longer than any of ours, and it is done by a guess of the cost. The
# other guess is of disks that have to move an arm to another page.
PLANNING = "-c jit=off -c random_page_cost=1.1"
"""What PostgreSQL is told of it, beside and before what the URL's ``options`` say."""
BUSY_TIMEOUT = 5.0  # seconds that a writer waits for another process before it gives up

T = TypeVar("T")
AfterCommit = Callable[[Sequence[Any]], None]


# A writer takes its lock at once: a lock taken half-way could not wait its turn.
_BEGIN_WRITING = "PRAGMA synchronous=FULL; BEGIN IMMEDIATE"
_BEGIN_PATIENT = "PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE"
_NO_TURN: AbstractAsyncContextManager[None] = nullcontext()
_TAKE_TURN = text("SELECT pg_advisory_xact_lock(hashtext(:name))")


class Base(DeclarativeBase):
    """Names of constraints follow one pattern, so that a migration can name what it drops."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


@event.listens_for(ForeignKeyConstraint, "after_parent_attach")
def _check_at_commit(constraint: ForeignKeyConstraint, _table: Any) -> None:
    """The rows of one transaction come in any order; what they refer to is checked at its end."""
    constraint.deferrable, constraint.initially = True, "DEFERRED"


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, always with its zone: SQLite would forget it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class Database:
    """Two doors: :meth:`begin` to write in one transaction, :meth:`read` to look.

    ``sync`` puts a file of SQLite's on the disk.
    """

    def __init__(self, url: str, sync: Sync = to_the_disk) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._writer = _sqlite_engine(url, connections=1, begins=_BEGIN_WRITING)
            self._patient_writer = self._writer.execution_options(begin=_BEGIN_PATIENT)
            self._flushing = Flushing(Path(f"{make_url(url).database}-wal"), sync)
            self._reader = _sqlite_engine(
                url, connections=READERS, begins="BEGIN", pragmas=("query_only=ON",)
            )
            self._glancer = self._reader
        else:
            options = f"{PLANNING} {make_url(url).query.get('options', '')}"
            self._writer = create_async_engine(
                url,
                pool_size=CONNECTIONS,
                hide_parameters=True,
                connect_args={**POSTGRESQL, "options": options},
            )
            self._reader = self._writer.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self._glancer = self._writer.execution_options(isolation_level="AUTOCOMMIT")
        self._turns = Turns()
        self._together = Together(self.begin)
        self._after_commit: list[AfterCommit] = []

    def after_commit(self, tell: AfterCommit) -> None:
        """Call ``tell`` with what a transaction announced (:func:`announce`) once it is durable."""
        self._after_commit.append(tell)

    @asynccontextmanager
    async def begin(self, *, patient: bool = False) -> AsyncIterator[AsyncSession]:
        """One transaction: committed when the block ends, rolled back when it raises.

        ``patient``: nobody waits for it, so that it lets those go first on SQLite for whom
        somebody does, and does not have them wait until it is on the disk.
        """
        writer, turn = self._writer, _NO_TURN
        if self.is_sqlite:
            writer = self._patient_writer if patient else self._writer
            turn = self._turns.take(patient=patient)
        async with turn:
            self.check()
            session = AsyncSession(writer, expire_on_commit=False, autoflush=False)
            async with session, session.begin():
                yield session
        if writer is not self._writer:
            await self._flushing.flush()
        announced = session.info.get("announced")
        if announced:
            for tell in self._after_commit:
                tell(announced)

    def check(self) -> None:
        """Raises OSError when nothing can be written any more before the process starts anew."""
        if self.is_sqlite:
            self._flushing.check()

    async def write(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Do a small piece of work that somebody waits for; durable when it returns.

        On SQLite those that wait together are one transaction (:class:`core.together.Together`):
        ``work`` may be called again after a rollback.
        """
        if self.is_sqlite:
            done: T = await self._together.write(work)
            return done
        async with self.begin() as session:
            return await work(session)

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits for whom a patient transaction should end soon."""
        return self._turns.is_wanted

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A consistent view for reading; what is changed in it is never stored."""
        session = AsyncSession(self._reader, expire_on_commit=False, autoflush=False)
        async with session:
            yield session

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[AsyncSession]:
        """For one statement that reads: by itself it is consistent, and on PostgreSQL it costs one
        round trip instead of three."""
        async with AsyncSession(self._glancer, autoflush=False) as session:
            yield session

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait until nobody else of the town is in a block of this name.

        SQLite has one process, in which nobody is twice in the same place.
        """
        if self.is_sqlite:
            yield
            return
        async with self._writer.connect() as connection:
            await take_turn(connection, name)
            yield

    async def close(self) -> None:
        await self._writer.dispose()
        if self.is_sqlite:
            await self._reader.dispose()
            self._flushing.close()

    @property
    def writer(self) -> AsyncEngine:
        """For migrations alone."""
        return self._writer


def announce(session: AsyncSession, things: Iterable[Any]) -> None:
    """Have the ``after_commit`` listeners told of these things, if the transaction commits."""
    session.info.setdefault("announced", []).extend(things)


async def take_turn(connection: AsyncConnection | AsyncSession, name: str) -> None:
    """Wait for the turn of this name, which ends with the transaction. PostgreSQL only."""
    await connection.execute(_TAKE_TURN, {"name": f"guichet.{name}"})


def is_postgresql(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "postgresql"


async def insert_new(
    session: AsyncSession, model: type[Base], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert the rows that are not there yet; those that are stay as they are."""
    if rows:
        statement = _insert_new(model, session.get_bind().dialect.name)
        await session.execute(statement, list(rows))


@cache
def _insert_new(model: type[Base], dialect: str) -> Any:
    """Built once: to build a statement takes as long as to run it."""
    insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(model.__table__).on_conflict_do_nothing()


def is_unavailable(problem: BaseException) -> bool:
    """Whether the store is away, locked or full: worth another try later."""
    if isinstance(problem, DBAPIError):
        return (
            problem.connection_invalidated
            or isinstance(problem.orig, sqlite3.OperationalError | OSError)
            or "OperationalError" in type(problem).__name__
        )
    return isinstance(problem, OSError | TimeoutError)


def _sqlite_engine(
    url: str, *, connections: int, begins: str, pragmas: Sequence[str] = ()
) -> AsyncEngine:
    engine = create_async_engine(
        url,
        module=OneHop(),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=30,
        hide_parameters=True,  # what people wrote stays out of logs
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "foreign_keys=ON",
            f"busy_timeout={int(BUSY_TIMEOUT * 1000)}",
            "cache_size=-65536",  # 64 MiB
            "wal_autocheckpoint=8000",  # pages, about 32 MiB: fewer, larger copies to the file
            "temp_store=MEMORY",
            *pragmas,
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        options = connection.get_execution_options()
        connection.connection.dbapi_connection.begin(options.get("begin", begins))

    @event.listens_for(engine.sync_engine, "do_executemany")
    def execute_rows(cursor: Any, statement: str, rows: Any, context: Any) -> bool:
        return later_if_it_can(cursor, statement, rows, context)

    @event.listens_for(engine.sync_engine, "do_execute")
    def execute_row(cursor: Any, statement: str, row: Any, context: Any) -> bool:
        return later_if_it_can(cursor, statement, [row], context)

    return engine
