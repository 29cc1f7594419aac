"""The subscriber that an account is: found by its proven addresses, and following them."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.ids import new_id
from feeds.subscriptions.models import ConsentRow, Medium, SubscriberRow
from feeds.subscriptions.store import (
    Said,
    erase_subscriber,
    subscriber_at,
    subscriptions_of,
    unsubscribe,
)


async def subscriber_with_account(session: AsyncSession, account_id: UUID) -> SubscriberRow | None:
    found: SubscriberRow | None = await session.scalar(
        select(SubscriberRow).where(SubscriberRow.account_id == account_id)
    )
    return found


async def follow_account(
    session: AsyncSession, clock: Clock, account_id: UUID, *, email: str, phone: str
) -> SubscriberRow | None:
    """Bring the account's subscriber in line with its addresses of today.

    What was subscribed under one of them without an account joins it. From another account the
    address alone comes over, as numbers do that are given to somebody else. Returns None when
    there is nothing of the kind.
    """
    mine = await subscriber_with_account(session, account_id)
    for address in filter(None, (email, phone)):
        other = await subscriber_at(session, address)
        if other is None or other is mine:
            continue
        if not _may_be(other, account_id):
            await _give_up(session, clock, other, address)
        elif mine is None:
            mine = other
        else:
            await _join(session, mine, other)
    if mine is not None:
        mine.account_id, mine.email, mine.phone = account_id, email, phone or None
        await session.flush()
    return mine


async def subscriber_of_account(
    session: AsyncSession,
    clock: Clock,
    account_id: UUID,
    *,
    email: str,
    phone: str,
    language: str,
) -> SubscriberRow:
    """The account's subscriber, made when there is none yet."""
    found = await follow_account(session, clock, account_id, email=email, phone=phone)
    if found is not None:
        return found
    row = SubscriberRow(
        id=new_id(),
        account_id=account_id,
        email=email,
        phone=phone or None,
        language=language,
        created_at=clock(),
    )
    session.add(row)
    await session.flush()
    return row


async def subscriber_known_by(
    session: AsyncSession, account_id: UUID, *addresses: str
) -> SubscriberRow | None:
    """The account's subscriber, or who has subscribed under one of its addresses without it."""
    return next(iter(await subscribers_known_by(session, account_id, *addresses)), None)


async def subscribers_known_by(
    session: AsyncSession, account_id: UUID, *addresses: str
) -> list[SubscriberRow]:
    """Both, without those that are another account; the account's own first."""
    found = [await subscriber_with_account(session, account_id)]
    found += [await subscriber_at(session, address) for address in addresses if address]
    known = {row.id: row for row in found if row is not None and _may_be(row, account_id)}
    return list(known.values())


async def erase_subscriptions(
    session: AsyncSession, account_id: UUID, *, email: str, phone: str
) -> None:
    """All that was subscribed by the account, or under its addresses."""
    for row in await subscribers_known_by(session, account_id, email, phone):
        await erase_subscriber(session, row)
        session.expunge(row)


def _may_be(row: SubscriberRow, account_id: UUID) -> bool:
    """Whether the subscriber is this account, or none: another's proof and wishes stay theirs."""
    return row.account_id in (None, account_id)


async def _give_up(session: AsyncSession, clock: Clock, other: SubscriberRow, address: str) -> None:
    """Another account has proven the address; what came there for this one ends."""
    is_mail = "@" in address
    medium = Medium.EMAIL if is_mail else Medium.SMS
    await unsubscribe(session, clock, other, Said("moved"), media=(medium,))
    if is_mail:
        other.email = None
    else:
        other.phone = None
    await session.flush()


async def _join(session: AsyncSession, mine: SubscriberRow, other: SubscriberRow) -> None:
    """What ``other`` wants and ``mine`` does not want yet, with the proof of all of it."""
    known = {(row.topic_id, row.medium) for row in await subscriptions_of(session, mine.id)}
    for row in await subscriptions_of(session, other.id):
        if (row.topic_id, row.medium) not in known:
            row.subscriber_id = mine.id
    await session.flush()
    await session.execute(
        update(ConsentRow)
        .where(ConsentRow.subscriber_id == other.id)
        .values(subscriber_id=mine.id)
        .execution_options(synchronize_session=False)
    )
    await erase_subscriber(session, other)
    session.expunge(other)
