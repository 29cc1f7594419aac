"""Who gets a digest, and what is in it: what was published in their topics since the last one."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from feeds.models import EntryRow, EntryStatus, EntryTopicRow
from feeds.subscriptions.audience import (
    PERSON,
    Cut,
    Office,
    Person,
    Reader,
    cut,
    names_of,
    why,
    within,
)
from feeds.subscriptions.digests import next_due
from feeds.subscriptions.models import (
    Act,
    Cadence,
    ConsentRow,
    Medium,
    SubscriberRow,
    SubscriptionRow,
)

MOST = 40  # entries in one digest: the newest


class _News(NamedTuple):
    """An entry as it stands in one topic."""

    entry_id: UUID
    topic_id: UUID
    district: str
    published_at: datetime


class _Due(NamedTuple):
    """What is read of a subscription."""

    topic_id: UUID
    medium: str
    district: str
    told_until: datetime


class _Change(NamedTuple):
    """Of the wish for mails of a topic, since the last digest."""

    at: datetime
    cadence: str


WISH = tuple(getattr(SubscriptionRow, name) for name in _Due._fields)


class DigestAudience:
    """Those whose digest is due by ``due_at``, and not empty: it tells of what was published
    ``until`` then, which is later when we were not running at that moment. What was published while
    somebody wanted it at once came at once, and is not in it.

    Who has been told is due again later, in the same transaction: so nobody is told twice, however
    many rounds there are at once.
    """

    def __init__(self, office: Office, due_at: datetime, until: datetime) -> None:
        self._office = office
        self._due_at = due_at
        self._until = until

    async def starts(self, session: AsyncSession, size: int) -> Cut:
        ids = select(SubscriptionRow.subscriber_id)
        return await cut(session, ids.where(SubscriptionRow.due_at <= self._due_at), size)

    async def members(
        self, session: AsyncSession, first: UUID | None, until: UUID | None
    ) -> list[Reader]:
        query = (
            select(*PERSON, *WISH)
            .join(SubscriberRow, SubscriberRow.id == SubscriptionRow.subscriber_id)
            .where(SubscriptionRow.due_at <= self._due_at, *within(first, until))
            .order_by(SubscriptionRow.subscriber_id, SubscriptionRow.topic_id)
        )
        people = {}
        theirs: dict[UUID, list[_Due]] = defaultdict(list)
        for row in await session.execute(query):
            person = Person(*row[: len(PERSON)])
            people[person.id] = person
            theirs[person.id].append(_Due(*row[len(PERSON) :]))
        due = [one for each in theirs.values() for one in each]
        news = await self._read_news(session, due)
        changes = await self._read_changes(session, theirs)
        names = await names_of(session, {one.topic_id for one in due})
        readers = (
            self._reader(people[id], subs, list(_theirs(subs, news, changes[id])), names)
            for id, subs in theirs.items()
        )
        return [reader for reader in readers if reader is not None]

    async def take(
        self, session: AsyncSession, first: UUID | None, until: UUID | None
    ) -> set[UUID]:
        """Who was due until now; they are due again at their next hour."""
        due = (SubscriptionRow.due_at <= self._due_at, *within(first, until))
        kinds = (SubscriptionRow.cadence, SubscriptionRow.hour, SubscriptionRow.weekday)
        taken: set[UUID] = set()
        now = max(self._until, self._office.clock())
        # One statement for each hour and weekday that somebody chose: mostly one or two.
        for cadence, hour, weekday in (
            await session.execute(select(*kinds).where(*due).distinct())
        ).all():
            again = next_due(Cadence(cadence), hour, weekday, self._office.zone, now)
            query = (
                update(SubscriptionRow)
                .where(
                    *due,
                    SubscriptionRow.cadence == cadence,
                    SubscriptionRow.hour == hour,
                    SubscriptionRow.weekday == weekday,
                )
                .values(due_at=again, told_until=self._until)
                .returning(SubscriptionRow.subscriber_id)
                .execution_options(synchronize_session=False)
            )
            taken.update((await session.execute(query)).scalars())
        return taken

    async def _read_news(
        self, session: AsyncSession, subscriptions: Sequence[_Due]
    ) -> Mapping[UUID, list[_News]]:
        """What was published in these topics since the earliest last digest, by topic."""
        if not subscriptions:
            return {}
        query = (
            select(
                EntryRow.id, EntryTopicRow.topic_id, EntryRow.district, EntryTopicRow.published_at
            )
            .join(EntryRow, EntryRow.id == EntryTopicRow.entry_id)
            .where(
                EntryTopicRow.topic_id.in_({one.topic_id for one in subscriptions}),
                EntryTopicRow.published_at > min(one.told_until for one in subscriptions),
                EntryTopicRow.published_at <= self._until,
                EntryRow.status == EntryStatus.PUBLISHED,
                EntryRow.urgent.is_(False),  # that went out at once
                (EntryRow.expires_at.is_(None)) | (EntryRow.expires_at > self._office.clock()),
            )
            .order_by(EntryTopicRow.published_at, EntryRow.id)
        )
        by_topic: dict[UUID, list[_News]] = defaultdict(list)
        for entry_id, topic_id, district, published_at in await session.execute(query):
            if published_at is not None:
                news = _News(entry_id, topic_id, district, published_at)
                by_topic[topic_id].append(news)
        return by_topic

    async def _read_changes(
        self, session: AsyncSession, theirs: Mapping[UUID, Sequence[_Due]]
    ) -> Mapping[UUID, Mapping[UUID, list[_Change]]]:
        """The oldest first, by subscriber and topic; most have none. Of a topic there may be some
        that are older than what it was told: of a subscription that was ended, say."""
        changes: dict[UUID, dict[UUID, list[_Change]]] = {id: {} for id in theirs}
        if not theirs:
            return changes
        since = min(one.told_until for each in theirs.values() for one in each)
        query = (
            select(ConsentRow.subscriber_id, ConsentRow.topic_id, ConsentRow.at, ConsentRow.cadence)
            .where(
                ConsentRow.subscriber_id.in_(theirs),
                ConsentRow.at > since,
                ConsentRow.act == Act.CHANGED,
                ConsentRow.medium == Medium.EMAIL,
            )
            .order_by(ConsentRow.at, ConsentRow.id)
        )
        for id, topic_id, at, cadence in await session.execute(query):
            changes[id].setdefault(topic_id, []).append(_Change(at, cadence))
        return changes

    def _reader(
        self,
        row: Person,
        subscriptions: Sequence[_Due],
        news: Sequence[_News],
        names: Mapping[UUID, Mapping[str, str]],
    ) -> Reader | None:
        """None when there is nothing to tell."""
        theirs = {one.entry_id: one for one in news}
        newest = sorted(theirs.values(), key=lambda one: (one.published_at, one.entry_id))[-MOST:]
        if not newest or not row.email:
            return None
        topics = list(dict.fromkeys(one.topic_id for one in subscriptions))
        return Reader(
            subscriber=row.id,
            account=row.account_id,
            language=row.language,
            email=row.email,
            phone="",
            sms_at=self._due_at,
            entries=tuple(one.entry_id for one in reversed(newest)),
            why=why(topics, names, row.language, self._office.language),
            topics=topics,
            token=self._office.tokens.of(row.id),
        )


def _theirs(
    subscriptions: Sequence[_Due],
    news: Mapping[UUID, list[_News]],
    changes: Mapping[UUID, Sequence[_Change]],
) -> Iterator[_News]:
    for one in subscriptions:
        for entry in news.get(one.topic_id, ()):
            is_near = not one.district or entry.district in ("", one.district)
            is_new = entry.published_at > one.told_until
            is_new = is_new and not _came_at_once(entry, one, changes.get(one.topic_id, ()))
            if one.medium == Medium.EMAIL and is_new and is_near:
                yield entry


def _came_at_once(entry: _News, due: _Due, changes: Sequence[_Change]) -> bool:
    """By the wish of that moment; since the last digest it was one for digests until it changed."""
    before = [one.cadence for one in changes if due.told_until < one.at < entry.published_at]
    return bool(before) and before[-1] == Cadence.IMMEDIATE
