"""The first consumer: from an intake to a message, once, at the edge."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.blobs import Blob, BlobRow, Blobs
from core.database import Database
from core.errors import BadInput
from core.ids import derived_id
from core.processes import Processes, WorkerDied
from ingest.antivirus import Antivirus
from ingest.events import Data, DocumentUnread, Event, IntakeReceived, MessageNormalized
from ingest.intake import Intake, Normalize
from ingest.message import ChannelName, Message
from ingest.models import DocumentRow, IntakeRow, MessageRow
from ingest.readable import is_read_first, reading_of

PATIENCE = 60.0  # seconds that one batch of intakes may take to normalize
BITE = 16 * 1024 * 1024  # bytes of raw intakes that are worked on at once, or one that is larger

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Normalized:
    """A message with its attachments staged: their contents are in ``blobs`` alone."""

    intake: Intake
    message: Message
    blobs: Sequence[Blob]
    malware: Sequence[str] = ()
    """What a virus scanner found in each; nothing where none was asked."""


Prepared = Mapping[UUID, Normalized | Exception]


class Normalization:
    """Handles ``intake.received``; ``normalize`` hands each intake to its channel's adapter."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        normalize: Normalize,
        processes: Processes,
        antivirus: Antivirus | None = None,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._normalize = normalize
        self._processes = processes
        self._antivirus = antivirus

    async def prepare(self, events: Sequence[Event]) -> Prepared:
        prepared: dict[UUID, Normalized | Exception] = {}
        for ids in await self._bites([IntakeReceived.of(event).intake_id for event in events]):
            intakes = await self._read(ids)
            results = await self._run(intakes)
            for intake, result in zip(intakes, results, strict=True):
                prepared[intake.id] = await self._stage(intake, result)
        return prepared

    async def _bites(self, ids: Sequence[UUID]) -> list[list[UUID]]:
        """The intakes in groups that are not too much to have in memory at once."""
        query = (
            select(IntakeRow.id, BlobRow.size)
            .join(BlobRow, BlobRow.sha256 == IntakeRow.raw_sha256)
            .where(IntakeRow.id.in_(ids))
        )
        async with self._database.read() as session:
            sizes = (await session.execute(query)).all()
        bites: list[list[UUID]] = [[]]
        room = BITE
        for intake_id, size in sizes:
            if size > room and bites[-1]:
                bites.append([])
                room = BITE
            bites[-1].append(intake_id)
            room -= size
        return bites

    async def _run(self, intakes: Sequence[Intake]) -> Sequence[Message | Exception]:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._processes.run(normalize_all, self._normalize, intakes)
        except TimeoutError as problem:
            self._processes.restart()
            raise WorkerDied(f"normalizing took longer than {PATIENCE:.0f} s") from problem

    async def handle(self, event: Event, session: AsyncSession, prepared: Prepared) -> list[Event]:
        normalized = prepared[IntakeReceived.of(event).intake_id]
        if isinstance(normalized, Exception):
            raise normalized
        message_id = await enter_message(session, self._blobs, normalized)
        data = _following(message_id, normalized)
        return [event.follow(data, key=normalized.intake.id)]

    async def _stage(self, intake: Intake, result: Message | Exception) -> Normalized | Exception:
        if isinstance(result, Exception):
            return result
        contents = [part.content for part in result.attachments]
        malware = await self._antivirus.names_of(contents) if self._antivirus else []
        staged = [await self._blobs.stage(content) for content in contents]
        # What is staged need not be in memory a second time until the batch is done.
        parts = [part.model_copy(update={"content": b""}) for part in result.attachments]
        message = result.model_copy(update={"attachments": tuple(parts)})
        return Normalized(replace(intake, raw=b""), message, staged, malware)

    async def _read(self, ids: Sequence[UUID]) -> list[Intake]:
        async with self._database.read() as session:
            rows = (await session.scalars(select(IntakeRow).where(IntakeRow.id.in_(ids)))).all()
            raws = await self._blobs.read_many(session, [row.raw_sha256 for row in rows])
        return [intake_of(row, raws[row.raw_sha256]) for row in rows]


def _following(message_id: UUID, normalized: Normalized) -> Data:
    message = normalized.message
    if is_read_first(message) and not any(normalized.malware):
        return DocumentUnread(message_id=message_id)
    return MessageNormalized(message_id=message_id, channel=message.channel)


def intake_of(row: IntakeRow, raw: bytes) -> Intake:
    return Intake(
        id=row.id,
        channel=ChannelName(row.channel),
        key=row.key,
        raw=raw,
        facts=row.facts,
        received_at=row.received_at,
    )


def normalize_all(normalize: Normalize, intakes: Sequence[Intake]) -> list[Message | Exception]:
    """Normalize a batch, in a process beside; one bad intake does not spoil the others."""
    results: list[Message | Exception] = []
    for intake in intakes:
        try:
            results.append(normalize(intake))
        except BadInput as problem:
            results.append(problem)
        except Exception as problem:  # the outer wall of the adapters
            reason = f"{type(problem).__name__}: {problem}"
            results.append(BadInput(reason, where=f"intake {intake.id}"))
    return results


async def enter_message(session: AsyncSession, blobs: Blobs, normalized: Normalized) -> UUID:
    """Enter the message of an intake and its documents; the id follows from the intake's."""
    intake, message = normalized.intake, normalized.message
    message_id = derived_id(intake.id, "message")
    await blobs.keep(session, normalized.blobs)
    session.add(message_row(message_id, intake, message))
    malware = normalized.malware or [""] * len(normalized.blobs)
    for position, (part, blob, found) in enumerate(
        zip(message.attachments, normalized.blobs, malware, strict=True)
    ):
        session.add(
            DocumentRow(
                id=derived_id(message_id, f"document:{position}"),
                message_id=message_id,
                position=position,
                name=part.name,
                media_type=part.media_type,
                size=blob.size,
                sha256=blob.sha256,
                content_id=part.content_id,
                inline=part.inline,
                malware=found,
                reading="" if found else reading_of(part),
            )
        )
    return message_id


def message_row(message_id: UUID, intake: Intake, message: Message) -> MessageRow:
    return MessageRow(
        id=message_id,
        intake_id=intake.id,
        direction="in",
        channel=message.channel,
        sender_name=message.sender.name,
        sender_address=message.sender.address,
        sender_phone=message.sender.phone,
        sender_trust=message.sender.trust,
        recipients=list(message.recipients),
        subject=message.subject,
        text=message.text,
        quoted=message.quoted,
        html=message.html,
        language=message.language,
        sent_at=message.sent_at,
        received_at=intake.received_at,
        rfc_message_id=message.message_id,
        in_reply_to=list(message.in_reply_to),
        automatic=message.automatic,
        reference=message.reference,
        details=dict(message.details),
        notes=list(message.notes),
    )
