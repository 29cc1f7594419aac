"""Is the sender who they say? Asked after the case is there, so that slow DNS delays nothing."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

import citizens
from cases import SYSTEM, CaseMessageRow, CaseRow, JoinedBy, append
from channels.email.authentication import Authentication, Resolver, authenticate
from core.blobs import Blobs
from core.clock import Clock
from core.database import Database
from ingest import ChannelName, Trust
from ingest.events import CaseChange, CaseChanged, Event
from ingest.models import IntakeRow, MessageRow

ASKS_ABOUT = ("opened", "message_joined")


class SenderAuthentication:
    """Handles ``case.changed``: SPF, DKIM and DMARC of a mail that opened or joined a case."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        clock: Clock,
        resolver: Resolver,
        *,
        trusted_authserv_id: str,
        authserv_clients: Sequence[str] = (),
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._resolver = resolver
        self._trusted_authserv_id = trusted_authserv_id
        self._authserv_clients = authserv_clients

    async def prepare(self, events: Sequence[Event]) -> Mapping[UUID, Authentication]:
        changes = [CaseChanged.of(event) for event in events]
        asked = [c.message_id for c in changes if c.change in ASKS_ABOUT and c.message_id]
        query = (
            select(MessageRow.id, IntakeRow.raw_sha256, IntakeRow.facts)
            .join(IntakeRow, IntakeRow.id == MessageRow.intake_id)
            .where(MessageRow.id.in_(asked), IntakeRow.channel == ChannelName.EMAIL)
        )
        async with self._database.read() as session:
            rows = (await session.execute(query)).all() if asked else []
            mails = [row for row in rows if "client" in row[2]]
            raws = await self._blobs.read_many(session, [sha256 for _, sha256, _ in mails])
        results = await asyncio.gather(
            *(
                authenticate(
                    raws[sha256],
                    facts,
                    self._resolver,
                    trusted_authserv_id=self._trusted_authserv_id,
                    authserv_clients=self._authserv_clients,
                )
                for _, sha256, facts in mails
            )
        )
        return {
            message_id: result for (message_id, _, _), result in zip(mails, results, strict=True)
        }

    async def handle(
        self, event: Event, session: AsyncSession, prepared: Mapping[UUID, Authentication]
    ) -> list[Event]:
        changed = CaseChanged.of(event)
        result = prepared.get(changed.message_id) if changed.message_id else None
        if result is None:
            return []
        message = await session.get_one(MessageRow, changed.message_id)
        if message.authentication is not None:
            return []
        message.authentication = result.record()
        # Who asked for answers at another address (Reply-To) has not proven to own that one.
        if result.trust is Trust.VERIFIED and message.sender_address == result.address:
            return [await self._verified(session, event, changed, message, result)]
        if result.dmarc == "fail":
            case = await session.get_one(
                CaseRow, changed.case_id, with_for_update={"key_share": True}
            )
            return [_append(session, case, "sender_doubtful", event, message, result)]
        return []

    async def _verified(
        self,
        session: AsyncSession,
        event: Event,
        changed: CaseChanged,
        message: MessageRow,
        result: Authentication,
    ) -> Event:
        case = await session.get_one(CaseRow, changed.case_id, with_for_update={"key_share": True})
        link = await session.get_one(CaseMessageRow, message.id)
        message.sender_trust = Trust.VERIFIED
        if link.joined_by == JoinedBy.OPENING:
            case.sender_trust = Trust.VERIFIED
        await citizens.verify(session, message.sender_address, self._clock())
        return _append(session, case, "sender_verified", event, message, result)


def _append(
    session: AsyncSession,
    case: CaseRow,
    change: CaseChange,
    event: Event,
    message: MessageRow,
    result: Authentication,
) -> Event:
    return append(
        session,
        case,
        change,
        actor=SYSTEM,
        at=event.time,
        message_id=message.id,
        data={"domain": result.domain},
    )
