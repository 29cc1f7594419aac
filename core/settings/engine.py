"""The store and the engine that carries events."""

import re
from pathlib import Path
from typing import Self

from pydantic import BaseModel, Field, field_validator, model_validator

from core.settings.values import Listed

_KAFKA = re.compile(r"kafkas?://([^@/\s]+@)?[\w.\[\]:-]+:\d+(,[\w.\[\]:-]+:\d+)*")


class EngineSettings(BaseModel):
    """Where the town is kept and by what its events travel."""

    data: Path = Path("var")
    """Folder of the embedded store, the blobs and the secret."""
    database: str = ""
    """SQLAlchemy URL of the store; empty for SQLite in the data folder."""
    blobs: str = ""
    """Folder or object store URL (``s3://bucket``) of large files; empty for the data folder."""

    stream: str = "embedded"
    """The engine that carries events: ``embedded``, or Kafka's URL (``kafka://host:port,host:port``;
    ``kafkas://user:password@host:port`` for TLS and SASL), which needs PostgreSQL."""
    kafka_prefix: str = Field(default="guichet", pattern=r"^[A-Za-z0-9._-]{1,64}$")
    """Begins the names of the town's topics and consumer groups; of each town another."""
    kafka_partitions: int = Field(default=8, ge=1, le=1000)
    """Of a topic, when it is made: as many workers of one stage can work at once."""
    kafka_replication: int = Field(default=0, ge=0, le=9)
    """Copies of each event, when a topic is made; 0 for three, or as many as there are brokers."""
    kafka_retention_hours: int = Field(default=168, ge=1)
    """The ledger keeps events for ever; Kafka need only outlast a stage that stands still."""
    kafka_compacted: Listed = ()
    """Streams of which Kafka keeps the last event of each key for ever, for readers outside."""
    kafka_idempotent: bool = True
    """Whether the producer numbers its records; a broker that only speaks Kafka may not know it."""

    @field_validator("stream")
    @classmethod
    def _is_an_engine(cls, value: str) -> str:
        if value != "embedded" and not _KAFKA.fullmatch(value):
            raise ValueError(
                "is neither embedded nor kafka://host:port,… nor kafkas://user:password@host:port,…"
            )
        return value

    @model_validator(mode="after")
    def _engine_and_store_belong_together(self) -> Self:
        if self.is_distributed and not self.database.startswith("postgresql"):
            raise ValueError(
                "GUICHET_STREAM names Kafka, which needs PostgreSQL: set GUICHET_DATABASE to "
                "postgresql://user:password@host/name"
            )
        if not self.is_distributed and self.database.startswith("postgresql"):
            raise ValueError(
                "GUICHET_DATABASE names PostgreSQL, which needs Kafka: set GUICHET_STREAM to "
                "kafka://host:9092"
            )
        return self

    @property
    def is_distributed(self) -> bool:
        """Whether the town's processes share Kafka and PostgreSQL."""
        return self.stream != "embedded"

    @property
    def database_url(self) -> str:
        if self.database.startswith("postgresql://"):
            return self.database.replace("postgresql://", "postgresql+psycopg://", 1)
        return self.database or f"sqlite+aiosqlite:///{self.data.resolve() / 'guichet.db'}"

    @property
    def blobs_url(self) -> str:
        return self.blobs or str(self.data.resolve() / "blobs")
