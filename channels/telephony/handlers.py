"""Recordings and pictures come to their case: fetched after it is there, so that a slow provider
delays nothing."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import SYSTEM, CaseMessageRow, CaseRow, append
from channels.kinds import HEIC, JPEG, PDF, PNG, TIFF, kind_of
from channels.telephony.media import Media, fetch
from core.blobs import Blob, Blobs
from core.clock import Clock
from core.database import Database
from core.errors import Later, Refused
from core.ids import derived_id
from core.text import is_media_type
from ingest.antivirus import Antivirus
from ingest.events import DocumentUnread, Event, MediaAwaited
from ingest.message import Attachment
from ingest.models import DocumentRow, MessageRow, Reading
from ingest.readable import reading_of
from notify import TwilioAccount

if TYPE_CHECKING:
    from aiohttp import ClientSession

PATIENCE = timedelta(hours=1)
"""For so long a file is asked for again; then it is missing, and the case says so."""
AT_ONCE = 4  # files
UNKNOWN_TYPE = "application/octet-stream"
_TOLD_BY_CONTENT = frozenset((PDF, HEIC, JPEG, PNG, TIFF))
_ENDINGS = {
    "application/pdf": "pdf",
    "audio/amr": "amr",
    "audio/mpeg": "mp3",
    "audio/x-wav": "wav",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "text/vcard": "vcf",
    "video/3gpp": "3gp",
    "video/mp4": "mp4",
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of one file."""

    attachment: Attachment | None
    blob: Blob | None = None
    malware: str = ""
    problem: str = ""
    """Why it is missing."""


class MediaFetching:
    """Handles ``media.awaited``: the files that a message names become its documents.

    ``most`` is the limit of one file in bytes. Without an ``account`` everything is missing.
    """

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        clock: Clock,
        account: TwilioAccount | None,
        *,
        most: int,
        antivirus: Antivirus | None = None,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._account = account
        self._most = most
        self._antivirus = antivirus

    async def prepare(self, events: Sequence[Event]) -> Mapping[UUID, Sequence[Fetched] | Later]:
        """By the message's id; one that must wait does not keep the others waiting."""
        from aiohttp import ClientSession

        ids = [MediaAwaited.of(event).message_id for event in events]
        query = select(MessageRow).where(MessageRow.id.in_(ids))
        async with self._database.read() as session:
            messages = (await session.scalars(query)).all()
        turns = asyncio.Semaphore(AT_ONCE)
        async with ClientSession() as http:

            async def one(message: MessageRow, number: int, wanted: str) -> Fetched:
                async with turns:
                    return await self._fetch(http, message, number, wanted)

            async def all_of(message: MessageRow) -> Sequence[Fetched] | Later:
                wanted = str(message.details.get("media", "")).splitlines()
                try:
                    return [await one(message, n, line) for n, line in enumerate(wanted, start=1)]
                except Later as problem:
                    return problem

            found = await asyncio.gather(*map(all_of, messages))
        return {message.id: files for message, files in zip(messages, found, strict=True)}

    async def handle(
        self,
        event: Event,
        session: AsyncSession,
        prepared: Mapping[UUID, Sequence[Fetched] | Later],
    ) -> list[Event]:
        message_id = MediaAwaited.of(event).message_id
        files = prepared[message_id]
        if isinstance(files, Later):
            raise files
        case = await session.scalar(
            select(CaseRow)
            .join(CaseMessageRow, CaseMessageRow.case_id == CaseRow.id)
            .where(CaseMessageRow.message_id == message_id)
            .with_for_update(of=CaseRow, key_share=True)
        )
        if case is None:
            return []
        documents = await self._enter(session, message_id, files)
        missing = [one.problem for one in files if one.problem]
        changed = append(
            session,
            case,
            "documents_missing" if missing else "documents_fetched",
            actor=SYSTEM,
            at=event.time,
            message_id=message_id,
            data={"text": "; ".join(missing)} if missing else None,
        )
        if not any(document.reading == Reading.UNREAD for document in documents):
            return [changed]
        return [changed, event.follow(DocumentUnread(message_id=message_id), key=case.id)]

    async def _enter(
        self, session: AsyncSession, message_id: UUID, files: Sequence[Fetched]
    ) -> list[DocumentRow]:
        await self._blobs.keep(session, [one.blob for one in files if one.blob])
        count = select(func.count()).where(DocumentRow.message_id == message_id)
        first = await session.scalar(count) or 0
        documents = [
            DocumentRow(
                id=derived_id(message_id, f"document:{position}"),
                message_id=message_id,
                position=position,
                name=one.attachment.name,
                media_type=one.attachment.media_type,
                size=one.blob.size,
                sha256=one.blob.sha256,
                malware=one.malware,
                reading="" if one.malware else reading_of(one.attachment),
            )
            for position, one in enumerate(files, start=first)
            if one.attachment and one.blob
        ]
        session.add_all(documents)
        return documents

    async def _fetch(
        self, http: "ClientSession", message: MessageRow, number: int, wanted: str
    ) -> Fetched:
        """Raises Later while it may still come."""
        declared, _, url = wanted.partition(" ")
        if self._account is None:
            return Fetched(None, problem="the town has no account with the provider")
        try:
            media = await fetch(http, self._account, url, self._most)
        except Refused as problem:
            return Fetched(None, problem=problem.reason)
        except Later as problem:
            if self._clock() - message.received_at < PATIENCE:
                raise
            return Fetched(None, problem=problem.reason)
        attachment = _attachment(media, declared, number)
        malware = await self._antivirus.names_of([media.content]) if self._antivirus else [""]
        return Fetched(attachment, await self._blobs.stage(media.content), malware[0])


def _attachment(media: Media, declared: str, number: int) -> Attachment:
    """Called what it is, where that can be told; else what it is said to be."""
    said = media.media_type if is_media_type(media.media_type) else declared
    kind = kind_of(media.content) or (UNKNOWN_TYPE if said in _TOLD_BY_CONTENT else said)
    ending = _ENDINGS.get(kind, "bin")
    stem = "message" if kind.startswith("audio/") else "photo" if ending != "bin" else "file"
    return Attachment(name=f"{stem}-{number}.{ending}", media_type=kind, content=media.content)
