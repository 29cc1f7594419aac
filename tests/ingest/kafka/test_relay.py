"""The relay: each event is published once, in the order of its key, from whichever process."""

import asyncio
from pathlib import Path

from core.database import Database
from ingest.events import Event
from ingest.kafka import Brokers
from tests.ingest.kafka.stand import NEVER, Scribe, Stand, by_key, lines
from tests.kafka.broker import Kafka, broker
from tests.postgresql import on_postgresql

pytestmark = on_postgresql


async def test_two_relays_publish_each_event_once_in_the_order_of_its_key(stand: Stand) -> None:
    written: list[Event] = []

    async def write() -> None:
        for _ in range(10):
            written.extend(await stand.write(30, keys=5))
            await asyncio.sleep(0)

    async with stand.running(work=False), stand.running(work=False):
        await asyncio.gather(write(), write())
        await stand.published()
    assert sum((await stand.ends()).values()) == len(written)
    records = await stand.records(len(written))
    ids = [Event.model_validate_json(record.value or b"").id for record in records]
    assert by_key(written, ids) == by_key(written, [one.id for one in written])


async def test_readers_outside_find_cloud_events(stand: Stand) -> None:
    async with stand.running(work=False):
        (written,) = await stand.write(1)
        await stand.published()
    (record,) = await stand.records(1)
    assert record.key == written.subject.encode()
    assert dict(record.headers) == {"content-type": b"application/cloudevents+json; charset=UTF-8"}
    assert Event.model_validate_json(record.value or b"") == written


async def test_what_is_written_while_kafka_is_away_is_handled_when_it_is_back(
    database: Database, stand: Stand, tmp_path: Path
) -> None:
    kafka = broker(tmp_path)
    brokers = Brokers.parse(kafka.url, "away", idempotent=kafka.is_idempotent)
    stand = Stand(database, brokers)
    try:
        async with stand.running(Scribe().consumer, age=NEVER):
            events = await stand.write(10, keys=2)
            await asyncio.to_thread(kafka.start)
            await stand.let_go()
            if isinstance(kafka, Kafka):
                await asyncio.to_thread(kafka.kill_node, 0)
                events += await stand.write(10, keys=2)
                await asyncio.to_thread(kafka.start_node, 0)
                await stand.let_go()
    finally:
        await asyncio.to_thread(kafka.stop)
    handled = await lines(stand.database)
    assert by_key(events, handled) == by_key(events, [one.id for one in events])
