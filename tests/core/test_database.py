from datetime import datetime

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from cases import QueueRow
from citizens import CitizenRow
from core.database import Database, announce, insert_new
from core.ids import new_id
from tests.builders import NOON


async def count_citizens(database: Database) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(CitizenRow)) or 0


async def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.begin() as session:
            session.add(CitizenRow(id=new_id(), name="Jeanne", created_at=NOON))
            await session.flush()
            raise RuntimeError
    assert await count_citizens(database) == 0


async def test_what_is_announced_is_told_only_after_the_commit(database: Database) -> None:
    told: list[object] = []
    database.after_commit(told.extend)
    with pytest.raises(RuntimeError):
        async with database.begin() as session:
            announce(session, ["lost"])
            raise RuntimeError
    async with database.begin() as session:
        announce(session, ["kept"])
        assert told == []
    assert told == ["kept"]


async def test_inserting_again_what_is_there_changes_nothing(database: Database) -> None:
    row = {"id": new_id(), "name": "Jeanne", "language": "", "created_at": NOON}
    async with database.begin() as session:
        await insert_new(session, CitizenRow, [row])
        await insert_new(session, CitizenRow, [row | {"name": "Somebody else"}])
    async with database.read() as session:
        assert await session.scalar(select(CitizenRow.name)) == "Jeanne"


async def test_a_moment_comes_back_with_its_zone(database: Database) -> None:
    async with database.begin() as session:
        session.add(CitizenRow(id=new_id(), name="Jeanne", created_at=NOON))
    async with database.read() as session:
        assert await session.scalar(select(CitizenRow.created_at)) == NOON


async def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without a zone"):
        async with database.begin() as session:
            naive = datetime(2026, 1, 1)  # noqa: DTZ001
            session.add(CitizenRow(id=new_id(), name="Jeanne", created_at=naive))


async def test_a_session_for_reading_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"):
        async with database.read() as session:
            await session.execute(text("DELETE FROM citizens"))


async def test_what_a_row_refers_to_may_come_later_in_the_transaction(database: Database) -> None:
    queue_id = new_id()
    async with database.begin() as session:
        await session.execute(
            text(
                "INSERT INTO routing_rules (id, name, priority, expression, queue_id, enabled)"
                " VALUES (:id, 'x', 1, 'true', :queue, true)"
            ),
            {"id": new_id().hex, "queue": queue_id.hex},
        )
        session.add(
            QueueRow(id=queue_id, slug="x", name="X", service_level=1, position=0, mailbox="")
        )
