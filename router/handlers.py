"""The router: from a message to a case in a queue."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

import citizens
from cases import CaseRow, Opening, given, index_pages, join_case, open_case, record_consents
from core.clock import Clock
from core.database import Database
from core.i18n import LOCALES
from core.ids import derived_id
from ingest.events import DocumentUnread, Event, MediaAwaited, MessageNormalized
from ingest.message import ON_PAPER
from ingest.models import DocumentRow, MessageRow, PageRow, Reading
from router.deadlines import Calendar
from router.rules import Ruling, read_ruling, variables_of
from router.threading import Threads, read_threads


@dataclass(slots=True)
class Prepared:
    """All that routing a batch needs, read at once."""

    messages: Mapping[UUID, MessageRow]
    documents: Mapping[UUID, Sequence[DocumentRow]]
    threads: Threads
    ruling: Ruling
    citizens: dict[str, UUID]
    chosen: Mapping[UUID, UUID]
    """The citizen whom an agent filed a message for, by message."""
    pages: Mapping[UUID, Sequence[PageRow]]
    """What was read before routing, by message: of faxes and scans."""


class Routing:
    """Handles ``message.normalized``.

    Parameters
    ----------
    new_reference
        Gives a fresh tracking reference at each call.
    is_ours
        Whether an address is one of our mailboxes: answers come from no other.
    main_mailbox
        Where answers come from when the citizen did not write to one of our addresses.
    language
        Of whoever has not said another.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        calendar: Calendar,
        new_reference: Callable[[], str],
        *,
        is_ours: Callable[[str], bool],
        main_mailbox: str,
        language: str,
    ) -> None:
        self._database = database
        self._clock = clock
        self._calendar = calendar
        self._new_reference = new_reference
        self._is_ours = is_ours
        self._main_mailbox = main_mailbox
        self._language = language

    async def prepare(self, events: Sequence[Event]) -> Prepared:
        ids = [MessageNormalized.of(event).message_id for event in events]
        async with self._database.read() as session:
            messages = (
                await session.scalars(select(MessageRow).where(MessageRow.id.in_(ids)))
            ).all()
            documents: dict[UUID, list[DocumentRow]] = {}
            for document in await session.scalars(
                select(DocumentRow).where(DocumentRow.message_id.in_(ids))
            ):
                documents.setdefault(document.message_id, []).append(document)
            return Prepared(
                messages={message.id: message for message in messages},
                documents=documents,
                threads=await read_threads(session, messages),
                ruling=await read_ruling(session),
                citizens=await citizens.known(session, {_address(row) for row in messages}),
                chosen=await _chosen(session, messages),
                pages=await read_pages(session, messages),
            )

    async def handle(self, event: Event, session: AsyncSession, prepared: Prepared) -> list[Event]:
        message = prepared.messages[MessageNormalized.of(event).message_id]
        changed = await self._file(session, message, prepared)
        case_id = UUID(changed.subject)
        await index_pages(session, case_id, prepared.pages.get(message.id, ()))
        if "given" in message.details:
            await session.flush()
            await given(session, case_id, message)
        if "asked" in message.details:
            await self._keep_what_was_said(session, case_id, message)
        following = [changed]
        documents = prepared.documents.get(message.id, ())
        if any(document.reading == Reading.UNREAD for document in documents):
            following.append(event.follow(DocumentUnread(message_id=message.id), key=case_id))
        if message.details.get("media"):
            following.append(event.follow(MediaAwaited(message_id=message.id), key=case_id))
        return following

    async def _file(self, session: AsyncSession, message: MessageRow, prepared: Prepared) -> Event:
        """Into the case that it belongs to, or a new one."""
        # A procedure's form is a request of its own, whatever its answers quote.
        found = None if message.details.get("procedure") else prepared.threads.find(message)
        if found is None:
            return await self._open(session, message, prepared)
        case_id, joined_by = found
        await session.flush()  # the case may have been opened by this very batch
        case = await session.get_one(CaseRow, case_id, with_for_update={"key_share": True})
        prepared.threads.remember(case.id, case.reference, message)
        return join_case(session, case, message, joined_by)

    async def _keep_what_was_said(
        self, session: AsyncSession, case_id: UUID, message: MessageRow
    ) -> None:
        """Of the citizen for whom an agent filed it: what they agreed to, where they live."""
        await session.flush()
        case = await session.get_one(CaseRow, case_id)
        case.postal_address = str(message.details.get("postal", "")) or case.postal_address
        await session.flush()
        await record_consents(session, case, message)

    async def _open(self, session: AsyncSession, message: MessageRow, prepared: Prepared) -> Event:
        variables = variables_of(message, prepared.documents.get(message.id, ()), self._clock())
        queue = prepared.ruling.queue_for(variables, asked=str(message.details.get("queue", "")))
        opening = Opening(
            reference=message.reference or self._new_reference(),
            queue=queue,
            citizen_id=await self._citizen(session, message, prepared),
            mailbox=self._mailbox(message) or queue.mailbox or self._main_mailbox,
            language=message.language if message.language in LOCALES else self._language,
            fingerprint=prepared.threads.signs[message.id].fingerprint,
            due_at=self._calendar.due(message.received_at, queue.service_level),
        )
        opened = open_case(session, message, opening)
        prepared.threads.remember(UUID(opened.subject), opening.reference, message)
        return opened

    def _mailbox(self, message: MessageRow) -> str:
        """Our address that the citizen wrote to, without its +tag; empty when there is none."""
        ours = (one for one in message.recipients if "@" in one and self._is_ours(one))
        mailbox, at, domain = next(ours, "").partition("@")
        return mailbox.partition("+")[0] + at + domain

    async def _citizen(
        self, session: AsyncSession, message: MessageRow, prepared: Prepared
    ) -> UUID | None:
        address = _address(message)
        if message.details.get("identity"):  # an agent filed it
            known = prepared.chosen.get(message.id) or prepared.citizens.get(address)
            citizen_id = known or derived_id(message.id, "citizen")
            await citizens.remember(
                session,
                citizen_id,
                name=message.sender_name,
                language=message.language,
                addresses=[one for one in (message.sender_address, message.sender_phone) if one],
                postal_address=str(message.details.get("postal", "")),
                at=message.received_at,
            )
            return citizen_id
        if not address:
            return None
        if address not in prepared.citizens:
            newcomer = (address, message.sender_name, message.language)
            await citizens.enter(session, [newcomer], message.received_at)
            prepared.citizens[address] = citizens.newcomer(address)
        return prepared.citizens[address]


async def _chosen(session: AsyncSession, messages: Sequence[MessageRow]) -> Mapping[UUID, UUID]:
    """The citizens whom agents chose, but those who have been erased meanwhile."""
    named = {
        message.id: UUID(message.details["citizen"])
        for message in messages
        if message.details.get("citizen")
    }
    there = await citizens.there(session, set(named.values()))
    return {message_id: one for message_id, one in named.items() if one in there}


async def read_pages(
    session: AsyncSession, messages: Sequence[MessageRow]
) -> Mapping[UUID, Sequence[PageRow]]:
    on_paper = [message.id for message in messages if message.channel in ON_PAPER]
    if not on_paper:
        return {}
    query = (
        select(DocumentRow.message_id, PageRow)
        .join(PageRow, PageRow.document_id == DocumentRow.id)
        .where(DocumentRow.message_id.in_(on_paper))
    )
    found: dict[UUID, list[PageRow]] = {}
    for message_id, page in await session.execute(query):
        found.setdefault(message_id, []).append(page)
    return found


def _address(message: MessageRow) -> str:
    return message.sender_address or message.sender_phone
