"""Whether the consumers have read all that Kafka has, as Kafka itself knows it."""

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from ingest.pipeline import PIPELINE
from tests.e2e.ground import Ground
from tests.e2e.settling import wait_until
from tests.kafka.committed import committed


def until_read(town: Ground, *, within: float = 30.0) -> None:
    """Until every consumer has acknowledged the last record of its stream; at once without Kafka,
    where the cursors tell."""
    if town.is_distributed:
        wait_until(lambda: asyncio.run(_unread(town)) == 0, within=within)


async def _unread(town: Ground) -> int:
    servers = town.settings["stream"].removeprefix("kafka://")
    prefix = town.settings["kafka_prefix"]
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    looker = AIOKafkaConsumer(bootstrap_servers=servers, group_id=None)
    await admin.start()
    await looker.start()
    try:
        unread = 0
        for stage in PIPELINE:
            topic = f"{prefix}.{stage.reads}"
            (about,) = await admin.describe_topics([topic])
            places = [TopicPartition(topic, one["partition"]) for one in about["partitions"]]
            ends = await looker.end_offsets(places)
            offsets = await committed(admin, f"{prefix}.{stage.consumer}")
            unread += sum(ends[place] - offsets.get(place, 0) for place in places)
        return unread
    finally:
        await looker.stop()
        await admin.close()
