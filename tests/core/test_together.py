"""Writes that wait together: one commit, and each fails alone."""

import asyncio
from contextvars import ContextVar

from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.audit import AuditRow, record
from core.database import Database
from tests.builders import SettableClock


async def test_who_waits_together_is_committed_together_and_fails_alone(
    database: Database, clock: SettableClock
) -> None:
    commits = 0

    def count(_connection: object) -> None:
        nonlocal commits
        commits += 1

    async def note(session: AsyncSession, number: int) -> int:
        record(
            session,
            clock,
            agent_id=None,
            action=f"note {number}",
            object_kind="test",
            object_id="",
        )
        if number == 7:
            raise ValueError("seven")
        return number

    async def write(number: int) -> int:
        return await database.write(lambda session: note(session, number))

    event.listen(database.writer.sync_engine, "commit", count)
    done = await asyncio.gather(*(write(number) for number in range(5)))
    assert done == [*range(5)]
    assert commits <= (2 if database.is_sqlite else 5)  # the first goes ahead of the rest
    again = await asyncio.gather(*(write(number) for number in range(5, 9)), return_exceptions=True)
    assert [str(one) for one in again] == ["5", "6", "seven", "8"]
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(AuditRow)) == 8


WHO: ContextVar[str] = ContextVar("who", default="nobody")


async def test_what_is_written_for_somebody_is_written_as_theirs(database: Database) -> None:
    async def who(_session: AsyncSession) -> str:
        return WHO.get()

    async def write(name: str) -> str:
        WHO.set(name)
        return await database.write(who)

    names = ["anne", "bela", "carl"]
    assert await asyncio.gather(*(write(name) for name in names)) == names
