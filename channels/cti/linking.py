"""A missed call that has come to its case: the two are linked, and the citizen is called back."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import SYSTEM, CaseRow, append
from cases.calls import changed, facts_of
from cases.models import CallRow, CallState
from core.database import Database
from ingest.events import CaseChanged, Event

BRINGS = frozenset({"opened", "message_joined"})
"""The changes by which a message comes to a case."""


class AskBack(Protocol):
    """Has somebody of the case's queue call back, in the caller's transaction.

    The case and the call are locked. Returns the events that follow, for the pipeline to publish.
    """

    async def __call__(
        self, session: AsyncSession, case: CaseRow, call: CallRow
    ) -> Sequence[Event]: ...


class CallLinks:
    """Handles ``case.changed``: of a message that a missed call has left."""

    def __init__(self, database: Database, ask_back: AskBack) -> None:
        self._database = database
        self._ask_back = ask_back

    async def prepare(self, events: Sequence[Event]) -> Mapping[UUID, UUID]:
        """Calls by the messages that they have left."""
        changes = (CaseChanged.of(event) for event in events)
        brought = {one.message_id for one in changes if one.change in BRINGS and one.message_id}
        if not brought:
            return {}
        query = select(CallRow.message_id, CallRow.id).where(CallRow.message_id.in_(brought))
        async with self._database.read() as session:
            return {message: call for message, call in await session.execute(query) if message}

    async def handle(
        self, event: Event, session: AsyncSession, prepared: Mapping[UUID, UUID]
    ) -> list[Event]:
        change = CaseChanged.of(event)
        call_id = prepared.get(change.message_id) if change.message_id else None
        if call_id is None or change.change not in BRINGS:
            return []
        call = await session.get_one(CallRow, call_id, with_for_update=True)
        case = await session.get(CaseRow, change.case_id, with_for_update={"key_share": True})
        if case is None:
            return []  # it was erased meanwhile
        if call.case_id is None:
            call.case_id = case.id
        if call.state != CallState.MISSED:
            return [changed(call)]  # an answer to it was told late
        return [changed(call), *await self._ask_back(session, case, call)]


async def flag_missed(session: AsyncSession, case: CaseRow, call: CallRow) -> Sequence[Event]:
    """Write into the case's history that somebody is to be called back: it is open in its queue,
    for the message of the call has opened or reopened it."""
    at = call.ended_at or call.started_at
    return [append(session, case, "call_missed", actor=SYSTEM, at=at, data=facts_of(call))]
