"""Following a stream from now on, for pages that show life as it happens."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import structlog
from aiokafka import AIOKafkaConsumer
from pydantic import ValidationError

from ingest.events import Event
from ingest.kafka.brokers import AWAY, Brokers

AGAIN = 1.0  # seconds until the next try when Kafka is away
WAIT = 1_000  # milliseconds that Kafka may let us wait for news

log = structlog.get_logger()


async def follow(brokers: Brokers, stream: str) -> AsyncIterator[Sequence[Event]]:
    """Each process follows for itself, without a group: all of them hear everything."""
    while True:
        consumer = AIOKafkaConsumer(
            brokers.topic(stream),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="latest",
            **brokers.client(),
        )
        try:
            await consumer.start()
            while True:
                batches = await consumer.getmany(timeout_ms=WAIT)
                events = [
                    event
                    for records in batches.values()
                    for record in records
                    if (event := _read(record.value))
                ]
                if events:
                    yield events
        except AWAY as problem:
            log.warning("follow.kafka_away", stream=stream, error=repr(problem))
            await asyncio.sleep(AGAIN)
        finally:
            with suppress(*AWAY):
                await consumer.stop()


def _read(record: bytes) -> Event | None:
    try:
        return Event.model_validate_json(record)
    except ValidationError:
        return None
