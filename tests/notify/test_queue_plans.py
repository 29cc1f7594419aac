"""How the databases look into the queue: for a few of 100,000 they must not go through all."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import new_id
from notify import DeliveryStatus, Medium
from notify.settling import settle
from notify.store import Outcome, claim, read_due
from tests.notify.building import Desk
from tests.notify.queueing import queue_many
from tests.postgresql import on_postgresql, on_sqlite

MANY = 3_000


@on_sqlite
async def test_whether_there_is_an_earlier_one_is_looked_up_in_its_case(desk: Desk) -> None:
    async with asked(desk) as (session, statements):
        await read_due(session, Medium.EMAIL, desk.clock(), 100)
        plan = await explained(session, "EXPLAIN QUERY PLAN", statements[0])
    assert [step for step in plan if "_1 USING" in step or "_2 USING" in step] == [
        "SEARCH notifications_1 USING INDEX sqlite_autoindex_notifications_1 (id=?)",
        "SEARCH notifications_2 USING INDEX ix_notifications_case_id (case_id=?)",
        "SEARCH deliveries_1 USING INDEX sqlite_autoindex_deliveries_2 (notification_id=?)",
    ]
    assert not any("TEMP B-TREE" in step or step.startswith("SCAN") for step in plan), plan


@on_postgresql
async def test_the_next_ones_are_read_and_marked_before_the_queue_was_counted(desk: Desk) -> None:
    """A campaign is addressed in seconds; PostgreSQL counts its tables once a minute."""
    await queue_many(desk, MANY)
    async with asked(desk) as (session, statements):
        dues = await read_due(session, Medium.EMAIL, desk.clock(), 100)
        reading = await explained(session, "EXPLAIN", statements[0])
    assert len(dues) == 100
    assert any("Index Scan using ix_deliveries_queue" in step for step in reading), reading
    assert not any("Sort" in step or "Hash Join" in step for step in reading), reading
    us = new_id()
    async with asked(desk) as (session, statements):
        assert len(await claim(session, dues, us)) == 100
        marking = await explained(session, "EXPLAIN", statements[0])
    assert by_id_alone(marking), marking
    async with asked(desk) as (session, statements):
        now, sent = desk.clock(), DeliveryStatus.SENT
        await settle(
            session, [Outcome(due, sent, now, now, provider_id="250 Ok") for due in dues], us
        )
        settling = await explained(session, "EXPLAIN", statements[0])
    assert by_id_alone(settling), settling


Statement = tuple[str, Any]


def by_id_alone(plan: Sequence[str]) -> bool:
    """Whether deliveries are looked up one by one, and by nothing else."""
    looks = [step for step in plan if " on deliveries" in step and "Scan" in step]
    return bool(looks) and all("using pk_deliveries" in step for step in looks)


@asynccontextmanager
async def asked(desk: Desk) -> AsyncIterator[tuple[AsyncSession, list[Statement]]]:
    """A session, and what it asks the database, with the values."""
    statements: list[Statement] = []
    async with desk.database.begin() as session:
        connection = await session.connection()

        def note(_c: Any, _cursor: Any, statement: str, given: Any, *_: Any) -> None:
            statements.append((statement, given))

        event.listen(connection.sync_connection, "before_cursor_execute", note)
        yield session, statements


async def explained(session: AsyncSession, how: str, asked: Statement) -> Sequence[str]:
    statement, given = asked
    connection = await session.connection()
    rows = (await connection.exec_driver_sql(f"{how} {statement}", given)).all()
    return [row[-1] for row in rows]
