"""How a database goes about a query."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import is_postgresql

T = TypeVar("T")


async def planned(
    session: AsyncSession, ask: Callable[[AsyncSession], Awaitable[T]]
) -> tuple[T, Sequence[str]]:
    """What ``ask`` returns, and the steps of the first query that it makes."""
    asked: list[tuple[str, Any]] = []
    connection = await session.connection()

    def note(_c: Any, _cursor: Any, statement: str, given: Any, *_: Any) -> None:
        asked.append((statement, given))

    event.listen(connection.sync_connection, "before_cursor_execute", note)
    answer = await ask(session)
    statement, given = asked[0]
    explain = "EXPLAIN" if is_postgresql(session) else "EXPLAIN QUERY PLAN"
    rows = (await connection.exec_driver_sql(f"{explain} {statement}", given)).all()
    return answer, [row[-1] for row in rows]
