"""A call whose message has come to its case: the two are linked, and whom nobody answered is called
back."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import SYSTEM, CaseRow, append, open_callbacks, request_callback
from cases.calls import callback_id_of, changed, facts_of, tell_length
from cases.models import CallRow, CallState
from core.database import Database
from ingest.events import CaseChanged, Event
from ingest.message import ChannelName
from ingest.models import MessageRow

BRINGS = frozenset({"opened", "message_joined"})
"""The changes by which a message comes to a case."""

Due = Callable[[datetime], datetime]
"""By when somebody who called at this moment is to be called back."""


class CallLinks:
    """Handles ``case.changed``: of a message that a call has left, be it missed or a voicemail."""

    def __init__(self, database: Database, due: Due) -> None:
        self._database = database
        self._due = due

    async def prepare(self, events: Sequence[Event]) -> Mapping[UUID, UUID]:
        """Calls by the messages that they have left."""
        changes = (CaseChanged.of(event) for event in events)
        brought = {one.message_id for one in changes if one.change in BRINGS and one.message_id}
        if not brought:
            return {}
        query = select(MessageRow.id, MessageRow.details).where(
            MessageRow.id.in_(brought), MessageRow.channel == ChannelName.PHONE
        )
        async with self._database.read() as session:
            found = (await session.execute(query)).all()
        named = {message: _uuid(details.get("call")) for message, details in found}
        return {message: call for message, call in named.items() if call}

    async def handle(
        self, event: Event, session: AsyncSession, prepared: Mapping[UUID, UUID]
    ) -> list[Event]:
        change = CaseChanged.of(event)
        call_id = prepared.get(change.message_id) if change.message_id else None
        if call_id is None or change.change not in BRINGS:
            return []
        call = await session.get(CallRow, call_id, with_for_update=True)
        case = await session.get(CaseRow, change.case_id, with_for_update={"key_share": True})
        if call is None or case is None:
            return []  # nobody told of the call, or the case was erased meanwhile
        if is_new := call.case_id is None:
            call.case_id = case.id
        following = [changed(call)]
        if call.state == CallState.MISSED:
            following += await self._ask_back(session, case, call, event.time)
        elif call.state == CallState.ENDED and is_new:
            following.append(await tell_length(session, call, case.id))
        return following

    async def _ask_back(
        self, session: AsyncSession, case: CaseRow, call: CallRow, now: datetime
    ) -> Sequence[Event]:
        """A task in the case's queue; where one for this number is open already, or there is no
        number, the history alone says it."""
        at = call.ended_at or call.started_at
        waiting = {task.phone for task in await open_callbacks(session, case.id)}
        if not call.number or call.number in waiting:
            return [append(session, case, "call_missed", actor=SYSTEM, at=at, data=facts_of(call))]
        task, due = callback_id_of(call.id), self._due(at)
        await request_callback(session, case.id, call.number, "", due, SYSTEM, at=now, id=task)
        return []


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
