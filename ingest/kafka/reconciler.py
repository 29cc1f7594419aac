"""The reconciler: an outbox row leaves when every consumer has handled its event.

What Kafka has, but a consumer has passed over (faust-streaming 216, 221, 312, 527) or Kafka has
lost, is published again. A consumer that is merely late is left alone.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import (
    ColumnElement,
    Delete,
    String,
    Values,
    and_,
    case,
    column,
    delete,
    exists,
    func,
    select,
    text,
    true,
    update,
    values,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.database import Database
from core.metrics import LAG, OLDEST, REPUBLISHED
from core.unbroken import unbroken
from ingest import ledger
from ingest.consumer import Consumer
from ingest.kafka.brokers import AWAY, Brokers
from ingest.models import OutboxRow, ProcessedRow, QuarantineRow, RetryRow, StreamRow

POLL = 1.0  # seconds between rounds
AGE = timedelta(minutes=1)  # since it was published, before an event is looked for
MOST = 1_000  # events looked for in one round

_TURN = text("SELECT pg_try_advisory_xact_lock(hashtext('guichet.reconciler'))")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Missing:
    """An event that a consumer has not handled, and where Kafka has it."""

    seq: int
    consumer: str
    place: TopicPartition
    offset: int


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a consumer has come in a partition, and what that holds."""

    committed: int | None
    beginning: int
    end: int

    def will_see(self, offset: int) -> bool:
        """Whether the record is there and still before the consumer."""
        return self.beginning <= offset < self.end and offset >= (self.committed or 0)


class Reconciler:
    """``age``: since it was published, before an event is looked for."""

    def __init__(
        self,
        database: Database,
        consumers: Sequence[Consumer],
        brokers: Brokers,
        clock: Clock,
        *,
        age: timedelta = AGE,
    ) -> None:
        self._database = database
        self._brokers = brokers
        self._clock = clock
        self._age = age
        self._names = [consumer.name for consumer in consumers]
        self._delete_settled = _delete_settled(consumers)
        self._stages = values(
            column("consumer", String), column("stream", String), name="stage"
        ).data([(consumer.name, consumer.stream) for consumer in consumers])

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                await unbroken(self.round())
            except (SQLAlchemyError, *AWAY) as problem:
                log.warning("reconciler.waits", error=repr(problem))
            await asyncio.sleep(POLL)

    async def round(self) -> int:
        """Let go of what is settled; returns how many events are published again."""
        async with self._database.begin() as session:
            if not await session.scalar(_TURN):
                return 0  # another process is at it
            await session.execute(self._delete_settled)
            missing = await self._missing(session)
            unseen = await self._unseen(missing) if missing else set()
            if unseen:  # unless it was handled, and that committed, since we looked
                unseen.intersection_update(await self._missing(session))
            lost = {one.seq for one in unseen}
            if lost:
                await session.execute(
                    update(OutboxRow)
                    .where(OutboxRow.seq.in_(lost))
                    .values(published_at=None, partition=None, offset=None)
                )
                REPUBLISHED.inc(len(lost))
                log.warning("reconciler.published_again", events=len(lost))
            return len(lost)

    async def measure(self) -> None:
        """What is in the outbox, and neither handled by a consumer nor given up, is its lag."""
        stage, now = self._stages, self._clock()
        behind = (
            select(stage.c.consumer, func.count(), func.min(OutboxRow.seq))
            .select_from(OutboxRow)
            .join(StreamRow, StreamRow.seq == OutboxRow.seq)
            .join(stage, stage.c.stream == StreamRow.stream)
            .where(~_known(ProcessedRow, stage), ~_known(QuarantineRow, stage))
            .group_by(stage.c.consumer)
        )
        async with self._database.read() as session:
            found = {name: (count, seq) for name, count, seq in await session.execute(behind)}
            firsts = [seq for _, seq in found.values()]
            query = select(StreamRow.seq, StreamRow.event).where(StreamRow.seq.in_(firsts))
            events = dict((await session.execute(query)).all())
        for name in self._names:
            count, seq = found.get(name, (0, None))
            LAG.labels(name).set(count)
            OLDEST.labels(name).set(ledger.age(events[seq], now) if seq else 0)

    async def _missing(self, session: AsyncSession) -> list[Missing]:
        """What was published a while ago and a consumer has neither handled nor put aside."""
        stage, long_ago = self._stages, OutboxRow.published_at < self._clock() - self._age
        if not await session.scalar(select(exists().where(long_ago))):
            return []  # as nearly always
        query = (
            select(OutboxRow.seq, stage.c.consumer, StreamRow.stream)
            .add_columns(OutboxRow.partition, OutboxRow.offset)
            .join(StreamRow, StreamRow.seq == OutboxRow.seq)
            .join(stage, stage.c.stream == StreamRow.stream)
            .where(long_ago)
            .where(*(~_known(table, stage) for table in (ProcessedRow, RetryRow, QuarantineRow)))
            .order_by(OutboxRow.seq)
            .limit(MOST)
        )
        return [
            Missing(seq, consumer, TopicPartition(self._brokers.topic(stream), partition), offset)
            for seq, consumer, stream, partition, offset in await session.execute(query)
        ]

    async def _unseen(self, missing: Sequence[Missing]) -> set[Missing]:
        """Those that Kafka will not bring to their consumer any more."""
        readings = await self._readings(missing)
        return {
            one for one in missing if not readings[one.consumer, one.place].will_see(one.offset)
        }

    async def _readings(
        self, missing: Sequence[Missing]
    ) -> Mapping[tuple[str, TopicPartition], Reading]:
        places: dict[str, set[TopicPartition]] = defaultdict(set)
        for one in missing:
            places[one.consumer].add(one.place)
        committed = await self._committed(places)
        everywhere = {place for theirs in places.values() for place in theirs}
        looker = AIOKafkaConsumer(group_id=None, **self._brokers.client())
        await looker.start()
        try:
            beginnings = await looker.beginning_offsets(list(everywhere))
            ends = await looker.end_offsets(list(everywhere))
        finally:
            await looker.stop()
        return {
            (consumer, place): Reading(
                committed.get((consumer, place)), beginnings[place], ends[place]
            )
            for consumer, theirs in places.items()
            for place in theirs
        }

    async def _committed(
        self, places: Mapping[str, set[TopicPartition]]
    ) -> dict[tuple[str, TopicPartition], int]:
        admin = AIOKafkaAdminClient(**self._brokers.client())
        await admin.start()
        try:
            found = {}
            for consumer in places:
                offsets = await admin.list_consumer_group_offsets(self._brokers.group(consumer))
                for place, what in offsets.items():
                    if what.offset >= 0:  # -1: the group has committed none
                        found[consumer, place] = what.offset
            return found
        finally:
            await admin.close()


def _delete_settled(consumers: Sequence[Consumer]) -> Delete:
    """What each consumer of its stream has handled leaves the outbox.

    Each part looks one row up by its index: joins might read all of the ledger, every second.
    """
    by_stream: dict[str, list[str]] = defaultdict(list)
    for consumer in consumers:
        by_stream[consumer.stream].append(consumer.name)
    handled_by_all = [
        (
            StreamRow.stream == stream,
            and_(
                *(
                    exists().where(
                        ProcessedRow.consumer == name, ProcessedRow.event_id == StreamRow.id
                    )
                    for name in names
                )
            ),
        )
        for stream, names in by_stream.items()
    ]
    settled = (
        select(case(*handled_by_all, else_=true()))
        .where(StreamRow.seq == OutboxRow.seq)
        .scalar_subquery()
    )
    return (
        delete(OutboxRow)
        .where(OutboxRow.published_at.is_not(None), settled)
        .execution_options(synchronize_session=False)
    )


def _known(
    table: type[ProcessedRow] | type[RetryRow] | type[QuarantineRow], stage: Values
) -> ColumnElement[bool]:
    """Whether the table has a row of the event for the consumer of the stage."""
    known = exists().where(table.consumer == stage.c.consumer, table.event_id == StreamRow.id)
    # By itself it would look no further than the query just around it, and ask of any event.
    return known.correlate(stage, StreamRow)
