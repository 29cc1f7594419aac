"""What agents do to pages: the file stays as it came."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import CaseMessageRow, CaseRow, Opening, Pages, QueueRow, Role, open_case
from cases.agents import Agent
from cases.audit import AuditRow
from cases.search import index_pages, matches
from core.blobs import Blobs
from core.database import Database
from core.errors import BadInput, Conflict, NotNow, NotThere
from core.ids import new_id
from ingest.events import Event
from ingest.models import DocumentRow, MessageRow, PageRow, StreamRow
from tests.builders import SettableClock, agent, little_town, message_row

REFERENCE, OTHER, HIDDEN = "GU-0000-0000", "GU-0000-001Y", "GU-0000-002W"
WORDS = ("lampadaire", "trottoir", "abribus", "fontaine")


@pytest.fixture
async def document(database: Database, blobs: Blobs) -> UUID:
    """Of four pages, in a case of ``mairie``; there is a second case, and one in ``voirie``."""
    content = await blobs.stage(b"%PDF-1.7 four pages")
    async with database.begin() as session:
        town = await little_town(session)
        await blobs.keep(session, [content])
        for reference, queue in ((REFERENCE, "mairie"), (OTHER, "mairie"), (HIDDEN, "voirie")):
            message = message_row(channel="scan", subject=reference)
            session.add(message)
            opening = Opening(
                reference, town.queues[queue], None, "mairie@demo.example", "fr", "", None
            )
            open_case(session, message, opening)
        await session.flush()
        first = await _case(session, REFERENCE)
        link = await session.scalar(
            select(CaseMessageRow.message_id).where(CaseMessageRow.case_id == first.id)
        )
        document_id = new_id()
        session.add(
            DocumentRow(
                id=document_id,
                message_id=link,
                position=0,
                name="lot.pdf",
                media_type="application/pdf",
                size=content.size,
                sha256=content.sha256,
                reading="read",
            )
        )
        pages = [
            PageRow(
                id=new_id(),
                document_id=document_id,
                position=number,
                sha256=content.sha256,
                number=number,
                reading="read",
                text=f"Le {word}",
                words=[[word, 90, 0.1, 0.1, 0.2, 0.1]],
            )
            for number, word in enumerate(WORDS)
        ]
        session.add_all(pages)
        await session.flush()
        await index_pages(session, first.id, pages)
    return document_id


async def _case(session: AsyncSession, reference: str) -> CaseRow:
    return (await session.scalars(select(CaseRow).where(CaseRow.reference == reference))).one()


@pytest.fixture
async def camille(database: Database, document: UUID) -> Agent:
    async with database.read() as session:
        queue = select(QueueRow.id).where(QueueRow.slug == "mairie")
        return agent(Role.HANDLER, queues=tuple(await session.scalars(queue)))


def acting(
    session: AsyncSession,
    clock: SettableClock,
    who: Agent,
    document: UUID,
    version: int | None = None,
) -> Pages:
    return Pages(session, clock, who, REFERENCE, version, document)


async def pages_of(database: Database, document: UUID) -> list[PageRow]:
    async with database.read() as session:
        query = (
            select(PageRow)
            .where(PageRow.document_id == document)
            .order_by(PageRow.position, PageRow.id)
        )
        return list(await session.scalars(query))


async def numbers(database: Database, document: UUID) -> list[int]:
    """The places in the file of the pages that stand in the document."""
    return [page.number for page in await pages_of(database, document) if not page.removed]


async def chosen(database: Database, document: UUID, *places: int) -> list[UUID]:
    pages = await pages_of(database, document)
    return [page.id for page in pages if page.number in places]


async def found(database: Database, word: str) -> list[str]:
    async with database.read() as session:
        cases = await session.scalars(select(CaseRow).where(matches(session, word)))
        return sorted(case.reference for case in cases)


async def events(database: Database, stream: str) -> Sequence[Event]:
    async with database.read() as session:
        rows = await session.scalars(select(StreamRow.event).where(StreamRow.stream == stream))
        return [Event.model_validate_json(row) for row in rows]


async def test_a_turned_page_is_read_again(
    database: Database, clock: SettableClock, camille: Agent, document: UUID
) -> None:
    ids = await chosen(database, document, 1)
    async with database.begin() as session:
        await acting(session, clock, camille, document).turn(ids, 270)
    page = (await pages_of(database, document))[1]
    assert (page.rotation, page.turned, page.reading) == (270, True, "unread")
    assert len(await events(database, "document.unread")) == 1
    async with database.read() as session:
        (row,) = await session.scalars(select(AuditRow))
        assert row.details["change"] == "turned"
        assert (await session.get_one(DocumentRow, document)).reading == "unread"


@pytest.mark.parametrize(
    ("places", "by", "order"),
    [
        ((2,), -1, [0, 2, 1, 3]),
        ((2, 3), -1, [0, 2, 3, 1]),
        ((0,), -1, [0, 1, 2, 3]),
        ((0,), 1, [1, 0, 2, 3]),
        ((1, 3), 1, [0, 2, 1, 3]),
    ],
)
async def test_pages_are_put_in_order(
    database: Database,
    clock: SettableClock,
    camille: Agent,
    document: UUID,
    places: tuple[int, ...],
    by: Literal[-1, 1],
    order: list[int],
) -> None:
    ids = await chosen(database, document, *places)
    async with database.begin() as session:
        await acting(session, clock, camille, document).shift(ids, by)
    assert await numbers(database, document) == order


async def test_a_removed_page_is_not_found_and_comes_back(
    database: Database, clock: SettableClock, camille: Agent, document: UUID
) -> None:
    assert await found(database, "abribus") == [REFERENCE]
    ids = await chosen(database, document, 2)
    async with database.begin() as session:
        await acting(session, clock, camille, document).remove(ids)
    assert await numbers(database, document) == [0, 1, 3]
    assert await found(database, "abribus") == []
    async with database.begin() as session:
        await acting(session, clock, camille, document).remove(ids, removed=False)
    assert await numbers(database, document) == [0, 1, 2, 3]
    assert await found(database, "abribus") == [REFERENCE]


async def test_pages_become_a_document_and_are_put_back_together(
    database: Database, clock: SettableClock, camille: Agent, document: UUID
) -> None:
    ids = await chosen(database, document, 1, 2)
    async with database.begin() as session:
        await acting(session, clock, camille, document).split(ids)
    async with database.read() as session:
        rows = (await session.scalars(select(DocumentRow))).all()
        (other,) = [row for row in rows if row.id != document]
        assert len({row.sha256 for row in rows}) == 1
    assert await numbers(database, document) == [0, 3]
    assert await numbers(database, other.id) == [1, 2]
    async with database.begin() as session:
        await acting(session, clock, camille, other.id).merge(document)
    assert await numbers(database, document) == [0, 3, 1, 2]


async def test_a_document_is_not_split_off_whole(
    database: Database, clock: SettableClock, camille: Agent, document: UUID
) -> None:
    ids = await chosen(database, document, 0, 1, 2, 3)
    with pytest.raises(NotNow):
        async with database.begin() as session:
            await acting(session, clock, camille, document).split(ids)


async def test_pages_move_to_another_case_and_are_found_there(
    database: Database, clock: SettableClock, camille: Agent, document: UUID
) -> None:
    ids = await chosen(database, document, 3)
    async with database.begin() as session:
        await acting(session, clock, camille, document).move(ids, OTHER)
    assert await numbers(database, document) == [0, 1, 2]
    assert await found(database, "fontaine") == [OTHER]
    async with database.read() as session:
        case = await _case(session, OTHER)
        assert case.version == 2
        links = select(CaseMessageRow).where(CaseMessageRow.case_id == case.id)
        (link,) = [one for one in await session.scalars(links) if one.joined_by == "moved"]
        message = await session.get_one(MessageRow, link.message_id)
    assert message.text == "Le fontaine"


async def test_pages_without_a_case_are_given_to_the_router(
    database: Database, clock: SettableClock, camille: Agent, document: UUID
) -> None:
    ids = await chosen(database, document, 3)
    async with database.begin() as session:
        await acting(session, clock, camille, document).move(ids, "")
    (event,) = await events(database, "message.normalized")
    async with database.read() as session:
        message = await session.get_one(MessageRow, UUID(event.data["message_id"]))
    assert (message.text, message.channel) == ("Le fontaine", "scan")


async def test_a_case_of_another_queue_is_no_target(
    database: Database, clock: SettableClock, camille: Agent, document: UUID
) -> None:
    ids = await chosen(database, document, 3)
    with pytest.raises(NotThere):
        async with database.begin() as session:
            await acting(session, clock, camille, document).move(ids, HIDDEN)
    with pytest.raises(BadInput):
        async with database.begin() as session:
            await acting(session, clock, camille, document).move(ids, "nothing")
    assert await numbers(database, document) == [0, 1, 2, 3]


async def test_who_saw_an_older_case_changes_nothing(
    database: Database, clock: SettableClock, camille: Agent, document: UUID
) -> None:
    ids = await chosen(database, document, 0)
    with pytest.raises(Conflict):
        async with database.begin() as session:
            await acting(session, clock, camille, document, 7).remove(ids)


async def test_something_must_be_chosen(
    database: Database, clock: SettableClock, camille: Agent, document: UUID
) -> None:
    with pytest.raises(BadInput):
        async with database.begin() as session:
            await acting(session, clock, camille, document).remove([new_id()])


async def test_only_a_locked_document_is_unlocked(
    database: Database, clock: SettableClock, camille: Agent, document: UUID, blobs: Blobs
) -> None:
    opened = await blobs.stage(b"%PDF-1.7 open")
    with pytest.raises(NotNow):
        async with database.begin() as session:
            await acting(session, clock, camille, document).unlock(blobs, opened)
    async with database.begin() as session:
        (await session.get_one(DocumentRow, document)).reading = "locked"
    async with database.begin() as session:
        await acting(session, clock, camille, document).unlock(blobs, opened)
    async with database.read() as session:
        row = await session.get_one(DocumentRow, document)
    assert (row.reading, row.unlocked_sha256) == ("unread", opened.sha256)
