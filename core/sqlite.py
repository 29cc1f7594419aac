"""aiosqlite for SQLAlchemy, with one hop to SQLite's thread for a statement instead of four.

SQLAlchemy asks an asynchronous driver for a cursor, for its execution, for its rows and for its
end, one after the other. With aiosqlite each of these is a hop to another thread and back, which
takes longer than most of our statements do. Here all four are one hop. A transaction begins in the
hop of its first statement; to roll back is asked for and not waited for, and not asked for where
nothing was begun.

It leans on ``Connection._execute``, ``_conn`` and ``_tx`` of aiosqlite, as SQLAlchemy's own adapter
does. There are no server-side cursors.
"""

import sqlite3
from collections import deque
from typing import Any, NamedTuple

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)


class _Done(NamedTuple):
    """What is left of a cursor that was executed, read and closed in its thread."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    arraysize: int = 1

    def close(self) -> None:
        """It is closed."""


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    __slots__ = ()

    _awaitable_cursor_close = False

    def _make_new_cursor(self, connection: Any) -> Any:
        return _Done()

    def _aenter_cursor(self, cursor: Any) -> Any:
        return cursor

    async def _execute_async(self, operation: Any, parameters: Any) -> Any:
        adapted: Any = self._adapt_connection
        async with adapted._execute_mutex:
            connection: Any = self._connection
            self._cursor, rows = await connection._execute(
                _run, connection, adapted.take_beginning(), operation, parameters or ()
            )
            self._rows = deque(rows)
            return self

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> Any:
        adapted: Any = self._adapt_connection
        async with adapted._execute_mutex:
            connection: Any = self._connection
            self._cursor = await connection._execute(
                _run_many, connection, adapted.take_beginning(), operation, seq_of_parameters
            )
            return self


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ("_beginning",)

    _cursor_cls = _Cursor

    def begin_by(self, statement: str) -> None:
        """Let the next statement come after this one, which begins a transaction."""
        self._beginning = statement

    def take_beginning(self) -> str:
        """What begins the transaction; empty when that is done."""
        statement, self._beginning = self._beginning, ""
        return statement

    def cursor(self, server_side: bool = False) -> Any:
        if server_side:
            raise NotImplementedError("it would not begin the transaction")
        return super().cursor()

    def commit(self) -> None:
        if not self.take_beginning():
            super().commit()

    def rollback(self) -> None:
        """Its place in the queue of the thread is before all that comes after."""
        inner: Any = self._connection
        if not self.take_beginning() and inner._connection and inner._conn.in_transaction:
            inner._tx.put_nowait((None, inner._conn.rollback))


class OneHop(AsyncAdapt_aiosqlite_dbapi):
    """To give to ``create_async_engine`` as its ``module``."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *arg: Any, **kw: Any) -> _Connection:
        connection = super().connect(*arg, **kw)
        adapted = _Connection(self, connection._connection)
        adapted.begin_by("")
        return adapted


def _run(
    connection: Any, beginning: str, operation: str, parameters: Any
) -> tuple[_Done, list[Any]]:
    cursor: sqlite3.Cursor = connection._conn.cursor()
    try:
        if beginning:
            cursor.execute(beginning)
        cursor.execute(operation, parameters)
        rows = cursor.fetchall() if cursor.description else []
        return _Done(cursor.description, cursor.rowcount, cursor.lastrowid), rows
    finally:
        cursor.close()


def _run_many(connection: Any, beginning: str, operation: str, parameters: Any) -> _Done:
    cursor: sqlite3.Cursor = connection._conn.cursor()
    try:
        if beginning:
            cursor.execute(beginning)
        cursor.executemany(operation, parameters)
        return _Done(None, cursor.rowcount, cursor.lastrowid)
    finally:
        cursor.close()
