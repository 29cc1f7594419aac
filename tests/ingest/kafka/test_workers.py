"""Workers: each event has its effect once and in the order of its key, whatever Faust does."""

import asyncio
import sys
from contextlib import AsyncExitStack
from signal import SIGKILL

from prometheus_client import REGISTRY
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import BadInput
from core.ids import new_id
from ingest import Consumer
from ingest.events import Event
from ingest.models import OutboxRow, QuarantineRow, RetryRow
from tests.ingest.kafka.stand import (
    NEVER,
    Scribe,
    Stand,
    by_key,
    event,
    lines,
    needs_offsets,
    until_lines,
)
from tests.ingest.witness import LONGEST, no_retries, until
from tests.postgresql import on_postgresql

pytestmark = on_postgresql


async def test_an_event_that_cannot_be_handled_holds_up_no_other(stand: Stand) -> None:
    events = await stand.write(30, keys=30)
    unreadable, unfit = events[10].id, events[20].id
    scribe = Scribe(
        not_prepared={unreadable: KeyError("a fault of ours")},
        not_handled={unfit: BadInput("poison")},
    )
    async with stand.running(scribe.consumer, age=NEVER):
        await until(stand.database, both_in_quarantine)
        later = await stand.write(5)
        await until_lines(stand.database, 33)
        await stand.read_to_the_end("scribe")
    good = [one.id for one in (*events, *later) if one.id not in (unreadable, unfit)]
    assert sorted(await lines(stand.database)) == good


async def test_every_event_has_one_effect_in_order_while_workers_come_and_go(
    stand: Stand,
) -> None:
    events: list[Event] = []
    enough = asyncio.Event()

    async def load() -> None:
        while not enough.is_set():
            events.extend(await stand.write(30, keys=6))
            await asyncio.sleep(0.1)

    async with AsyncExitStack() as workers:
        first = await workers.enter_async_context(AsyncExitStack())
        await first.enter_async_context(stand.running(slow("first"), age=NEVER))
        loading = asyncio.create_task(load())
        await until_lines(stand.database, 20)
        await workers.enter_async_context(stand.running(slow("second"), age=NEVER))
        await workers.enter_async_context(stand.running(slow("third"), age=NEVER))
        await until_lines(stand.database, 20, workers=("first", "second", "third"))
        await first.aclose()
        written = len(await lines(stand.database))
        await until_lines(stand.database, written + 100)
        enough.set()
        await loading
        await stand.let_go()
    handled = await lines(stand.database)
    assert by_key(events, handled) == by_key(events, [one.id for one in events])


async def test_a_worker_that_is_killed_before_it_acknowledges_leaves_one_effect(
    stand: Stand,
) -> None:
    needs_offsets()
    events = await stand.write(20, keys=3)
    victim = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.ingest.kafka.victim",
        stand.database.url,
        f"kafka://{stand.brokers.servers}",
        stand.brokers.prefix,
    )
    try:
        async with asyncio.timeout(LONGEST):
            assert await victim.wait() == -SIGKILL
    finally:
        if victim.returncode is None:
            victim.kill()
            await victim.wait()
    done = await lines(stand.database)
    assert done
    async with stand.running(Scribe().consumer, age=NEVER):
        await stand.let_go()
        await stand.read_to_the_end("scribe")
    handled = await lines(stand.database)
    assert by_key(events, handled) == by_key(events, [one.id for one in events])


async def test_an_event_waits_for_an_earlier_one_of_its_key(stand: Stand) -> None:
    first, second = await by_hand(stand)
    async with stand.running(Scribe().consumer, age=NEVER):
        await stand.topic_there()
        await stand.send(second.model_dump_json().encode())
        await until(stand.database, put_aside)
        assert await lines(stand.database) == []
        await stand.send(first.model_dump_json().encode())
        await until_lines(stand.database, 2)
        await until(stand.database, no_retries)
    assert await lines(stand.database) == [first.id, second.id]


async def test_events_that_come_together_are_handled_in_the_order_of_the_ledger(
    stand: Stand,
) -> None:
    events = await by_hand(stand)
    async with stand.running(work=False):
        await stand.topic_there()
    await stand.send(*(one.model_dump_json().encode() for one in reversed(events)), key=b"key")
    async with stand.running(Scribe().consumer, age=NEVER):
        await until_lines(stand.database, 2)
    assert await lines(stand.database) == [one.id for one in events]


async def test_what_is_no_event_of_the_ledger_is_passed_over_and_counted(stand: Stand) -> None:
    before = foreign()
    async with stand.running(Scribe().consumer, age=NEVER):
        await stand.topic_there()
        stranger = event(new_id()).model_dump_json().encode()
        await stand.send(b"junk", b"\xff", None, b"{}", stranger, key=b"key")
        events = await stand.write(3)
        await until_lines(stand.database, 3)
        await stand.read_to_the_end("scribe")
        assert foreign() - before == 5
    assert await lines(stand.database) == [one.id for one in events]


def slow(worker: str) -> Consumer:
    return Scribe(worker, pause=0.002).consumer


async def by_hand(stand: Stand) -> list[Event]:
    """Two events of a key in the ledger, which nobody publishes."""
    events = await stand.write(2)
    async with stand.database.begin() as session:
        await session.execute(delete(OutboxRow))
    return events


async def both_in_quarantine(session: AsyncSession) -> bool:
    return await session.scalar(select(func.count()).select_from(QuarantineRow)) == 2


async def put_aside(session: AsyncSession) -> bool:
    return await session.scalar(select(func.count()).select_from(RetryRow)) == 1


def foreign() -> float:
    name = "guichet_records_foreign_total"
    return REGISTRY.get_sample_value(name, {"consumer": "scribe"}) or 0
