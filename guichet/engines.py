"""The engine of the distributed town, and where its Kafka is."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from core.clock import Clock
from core.database import Database
from core.settings import Settings
from ingest import Consumer, Engine
from ingest.failures import Failures
from ingest.pipeline import STREAMS

if TYPE_CHECKING:
    from ingest.kafka import Brokers


def kafka_engine(
    settings: Settings,
    database: Database,
    pipeline: Sequence[Consumer],
    failures: Failures,
    clock: Clock,
    work_on: Collection[str],
) -> Engine:
    # Imported here: the embedded engine need not wait for what it does not use.
    from ingest.kafka import KafkaEngine, TopicSettings

    return KafkaEngine(
        database,
        pipeline,
        failures,
        brokers_of(settings),
        clock,
        streams=STREAMS,
        topics=TopicSettings(
            partitions=settings.kafka_partitions,
            replication=settings.kafka_replication,
            retention_hours=settings.kafka_retention_hours,
            compacted=settings.kafka_compacted,
        ),
        work_on=work_on,
    )


def brokers_of(settings: Settings) -> "Brokers":
    """Where the town's Kafka is."""
    from ingest.kafka import Brokers

    return Brokers.parse(
        settings.stream, settings.kafka_prefix, idempotent=settings.kafka_idempotent
    )
