"""How the databases look into the queue: for a few of 100,000 they must not go through all."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event, insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import new_id
from notify import Medium
from notify.campaigns import CampaignContentRow, CampaignRow
from notify.models import DeliveryRow, NotificationRow, Priority
from notify.store import claim, read_due
from tests.notify.building import Desk
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
    await queue_many(desk)
    async with asked(desk) as (session, statements):
        dues = await read_due(session, Medium.EMAIL, desk.clock(), 100)
        reading = await explained(session, "EXPLAIN", statements[0])
    assert len(dues) == 100
    assert any("Index Scan using ix_deliveries_queue" in step for step in reading), reading
    assert not any("Sort" in step or "Hash Join" in step for step in reading), reading
    async with asked(desk) as (session, statements):
        assert len(await claim(session, dues, new_id())) == 100
        marking = await explained(session, "EXPLAIN", statements[0])
    assert not any("ix_deliveries_queue" in step for step in marking), marking


Statement = tuple[str, Any]


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


async def queue_many(desk: Desk) -> None:
    """The mails of a campaign, as its stages write them."""
    now, campaign, content = desk.clock(), new_id(), new_id()
    notifications = [new_id() for _ in range(MANY)]
    async with desk.database.begin() as session:
        of_campaign = {"id": campaign, "kind": "announcement", "entry_id": new_id(), "version": 1}
        told = {"title": "Travaux", "urgent": False, "wakes": False, "audience": MANY}
        times = {"due_at": now, "created_at": now, "expires_at": now + timedelta(days=2)}
        await session.execute(insert(CampaignRow).values(**of_campaign, **told, **times))
        words = {"subject": "Travaux", "text": "Travaux", "html": "", "headers": {}}
        of_words = {"id": content, "campaign_id": campaign, "language": "fr", "medium": "email"}
        await session.execute(insert(CampaignContentRow).values(**of_words, **words))
        await session.execute(
            insert(NotificationRow),
            [
                {
                    "id": id,
                    "address": f"{number}@citizens.example",
                    "cause_event_id": campaign,
                    "kind": "announcement",
                    "language": "fr",
                    "created_at": now,
                }
                for number, id in enumerate(notifications)
            ],
        )
        await session.execute(
            insert(DeliveryRow),
            [
                {
                    "id": new_id(),
                    "notification_id": id,
                    "medium": Medium.EMAIL,
                    "recipient": f"{number}@citizens.example",
                    "return_path": "mairie@demo.example",
                    "priority": Priority.BULK,
                    "due_at": now,
                    "expires_at": now + timedelta(days=2),
                    "message_id": f"<{number}@demo.example>",
                    "subject": "",
                    "text": "",
                    "html": "",
                    "headers": {},
                    "created_at": now,
                    "campaign_id": campaign,
                    "content_id": content,
                    "personal": {"token": "t", "why": "w", "topics": ""},
                }
                for number, id in enumerate(notifications)
            ],
        )
