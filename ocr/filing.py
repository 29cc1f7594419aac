"""What reading leads to: letters that can be routed, and words that can be found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cases import SYSTEM, CaseRow, append, index_pages
from core.ids import derived_id
from core.text import clean_line, clean_text
from ingest.events import Event, MessageNormalized
from ingest.message import ChannelName
from ingest.models import DocumentRow, MessageRow, PageRow, same_file
from ocr.cover import is_cover_page
from ocr.letter import Reading as LetterReading
from ocr.letters import Letter
from ocr.store import pages_of

MAX_TEXT = 100_000  # characters of a message; what is behind is in its pages
SURE = 60  # per cent of confidence from which a suggestion is taken for the letter's own word


@dataclass(frozen=True, slots=True)
class Paper:
    """The words of one letter."""

    text: str
    cover: str = ""
    """Of a fax's cover page, when there is one and pages behind it."""


def words_of(pages: Sequence[PageRow], *, is_fax: bool) -> Paper:
    texts = [page.text for page in pages]
    has_cover = is_fax and len(texts) > 1 and is_cover_page(texts[0])
    cover, rest = (texts[0], texts[1:]) if has_cover else ("", texts)
    text = "\n\n".join(text for text in rest if text.strip())
    return Paper(clean_text(text)[:MAX_TEXT].strip(), clean_text(cover)[:MAX_TEXT].strip())


def file_on_paper(
    session: AsyncSession,
    event: Event,
    message: MessageRow,
    documents: Sequence[DocumentRow],
    letters: Sequence[tuple[Letter, LetterReading]],
) -> list[Event]:
    """Make a message of each letter; the first is the batch's own."""
    followed = []
    for number, (letter, reading) in enumerate(letters):
        own = message if number == 0 else _cut(session, message, documents[0], letter, number)
        for page in letter.sheets:
            page.removed = True
        _write(own, letter, reading, count=len(letters))
        data = MessageNormalized(message_id=own.id, channel=ChannelName(own.channel))
        key = UUID(event.subject) if number == 0 else own.id
        followed.append(event.follow(data, key=key, step=str(number or "")))
    return followed


async def file_documents(
    session: AsyncSession,
    event: Event,
    case: CaseRow,
    message: MessageRow,
    documents: Sequence[DocumentRow],
) -> list[Event]:
    """Add the words of documents to what is found of their case."""
    pages = await pages_of(session, [document.id for document in documents])
    for document in documents:
        await index_pages(session, case.id, pages.get(document.id, ()))
    told = {"documents": [document.name for document in documents]}
    return [
        append(
            session,
            case,
            "documents_read",
            actor=SYSTEM,
            at=event.time,
            message_id=message.id,
            data=told,
        )
    ]


def _cut(
    session: AsyncSession, batch: MessageRow, document: DocumentRow, letter: Letter, number: int
) -> MessageRow:
    """A letter behind the first, with the pages that are its own; the file is the batch's."""
    message = MessageRow(
        id=derived_id(batch.id, f"letter:{number}"),
        cut_from=batch.intake_id,
        direction=batch.direction,
        channel=batch.channel,
        sender_trust=batch.sender_trust,
        recipients=batch.recipients,
        sent_at=batch.sent_at,
        received_at=batch.received_at,
        details=batch.details,
        notes=[],
    )
    session.add(message)
    document_id = derived_id(message.id, "document:0")
    own = same_file(document, id=document_id, message_id=message.id, position=0)
    session.add(own)
    for page in (*letter.sheets, *letter.pages):
        page.document_id = own.id
    return message


def _write(message: MessageRow, letter: Letter, reading: LetterReading, *, count: int) -> None:
    """What the pages say becomes what the message says."""
    paper = words_of(letter.pages, is_fax=message.channel == ChannelName.FAX)
    details: dict[str, Any] = {**message.details, "pages": len(letter.pages)}
    if codes := [code for page in letter.pages for code in page.codes]:
        details["codes"] = codes[:20]
    if paper.cover:
        details["cover"] = True
    if count > 1:
        details["letters"] = count
    if letter.separator is not None and letter.separator.queue:
        details["queue"] = letter.separator.queue
    message.details = details
    message.text, message.quoted = paper.text, paper.cover
    message.letter = reading.record()
    subject = reading.subject
    if not message.subject and subject and subject.confidence >= SURE:
        message.subject = clean_line(subject.value)
    language = reading.language
    if not message.language and language and language.confidence >= SURE:
        message.language = language.value
