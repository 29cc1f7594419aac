"""A campaign that is being sent, and others who want the same rows of PostgreSQL meanwhile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from notify import DeliveryStatus, Dispatcher, Smtp
from notify.models import DeliveryRow
from tests.notify.building import Desk, at_work, settled, until
from tests.notify.queueing import queue_many
from tests.notify.sink import Sink
from tests.notify.test_several_dispatchers import is_seen
from tests.postgresql import on_postgresql

pytestmark = on_postgresql

MANY, CONNECTIONS = 40, 4
IN_FLIGHT = DeliveryRow.status == DeliveryStatus.IN_FLIGHT
# Of a query that waits for a lock on rows that are to be settled.
END_IT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    " AND query LIKE 'UPDATE deliveries SET status = ''sent''%' AND datname = current_database()"
)


async def test_who_changes_rows_of_it_does_not_hold_it_up_for_ever(
    desk: Desk, sink: Sink, smtp: Smtp
) -> None:
    async with being_sent(desk, sink, smtp):
        async with holding_what_is_in_flight(desk, sink) as others:
            # They want what was marked meanwhile, too, as who withdraws a campaign does.
            await others.execute(update(DeliveryRow).values(traceparent=None))
        await until(lambda: settled(desk))
    assert len(sink.mails) == MANY
    assert {(row.attempts, row.in_doubt) for row in await desk.rows()} == {(1, 0)}


async def test_what_was_marked_though_its_step_failed_is_taken_back_and_sent(
    desk: Desk, sink: Sink, smtp: Smtp
) -> None:
    async with being_sent(desk, sink, smtp) as dispatcher:
        with capture_logs() as logs:
            async with holding_what_is_in_flight(desk, sink) as others:
                marked = await in_flight(desk) - CONNECTIONS
                assert (await others.execute(END_IT)).all() == [(True,)]
            await until(lambda: any(log["event"] == "dispatch.store_away" for log in logs))
        for _ in range(7):
            desk.clock.advance(seconds=5)
            dispatcher.wake()
            await until(lambda: is_seen(desk))
        await until(lambda: settled(desk))
    assert len(sink.mails) == MANY
    assert sum(row.in_doubt for row in await desk.rows()) == marked


@asynccontextmanager
async def being_sent(desk: Desk, sink: Sink, smtp: Smtp) -> AsyncIterator[Dispatcher]:
    """Four are on their way, and not answered."""
    await queue_many(desk, MANY)
    sink.open.clear()
    dispatcher = Dispatcher(desk.database, [smtp], desk.clock, connections=CONNECTIONS)
    async with at_work(dispatcher):
        await until(lambda: sink.waiting == CONNECTIONS)
        yield dispatcher


@asynccontextmanager
async def holding_what_is_in_flight(desk: Desk, sink: Sink) -> AsyncIterator[AsyncSession]:
    """A transaction of somebody else's that locks it, while it is answered and others are
    marked."""
    async with desk.database.begin() as session:
        await session.execute(select(DeliveryRow.id).where(IN_FLIGHT).with_for_update())
        sink.open.set()
        await until(lambda: more_are_marked(desk))
        yield session


async def more_are_marked(desk: Desk) -> bool:
    return await in_flight(desk) > CONNECTIONS


async def in_flight(desk: Desk) -> int:
    async with desk.database.read() as session:
        query = select(func.count()).select_from(DeliveryRow).where(IN_FLIGHT)
        return await session.scalar(query) or 0
