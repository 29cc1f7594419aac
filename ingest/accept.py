"""Durable, then yes: an arrival is stored with its event before its channel answers.

Arrivals that come while a transaction is being committed share the next one, so that a hundred
mails at once cost a few fsyncs and not a hundred (group commit).
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from uuid import UUID, uuid5

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.blobs import Blob, Blobs
from core.clock import Clock
from core.database import Database, insert_new
from core.errors import Later
from core.metrics import ACCEPTED, PER_COMMIT
from core.tracing import span
from ingest.events import Event, IntakeReceived, new_event
from ingest.intake import Accepted, Arrival
from ingest.models import IntakeRow
from ingest.stream import publish

NAMESPACE = UUID("8f0c64a1-6e5b-5f0e-9d0e-6d1f5a3f9b10")
MAX_GROUP = 256  # arrivals in one transaction
RUSH = 8  # arrivals within a moment: then many arrive at once
MOMENT = 0.2  # seconds

log = structlog.get_logger()


@dataclass(slots=True)
class _Waiting:
    arrival: Arrival
    intake_id: UUID
    blob: Blob
    event: Event
    answer: asyncio.Future[Accepted]


class Acceptance:
    """Accepts arrivals. ``start`` is not needed: the first arrival starts the committing."""

    def __init__(self, database: Database, blobs: Blobs, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._waiting: list[_Waiting] = []
        self._committing: asyncio.Task[None] | None = None
        self._arrived: deque[float] = deque(maxlen=RUSH)

    def rushed(self) -> bool:
        """Whether arrivals come in a rush: what is not acceptance should then give way."""
        return len(self._arrived) == RUSH and monotonic() - self._arrived[0] < MOMENT

    async def accept(self, arrival: Arrival) -> Accepted:
        """Store the arrival; when this returns, it survives a power cut.

        Raises
        ------
        Later
            When the store is full, locked or away. Nothing of the arrival was kept then.
        """
        self._arrived.append(monotonic())
        intake_id = intake_id_of(arrival)
        with span(f"accept {arrival.channel}", intake=intake_id):
            blob = await self._blobs.stage(arrival.raw)
            answer: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
            # Made here, in its own span: who commits does so for all.
            event = _received(arrival, intake_id, self._clock())
            self._waiting.append(_Waiting(arrival, intake_id, blob, event, answer))
            if self._committing is None or self._committing.done():
                self._committing = asyncio.create_task(self._commit_all())
            return await answer

    async def _commit_all(self) -> None:
        while self._waiting:
            group: list[_Waiting] = []
            try:
                async with self._database.begin() as session:
                    # Taken only now: who arrived while we waited for our turn comes along.
                    group, self._waiting = self._waiting[:MAX_GROUP], self._waiting[MAX_GROUP:]
                    await self._store(session, group)
            except Exception as problem:  # the outer wall: nobody is left without an answer
                # Not the problem itself: it may speak of other people's mails.
                log.warning("accept.failed", error=type(problem).__name__, arrivals=len(group))
                if not isinstance(problem, SQLAlchemyError | OSError):
                    log.exception("accept.fault")
                _refuse(group or self._take_all(), Later("the store is not available"))
            else:
                ACCEPTED.inc(len(group))
                PER_COMMIT.observe(len(group))
                for waiting in group:
                    if not waiting.answer.done():
                        waiting.answer.set_result(Accepted(waiting.intake_id))

    def _take_all(self) -> list[_Waiting]:
        group, self._waiting = self._waiting, []
        return group

    async def _store(self, session: AsyncSession, group: Sequence[_Waiting]) -> None:
        await self._blobs.keep(session, [waiting.blob for waiting in group])
        await insert_new(session, IntakeRow, [_intake_row(waiting) for waiting in group])
        await publish(session, [waiting.event for waiting in group])


def intake_id_of(arrival: Arrival) -> UUID:
    """The same arrival, handed in again, has the same id."""
    return uuid5(NAMESPACE, f"{arrival.channel}:{arrival.key}")


def _intake_row(waiting: _Waiting) -> dict[str, object]:
    return {
        "id": waiting.intake_id,
        "channel": waiting.arrival.channel,
        "key": waiting.arrival.key,
        "raw_sha256": waiting.blob.sha256,
        "facts": dict(waiting.arrival.facts),
        "received_at": waiting.event.time,
    }


def _received(arrival: Arrival, intake_id: UUID, at: datetime) -> Event:
    data = IntakeReceived(intake_id=intake_id, channel=arrival.channel)
    return new_event(data, key=intake_id, id=uuid5(intake_id, data.stream), time=at)


def _refuse(group: Sequence[_Waiting], problem: Later) -> None:
    for waiting in group:
        if not waiting.answer.done():
            waiting.answer.set_exception(problem)
