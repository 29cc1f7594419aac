"""The pages of documents in the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases import CaseMessageRow, CaseRow
from core.blobs import Blob, Blobs
from core.database import Database, insert_new
from core.ids import derived_id
from ingest.models import DocumentRow, PageRow, Reading
from ocr.page import Page


@dataclass(frozen=True, slots=True)
class Unread:
    """A document that waits to be read, with the pages that are known of it."""

    document: DocumentRow
    pages: Sequence[PageRow]
    """In the order in which they stand; empty before it was first opened."""


async def unread_documents(session: AsyncSession, message_id: UUID) -> Sequence[DocumentRow]:
    """Those of a message, in their order."""
    query = (
        select(DocumentRow)
        .where(DocumentRow.message_id == message_id, DocumentRow.reading == Reading.UNREAD)
        .order_by(DocumentRow.position)
    )
    return (await session.scalars(query)).all()


async def what_to_read(session: AsyncSession, message_id: UUID) -> list[Unread]:
    """The unread documents of a message, with their pages."""
    documents = await unread_documents(session, message_id)
    pages = await pages_of(session, [document.id for document in documents])
    return [Unread(document, pages.get(document.id, ())) for document in documents]


async def pages_of(
    session: AsyncSession, document_ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[PageRow]]:
    """The pages of each document in their order, the removed ones too."""
    query = (
        select(PageRow)
        .where(PageRow.document_id.in_(document_ids))
        .order_by(PageRow.document_id, PageRow.position, PageRow.id)
    )
    found: dict[UUID, list[PageRow]] = {}
    for page in await session.scalars(query):
        found.setdefault(page.document_id, []).append(page)
    return found


async def enter_pages(
    database: Database, blobs: Blobs, document: DocumentRow, count: int, file: Blob | None
) -> Sequence[PageRow]:
    """Enter the pages of a document that was opened for the first time, all unread.

    ``file`` has them where that is not the document as it came.
    """
    sha256 = file.sha256 if file else document.unlocked_sha256 or document.sha256
    rows = [
        {
            "id": derived_id(document.id, f"page:{number}"),
            "document_id": document.id,
            "position": number,
            "sha256": sha256,
            "number": number,
            "reading": Reading.UNREAD,
        }
        for number in range(count)
    ]
    defaults = {
        "rotation": 0,
        "turned": False,
        "removed": False,
        "source": "",
        "confidence": 0,
        "blank": False,
        "text": "",
        "words": [],
        "codes": [],
    }
    async with database.begin(patient=True) as session:
        if file:
            await blobs.keep(session, [file])
        await insert_new(session, PageRow, [row | defaults for row in rows])
    async with database.read() as session:
        return (await pages_of(session, [document.id])).get(document.id, ())


async def keep_page(database: Database, page: PageRow, read: Page | None) -> None:
    """Keep what was read of a page at once, so that nobody reads it again; None when it failed."""
    values: dict[str, object] = {"reading": Reading.FAILED}
    if read is not None:
        values = {
            "reading": Reading.READ,
            "rotation": page.rotation if page.turned else read.rotation,
            "source": read.source,
            "confidence": read.confidence,
            "blank": read.blank,
            "text": read.text,
            "words": [
                [word.text, word.confidence, word.left, word.top, word.width, word.height]
                for word in read.words
            ],
            "codes": [code.text for code in read.codes],
        }
    async with database.begin(patient=True) as session:
        await session.execute(update(PageRow).where(PageRow.id == page.id).values(**values))


async def is_in_case(session: AsyncSession, message_id: UUID) -> bool:
    return await session.get(CaseMessageRow, message_id) is not None


async def case_of(session: AsyncSession, message_id: UUID) -> CaseRow | None:
    """The case that the message is in, locked for the transaction."""
    query = (
        select(CaseRow)
        .join(CaseMessageRow, CaseMessageRow.case_id == CaseRow.id)
        .where(CaseMessageRow.message_id == message_id)
        .with_for_update(of=CaseRow, key_share=True)
    )
    return await session.scalar(query)
