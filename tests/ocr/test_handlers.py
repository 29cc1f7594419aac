"""A message's pages are read, and become letters or words to be found."""

import hashlib
from collections.abc import Iterator
from datetime import date
from functools import partial
from io import BytesIO

import pikepdf
import pytest
from sqlalchemy import select

from cases import CaseRow, Opening, open_case
from cases.models import QueueRow
from cases.search import matches
from core.blobs import Blobs
from core.database import Database
from core.errors import BadInput
from core.ids import derived_id, new_id
from core.processes import Processes
from guichet.separator_sheets import sheets_pdf
from ingest.events import DocumentUnread, Event, MessageNormalized, new_event
from ingest.models import DocumentRow, IntakeRow, MessageRow, PageRow
from ocr import DocumentReading, Limits, Options, confine
from tests.builders import NOON, little_town, message_row
from tests.ocr.pages import LETTER, drawn, faxed, printed, scanned_pdf, tiff

MEMORY = 1536 * 1024 * 1024


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    processes = Processes(2, partial(confine, MEMORY))
    yield processes
    processes.close()


@pytest.fixture
def reading(database: Database, blobs: Blobs, processes: Processes) -> DocumentReading:
    return DocumentReading(database, blobs, processes, Options(limits=Limits(memory=MEMORY)))


async def enter(
    database: Database,
    blobs: Blobs,
    content: bytes,
    *,
    channel: str = "scan",
    name: str = "scan.pdf",
    details: dict[str, object] | None = None,
) -> MessageRow:
    """A message with one document that waits to be read."""
    intake_id = new_id()
    staged = await blobs.stage(content)
    message = message_row(
        intake_id=intake_id, channel=channel, subject="", text="", details=details or {}
    )
    async with database.begin() as session:
        await blobs.keep(session, [staged])
        session.add(
            IntakeRow(
                id=intake_id,
                channel=channel,
                key=hashlib.sha256(content).hexdigest(),
                raw_sha256=staged.sha256,
                facts={},
                received_at=NOON,
            )
        )
        session.add(message)
        session.add(
            DocumentRow(
                id=derived_id(message.id, "document:0"),
                message_id=message.id,
                position=0,
                name=name,
                media_type="application/pdf",
                size=len(content),
                sha256=staged.sha256,
                reading="unread",
            )
        )
    return message


async def read(reading: DocumentReading, database: Database, message: MessageRow) -> list[Event]:
    event = new_event(
        DocumentUnread(message_id=message.id),
        key=message.intake_id or message.id,
        id=derived_id(message.id, "unread"),
        time=NOON,
    )
    prepared = await reading.prepare([event])
    async with database.begin() as session:
        return await reading.handle(event, session, prepared)


async def messages_of(database: Database, events: list[Event]) -> list[MessageRow]:
    ids = [MessageNormalized.of(event).message_id for event in events]
    async with database.read() as session:
        return [await session.get_one(MessageRow, message_id) for message_id in ids]


async def document_of(database: Database, message: MessageRow) -> DocumentRow:
    async with database.read() as session:
        query = select(DocumentRow).where(DocumentRow.message_id == message.id)
        return (await session.scalars(query)).one()


async def pages_of(database: Database, message: MessageRow) -> list[PageRow]:
    async with database.read() as session:
        query = (
            select(PageRow)
            .join(DocumentRow, DocumentRow.id == PageRow.document_id)
            .where(DocumentRow.message_id == message.id)
            .order_by(PageRow.position)
        )
        return list(await session.scalars(query))


async def test_a_scanned_letter_is_read_before_it_is_routed(
    reading: DocumentReading, database: Database, blobs: Blobs
) -> None:
    message = await enter(database, blobs, scanned_pdf(drawn()))
    events = await read(reading, database, message)
    assert [event.stream for event in events] == ["message.normalized"]
    (letter,) = await messages_of(database, events)
    assert letter.subject == "Lampadaire en panne rue des Lilas"
    assert "Le lampadaire situé devant le 12 rue des Lilas" in letter.text
    assert letter.language == "fr"
    assert letter.letter is not None
    assert letter.letter["date"]["value"] == "2026-03-12"
    assert letter.letter["sender"]["value"].startswith("Jeanne Dupont")
    (page,) = await pages_of(database, letter)
    assert (page.reading, page.source, page.rotation) == ("read", "ocr", 0)
    assert page.confidence > 80
    assert (await document_of(database, letter)).reading == "read"


async def test_a_batch_is_cut_at_its_sheets_and_every_letter_keeps_the_file(
    reading: DocumentReading, database: Database, blobs: Blobs
) -> None:
    batch = pikepdf.new()
    sheet = sheets_pdf(["voirie"], date(2026, 3, 9), "fr")
    texts = [f"Objet : lettre {number}\n\n" + LETTER for number in range(3)]
    for part in (printed(texts[0]), sheet, printed(texts[1], texts[1]), sheet, printed(texts[2])):
        with pikepdf.open(BytesIO(part)) as one:
            batch.pages.extend(one.pages)
    made = BytesIO()
    batch.save(made)
    message = await enter(database, blobs, made.getvalue(), details={"file": "lot.pdf"})
    letters = await messages_of(database, await read(reading, database, message))
    assert [letter.subject for letter in letters] == ["lettre 0", "lettre 1", "lettre 2"]
    assert [letter.details.get("queue") for letter in letters] == [None, "voirie", "voirie"]
    assert [letter.details["pages"] for letter in letters] == [1, 2, 1]
    assert {letter.details["file"] for letter in letters} == {"lot.pdf"}
    assert letters[0].intake_id == message.intake_id
    assert [letter.cut_from for letter in letters[1:]] == [message.intake_id] * 2
    documents = [await document_of(database, letter) for letter in letters]
    assert len({document.sha256 for document in documents}) == 1
    pages = await pages_of(database, letters[1])
    assert [page.number for page in pages if not page.removed] == [2, 3]
    assert [page.number for page in pages if page.removed] == [1]


async def test_a_fax_is_read_and_its_cover_page_is_not_its_text(
    reading: DocumentReading, database: Database, blobs: Blobs
) -> None:
    cover = "TÉLÉCOPIE\n\nDe : Jeanne Dupont\nÀ : Mairie de Démo\nDate : 12 mars 2026\nPages : 2"
    fax = tiff(faxed(drawn(cover)), faxed(drawn()), dpi=(204, 98), compression="group4")
    message = await enter(database, blobs, fax, channel="fax", name="fax.tif")
    (letter,) = await messages_of(database, await read(reading, database, message))
    assert letter.details["cover"] is True
    assert "COPIE" in letter.quoted
    assert letter.text.startswith("Jeanne Dupont")


async def test_what_is_attached_to_a_mail_is_found_in_its_case(
    reading: DocumentReading, database: Database, blobs: Blobs
) -> None:
    message = await enter(database, blobs, printed(LETTER), channel="email")
    async with database.begin() as session:
        await little_town(session)
        queue = (await session.scalars(select(QueueRow))).first()
        assert queue is not None
        open_case(
            session,
            await session.get_one(MessageRow, message.id),
            Opening("GU-0000-0000", queue, None, "mairie@demo.example", "fr", "", None),
        )
    (event,) = await read(reading, database, message)
    assert event.stream == "case.changed"
    async with database.read() as session:
        found = await session.scalars(select(CaseRow).where(matches(session, "trottoir")))
        assert [case.reference for case in found] == ["GU-0000-0000"]
    (page,) = await pages_of(database, message)
    assert page.source == "text-layer"


async def test_reading_again_what_is_read_changes_nothing(
    reading: DocumentReading, database: Database, blobs: Blobs
) -> None:
    message = await enter(database, blobs, printed(LETTER))
    await read(reading, database, message)
    before = await pages_of(database, message)
    assert await read(reading, database, message) == []
    assert [page.id for page in await pages_of(database, message)] == [page.id for page in before]


async def test_a_locked_document_comes_to_a_case_all_the_same(
    reading: DocumentReading, database: Database, blobs: Blobs
) -> None:
    locked = BytesIO()
    with pikepdf.open(BytesIO(printed(LETTER))) as document:
        document.save(locked, encryption=pikepdf.Encryption(owner="secret", user="secret"))
    message = await enter(database, blobs, locked.getvalue())
    (event,) = await read(reading, database, message)
    assert event.stream == "message.normalized"
    assert (await document_of(database, message)).reading == "locked"


async def test_what_nothing_opens_goes_to_quarantine(
    reading: DocumentReading, database: Database, blobs: Blobs
) -> None:
    message = await enter(database, blobs, b"%PDF-1.7\nnothing of a PDF")
    with pytest.raises(BadInput, match="broken"):
        await read(reading, database, message)
