"""Topics: as the settings have them, made once, and left alone from then on."""

import asyncio
from collections.abc import Mapping

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from core.errors import Later
from ingest.kafka import Brokers, TopicSettings, create_topics
from tests.ingest.witness import LONGEST
from tests.kafka.needs import needs_apache_kafka
from tests.ports import free_ports

CASES, INTAKES = "case.changed", "intake.received"
SETTINGS = TopicSettings(4, replication=0, retention_hours=2, compacted=[CASES])


@needs_apache_kafka
async def test_topics_are_made_as_the_settings_say(brokers: Brokers) -> None:
    await create_topics(brokers, [CASES, INTAKES], SETTINGS)
    assert await partitions(brokers, INTAKES) == 4
    assert await configuration(brokers, INTAKES) == {
        "cleanup.policy": "delete",
        "retention.ms": "7200000",
    }
    assert await configuration(brokers, CASES) == {
        "cleanup.policy": "compact,delete",
        "retention.ms": "-1",
    }


@needs_apache_kafka
async def test_a_topic_that_is_there_is_left_alone(brokers: Brokers) -> None:
    await create_topics(brokers, [INTAKES], SETTINGS)
    other = TopicSettings(7, replication=1, retention_hours=9)
    await create_topics(brokers, [INTAKES, CASES], other)
    assert await partitions(brokers, INTAKES) == 4
    assert (await configuration(brokers, INTAKES))["retention.ms"] == "7200000"
    assert await partitions(brokers, CASES) == 7


async def test_processes_that_start_together_make_them_once(brokers: Brokers) -> None:
    await asyncio.gather(*(create_topics(brokers, [CASES, INTAKES], SETTINGS) for _ in range(4)))
    assert await partitions(brokers, INTAKES) == 4


@needs_apache_kafka
async def test_what_kafka_refuses_is_told(brokers: Brokers) -> None:
    too_many = TopicSettings(1, replication=3, retention_hours=1)
    with pytest.raises(Later, match=f"does not create the topic {brokers.topic(INTAKES)}"):
        await create_topics(brokers, [INTAKES], too_many)


async def test_kafka_that_is_away_is_told() -> None:
    (port,) = free_ports(1)
    nobody = Brokers.parse(f"kafka://127.0.0.1:{port}", "town")
    with pytest.raises(Later, match="is not available"):
        await create_topics(nobody, [INTAKES], SETTINGS)


async def partitions(brokers: Brokers, stream: str) -> int:
    client = await admin(brokers)
    try:
        async with asyncio.timeout(LONGEST):
            while True:  # what is new is known after a moment
                (topic,) = await client.describe_topics([brokers.topic(stream)])
                if found := len(topic["partitions"]):
                    return found
                await asyncio.sleep(0.05)
    finally:
        await client.close()


async def configuration(brokers: Brokers, stream: str) -> Mapping[str, str]:
    asked = dict.fromkeys(SETTINGS.of(stream))
    client = await admin(brokers)
    try:
        (answer,) = await client.describe_configs(
            [ConfigResource(ConfigResourceType.TOPIC, brokers.topic(stream), asked)]
        )
    finally:
        await client.close()
    (resource,) = answer.resources
    return {name: value for name, value, *_ in resource[4]}


async def admin(brokers: Brokers) -> AIOKafkaAdminClient:
    client = AIOKafkaAdminClient(**brokers.client())
    await client.start()
    return client
