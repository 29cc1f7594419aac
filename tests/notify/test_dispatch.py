import asyncio
from contextlib import suppress

import pytest
from sqlalchemy import select, update

from ingest.events import Event
from ingest.models import StreamRow
from notify import DeliveryStatus, Dispatcher, Outbox, Retries, Smtp
from notify.models import DeliveryRow
from tests.notify.building import Desk, at_work, settled, until
from tests.notify.sink import Sink
from tests.postgresql import on_sqlite


async def test_what_is_queued_is_sent_at_once_and_published(
    desk: Desk, sink: Sink, smtp: Smtp
) -> None:
    dispatcher = Dispatcher(desk.database, [smtp], desk.clock)
    async with at_work(dispatcher):
        opened = await desk.open()
        await desk.tell(opened)
        await until(lambda: settled(desk))
    row = await desk.row()
    assert (row.status, row.attempts, row.in_doubt) == (DeliveryStatus.SENT, 1, 0)
    assert row.provider_id == "250 2.0.0 Ok: queued as 1"
    assert row.sent_at == desk.clock()
    assert len(sink.mails) == 1
    assert await published(desk) == [
        (opened.subject, DeliveryStatus.QUEUED),
        (opened.subject, DeliveryStatus.SENT),
    ]


async def test_many_go_over_a_few_connections_each_once(desk: Desk, sink: Sink, smtp: Smtp) -> None:
    await desk.tell(*[await desk.open(sender_address=f"{n}@c.example") for n in range(50)])
    async with at_work(Dispatcher(desk.database, [smtp], desk.clock, connections=4)):
        await until(lambda: settled(desk))
    names = [mail["Message-ID"] for mail in sink.messages()]
    assert len(names) == len(set(names)) == 50
    assert sink.connections <= 4


async def test_no_more_than_its_connections_are_in_flight(
    desk: Desk, sink: Sink, smtp: Smtp
) -> None:
    await desk.tell(*[await desk.open() for _ in range(10)])
    sink.open.clear()
    async with at_work(Dispatcher(desk.database, [smtp], desk.clock, connections=3)):
        await until(lambda: sink.waiting == 3)
        in_flight = [row for row in await desk.rows() if row.status == DeliveryStatus.IN_FLIGHT]
        assert len(in_flight) == 3
        sink.open.set()
        await until(lambda: settled(desk))
    assert sink.most_at_once == 3


async def test_greylisting_is_waited_out(desk: Desk, sink: Sink, smtp: Smtp) -> None:
    await desk.tell(await desk.open())
    sink.to_recipients.append("451 4.7.1 Greylisted, try again later")
    dispatcher = Dispatcher(desk.database, [smtp], desk.clock)
    async with at_work(dispatcher):
        await until(lambda: tried(desk))
        row = await desk.row()
        assert row.status == DeliveryStatus.QUEUED
        assert row.last_error == "451 4.7.1 Greylisted, try again later"
        assert (row.due_at - desk.clock()).total_seconds() == 60
        desk.clock.advance(seconds=61)
        dispatcher.wake()
        await until(lambda: settled(desk))
    row = await desk.row()
    assert (row.status, row.attempts, row.last_error) == (DeliveryStatus.SENT, 2, "")
    assert len(sink.mails) == 1


async def test_a_refusal_is_final_and_says_why(desk: Desk, sink: Sink, smtp: Smtp) -> None:
    await desk.tell(await desk.open())
    sink.to_recipients.append("550 5.1.1 No such user")
    async with at_work(Dispatcher(desk.database, [smtp], desk.clock)):
        await until(lambda: settled(desk))
    row = await desk.row()
    assert (row.status, row.last_error) == (DeliveryStatus.FAILED, "550 5.1.1 No such user")
    assert (await published(desk))[-1][1] == DeliveryStatus.FAILED


async def test_a_server_that_is_away_is_left_alone_and_gets_all_later(
    desk: Desk, sink: Sink, smtp: Smtp
) -> None:
    await desk.tell(*[await desk.open() for _ in range(8)])
    await sink.stop()
    dispatcher = Dispatcher(desk.database, [smtp], desk.clock, connections=2)
    async with at_work(dispatcher):
        await until(lambda: tried(desk))
        rows = await desk.rows()
        assert {row.status for row in rows} <= {DeliveryStatus.QUEUED, DeliveryStatus.IN_FLIGHT}
        assert sum(row.attempts for row in rows) <= 4
        await sink.start()
        desk.clock.advance(minutes=6)
        dispatcher.wake()
        await until(lambda: settled(desk))
    assert len(sink.mails) == 8


async def test_what_does_not_go_through_for_days_is_given_up_visibly(
    desk: Desk, sink: Sink, smtp: Smtp
) -> None:
    await desk.tell(await desk.open())
    desk.clock.advance(days=4)
    sink.to_recipients.append("450 4.2.2 Mailbox full")
    async with at_work(Dispatcher(desk.database, [smtp], desk.clock)):
        await until(lambda: settled(desk))
    row = await desk.row()
    assert row.status == DeliveryStatus.FAILED
    assert row.last_error == "given up after attempt 1: 450 4.2.2 Mailbox full"


async def test_a_crash_in_flight_leaves_a_doubt_and_the_same_mail_goes_again(
    desk: Desk, sink: Sink, smtp: Smtp
) -> None:
    """The server has taken the mail, and we died before we could write that down."""
    await desk.tell(await desk.open())
    async with at_work(Dispatcher(desk.database, [smtp], desk.clock)):
        await until(lambda: settled(desk))
    async with desk.database.begin() as session:
        await session.execute(
            update(DeliveryRow).values(status=DeliveryStatus.IN_FLIGHT, sent_at=None)
        )
    desk.clock.advance(hours=1)
    async with at_work(Dispatcher(desk.database, [smtp], desk.clock)):
        await until(lambda: settled(desk))
    row = await desk.row()
    assert (row.status, row.in_doubt, row.attempts) == (DeliveryStatus.SENT, 1, 2)
    first, second = sink.mails
    assert first.content == second.content
    assert str(sink.messages()[1]["Message-ID"]) == row.message_id


async def test_an_answer_that_is_lost_leaves_a_doubt(desk: Desk, sink: Sink, smtp: Smtp) -> None:
    await desk.tell(await desk.open())
    sink.open.clear()
    dispatcher = Dispatcher(desk.database, [smtp], desk.clock)
    async with at_work(dispatcher):
        await until(lambda: sink.waiting == 1)
        sink.hang_up()
        await until(lambda: tried(desk))
        row = await desk.row()
        assert (row.status, row.in_doubt) == (DeliveryStatus.QUEUED, 1)
        sink.open.set()
        desk.clock.advance(minutes=2)
        dispatcher.wake()
        await until(lambda: settled(desk))
    row = await desk.row()
    assert (row.status, row.in_doubt, row.attempts) == (DeliveryStatus.SENT, 1, 2)


async def test_being_stopped_in_the_middle_leaves_a_doubt_too(
    desk: Desk, sink: Sink, smtp: Smtp
) -> None:
    await desk.tell(*[await desk.open() for _ in range(5)])
    sink.open.clear()
    async with at_work(Dispatcher(desk.database, [smtp], desk.clock, connections=2, grace=0.01)):
        await until(lambda: sink.waiting == 2)
    statuses = [row.status for row in await desk.rows()]
    assert statuses.count(DeliveryStatus.IN_FLIGHT) == 2
    sink.open.set()
    async with at_work(Dispatcher(desk.database, [smtp], desk.clock, connections=2)):
        await until(lambda: settled(desk))
    assert sorted(row.in_doubt for row in await desk.rows()) == [0, 0, 0, 1, 1]


async def test_a_stop_waits_for_what_is_under_way(desk: Desk, sink: Sink, smtp: Smtp) -> None:
    await desk.tell(await desk.open())
    sink.open.clear()
    running = asyncio.create_task(Dispatcher(desk.database, [smtp], desk.clock).run())
    await until(lambda: sink.waiting == 1)
    running.cancel()
    await asyncio.sleep(0)
    sink.open.set()
    with suppress(asyncio.CancelledError):
        await running
    assert (await desk.row()).status == DeliveryStatus.SENT


async def test_a_stop_says_goodbye_to_the_mail_server(desk: Desk, sink: Sink, smtp: Smtp) -> None:
    await desk.tell(await desk.open())
    async with at_work(Dispatcher(desk.database, [smtp], desk.clock)):
        await until(lambda: settled(desk))
        assert sink.ended == 0
    await until(lambda: sink.ended == 1)


@on_sqlite
async def test_two_dispatchers_never_work_on_one_store(desk: Desk, smtp: Smtp) -> None:
    first = Dispatcher(desk.database, [smtp], desk.clock)
    async with at_work(first):
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="already"):
            await Dispatcher(desk.database, [smtp], desk.clock).run()
    async with at_work(first):
        await desk.tell(await desk.open())
        await until(lambda: settled(desk))


async def test_without_a_smart_host_mail_stays_in_the_outbox(desk: Desk) -> None:
    await desk.tell(await desk.open())
    async with at_work(Dispatcher(desk.database, [Outbox()], desk.clock)):
        await until(lambda: settled(desk))
    row = await desk.row()
    assert (row.status, row.provider_id) == (DeliveryStatus.SENT, "kept in the local outbox")


def test_the_wait_grows_and_heeds_what_the_provider_wished(desk: Desk) -> None:
    retries, now = Retries(), desk.clock()
    waits = [
        retries.next_try(attempts=attempts, created_at=now, now=now, wish=0)
        for attempts in (1, 2, 7, 50)
    ]
    assert [(at - now).total_seconds() for at in waits if at] == [60, 300, 14_400, 14_400]
    wished = retries.next_try(attempts=1, created_at=now, now=now, wish=900)
    assert wished is not None
    assert (wished - now).total_seconds() == 900


async def tried(desk: Desk) -> bool:
    """Whether an attempt has failed and been written down."""
    return any(row.last_error for row in await desk.rows())


async def published(desk: Desk) -> list[tuple[str, str]]:
    query = select(StreamRow.event).where(StreamRow.stream == "delivery.changed")
    async with desk.database.read() as session:
        rows = await session.scalars(query.order_by(StreamRow.seq))
        events = [Event.model_validate_json(row) for row in rows]
    return [(event.subject, event.data["status"]) for event in events]
