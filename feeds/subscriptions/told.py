"""What campaigns tell: entries in every language of ours; and whom, by :class:`Audiences`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.i18n import LOCALES
from feeds.models import EntryRow, EntryStatus, EntryVersionRow
from feeds.subscriptions.audience import EntryAudience, Office
from feeds.subscriptions.digest_audience import DigestAudience
from feeds.subscriptions.models import SubscriptionRow


@dataclass(frozen=True, slots=True)
class ToldEntry:
    """An entry in one language."""

    title: str
    summary: str
    text: str
    html: str
    sms: str
    url: str
    correction: str


@dataclass(frozen=True, slots=True)
class PublishedEntry:
    title: str
    wakes: bool
    expires_at: datetime | None


class Audiences:
    """``portal`` is the URL before the addresses of the public pages."""

    def __init__(self, office: Office, portal: str) -> None:
        self._office = office
        self._portal = portal

    async def published(self, session: AsyncSession, entry_id: UUID) -> PublishedEntry | None:
        """None when it is not published, or not worth telling any more."""
        row = await session.get(EntryRow, entry_id)
        if row is None or row.status != EntryStatus.PUBLISHED:
            return None
        if row.expires_at is not None and row.expires_at <= self._office.clock():
            return None
        items = await self.items(session, [entry_id])
        title = items[entry_id, self._office.language].title
        return PublishedEntry(title, wakes=row.urgent, expires_at=row.expires_at)

    def of_entry(self, entry_id: UUID, *, urgent: bool, wakes: bool) -> EntryAudience:
        return EntryAudience(self._office, entry_id, urgent=urgent, wakes=wakes)

    async def due(self, session: AsyncSession, now: datetime) -> datetime | None:
        """The latest moment until now at which a digest is due that nobody has got yet."""
        found: datetime | None = await session.scalar(
            select(SubscriptionRow.due_at)
            .where(SubscriptionRow.due_at <= now)
            .order_by(SubscriptionRow.due_at.desc())
            .limit(1)
        )
        return found

    def of_digest(self, due_at: datetime, until: datetime) -> DigestAudience:
        return DigestAudience(self._office, due_at, until)

    async def items(
        self, session: AsyncSession, entry_ids: Collection[UUID]
    ) -> Mapping[tuple[UUID, str], ToldEntry]:
        """In a language that an entry does not speak, what it says in the town's, or in any."""
        query = (
            select(EntryRow.slug, EntryVersionRow)
            .join(
                EntryVersionRow,
                (EntryVersionRow.entry_id == EntryRow.id)
                & (EntryVersionRow.number == EntryRow.version),
            )
            .where(EntryRow.id.in_(entry_ids))
            .order_by(EntryVersionRow.language)
        )
        versions: dict[UUID, dict[str, ToldEntry]] = {}
        for slug, version in await session.execute(query):
            told = self._told(slug, version)
            versions.setdefault(version.entry_id, {})[version.language] = told
        return {
            (entry_id, language): self._choose(spoken, language)
            for entry_id, spoken in versions.items()
            for language in LOCALES
        }

    def _choose(self, spoken: Mapping[str, ToldEntry], language: str) -> ToldEntry:
        found = spoken.get(language) or spoken.get(self._office.language)
        return found or next(iter(spoken.values()))

    def _told(self, slug: str, version: EntryVersionRow) -> ToldEntry:
        return ToldEntry(
            title=version.title,
            summary=version.summary,
            text=version.body,
            html=version.html,
            sms=version.sms or version.title,
            url=f"{self._portal}/entries/{slug}",
            correction=version.correction,
        )
