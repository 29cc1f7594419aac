"""The Faust app of a consumer: it takes records from Kafka and hands them on, many at once.

Faust hands each record over by itself, and starts four tasks for it to notice that it should stop
meanwhile; that takes ten times as long as all that aiokafka does about a record. Here a record
whose place is free goes straight there, and what has come with it is taken along. Where something
has to be waited for, or flow is suspended (a rebalance), everything is Faust's own way.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from inspect import iscoroutine
from typing import Any

import faust
from faust.transport.drivers import aiokafka
from faust.types import EventT

from ingest.consumer import Consumer
from ingest.kafka.brokers import Brokers

COMMIT = 1.0  # seconds between commits of offsets
GONE_AFTER = 10.0  # seconds without a sign after which others get the partitions of a worker

Record = EventT[bytes]
HandOn = Callable[[list[Record]], Awaitable[None]]
"""What the agent does with the records that it takes; it raises nothing."""


def new_app(consumer: Consumer, brokers: Brokers, hand_on: HandOn) -> faust.App:
    """An app with one agent, which acknowledges nothing by itself."""
    app = _App(
        brokers.group(consumer.name),
        loop=asyncio.get_running_loop(),
        autodiscover=False,
        web_enabled=False,
        store="memory://",
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=COMMIT,
        broker_session_timeout=GONE_AFTER,
        stream_wait_empty=False,  # the store may be away for longer than a rebalance may take
        **brokers.faust(),
    )
    topic = app.topic(
        brokers.topic(consumer.stream),
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
    )

    async def take(stream: Any) -> None:
        records = stream.noack()
        async for record in records.events():
            await hand_on([record, *_along_with(record, records.channel.queue, consumer.batch)])

    app.agent(topic, name=consumer.name)(take)
    return app


def _along_with(first: Record, queue: Any, most: int) -> Iterator[Record]:
    """What waits behind it; left out is, as by Faust, what came before a rebalance."""
    for _ in range(min(queue.qsize(), most - 1)):
        record: Record = queue.get_nowait()
        if record.message.generation_id == first.message.generation_id:
            yield record


class _Consumer(aiokafka.Consumer):
    async def wait_first(self, *waited: Any, **options: Any) -> Any:
        """Of handing a record over and of a suspension, whichever comes first."""
        if len(waited) == 2 and iscoroutine(waited[0]) and self._is_free:
            hand_over, suspension = waited
            suspension.close()
            return await hand_over
        return await super().wait_first(*waited, **options)

    @property
    def _is_free(self) -> bool:
        return self.app.flow_control.is_active() and not any(
            channel.queue.full() for channel in self.app.topics
        )


class _App(faust.App):
    def _new_transport(self) -> Any:
        transport: Any = super()._new_transport()
        transport.Consumer = _Consumer
        return transport

    def _create_directories(self) -> None:
        """For tables, of which there are none: nothing is written where the process stands."""
