"""A ledger for commands to work on, of either engine, with nobody at work."""

from datetime import timedelta
from uuid import uuid5

from sqlalchemy import delete, select, text

from core.clock import utc_now
from core.database import Database
from core.ids import new_id
from ingest import ChannelName, publish
from ingest.events import Event, IntakeReceived, new_event
from ingest.models import CursorRow, ProcessedRow, QuarantineRow, RetryRow
from tests.builders import NOON

EVENTS = 5


async def fill(database: Database) -> list[Event]:
    """Arrivals an hour apart from noon (UTC) on, at positions 1 to 5, read and processed."""
    events = []
    for number in range(EVENTS):
        intake = new_id()
        data = IntakeReceived(intake_id=intake, channel=ChannelName.EMAIL)
        time = NOON + timedelta(hours=number)
        events.append(new_event(data, key=intake, id=uuid5(intake, "event"), time=time))
    async with database.begin() as session:
        for event in events:
            await publish(session, [event])
            session.add(ProcessedRow(consumer="normalize", event_id=event.id))
        session.add(CursorRow(consumer="normalize", seq=EVENTS))
        await session.flush()
        await session.execute(text("DELETE FROM outbox"))
    return events


async def take_back(database: Database, *events: Event) -> None:
    """As if their effect had never been."""
    async with database.begin() as session:
        ids = [event.id for event in events]
        await session.execute(delete(ProcessedRow).where(ProcessedRow.event_id.in_(ids)))


async def give_up(database: Database, event: Event, consumer: str = "normalize") -> None:
    await take_back(database, event)
    async with database.begin() as session:
        session.add(
            QuarantineRow(
                id=new_id(),
                consumer=consumer,
                event_id=event.id,
                event=event.model_dump_json(),
                error="bad",
                attempts=1,
                quarantined_at=utc_now(),
            )
        )


async def in_retries(database: Database) -> list[tuple[str, int]]:
    async with database.read() as session:
        query = select(RetryRow.consumer, RetryRow.seq).order_by(RetryRow.consumer, RetryRow.seq)
        return [(consumer, seq) for consumer, seq in await session.execute(query)]


async def in_outbox(database: Database) -> list[int]:
    """The positions that are to be published."""
    async with database.read() as session:
        query = text("SELECT seq FROM outbox WHERE published_at IS NULL ORDER BY seq")
        return list(await session.scalars(query))


async def cursor(database: Database) -> int | None:
    async with database.read() as session:
        return await session.scalar(select(CursorRow.seq))
