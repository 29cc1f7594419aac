"""Nobody's mailbox is filled with receipts for requests that others make in their name."""

from tests.notify.building import RECEIPTS, Desk


async def test_one_citizen_gets_so_many_receipts_an_hour_and_no_more(desk: Desk) -> None:
    events = [await desk.open() for _ in range(RECEIPTS + 3)]
    assert len(await desk.tell(*events)) == RECEIPTS


async def test_the_limit_holds_over_batches(desk: Desk) -> None:
    for _ in range(RECEIPTS + 3):
        await desk.tell(await desk.open())
        desk.clock.advance(minutes=1)
    assert len(await desk.rows()) == RECEIPTS


async def test_after_an_hour_there_are_receipts_again(desk: Desk) -> None:
    await desk.tell(*[await desk.open() for _ in range(RECEIPTS + 3)])
    desk.clock.advance(minutes=60)
    await desk.tell(await desk.open())
    assert len(await desk.rows()) == RECEIPTS + 1


async def test_after_an_outage_each_hour_counts_for_itself(desk: Desk) -> None:
    events = []
    for _ in range(3):
        events += [await desk.open() for _ in range(RECEIPTS)]
        desk.clock.advance(minutes=61)
    assert len(await desk.tell(*events)) == 3 * RECEIPTS


async def test_others_get_theirs_meanwhile(desk: Desk) -> None:
    await desk.tell(*[await desk.open() for _ in range(RECEIPTS + 3)])
    rows = await desk.tell(await desk.open(sender_address="ali@citizens.example"))
    assert "ali@citizens.example" in {row.recipient for row in rows}


async def test_what_agents_do_is_told_in_any_number(desk: Desk) -> None:
    opened = [await desk.open() for _ in range(RECEIPTS + 3)]
    await desk.tell(*[await desk.act(event, "reply", text="Bonjour.") for event in opened])
    assert len(await desk.rows()) == RECEIPTS + 3


async def test_a_replay_decides_the_same(desk: Desk) -> None:
    events = [await desk.open() for _ in range(RECEIPTS + 3)]
    first = await desk.consume(desk.notifications(), events)
    desk.clock.advance(days=1)
    assert await desk.consume(desk.notifications(), events) == first
