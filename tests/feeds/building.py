"""Topics, entries and who has subscribed, as tests need them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from core.ids import new_id
from feeds import EntryRow, EntryStatus, EntryTopicRow, EntryVersionRow, TopicRow
from feeds.subscriptions import (
    Audiences,
    Cadence,
    Medium,
    Office,
    Said,
    SubscriberRow,
    Wish,
    enter_subscriber,
    preferences_tokens,
    subscribe,
)
from ingest import publish
from ingest.events import EntryPublished, Event, new_event
from tests.builders import SettableClock

PARIS = ZoneInfo("Europe/Paris")
PORTAL = "https://demo.example"
SECRET = b"the town's secret"


@dataclass
class Press:
    """Publishes entries, and lets people subscribe."""

    database: Database
    clock: SettableClock

    def audiences(self) -> Audiences:
        office = Office(self.clock, PARIS, preferences_tokens(SECRET), "fr")
        return Audiences(office, PORTAL)

    async def topic(self, slug: str, *, name: str = "", en: str = "") -> UUID:
        row = TopicRow(
            id=new_id(),
            slug=slug,
            names={"fr": name or slug, "en": en or name or slug},
            summaries={},
            languages=["fr", "en"],
            created_at=self.clock(),
            **({"changed_at": self.clock()} if hasattr(TopicRow, "changed_at") else {}),
        )
        async with self.database.begin() as session:
            session.add(row)
        return row.id

    async def entry(self, *topics: UUID, title: str = "Rue fermée", **values: Any) -> Event:
        """Publish one; returns the event that says so."""
        said = {key: values.pop(key) for key in ("html", "body", "sms") if key in values}
        defaults = {"body": "La rue est fermée.", "html": "<p>La rue est fermée.</p>", "sms": ""}
        now = self.clock()
        row = EntryRow(
            id=new_id(),
            slug=f"entry-{new_id().hex}",
            status=EntryStatus.PUBLISHED,
            version=1,
            published_at=now,
            created_at=now,
            **values,
        )
        version = EntryVersionRow(
            entry_id=row.id,
            number=1,
            language="fr",
            title=title,
            summary="En bref.",
            at=now,
            **(defaults | said),
        )
        standing = [EntryTopicRow(entry_id=row.id, topic_id=t, published_at=now) for t in topics]
        async with self.database.begin() as session:
            session.add_all([row, version, *standing])
            await session.flush()
            event = self.told(row, "published")
            await publish(session, [event])
        return event

    def told(self, row: EntryRow, change: Any) -> Event:
        data = EntryPublished(
            entry_id=row.id, version=row.version, change=change, urgent=bool(row.urgent)
        )
        return new_event(data, key=row.id, id=new_id(), time=self.clock())

    async def correct(self, published: Event, title: str) -> Event:
        async with self.database.begin() as session:
            row = await session.get_one(EntryRow, UUID(published.subject))
            row.version += 1
            said = {"title": title, "summary": "", "body": title, "html": f"<p>{title}</p>"}
            session.add(
                EntryVersionRow(
                    entry_id=row.id,
                    number=row.version,
                    language="fr",
                    sms="",
                    at=self.clock(),
                    **said,
                )
            )
            return self.told(row, "corrected")

    async def withdraw(self, published: Event) -> Event:
        async with self.database.begin() as session:
            row = await session.get_one(EntryRow, UUID(published.subject))
            row.status = EntryStatus.WITHDRAWN
            return self.told(row, "withdrawn")

    async def subscriber(
        self, address: str, *topics: UUID, language: str = "fr", **wish: Any
    ) -> SubscriberRow:
        async with self.database.begin() as session:
            return await self.subscribe_in(session, address, *topics, language=language, **wish)

    async def subscribe_in(
        self,
        session: AsyncSession,
        address: str,
        *topics: UUID,
        language: str = "fr",
        **wish: Any,
    ) -> SubscriberRow:
        medium = Medium.EMAIL if "@" in address else Medium.SMS
        row = await enter_subscriber(session, self.clock, address, language)
        wishes = [Wish(topic, medium, **wish) for topic in topics]
        await subscribe(session, self.clock, PARIS, row, wishes, Said("link"))
        return row


DAILY = Cadence.DAILY
