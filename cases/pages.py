"""What agents do to the pages of a document. The file stays as it came, to be downloaded."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.access import case_for, document_for
from cases.agents import Agent
from cases.changes import case_at, record_change
from cases.models import CaseMessageRow, CaseRow, JoinedBy
from cases.search import index_pages
from core.blobs import Blob, Blobs
from core.clock import Clock
from core.errors import BadInput, NotNow
from core.i18n import N_
from core.ids import new_id
from core.references import parse_reference
from ingest.events import DocumentUnread, Event, MessageNormalized, new_event
from ingest.message import ChannelName
from ingest.models import DocumentRow, MessageRow, PageRow, Reading, same_file

MAX_TEXT = 100_000  # characters of a message

Change = Literal[
    "turned", "ordered", "removed", "restored", "split", "merged", "moved", "unlocked", "read"
]


@dataclass(frozen=True, slots=True)
class Pages:
    """The actions of one agent on one document's pages, in the caller's transaction.

    Each returns the changed case and raises NotThere when the agent may not see it, Conflict when
    the case is not at ``version`` any more, BadInput when it makes no sense.
    """

    session: AsyncSession
    clock: Clock
    agent: Agent
    reference: str
    version: int | None
    document_id: UUID

    async def turn(self, chosen: Collection[UUID], degrees: int) -> CaseRow:
        """Turn pages clockwise by quarters; they are then read again."""
        case, document, pages = await self._start()
        for page in _chosen(pages, chosen):
            page.rotation = (page.rotation + degrees) % 360
            page.turned, page.reading, page.words = True, Reading.UNREAD, []
        return await self._done(case, document, "turned", chosen, self._read(case, document))

    async def shift(self, chosen: Collection[UUID], by: Literal[-1, 1]) -> CaseRow:
        """Move pages one place to the front (-1) or to the back (1)."""
        case, document, pages = await self._start()
        _chosen(pages, chosen)
        standing = [page for page in pages if not page.removed]
        order = standing if by < 0 else list(reversed(standing))
        for place in range(1, len(order)):
            before, page = order[place - 1], order[place]
            if page.id in chosen and before.id not in chosen:
                order[place - 1], order[place] = page, before
        standing = order if by < 0 else list(reversed(order))
        _number([*standing, *(page for page in pages if page.removed)])
        return await self._done(case, document, "ordered", chosen)

    async def remove(self, chosen: Collection[UUID], *, removed: bool = True) -> CaseRow:
        """Take pages out of the document, or put them back."""
        case, document, pages = await self._start()
        for page in _chosen(pages, chosen):
            page.removed = removed
        await index_pages(self.session, case.id, pages)
        return await self._done(case, document, "removed" if removed else "restored", chosen)

    async def split(self, chosen: Collection[UUID]) -> CaseRow:
        """Make a document of its own of the pages, in the same message."""
        case, document, pages = await self._start()
        taken = _chosen(pages, chosen)
        if len(taken) == len(pages):
            raise NotNow(N_("Leave a page in the document: nothing would be split off."))
        message = await self.session.get_one(MessageRow, document.message_id)
        await self._document(message, document, taken)
        return await self._done(case, document, "split", chosen)

    async def merge(self, target_id: UUID) -> CaseRow:
        """Put all pages behind those of another document of the case."""
        case, document, pages = await self._start()
        target = await document_for(self.session, self.agent, self.reference, target_id)
        if target.id == document.id:
            raise NotNow(N_("Choose another document to put the pages into."))
        there = await self._pages(target.id)
        for page in pages:
            page.document_id = target.id
        _number([*there, *pages])
        return await self._done(case, document, "merged", [page.id for page in pages])

    async def move(self, chosen: Collection[UUID], target: str) -> CaseRow:
        """Move pages to another case; to a new one, which the router opens, with no ``target``.

        Raises NotThere when the agent may not see the other case.
        """
        case, document, pages = await self._start()
        taken = _chosen(pages, chosen)
        source = await self.session.get_one(MessageRow, document.message_id)
        message = self._message(source, taken)
        self.session.add(message)
        await self._document(message, document, taken)
        following = [self._routed(message)] if not target.strip() else []
        if target.strip():
            await self._join(message, taken, target)
        return await self._done(case, document, "moved", chosen, *following)

    async def unlock(self, blobs: Blobs, unlocked: Blob) -> CaseRow:
        """Read a locked document, whose file without the password is ``unlocked``."""
        case, document, _ = await self._start()
        if document.reading != Reading.LOCKED:
            raise NotNow(N_("The document is not locked."))
        await blobs.keep(self.session, [unlocked])
        document.unlocked_sha256 = unlocked.sha256
        return await self._done(case, document, "unlocked", (), self._read(case, document))

    async def read_again(self) -> CaseRow:
        """Try once more what could not be read."""
        case, document, pages = await self._start()
        for page in pages:
            if page.reading == Reading.FAILED:
                page.reading = Reading.UNREAD
        return await self._done(case, document, "read", (), self._read(case, document))

    async def _start(self) -> tuple[CaseRow, DocumentRow, Sequence[PageRow]]:
        case = await case_at(self.session, self.agent, self.reference, self.version)
        document = await document_for(self.session, self.agent, self.reference, self.document_id)
        return case, document, await self._pages(document.id)

    async def _pages(self, document_id: UUID) -> Sequence[PageRow]:
        query = (
            select(PageRow)
            .where(PageRow.document_id == document_id)
            .order_by(PageRow.position, PageRow.id)
        )
        return (await self.session.scalars(query)).all()

    async def _document(
        self, message: MessageRow, origin: DocumentRow, pages: Sequence[PageRow]
    ) -> None:
        """A document that has these pages, behind the message's others; the file is the same."""
        query = select(DocumentRow.position).where(DocumentRow.message_id == message.id)
        places = (await self.session.scalars(query)).all()
        position = max(places, default=-1) + 1
        document = same_file(origin, id=new_id(), message_id=message.id, position=position)
        self.session.add(document)
        for page in pages:
            page.document_id = document.id
        _number(pages)

    def _message(self, source: MessageRow, pages: Sequence[PageRow]) -> MessageRow:
        """What the pages say by themselves, from nobody that is known yet."""
        text = "\n\n".join(page.text for page in pages if page.text.strip())
        return MessageRow(
            id=new_id(),
            cut_from=source.cut_from or source.intake_id,
            direction="in",
            channel=source.channel,
            recipients=source.recipients,
            sent_at=source.sent_at,
            received_at=source.received_at,
            text=text[:MAX_TEXT],
            details={"file": source.details.get("file", ""), "pages": len(pages)},
        )

    def _routed(self, message: MessageRow) -> Event:
        data = MessageNormalized(message_id=message.id, channel=ChannelName(message.channel))
        return new_event(data, key=message.id, id=new_id(), time=self.clock())

    async def _join(self, message: MessageRow, pages: Sequence[PageRow], target: str) -> None:
        reference = parse_reference(target)
        if reference is None:
            raise BadInput(N_("This is not the reference of a case."), where="target")
        case = await case_for(self.session, self.agent, reference, to_change=True)
        self.session.add(
            CaseMessageRow(
                message_id=message.id,
                case_id=case.id,
                joined_by=JoinedBy.MOVED,
                joined_at=self.clock(),
            )
        )
        await index_pages(self.session, case.id, pages)
        await record_change(
            self.session,
            self.clock,
            self.agent,
            case,
            "pages_changed",
            message_id=message.id,
            data={"change": "moved", "from": self.reference, "pages": len(pages)},
        )

    def _read(self, case: CaseRow, document: DocumentRow) -> Event:
        document.reading, document.problem = Reading.UNREAD, ""
        data = DocumentUnread(message_id=document.message_id)
        return new_event(data, key=case.id, id=new_id(), time=self.clock())

    async def _done(
        self,
        case: CaseRow,
        document: DocumentRow,
        change: Change,
        chosen: Collection[UUID],
        *following: Event,
    ) -> CaseRow:
        data: dict[str, Any] = {
            "change": change,
            "document": str(document.id),
            "name": document.name,
            "pages": len(chosen),
        }
        return await record_change(
            self.session,
            self.clock,
            self.agent,
            case,
            "pages_changed",
            message_id=document.message_id,
            data=data,
            following=following,
        )


def _chosen(pages: Sequence[PageRow], chosen: Collection[UUID]) -> list[PageRow]:
    """Those of the pages, in their order. Raises BadInput when there is none."""
    found = [page for page in pages if page.id in chosen]
    if not found:
        raise BadInput(N_("Choose the pages first."), where="pages")
    return found


def _number(pages: Sequence[PageRow]) -> None:
    for position, page in enumerate(pages):
        page.position = position
