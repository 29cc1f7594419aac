"""The subscriber that an account is: found by its proven addresses, and following them."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.ids import new_id
from feeds.subscriptions.models import ConsentRow, SubscriberRow
from feeds.subscriptions.store import erase_subscriber, subscriber_at, subscriptions_of


async def subscriber_with_account(session: AsyncSession, account_id: UUID) -> SubscriberRow | None:
    found: SubscriberRow | None = await session.scalar(
        select(SubscriberRow).where(SubscriberRow.account_id == account_id)
    )
    return found


async def follow_account(
    session: AsyncSession, account_id: UUID, *, email: str, phone: str
) -> SubscriberRow | None:
    """Bring the account's subscriber in line with its addresses of today.

    What was subscribed under one of them without an account joins it. Returns None when there is
    nothing of the kind.
    """
    mine = await subscriber_with_account(session, account_id)
    for address in filter(None, (email, phone)):
        other = await subscriber_at(session, address)
        if other is None or other is mine:
            continue
        if mine is None:
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
    found = await follow_account(session, account_id, email=email, phone=phone)
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
    found = await subscriber_with_account(session, account_id)
    for address in filter(None, addresses):
        found = found or await subscriber_at(session, address)
    return found


async def erase_subscriptions(
    session: AsyncSession, account_id: UUID, *, email: str, phone: str
) -> None:
    """All that was subscribed by the account, or under its addresses."""
    mine = await follow_account(session, account_id, email=email, phone=phone)
    if mine is not None:
        await erase_subscriber(session, mine)
        session.expunge(mine)


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
