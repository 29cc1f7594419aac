"""Who is told of an entry: read in ranges of subscribers, by two queries each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.i18n import LOCALES
from feeds.models import EntryRow, EntryTopicRow, TopicRow
from feeds.subscriptions.digests import quiet_until
from feeds.subscriptions.models import Cadence, Medium, SubscriberRow, SubscriptionRow
from feeds.subscriptions.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who is told, and by which ways."""

    subscriber: UUID
    account: UUID | None
    language: str
    email: str
    """Empty when no mail is wanted."""
    phone: str
    """Empty when no SMS is wanted."""
    sms_at: datetime
    entries: tuple[UUID, ...]
    why: str
    topics: Sequence[UUID]
    """For which the mail comes."""
    token: str


@dataclass(frozen=True, slots=True)
class Cut:
    firsts: Sequence[UUID]
    size: int


@dataclass(frozen=True, slots=True)
class Office:
    """What every audience works with."""

    clock: Clock
    zone: ZoneInfo
    tokens: Tokens
    language: str
    """Of topics that have no name in a reader's language."""


class Person(NamedTuple):
    """What is read of a subscriber."""

    id: UUID
    account_id: UUID | None
    language: str
    email: str | None
    phone: str | None
    quiet_from: int | None
    quiet_until: int | None


PERSON = tuple(getattr(SubscriberRow, name) for name in Person._fields)
"""Its columns: rows of values are read in a fraction of the time that objects take."""


class EntryAudience:
    """Those who have subscribed to a topic of the entry.

    An urgent one goes to those with a digest too; ``wakes`` lets it through their quiet hours.
    """

    def __init__(self, office: Office, entry_id: UUID, *, urgent: bool, wakes: bool) -> None:
        self._office = office
        self._entry_id = entry_id
        self._urgent = urgent
        self._wakes = wakes

    async def starts(self, session: AsyncSession, size: int) -> Cut:
        return await cut(session, _only_ids().where(*self._matches()), size)

    async def members(
        self, session: AsyncSession, first: UUID | None, until: UUID | None
    ) -> list[Reader]:
        query = (
            select(*PERSON, SubscriptionRow.topic_id, SubscriptionRow.medium)
            .join(SubscriberRow, SubscriberRow.id == SubscriptionRow.subscriber_id)
            .where(*self._matches(), *within(first, until))
            .order_by(SubscriptionRow.subscriber_id, SubscriptionRow.topic_id)
        )
        rows = (await session.execute(query)).all()
        topics: dict[UUID, dict[UUID, None]] = defaultdict(dict)  # in order, each once
        by_mail: dict[UUID, list[UUID]] = defaultdict(list)
        media: dict[UUID, set[str]] = defaultdict(set)
        people = {}
        for *person, topic_id, medium in rows:
            id = person[0]
            people[id] = Person(*person)
            topics[id][topic_id] = None
            media[id].add(medium)
            if medium == Medium.EMAIL:
                by_mail[id].append(topic_id)
        names = await names_of(session, {one for each in topics.values() for one in each})
        now = self._office.clock()
        return [
            self._reader(row, list(topics[id]), by_mail[id], media[id], names, now)
            for id, row in people.items()
        ]

    async def take(self, session: AsyncSession, first: UUID | None, until: UUID | None) -> None:
        """Nothing to write down: the notification says it."""

    def _reader(
        self,
        row: Person,
        topics: Sequence[UUID],
        by_mail: Sequence[UUID],
        media: set[str],
        names: Mapping[UUID, Mapping[str, str]],
        now: datetime,
    ) -> Reader:
        office = self._office
        sms_at = now
        if not self._wakes:
            sms_at = quiet_until(now, row.quiet_from, row.quiet_until, office.zone)
        return Reader(
            subscriber=row.id,
            account=row.account_id,
            language=row.language,
            email=(row.email or "") if Medium.EMAIL in media else "",
            phone=(row.phone or "") if Medium.SMS in media else "",
            sms_at=sms_at,
            entries=(self._entry_id,),
            why=why(topics, names, row.language, office.language),
            topics=by_mail,
            token=office.tokens.of(row.id),
        )

    def _matches(self) -> list[ColumnElement[bool]]:
        topics = select(EntryTopicRow.topic_id).where(EntryTopicRow.entry_id == self._entry_id)
        district = select(EntryRow.district).where(EntryRow.id == self._entry_id).scalar_subquery()
        conditions = [
            SubscriptionRow.topic_id.in_(topics),
            SubscriptionRow.medium.in_((Medium.EMAIL, Medium.SMS)),
            or_(
                district == "", SubscriptionRow.district == "", SubscriptionRow.district == district
            ),
        ]
        if not self._urgent:
            conditions.append(SubscriptionRow.cadence == Cadence.IMMEDIATE)
        return conditions


async def cut(session: AsyncSession, ids: Select[Any], size: int) -> Cut:
    """The first subscriber of each range of ``size`` but of the first range; one query."""
    distinct = ids.distinct().subquery()
    number = func.row_number().over(order_by=distinct.c.subscriber_id)
    numbered = select(distinct.c.subscriber_id, number.label("number")).subquery()
    firsts = select(numbered.c.subscriber_id).where(
        numbered.c.number % size == 1, numbered.c.number > 1
    )
    count = await session.scalar(select(func.count()).select_from(distinct)) or 0
    found = await session.scalars(firsts.order_by(numbered.c.subscriber_id)) if count else ()
    return Cut(list(found), count)


def within(first: UUID | None, until: UUID | None) -> list[ColumnElement[bool]]:
    """The subscriptions of a range of subscribers."""
    conditions = []
    if first is not None:
        conditions.append(SubscriptionRow.subscriber_id >= first)
    if until is not None:
        conditions.append(SubscriptionRow.subscriber_id < until)
    return conditions


async def names_of(session: AsyncSession, topic_ids: set[UUID]) -> dict[UUID, Mapping[str, str]]:
    """The names of topics, by language."""
    rows = await session.execute(
        select(TopicRow.id, TopicRow.names).where(TopicRow.id.in_(topic_ids))
    )
    return dict(rows.all())


def why(
    topics: Sequence[UUID],
    names: Mapping[UUID, Mapping[str, str]],
    language: str,
    otherwise: str,
) -> str:
    """The names of topics, one after the other."""
    return ", ".join(in_language(names.get(one, {}), language, otherwise) for one in topics)


def in_language(texts: Mapping[str, str], language: str, otherwise: str) -> str:
    """The text in this language, in the town's, or in any."""
    found = next((texts[one] for one in (language, otherwise, *LOCALES) if texts.get(one)), None)
    return found or next(iter(texts.values()), "")


def _only_ids() -> Select[Any]:
    return select(SubscriptionRow.subscriber_id)
