"""A town that announces things: topics, entries, and the clock that publishes them."""

from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import UUID

from PIL import Image
from sqlalchemy import select

from core.blobs import Blobs
from core.clock import Clock
from core.database import Database
from feeds import EntryRow, Hub, KeptPicture, Publishing, Words, Writing, entry_for, new_draft
from feeds.picture import redrawn
from feeds.topics import add_topic
from ingest.events import EntryPublished, Event
from ingest.models import StreamRow

PORTAL = "https://ville.example"


def picture_bytes(size: tuple[int, int] = (40, 30), form: str = "PNG") -> bytes:
    written = BytesIO()
    Image.new("RGB", size, "teal").save(written, form)
    return written.getvalue()


@dataclass
class News:
    """What agents do, without the desk."""

    database: Database
    blobs: Blobs
    clock: Clock
    hub_url: str = ""
    portal: str = PORTAL
    topics: dict[str, UUID] = field(default_factory=dict)

    @property
    def publishing(self) -> Publishing:
        return Publishing(self.clock, self.blobs, Hub(self.hub_url, self.portal, "fr"))

    async def topic(self, slug: str, **values: Any) -> UUID:
        async with self.database.begin() as session:
            row = await add_topic(
                session,
                self.clock,
                slug,
                {"fr": f"Thème {slug}", "en": f"Topic {slug}"},
                summaries={"fr": "Tout ce qui s’y passe.", "en": "All that happens."},
                **values,
            )
            self.topics[slug] = row.id
        return row.id

    async def picture(self) -> KeptPicture:
        drawn = redrawn(picture_bytes())
        return KeptPicture(await self.blobs.stage(drawn.content), drawn.width, drawn.height)

    async def draft(self, *slugs: str, title: str = "Rue Pasteur barrée", **values: Any) -> UUID:
        """An entry in French, not published yet; returns its id."""
        body = values.pop("body", "La rue est **fermée** mardi.")
        words = values.pop("words", {"fr": Words(title=title, body=body)})
        writing = Writing(words=words, topic_ids=tuple(self.topics[one] for one in slugs), **values)
        async with self.database.begin() as session:
            entry = await new_draft(session, self.blobs, self.clock, writing, by=None)
        return entry.id

    async def publish(self, *slugs: str, **values: Any) -> UUID:
        entry_id = await self.draft(*slugs, **values)
        async with self.database.begin() as session:
            entry = await entry_for(session, entry_id, to_change=True)
            await self.publishing.publish(session, entry)
        return entry_id

    async def schedule(self, entry_id: UUID, at: datetime) -> None:
        async with self.database.begin() as session:
            entry = await entry_for(session, entry_id, to_change=True)
            await self.publishing.schedule(session, entry, at)

    async def correct(self, entry_id: UUID, *slugs: str, **words: str) -> None:
        said = Words(**{"title": "Rue Pasteur barrée", "body": "Jeudi, et non mardi.", **words})
        writing = Writing(words={"fr": said}, topic_ids=tuple(self.topics[one] for one in slugs))
        async with self.database.begin() as session:
            entry = await entry_for(session, entry_id, to_change=True)
            await self.publishing.correct(session, entry, writing, by=None)

    async def withdraw(self, entry_id: UUID) -> None:
        async with self.database.begin() as session:
            entry = await entry_for(session, entry_id, to_change=True)
            await self.publishing.withdraw(session, entry)

    async def entry(self, entry_id: UUID) -> EntryRow:
        async with self.database.read() as session:
            return await entry_for(session, entry_id)

    async def told(self) -> list[EntryPublished]:
        """The events that went out, in order."""
        query = (
            select(StreamRow.event)
            .where(StreamRow.stream == EntryPublished.stream)
            .order_by(StreamRow.seq)
        )
        async with self.database.read() as session:
            rows = await session.scalars(query)
            return [EntryPublished.of(Event.model_validate_json(event)) for event in rows]
