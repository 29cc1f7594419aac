"""Events that were dropped on the way come home, and what is merely late is left alone."""

import asyncio
from dataclasses import replace

import pytest
from aiokafka.errors import GroupCoordinatorNotAvailableError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import utc_now
from ingest.kafka import apps
from ingest.kafka.reconciler import Reconciler
from ingest.models import OutboxRow
from tests.ingest.kafka.stand import (
    AT_ONCE,
    NEVER,
    Scribe,
    Stand,
    by_key,
    lines,
    until_lines,
)
from tests.ingest.witness import LONGEST, Look, until
from tests.kafka.needs import needs_apache_kafka
from tests.postgresql import on_postgresql

pytestmark = [on_postgresql, needs_apache_kafka]


async def test_what_a_consumer_has_passed_over_is_handled_once(stand: Stand) -> None:
    async with stand.running(work=False):
        events = await stand.write(12, keys=4)
        await stand.published()
    await stand.pass_over("scribe")
    async with stand.running(Scribe().consumer, age=AT_ONCE):
        await stand.let_go()
    handled = await lines(stand.database)
    assert by_key(events, handled) == by_key(events, [one.id for one in events])


async def test_what_a_consumer_has_passed_over_stays_until_it_is_handled(stand: Stand) -> None:
    async with stand.running(work=False):
        await stand.write(12, keys=4)
        await stand.published()
    await stand.pass_over("scribe")
    async with stand.running(Scribe().consumer, age=NEVER):
        (later,) = await stand.write(1)
        await until_lines(stand.database, 1)
        await until(stand.database, left_in_outbox(12))
    assert await lines(stand.database) == [later.id]


async def test_what_kafka_has_lost_is_handled_once(stand: Stand) -> None:
    async with stand.running(work=False):
        events = await stand.write(12, keys=4)
        await stand.published()
        async with stand.admin() as admin:
            await admin.delete_topics([stand.topic])
    async with stand.running(Scribe().consumer, age=AT_ONCE):
        more = await stand.write(12, keys=4)
        await stand.let_go()
    every = [*events, *more]
    assert by_key(every, await lines(stand.database)) == by_key(every, [one.id for one in every])


async def test_a_consumer_that_has_not_come_yet_is_waited_for(stand: Stand) -> None:
    await stand.write(12)
    async with stand.running(work=False):
        await stand.published()
    consumers = [Scribe().consumer]
    reconciler = Reconciler(stand.database, consumers, stand.brokers, utc_now, age=AT_ONCE)
    assert await round_of(reconciler) == 0


async def test_a_consumer_that_is_busy_is_waited_for(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apps, "COMMIT", 0.01)  # it says so as soon as it has handled one
    events = await stand.write(400, keys=6)
    consumer = replace(Scribe(pause=0.001).consumer, batch=4)
    reconciler = Reconciler(stand.database, [consumer], stand.brokers, utc_now, age=AT_ONCE)
    async with stand.running(consumer, age=NEVER):
        while len(await lines(stand.database)) < len(events):
            assert await round_of(reconciler) == 0
    assert len(await lines(stand.database)) == len(events)


async def round_of(reconciler: Reconciler) -> int:
    """A new broker needs a moment to find who coordinates the groups."""
    async with asyncio.timeout(LONGEST):
        while True:
            try:
                return await reconciler.round()
            except GroupCoordinatorNotAvailableError:
                await asyncio.sleep(0.1)


def left_in_outbox(count: int) -> Look:
    async def look(session: AsyncSession) -> bool:
        return await session.scalar(select(func.count()).select_from(OutboxRow)) == count

    return look
