"""What becomes of an event that a handler failed on: tried again, then put in quarantine."""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import Select, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.clock import Clock
from core.database import Database, insert_new, is_unavailable
from core.errors import BadInput, GuichetError, Later
from core.ids import derived_id
from core.metrics import QUARANTINED, RETRIED
from ingest import ledger
from ingest.events import Event
from ingest.ledger import Entry
from ingest.models import IntakeRow, MessageRow, QuarantineRow, RetryRow, StreamRow

LEASE = timedelta(minutes=1)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BackOff:
    """Waits ``first`` seconds, then twice as long each time; gives up after ``attempts``."""

    first: float = 1.0
    longest: float = 300.0
    attempts: int = 6

    def wait(self, attempt: int) -> timedelta:
        return timedelta(seconds=min(self.first * 2 ** max(attempt - 1, 0), self.longest))


@dataclass(frozen=True, slots=True)
class Due:
    entry: Entry
    attempts: int


class Failures:
    """Keeps the ``retries`` and ``quarantine`` tables for the engines."""

    def __init__(self, clock: Clock, back_off: BackOff) -> None:
        self._clock = clock
        self._back_off = back_off

    async def take_due(self, database: Database, consumer: str, limit: int) -> list[Due]:
        """The events to try again now: of each key the earliest alone, so that none overtakes.

        They are the caller's for a minute; then, if it died over them, another's.
        """
        now = self._clock()
        async with database.begin() as session:
            rows = (await session.execute(_due(consumer, now, limit))).all()
            if not rows:
                return []
            await session.execute(
                update(RetryRow)
                .where(RetryRow.consumer == consumer)
                .where(RetryRow.event_id.in_([event_id for event_id, *_ in rows]))
                .values(due_at=now + LEASE)
            )
        return [
            Due(Entry(seq, Event.model_validate_json(event)), attempts)
            for _, seq, attempts, event in rows
        ]

    async def behind(
        self, session: AsyncSession, consumer: str, entries: Sequence[Entry]
    ) -> set[UUID]:
        """Those of the events of whose key an earlier one is still to be tried again."""
        if not await ledger.has_retries(session, consumer):
            return set()
        query = (
            select(RetryRow.key, func.min(RetryRow.seq))
            .where(RetryRow.consumer == consumer)
            .where(RetryRow.key.in_({entry.event.subject for entry in entries}))
            .group_by(RetryRow.key)
        )
        first = dict((await session.execute(query)).all())
        return {
            entry.event.id
            for entry in entries
            if first.get(entry.event.subject, entry.seq) < entry.seq
        }

    async def wait_behind(self, session: AsyncSession, consumer: str, entry: Entry) -> None:
        """Put an event aside that would overtake an earlier one of its key."""
        await self.forget(session, consumer, entry.event)
        row = self._retry_row(consumer, entry, attempts=0, error="waits for an earlier event")
        await insert_new(session, RetryRow, [row | {"due_at": self._clock()}])

    async def record(
        self,
        session: AsyncSession,
        consumer: str,
        entry: Entry,
        attempts: int,
        problem: Exception,
    ) -> None:
        """Plan another try, or give up: bad input does not get better by waiting."""
        error, event = _told(problem), entry.event
        await self.forget(session, consumer, event)
        gives_up = isinstance(problem, BadInput) or attempts >= self._back_off.attempts
        if gives_up and not isinstance(problem, Later) and not is_unavailable(problem):
            log.error(
                "event.quarantined", consumer=consumer, event_id=str(event.id), error=str(problem)
            )
            QUARANTINED.labels(consumer).inc()
            await self._quarantine(session, consumer, event, attempts, error)
        else:
            log.warning(
                "event.retried", consumer=consumer, event_id=str(event.id), error=str(problem)
            )
            RETRIED.labels(consumer).inc()
            row = self._retry_row(consumer, entry, attempts=attempts, error=error)
            await insert_new(session, RetryRow, [row])

    async def forget(self, session: AsyncSession, consumer: str, event: Event) -> None:
        await session.execute(
            delete(RetryRow).where(RetryRow.consumer == consumer, RetryRow.event_id == event.id)
        )

    def _retry_row(
        self, consumer: str, entry: Entry, *, attempts: int, error: str
    ) -> dict[str, object]:
        return {
            "consumer": consumer,
            "event_id": entry.event.id,
            "seq": entry.seq,
            "key": entry.event.subject,
            "attempts": attempts,
            "error": error,
            "due_at": self._clock() + self._back_off.wait(attempts),
        }

    async def _quarantine(
        self, session: AsyncSession, consumer: str, event: Event, attempts: int, error: str
    ) -> None:
        """One row for one consumer and event: a retry that fails again opens it again."""
        row_id = derived_id(event.id, f"quarantine:{consumer}")
        known = await session.get(QuarantineRow, row_id)
        if known is not None:
            known.error, known.attempts = error, known.attempts + attempts
            known.quarantined_at, known.resolved_at = self._clock(), None
            known.resolution = ""
            return
        session.add(
            QuarantineRow(
                id=row_id,
                consumer=consumer,
                event_id=event.id,
                event=event.model_dump_json(),
                intake_id=await _intake_of(session, event),
                error=error,
                attempts=attempts,
                quarantined_at=self._clock(),
            )
        )


def _due(consumer: str, now: datetime, limit: int) -> Select[UUID, int, int, str]:
    earlier = aliased(RetryRow)
    return (
        select(RetryRow.event_id, RetryRow.seq, RetryRow.attempts, StreamRow.event)
        .join(StreamRow, StreamRow.id == RetryRow.event_id)
        .where(
            RetryRow.consumer == consumer,
            RetryRow.due_at <= now,
            ~exists().where(
                earlier.consumer == RetryRow.consumer,
                earlier.key == RetryRow.key,
                earlier.seq < RetryRow.seq,
            ),
        )
        .order_by(RetryRow.seq)
        .limit(limit)
        .with_for_update(of=RetryRow, skip_locked=True)
    )


def _told(problem: Exception) -> str:
    """Our own errors say what is wrong; of any other the place in the code is needed, too."""
    if isinstance(problem, GuichetError):
        return str(problem)
    return "".join(traceback.format_exception(problem)).strip()


async def _intake_of(session: AsyncSession, event: Event) -> UUID | None:
    """The raw intake behind an event, when there is one."""
    if "intake_id" in event.data:
        return await session.scalar(
            select(IntakeRow.id).where(IntakeRow.id == UUID(event.data["intake_id"]))
        )
    if event.data.get("message_id"):
        return await session.scalar(
            select(MessageRow.intake_id).where(MessageRow.id == UUID(event.data["message_id"]))
        )
    return None
