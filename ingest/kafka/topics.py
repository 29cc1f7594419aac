"""The topics: one a stream, made at the start of whichever process comes first."""

from collections.abc import Collection
from dataclasses import dataclass

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from core.errors import Later
from ingest.kafka.brokers import AWAY, Brokers

COPIES = 3  # one broker may be away and another fail, and nothing is lost
TOPIC_ALREADY_EXISTS = 36  # https://kafka.apache.org/protocol#protocol_error_codes

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TopicSettings:
    partitions: int
    """As many workers of one stage can work at once."""
    replication: int
    """Copies of each event; 0 for three, or as many as there are brokers."""
    retention_hours: int
    """The ledger keeps everything: Kafka needs only what the slowest consumer has yet to read."""
    compacted: Collection[str] = ()
    """Streams of which Kafka keeps the last event of each key for ever, for readers outside."""

    def of(self, stream: str) -> dict[str, str]:
        compacted = stream in self.compacted
        return {
            "cleanup.policy": "compact,delete" if compacted else "delete",
            "retention.ms": str(-1 if compacted else self.retention_hours * 3_600_000),
        }


async def create_topics(
    brokers: Brokers, streams: Collection[str], settings: TopicSettings
) -> None:
    """Create the topics that are missing; those that are there stay as they are.

    Raises Later when Kafka is away, or refuses one.
    """
    try:
        admin = AIOKafkaAdminClient(**brokers.client())
        await admin.start()
        try:
            there = set(await admin.list_topics())
            missing = [stream for stream in streams if brokers.topic(stream) not in there]
            if missing:
                await _create(admin, brokers, missing, settings)
        finally:
            await admin.close()
    except AWAY as problem:
        raise Later(f"Kafka at {brokers.servers} is not available: {problem!r}") from problem


async def _create(
    admin: AIOKafkaAdminClient, brokers: Brokers, streams: Collection[str], settings: TopicSettings
) -> None:
    copies = settings.replication or await _most_copies(admin)
    answer = await admin.create_topics(
        [
            NewTopic(
                brokers.topic(stream),
                settings.partitions,
                copies,
                topic_configs=settings.of(stream),
            )
            for stream in streams
        ]
    )
    for topic, code, *message in answer.topic_errors:
        if code == TOPIC_ALREADY_EXISTS:  # another process was faster
            continue
        if code:
            raise Later(f"Kafka does not create the topic {topic}: {message} (error {code})")
        log.info("topic.created", topic=topic, partitions=settings.partitions)


async def _most_copies(admin: AIOKafkaAdminClient) -> int:
    cluster = await admin.describe_cluster()
    return min(COPIES, len(cluster["brokers"]))
