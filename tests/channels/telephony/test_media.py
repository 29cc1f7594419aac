"""Recordings and pictures come to the case of their message, or are told to be missing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import select

from cases import CaseEventRow
from channels.telephony.handlers import MediaFetching
from core.blobs import Blobs
from core.database import Database
from core.errors import Later
from core.ids import new_id
from ingest.events import Event, MediaAwaited, new_event
from ingest.models import DocumentRow
from tests.builders import SettableClock
from tests.channels.telephony.building import opened
from tests.channels.telephony.served import double
from tests.ocr.pages import printed
from tests.postgresql import on_sqlite

MOST = 100_000  # bytes


class Town:
    """A case whose message names files, and the handler that fetches them."""

    def __init__(self, database: Database, blobs: Blobs, clock: SettableClock) -> None:
        self.database, self.blobs, self.clock = database, blobs, clock

    async def awaits(self, *wanted: str) -> Event:
        case_id, message, _ = await opened(
            self.database, channel="sms", details={"media": "\n".join(wanted)}
        )
        data = MediaAwaited(message_id=message.id)
        return new_event(data, key=case_id, id=new_id(), time=self.clock())

    @asynccontextmanager
    async def fetching(self) -> AsyncIterator[tuple[Any, MediaFetching]]:
        async with double(self.clock) as (provider, account):
            yield (
                provider,
                MediaFetching(self.database, self.blobs, self.clock, account, most=MOST),
            )

    async def fetch(self, handler: MediaFetching, event: Event) -> list[Event]:
        prepared = await handler.prepare([event])
        async with self.database.begin() as session:
            return await handler.handle(event, session, prepared)

    async def documents(self) -> list[tuple[str, str, str]]:
        async with self.database.read() as session:
            query = select(DocumentRow.name, DocumentRow.media_type, DocumentRow.reading)
            rows = await session.execute(query.order_by(DocumentRow.position))
            return [(name, kind, reading) for name, kind, reading in rows]

    async def told(self) -> list[tuple[str, str]]:
        async with self.database.read() as session:
            rows = await session.scalars(select(CaseEventRow).order_by(CaseEventRow.sequence))
            return [(row.kind, str(row.data.get("text", ""))) for row in rows][1:]


@pytest.fixture
def town(database: Database, blobs: Blobs, clock: SettableClock) -> Town:
    return Town(database, blobs, clock)


async def test_recordings_and_pictures_become_documents(town: Town) -> None:
    async with town.fetching() as (provider, handler):
        sound = provider.keep_file("RE", "audio/x-wav", b"RIFF1234WAVE")
        paper = provider.keep_file("ME", "application/pdf", printed("Bonjour"))
        event = await town.awaits(
            f"audio/x-wav {provider.url(f'Recordings/{sound}.wav')}",
            f"application/pdf {provider.url(f'Messages/MM1/Media/{paper}')}",
        )
        following = await town.fetch(handler, event)
    assert [one.stream for one in following] == ["case.changed", "document.unread"]
    assert await town.documents() == [
        ("message-1.wav", "audio/x-wav", ""),
        ("photo-2.pdf", "application/pdf", "unread"),
    ]
    assert await town.told() == [("documents_fetched", "")]


@on_sqlite
async def test_what_is_not_there_yet_is_asked_for_again_and_then_told_to_be_missing(
    town: Town,
) -> None:
    async with town.fetching() as (provider, handler):
        event = await town.awaits(f"audio/x-wav {provider.url('Recordings/RE404.wav')}")
        with pytest.raises(Later):
            await town.fetch(handler, event)
        town.clock.advance(hours=1)
        await town.fetch(handler, event)
    assert await town.documents() == []
    assert await town.told() == [("documents_missing", "the provider says HTTP 404")]


@on_sqlite
async def test_what_is_too_large_or_kept_elsewhere_is_missing_at_once(town: Town) -> None:
    async with town.fetching() as (provider, handler):
        large = provider.keep_file("ME", "image/jpeg", b"\xff\xd8\xff" + bytes(MOST))
        event = await town.awaits(
            f"image/jpeg {provider.url(f'Messages/MM1/Media/{large}')}",
            "image/jpeg http://169.254.169.254/latest/meta-data",
        )
        await town.fetch(handler, event)
    ((kind, why),) = await town.told()
    assert kind == "documents_missing"
    assert why == "it is larger than 100000 bytes; it is not kept by the provider"


@on_sqlite
async def test_what_is_not_what_its_type_says_is_a_file_of_no_type(town: Town) -> None:
    async with town.fetching() as (provider, handler):
        program = provider.keep_file("ME", "image/jpeg", b"MZ a program")
        paper = provider.keep_file("ME", "image/jpeg", printed("Bonjour"))
        event = await town.awaits(
            f"image/jpeg {provider.url(f'Messages/MM1/Media/{program}')}",
            f"image/jpeg {provider.url(f'Messages/MM1/Media/{paper}')}",
        )
        await town.fetch(handler, event)
    assert await town.documents() == [
        ("file-1.bin", "application/octet-stream", ""),
        ("photo-2.pdf", "application/pdf", "unread"),
    ]
