from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from uuid import UUID

import pytest

from cases import Role
from core.errors import BadInput, NotThere
from notify import (
    DeliveryItem,
    Dispatcher,
    Outbox,
    count_failed,
    deliveries_of_case,
    list_outbox,
    outbox_mail,
)
from tests.notify.building import Desk, at_work, settled, until


async def test_a_case_shows_what_its_citizen_was_told_in_order(desk: Desk) -> None:
    opened = await desk.open()
    await desk.tell(opened, await desk.act(opened, "reply", text="Bonjour."))
    desk.clock.advance(minutes=1)
    await desk.tell(await desk.act(opened, "close"))
    await desk.tell(await desk.open())
    async with desk.database.read() as session:
        items = await deliveries_of_case(session, UUID(opened.subject))
    assert {item.kind for item in items[:2]} == {"receipt", "reply"}
    assert [item.kind for item in items[2:]] == ["closed"]
    assert {item.reference for item in items} == {opened.data["reference"]}


async def test_the_outbox_is_paged_newest_first(desk: Desk) -> None:
    for number in range(5):
        await desk.tell(await desk.open(subject=f"Number {number}", language="en"))
        desk.clock.advance(minutes=number % 2)  # some at the same moment
    seen: list[DeliveryItem] = []
    async with desk.database.read() as session:
        page = await list_outbox(session, desk.agent, limit=2)
        seen += page.items
        while page.next:
            page = await list_outbox(session, desk.agent, cursor=page.next, limit=2)
            seen += page.items
    assert len({item.id for item in seen}) == 5
    assert [item.created_at for item in seen] == sorted(
        (item.created_at for item in seen), reverse=True
    )


async def test_one_mail_is_shown_as_it_goes_over_the_wire(desk: Desk) -> None:
    (row,) = await desk.tell(await desk.open())
    async with desk.database.read() as session:
        mail = await outbox_mail(session, desk.agent, row.id)
    assert message_from_bytes(mail.raw)["Message-ID"] == row.message_id
    assert (mail.text, mail.html) == (row.text, row.html)


async def test_agents_see_the_mails_of_their_queues_alone(desk: Desk) -> None:
    (row,) = await desk.tell(await desk.open())
    stranger = replace(desk.agent, roles=frozenset({Role.HANDLER}), queue_ids=frozenset())
    async with desk.database.read() as session:
        assert (await list_outbox(session, stranger)).items == []
        with pytest.raises(NotThere):
            await outbox_mail(session, stranger, row.id)


@pytest.mark.parametrize("cursor", ["nonsense", "25689e3a93b14f7fb8bc6ab7df68a1c1"])
async def test_a_cursor_that_is_not_ours_is_refused(desk: Desk, cursor: str) -> None:
    async with desk.database.read() as session:
        with pytest.raises(BadInput):
            await list_outbox(session, desk.agent, cursor=cursor)


async def test_what_was_given_up_is_counted_for_who_may_see_it(desk: Desk) -> None:
    opened = await desk.open(sender_address="zoe @exemple.example")
    await desk.tell(await desk.act(opened, "reply", text="Bonjour."))
    began = desk.clock()
    async with at_work(Dispatcher(desk.database, [Outbox()], desk.clock)):
        await until(lambda: settled(desk))
    stranger = replace(desk.agent, roles=frozenset({Role.HANDLER}), queue_ids=frozenset())
    async with desk.database.read() as session:
        assert await count_failed(session, desk.agent, began) == 1
        assert await count_failed(session, desk.agent, began + timedelta(days=1)) == 0
        assert await count_failed(session, stranger, began) == 0
        page = await list_outbox(session, desk.agent)
        raw = (await outbox_mail(session, desk.agent, page.items[0].id)).raw
    assert not page.items[0].is_kept
    assert b"zoe @exemple.example" in raw


async def test_what_stays_in_the_house_says_so(desk: Desk) -> None:
    await desk.tell(await desk.open())
    async with at_work(Dispatcher(desk.database, [Outbox()], desk.clock)):
        await until(lambda: settled(desk))
    async with desk.database.read() as session:
        (item,) = (await list_outbox(session, desk.agent)).items
    assert item.is_kept
