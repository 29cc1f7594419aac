"""aiosqlite for SQLAlchemy, with as few hops to SQLite's thread as can be.

SQLAlchemy asks an asynchronous driver for a cursor, for its execution, for its rows and for its
end, one after the other. With aiosqlite each of these is a hop to another thread and back, which
takes longer than most of our statements do, and meanwhile the loop turns to others. Here all four
are one hop, and what nobody waits for has none of its own: a transaction begins in the hop of its
first statement, and insertions of which nothing is read back, :meth:`Connection.later`, go along
with the next statement or with the commit, and fail there.

It leans on ``_execute``, ``_conn`` and ``_tx`` of aiosqlite, as SQLAlchemy's own adapter does.
There are no server-side cursors: rows come all at once.
"""

import sqlite3
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util.concurrency import await_

LATER = {"later": True}
"""Execution options of any other statement of which nobody reads what came of it."""


class _Done(NamedTuple):
    """What is left of a cursor that was executed, read and closed in its thread."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    arraysize: int = 1

    def close(self) -> None:
        """It is closed."""


class _Before(NamedTuple):
    """What is to be done before the next statement, in its hop."""

    script: str = ""
    """Begins the transaction."""
    inserts: Sequence[tuple[str, Any]] = ()
    """Statements, each with the rows that it is executed for."""


_NOTHING = _Before()


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    __slots__ = ()

    _awaitable_cursor_close = False

    def _make_new_cursor(self, connection: Any) -> Any:
        return _Done()

    def _aenter_cursor(self, cursor: Any) -> Any:
        return cursor

    def put_off(self, statement: str, rows: Any) -> None:
        ours: Any = self._adapt_connection
        ours.later(statement, rows)

    async def _execute_async(self, operation: Any, parameters: Any) -> Any:
        ours: Any = self._adapt_connection
        async with ours._execute_mutex:
            self._cursor, rows = await ours.hop(_run, operation, parameters or ())
            self._rows = deque(rows)
            return self

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> Any:
        ours: Any = self._adapt_connection
        async with ours._execute_mutex:
            self._cursor = await ours.hop(_run_many, operation, seq_of_parameters)
            return self


class Connection(AsyncAdapt_aiosqlite_connection):
    """What SQLAlchemy has for the driver's connection."""

    __slots__ = ("_before", "_untouched")

    _cursor_cls = _Cursor

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._before = _NOTHING
        self._untouched = False

    def cursor(self, server_side: bool = False) -> Any:
        if server_side:
            raise NotImplementedError("rows come all at once")
        return super().cursor()

    def begin(self, script: str) -> None:
        """Begin a transaction by ``script`` with its first statement; without any there is none."""
        self._before, self._untouched = _Before(script), True

    def later(self, statement: str, rows: Any) -> None:
        """Execute the statement for each of the rows before the next one, or at the commit.

        What is wrong with it is told then.
        """
        self._untouched = False
        script, inserts = self._before
        self._before = _Before(script, [*inserts, (statement, rows)])

    def commit(self) -> None:
        if self._untouched:
            self._forget()
            return
        try:
            await_(self.hop(_commit))
        except Exception as problem:
            self._handle_exception(problem)

    def rollback(self) -> None:
        """Nobody waits for it: its place in the thread's queue is before all that comes after."""
        inner: Any = self._connection
        untouched = self._untouched
        self._forget()
        # Not asked first whether there is a transaction: what was broken off may begin it yet.
        if not untouched and inner._connection:
            inner._tx.put_nowait((None, inner._conn.rollback))

    async def hop(self, work: Any, *arguments: Any) -> Any:
        """Have ``work`` done in the thread, after what is to be done before it."""
        before = self._before
        self._forget()
        connection: Any = self._connection
        return await connection._execute(work, connection, before, *arguments)

    def _forget(self) -> None:
        self._before, self._untouched = _NOTHING, False


class OneHop(AsyncAdapt_aiosqlite_dbapi):
    """To give to ``create_async_engine`` as its ``module``."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *arg: Any, **kw: Any) -> Connection:
        connection = super().connect(*arg, **kw)
        return Connection(self, connection._connection)


def later_if_it_can(cursor: Any, statement: str, rows: Any, context: Any) -> bool:
    """Put the statement off when nobody reads what comes of it. Returns whether it was."""
    compiled = context.compiled
    silent = context.isinsert and not (compiled.effective_returning or compiled.postfetch_lastrowid)
    if not (silent or context.execution_options.get("later", False)):
        return False
    cursor.put_off(statement, rows)
    return True


def _run(
    connection: Any, before: _Before, operation: str, parameters: Any
) -> tuple[_Done, list[Any]]:
    cursor: sqlite3.Cursor = connection._conn.cursor()
    try:
        _do(cursor, before)
        cursor.execute(operation, parameters)
        rows = cursor.fetchall() if cursor.description else []
        return _Done(cursor.description, cursor.rowcount, cursor.lastrowid), rows
    finally:
        cursor.close()


def _run_many(connection: Any, before: _Before, operation: str, parameters: Any) -> _Done:
    cursor: sqlite3.Cursor = connection._conn.cursor()
    try:
        _do(cursor, before)
        cursor.executemany(operation, parameters)
        return _Done(None, cursor.rowcount, cursor.lastrowid)
    finally:
        cursor.close()


def _commit(connection: Any, before: _Before) -> None:
    cursor: sqlite3.Cursor = connection._conn.cursor()
    try:
        _do(cursor, before)
        connection._conn.commit()
    finally:
        cursor.close()


def _do(cursor: sqlite3.Cursor, before: _Before) -> None:
    if before.script:
        if cursor.connection.in_transaction:
            cursor.connection.rollback()  # a script would commit what somebody has left open
        # Not execute: a pragma works when it is compiled, and what is compiled is kept.
        cursor.executescript(before.script)
    for statement, rows in before.inserts:
        cursor.executemany(statement, rows)
