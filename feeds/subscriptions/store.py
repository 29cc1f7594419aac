"""Subscribers and their subscriptions; every change leaves a line in the proof of consent."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.database import insert_new
from core.ids import new_id
from feeds.subscriptions.digests import next_due
from feeds.subscriptions.models import (
    Act,
    Cadence,
    ConsentRow,
    Medium,
    SubscriberRow,
    SubscriptionRequestRow,
    SubscriptionRow,
)
from feeds.subscriptions.wishes import Wish


@dataclass(frozen=True, slots=True)
class Said:
    """By which way somebody said what they want."""

    how: str
    """As :class:`ConsentRow` names them."""
    source: str = ""
    at: datetime | None = None
    """When, if it was not just now."""
    campaign_id: UUID | None = None


async def subscriber_at(session: AsyncSession, address: str) -> SubscriberRow | None:
    """Whose this address is, an e-mail address or a number in E.164."""
    column = SubscriberRow.email if "@" in address else SubscriberRow.phone
    found: SubscriberRow | None = await session.scalar(
        select(SubscriberRow).where(column == address)
    )
    return found


async def enter_subscriber(
    session: AsyncSession, clock: Clock, address: str, language: str
) -> SubscriberRow:
    """Who has this address, which was proven just now; a new subscriber when nobody had it."""
    known = await subscriber_at(session, address)
    if known is not None:
        return known
    is_mail = "@" in address
    row = {
        "id": new_id(),
        "account_id": None,
        "email": address if is_mail else None,
        "phone": None if is_mail else address,
        "language": language,
        "quiet_from": None,
        "quiet_until": None,
        "created_at": clock(),
    }
    await insert_new(session, SubscriberRow, [row])  # of two who enter it at once one does
    return await enter_subscriber(session, clock, address, language)


async def subscriptions_of(session: AsyncSession, subscriber_id: UUID) -> list[SubscriptionRow]:
    """In the order in which they were made."""
    query = select(SubscriptionRow).where(SubscriptionRow.subscriber_id == subscriber_id)
    return list(await session.scalars(query.order_by(SubscriptionRow.created_at)))


async def subscribe(
    session: AsyncSession,
    clock: Clock,
    zone: ZoneInfo,
    subscriber: SubscriberRow,
    wishes: Sequence[Wish],
    said: Said,
) -> None:
    """Add what is new and change what is there already; the other subscriptions stay."""
    now = clock()
    rows = await subscriptions_of(session, subscriber.id)
    known = {(row.topic_id, row.medium): row for row in rows}
    for wish in wishes:
        row = known.get((wish.topic_id, wish.medium))
        due_at = next_due(wish.cadence, wish.hour, wish.weekday, zone, now)
        if row is None:
            row = new_subscription(subscriber.id, wish, due_at, now)
            session.add(row)
            act = Act.CONFIRMED
        elif wish == wish_of(row):
            continue
        else:
            if wish.cadence is Cadence.IMMEDIATE and row.cadence != Cadence.IMMEDIATE:
                due_at = now  # what was gathered goes out once more as a digest, and now
            elif row.cadence == Cadence.IMMEDIATE:
                if row.due_at is None:
                    row.told_until = now
                due_at = due_at or row.due_at  # a last digest that has not gone out yet does so
            row.cadence, row.hour, row.weekday = wish.cadence, wish.hour, wish.weekday
            row.district, row.due_at = wish.district, due_at
            act = Act.CHANGED
        session.add(_consent(subscriber, row, act, said, now))
    await session.flush()


async def set_subscriptions(
    session: AsyncSession,
    clock: Clock,
    zone: ZoneInfo,
    subscriber: SubscriberRow,
    wishes: Sequence[Wish],
    said: Said,
) -> None:
    """Exactly these from now on."""
    wanted = {(wish.topic_id, wish.medium) for wish in wishes}
    rows = await subscriptions_of(session, subscriber.id)
    gone = [row for row in rows if (row.topic_id, row.medium) not in wanted]
    await _end(session, subscriber, gone, said, clock())
    await subscribe(session, clock, zone, subscriber, wishes, said)


async def unsubscribe(
    session: AsyncSession,
    clock: Clock,
    subscriber: SubscriberRow,
    said: Said,
    *,
    media: Collection[Medium] = frozenset(Medium),
    topic_ids: Collection[UUID] | None = None,
) -> int:
    """End what comes by these media of these topics (of all when None); returns how many."""
    rows = [
        row
        for row in await subscriptions_of(session, subscriber.id)
        if row.medium in media and (topic_ids is None or row.topic_id in topic_ids)
    ]
    await _end(session, subscriber, rows, said, clock())
    return len(rows)


async def history_of(session: AsyncSession, subscriber_id: UUID) -> list[ConsentRow]:
    """The proof, oldest first."""
    query = select(ConsentRow).where(ConsentRow.subscriber_id == subscriber_id)
    return list(await session.scalars(query.order_by(ConsentRow.at, ConsentRow.id)))


async def erase_subscriber(session: AsyncSession, row: SubscriberRow) -> None:
    """With all that is kept of them, the proof included: nothing is left to be proven."""
    addresses = [one for one in (row.email, row.phone) if one]
    requests = SubscriptionRequestRow.address.in_(addresses)
    await session.execute(delete(SubscriptionRequestRow).where(requests))
    for table in (ConsentRow, SubscriptionRow):
        await session.execute(delete(table).where(table.subscriber_id == row.id))
    await session.execute(delete(SubscriberRow).where(SubscriberRow.id == row.id))


async def count_left(session: AsyncSession, campaign_id: UUID) -> int:
    """How many subscriptions the mails of a campaign have ended."""
    query = select(func.count()).where(ConsentRow.campaign_id == campaign_id)
    return await session.scalar(query) or 0


def new_subscription(
    subscriber_id: UUID, wish: Wish, due_at: datetime | None, now: datetime
) -> SubscriptionRow:
    return SubscriptionRow(
        id=new_id(),
        subscriber_id=subscriber_id,
        topic_id=wish.topic_id,
        medium=wish.medium,
        cadence=wish.cadence,
        hour=wish.hour,
        weekday=wish.weekday,
        district=wish.district,
        told_until=now,
        due_at=due_at,
        created_at=now,
    )


def wish_of(row: SubscriptionRow) -> Wish:
    return Wish(
        topic_id=row.topic_id,
        medium=Medium(row.medium),
        cadence=Cadence(row.cadence),
        hour=row.hour,
        weekday=row.weekday,
        district=row.district,
    )


async def _end(
    session: AsyncSession,
    subscriber: SubscriberRow,
    rows: Sequence[SubscriptionRow],
    said: Said,
    now: datetime,
) -> None:
    if not rows:
        return
    session.add_all(_consent(subscriber, row, Act.ENDED, said, now) for row in rows)
    gone = SubscriptionRow.id.in_([row.id for row in rows])
    await session.execute(delete(SubscriptionRow).where(gone))
    for row in rows:
        session.expunge(row)
    await session.flush()


def _consent(
    subscriber: SubscriberRow, row: SubscriptionRow, act: Act, said: Said, now: datetime
) -> ConsentRow:
    address = subscriber.phone if row.medium == Medium.SMS else subscriber.email
    return ConsentRow(
        id=new_id(),
        subscriber_id=subscriber.id,
        address=address or "",
        topic_id=row.topic_id,
        medium=row.medium,
        cadence=row.cadence,
        act=act,
        how=said.how,
        source=said.source,
        said_at=said.at or now,
        at=now,
        campaign_id=said.campaign_id,
    )
