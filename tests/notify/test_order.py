"""The mails of one case reach their citizen in the order in which they were written."""

import pytest
from sqlalchemy import update

from notify import DeliveryStatus, Dispatcher, Medium, Smtp
from notify.models import DeliveryRow
from notify.store import read_due
from tests.notify.building import Desk, at_work, settled, until
from tests.notify.sink import Sink


async def test_mails_of_one_case_go_one_after_the_other(desk: Desk, sink: Sink, smtp: Smtp) -> None:
    told = await three_mails(desk)
    async with at_work(Dispatcher(desk.database, [smtp], desk.clock, connections=4)):
        await until(lambda: settled(desk))
    assert [mail["Message-ID"] for mail in sink.messages()] == told
    assert sink.most_at_once == 1


async def test_a_mail_that_is_tried_again_is_not_overtaken(
    desk: Desk, sink: Sink, smtp: Smtp
) -> None:
    told = await three_mails(desk)
    sink.to_recipients.append("451 4.7.1 Greylisted, try again later")
    dispatcher = Dispatcher(desk.database, [smtp], desk.clock)
    async with at_work(dispatcher):
        await until(lambda: tried_and_put_back(desk))
        assert await due(desk) == []
        desk.clock.advance(seconds=61)
        dispatcher.wake()
        await until(lambda: settled(desk))
    assert [mail["Message-ID"] for mail in sink.messages()] == told


async def test_other_cases_do_not_wait_for_it(desk: Desk, sink: Sink, smtp: Smtp) -> None:
    await three_mails(desk)
    sink.to_recipients.append("451 4.7.1 Greylisted, try again later")
    async with at_work(Dispatcher(desk.database, [smtp], desk.clock, connections=1)):
        await until(lambda: tried_and_put_back(desk))
        await desk.tell(await desk.open(sender_address="ali@citizens.example"))
        await until(lambda: len(sink.mails) == 1)
    assert sink.messages()[0]["To"] == "ali@citizens.example"


async def test_what_is_given_up_keeps_nothing_back(desk: Desk, sink: Sink, smtp: Smtp) -> None:
    told = await three_mails(desk)
    sink.to_recipients.append("550 5.2.2 Mailbox full")
    async with at_work(Dispatcher(desk.database, [smtp], desk.clock)):
        await until(lambda: settled(desk))
    assert [mail["Message-ID"] for mail in sink.messages()] == told[1:]


@pytest.mark.parametrize(
    ("first", "due_now"), [("queued", [0]), ("in_flight", []), ("failed", [1]), ("sent", [1])]
)
async def test_of_one_case_the_oldest_that_is_not_settled_is_due(
    desk: Desk, first: str, due_now: list[int]
) -> None:
    told = await three_mails(desk)
    await change(desk, told[0], status=first)
    assert await due(desk) == [told[number] for number in due_now]


async def test_another_recipient_of_the_case_does_not_wait(desk: Desk) -> None:
    """The address on the case was mended, and the mail to the old one is still tried."""
    told = await three_mails(desk)
    await change(desk, told[2], recipient="jeanne@mended.example")
    assert await due(desk) == [told[0], told[2]]


async def three_mails(desk: Desk) -> list[str]:
    """Receipt, reply and last word of one case, queued; their Message-IDs as they were written."""
    opened = await desk.open()
    replied = await desk.act(opened, "reply", text="Nous passons mardi.")
    closed = await desk.act(opened, "close")
    for told in (opened, replied, closed):
        await desk.tell(told)
        desk.clock.advance(seconds=1)
    return [row.message_id for row in await desk.rows()]


async def due(desk: Desk) -> list[str]:
    async with desk.database.read() as session:
        dues = await read_due(session, Medium.EMAIL, desk.clock(), 100)
    return [one.delivery.message_id for one in dues]


async def change(desk: Desk, message_id: str, **values: str) -> None:
    async with desk.database.begin() as session:
        await session.execute(
            update(DeliveryRow).where(DeliveryRow.message_id == message_id).values(**values)
        )


async def tried_and_put_back(desk: Desk) -> bool:
    """Whether the first attempt has failed, was written down, and nothing is under way."""
    rows = await desk.rows()
    return bool(rows[0].last_error) and all(row.status != DeliveryStatus.IN_FLIGHT for row in rows)
