"""A whole case, as an agent or the citizen reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from cases.access import case_for
from cases.agents import Agent, AgentRow
from cases.models import CaseEventRow, CaseMessageRow, CaseRow, QueueRow
from core.errors import NotThere
from ingest.models import DocumentRow, MessageRow, PageRow


@dataclass(frozen=True, slots=True)
class CaseMessage:
    message: MessageRow
    """Its ``html`` was read only where that was asked for."""
    has_html: bool
    joined_by: str
    documents: Sequence[DocumentRow]
    pages: Mapping[UUID, tuple[int, UUID]]
    """Of each document with pages how many are in it, and the first."""


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A case with all that belongs to it, in the order of time."""

    case: CaseRow
    queue: QueueRow
    claimed_by: str
    messages: Sequence[CaseMessage]
    events: Sequence[CaseEventRow]

    @property
    def documents(self) -> Sequence[DocumentRow]:
        """Of all messages."""
        return [document for message in self.messages for document in message.documents]


@dataclass(frozen=True, slots=True)
class Tracked:
    """What the citizen sees of a case."""

    case: CaseRow
    queue: QueueRow
    messages: Sequence[CaseMessage]
    events: Sequence[CaseEventRow]


async def read_case(
    session: AsyncSession, agent: Agent, reference: str, *, with_html: bool = True
) -> CaseRecord:
    """Raises NotThere when there is none, or none for this agent.

    Without HTML the messages only say whether they have any.
    """
    case = await case_for(session, agent, reference)
    return await _record(session, case, with_html=with_html)


async def record_of(session: AsyncSession, reference: str) -> CaseRecord:
    """All of a case, whoever asks: the caller answers for the access. Raises NotThere."""
    case = await session.scalar(select(CaseRow).where(CaseRow.reference == reference))
    if case is None:
        raise NotThere(f"no case {reference}")
    return await _record(session, case, with_html=True)


async def _record(session: AsyncSession, case: CaseRow, *, with_html: bool) -> CaseRecord:
    claimed_by = ""
    if case.claimed_by:
        name = select(AgentRow.name).where(AgentRow.id == case.claimed_by)
        claimed_by = await session.scalar(name) or ""
    return CaseRecord(
        case=case,
        queue=await session.get_one(QueueRow, case.queue_id),
        claimed_by=claimed_by,
        messages=await _messages(session, case, with_html=with_html),
        events=await _events(session, case),
    )


async def track_case(session: AsyncSession, reference: str) -> Tracked | None:
    """For the citizen who has proven to know the case's secret, or None."""
    case = await session.scalar(select(CaseRow).where(CaseRow.reference == reference))
    if case is None:
        return None
    events = await _events(session, case)
    return Tracked(
        case=case,
        queue=await session.get_one(QueueRow, case.queue_id),
        messages=await _messages(session, case, with_html=False),
        events=[event for event in events if event.public],
    )


async def inline_documents(session: AsyncSession, message_id: UUID) -> Mapping[str, UUID]:
    """The documents that a message's HTML shows, by their Content-ID; its access is checked."""
    query = select(DocumentRow.content_id, DocumentRow.id).where(
        DocumentRow.message_id == message_id, DocumentRow.inline
    )
    return dict((await session.execute(query)).all())


async def documents_of_case(
    session: AsyncSession, case_id: UUID
) -> tuple[Sequence[DocumentRow], Mapping[UUID, tuple[int, UUID]]]:
    """Its documents, and as :attr:`CaseMessage.pages` has it their pages; access is checked."""
    query = (
        select(CaseMessageRow.message_id)
        .join(MessageRow, MessageRow.id == CaseMessageRow.message_id)
        .where(CaseMessageRow.case_id == case_id)
        .order_by(MessageRow.received_at, MessageRow.id)
    )
    ids = (await session.scalars(query)).all()
    documents, pages = await _documents(session, ids), await _pages(session, ids)
    return [row for message_id in ids for row in documents.get(message_id, [])], pages


async def texts_of_pages(
    session: AsyncSession, documents: Sequence[DocumentRow]
) -> Mapping[UUID, Sequence[str]]:
    """What is read on the pages of each document; its access is checked."""
    ids = [document.id for document in documents if document.reading]
    if not ids:
        return {}
    query = (
        select(PageRow.document_id, PageRow.text)
        .where(PageRow.document_id.in_(ids), ~PageRow.removed, PageRow.text != "")
        .order_by(PageRow.document_id, PageRow.position)
    )
    texts: dict[UUID, list[str]] = {}
    for document_id, text in await session.execute(query):
        texts.setdefault(document_id, []).append(text)
    return texts


async def _messages(session: AsyncSession, case: CaseRow, *, with_html: bool) -> list[CaseMessage]:
    has_html = func.coalesce(MessageRow.html, "") != ""
    query = (
        select(MessageRow, has_html, CaseMessageRow.joined_by)
        .join(CaseMessageRow, CaseMessageRow.message_id == MessageRow.id)
        .where(CaseMessageRow.case_id == case.id)
        .order_by(MessageRow.received_at, MessageRow.id)
    )
    if not with_html:  # it is most of a mail, and pages fetch it in a frame of its own
        query = query.options(defer(MessageRow.html, raiseload=True))
    rows = (await session.execute(query)).all()
    ids = [message.id for message, *_ in rows]
    documents, pages = await _documents(session, ids), await _pages(session, ids)
    return [
        CaseMessage(message, has_html, joined_by, documents.get(message.id, []), pages)
        for message, has_html, joined_by in rows
    ]


async def _documents(
    session: AsyncSession, message_ids: Sequence[UUID]
) -> Mapping[UUID, list[DocumentRow]]:
    query = (
        select(DocumentRow)
        .where(DocumentRow.message_id.in_(message_ids))
        .order_by(DocumentRow.message_id, DocumentRow.position)
    )
    by_message: dict[UUID, list[Any]] = {}
    for document in await session.scalars(query):
        by_message.setdefault(document.message_id, []).append(document)
    return by_message


async def _pages(
    session: AsyncSession, message_ids: Sequence[UUID]
) -> Mapping[UUID, tuple[int, UUID]]:
    """Of each document with pages how many are in it, and which one is first."""
    rank = func.row_number().over(
        partition_by=PageRow.document_id, order_by=(PageRow.position, PageRow.id)
    )
    count = func.count().over(partition_by=PageRow.document_id)
    ranked = (
        select(PageRow.document_id, PageRow.id, count.label("count"), rank.label("rank"))
        .join(DocumentRow, DocumentRow.id == PageRow.document_id)
        .where(DocumentRow.message_id.in_(message_ids), ~PageRow.removed)
        .subquery()
    )
    query = select(ranked.c.document_id, ranked.c.count, ranked.c.id).where(ranked.c.rank == 1)
    return {document: (number, first) for document, number, first in await session.execute(query)}


async def _events(session: AsyncSession, case: CaseRow) -> Sequence[CaseEventRow]:
    query = (
        select(CaseEventRow).where(CaseEventRow.case_id == case.id).order_by(CaseEventRow.sequence)
    )
    return (await session.scalars(query)).all()
