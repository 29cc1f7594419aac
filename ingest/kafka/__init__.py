"""The distributed engine: the ledger in PostgreSQL, its events carried by Kafka.

The store is the ledger and Kafka the transport: :mod:`ingest.kafka.relay` publishes what the
outbox holds, Faust apps (:mod:`ingest.kafka.workers`) bring it to the consumers, and
:mod:`ingest.kafka.reconciler` brings home what was dropped on the way.
"""

from ingest.kafka.brokers import Brokers
from ingest.kafka.engine import KafkaEngine
from ingest.kafka.replaying import publish_again
from ingest.kafka.topics import TopicSettings, create_topics

__all__ = ["Brokers", "KafkaEngine", "TopicSettings", "create_topics", "publish_again"]
