"""What was given up on, for agents: look, retry, or file by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.blobs import Blob, BlobRow, Blobs
from core.clock import Clock
from core.database import announce, insert_new
from core.errors import NotNow, NotThere
from core.i18n import N_
from ingest.events import DocumentUnread, Event, MessageNormalized
from ingest.message import Attachment, ChannelName, Message, Sender
from ingest.models import (
    DocumentRow,
    IntakeRow,
    MessageRow,
    ProcessedRow,
    QuarantineRow,
    Reading,
    RetryRow,
    StreamRow,
)
from ingest.normalization import Normalized, enter_message, intake_of
from ingest.stream import publish

RAW_NAMES: Mapping[ChannelName, tuple[str, str]] = {
    ChannelName.EMAIL: ("message.eml", "message/rfc822"),
    ChannelName.WEB: ("form.json", "application/json"),
    ChannelName.COUNTER: ("form.json", "application/json"),
    ChannelName.FAX: ("fax.tif", "image/tiff"),
    ChannelName.SCAN: ("scan.bin", "application/octet-stream"),
}
_ANY_RAW = ("intake.bin", "application/octet-stream")


@dataclass(frozen=True, slots=True)
class Item:
    """One event in quarantine."""

    id: UUID
    consumer: str
    event: str
    intake_id: UUID | None
    channel: str
    facts: Mapping[str, Any]
    error: str
    attempts: int
    quarantined_at: datetime

    @property
    def reason(self) -> str:
        """One line: the last one of a traceback says what went wrong."""
        lines = self.error.strip().splitlines()
        return lines[-1] if lines else ""

    @property
    def can_be_filed(self) -> bool:
        """Whether no case can have been made of it: it was not normalized, or not read."""
        return self.intake_id is not None and self.consumer in ("normalize", "read")


async def open_items(session: AsyncSession, *, limit: int = 100) -> list[Item]:
    """What waits for an agent, oldest first."""
    query = (
        select(QuarantineRow, IntakeRow)
        .outerjoin(IntakeRow, IntakeRow.id == QuarantineRow.intake_id)
        .where(QuarantineRow.resolved_at.is_(None))
        .order_by(QuarantineRow.quarantined_at)
        .limit(limit)
    )
    return [_item(row, intake) for row, intake in await session.execute(query)]


async def open_ids(session: AsyncSession, consumer: str = "") -> Sequence[UUID]:
    """All that waits for an agent, oldest first; of one consumer, or of all."""
    query = (
        select(QuarantineRow.id)
        .where(QuarantineRow.resolved_at.is_(None))
        .order_by(QuarantineRow.quarantined_at)
    )
    if consumer:
        query = query.where(QuarantineRow.consumer == consumer)
    return (await session.scalars(query)).all()


async def count_open(session: AsyncSession) -> int:
    query = select(func.count()).where(QuarantineRow.resolved_at.is_(None))
    return await session.scalar(query) or 0


async def open_item(session: AsyncSession, item_id: UUID) -> Item:
    """Raises NotThere when it does not exist or is resolved."""
    row = await _open_row(session, item_id)
    intake = await session.get(IntakeRow, row.intake_id) if row.intake_id else None
    return _item(row, intake)


async def raw_of(session: AsyncSession, blobs: Blobs, item_id: UUID) -> tuple[str, str, bytes]:
    """The raw intake as (file name, media type, content). Raises NotThere when there is none."""
    row = await _open_row(session, item_id)
    intake = await session.get(IntakeRow, row.intake_id) if row.intake_id else None
    if intake is None:
        raise NotThere("no intake behind this event")
    name, media_type = RAW_NAMES.get(ChannelName(intake.channel), _ANY_RAW)
    return name, media_type, await blobs.read(session, intake.raw_sha256)


async def retry(session: AsyncSession, clock: Clock, item_id: UUID) -> None:
    """Give the event to its consumer again."""
    row = await _open_row(session, item_id, to_change=True)
    stream = await session.scalar(select(StreamRow).where(StreamRow.id == row.event_id))
    if stream is None:
        raise NotThere("the event is no longer in the ledger")
    due = {
        "consumer": row.consumer,
        "event_id": row.event_id,
        "seq": stream.seq,
        "key": stream.key,
        "attempts": 0,
        "error": "retried by an agent",
        "due_at": clock(),
    }
    await insert_new(session, RetryRow, [due])
    row.resolved_at, row.resolution = clock(), "retried"
    announce(session, [Event.model_validate_json(row.event)])


async def file_by_hand(
    session: AsyncSession, blobs: Blobs, clock: Clock, item_id: UUID, *, subject: str
) -> UUID:
    """Make a case of what could not be read: of an intake, whose raw then comes as an attachment,
    or of a message whose pages no program can open.

    Returns the message's id. Raises NotNow when the event is of neither.
    """
    row = await _open_row(session, item_id, to_change=True)
    intake_row = await session.get(IntakeRow, row.intake_id) if row.intake_id else None
    event = Event.model_validate_json(row.event)
    if intake_row is None or event.stream not in ("intake.received", "document.unread"):
        raise NotNow(N_("Only what could not be read is filed by hand: try this one again."))
    if event.stream == "intake.received":
        message_id = await _enter_raw(session, blobs, intake_row, subject)
    else:
        message_id = await _leave_unread(session, event, subject)
    await session.flush()
    await insert_new(session, ProcessedRow, [{"consumer": row.consumer, "event_id": row.event_id}])
    await session.execute(
        delete(RetryRow).where(RetryRow.consumer == row.consumer, RetryRow.event_id == row.event_id)
    )
    message = await session.get_one(MessageRow, message_id)
    data = MessageNormalized(message_id=message_id, channel=ChannelName(message.channel))
    await publish(session, [event.follow(data, key=intake_row.id)])
    row.resolved_at, row.resolution = clock(), "filed by hand"
    return message_id


async def _enter_raw(
    session: AsyncSession, blobs: Blobs, intake_row: IntakeRow, subject: str
) -> UUID:
    # The raw is kept already, so nothing of it is read: the transaction waits for no file.
    intake = intake_of(intake_row, b"")
    name, media_type = RAW_NAMES.get(intake.channel, _ANY_RAW)
    message = Message(
        channel=intake.channel,
        sender=Sender(address=str(intake.facts.get("mail_from", ""))),
        recipients=tuple(intake.facts.get("recipients", ())),
        subject=subject,
        notes=("the intake could not be read and was filed by hand",),
        attachments=(Attachment(name=name, media_type=media_type, content=b""),),
    )
    kept = await _kept_blob(session, intake_row.raw_sha256)
    return await enter_message(session, blobs, Normalized(intake, message, [kept]))


async def _leave_unread(session: AsyncSession, event: Event, subject: str) -> UUID:
    message = await session.get_one(MessageRow, DocumentUnread.of(event).message_id)
    message.subject = subject
    message.notes = [*message.notes, "the document could not be read and was filed by hand"]
    await session.execute(
        update(DocumentRow)
        .where(DocumentRow.message_id == message.id, DocumentRow.reading == Reading.UNREAD)
        .values(reading=Reading.FAILED)
    )
    return message.id


async def _kept_blob(session: AsyncSession, sha256: str) -> Blob:
    size = await session.scalar(select(BlobRow.size).where(BlobRow.sha256 == sha256))
    if size is None:
        raise NotThere(f"no blob {sha256}")
    return Blob(sha256, size, None)


async def _open_row(
    session: AsyncSession, item_id: UUID, *, to_change: bool = False
) -> QuarantineRow:
    row = await session.get(QuarantineRow, item_id, with_for_update=to_change or None)
    if row is None or row.resolved_at is not None:
        raise NotThere("no such item in quarantine")
    return row


def _item(row: QuarantineRow, intake: IntakeRow | None) -> Item:
    return Item(
        id=row.id,
        consumer=row.consumer,
        event=row.event,
        intake_id=row.intake_id,
        channel=intake.channel if intake else "",
        facts=intake.facts if intake else {},
        error=row.error,
        attempts=row.attempts,
        quarantined_at=row.quarantined_at,
    )
