"""Double opt-in: nothing is sent to an address before its owner has shown that they want it.

By mail a signed link that works for two days, by SMS a code that works for ten minutes. Whoever
asks learns nothing of the address: the answer is the same for one that is subscribed already.
"""

import hmac
import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.errors import NotThere
from core.ids import new_id
from feeds.subscriptions.models import Medium, SubscriberRow, SubscriptionRequestRow
from feeds.subscriptions.store import Said, enter_subscriber, subscribe
from feeds.subscriptions.wishes import Wish

LINK_LIVES = timedelta(hours=48)
CODE_LIVES = timedelta(minutes=10)
MAX_TRIES = 5
DIGITS = 6


async def ask_by_mail(
    session: AsyncSession, clock: Clock, address: str, wishes: Sequence[Wish], language: str
) -> UUID:
    """Keep what is wanted until the link is opened; returns what the link names."""
    row = await _keep(session, clock, address, Medium.EMAIL, wishes, language, LINK_LIVES)
    return row.id


async def ask_by_sms(
    session: AsyncSession,
    clock: Clock,
    secret: bytes,
    number: str,
    wishes: Sequence[Wish],
    language: str,
) -> tuple[UUID, str]:
    """Keep what is wanted until the code is typed in; returns the request and the code to send."""
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    row = await _keep(session, clock, number, Medium.SMS, wishes, language, CODE_LIVES)
    row.code_hash = _hash(secret, row.id, code)
    return row.id, code


async def request_at(
    session: AsyncSession, clock: Clock, address: str, medium: Medium
) -> UUID | None:
    """What was asked for this address and can still be confirmed."""
    table = SubscriptionRequestRow
    found: UUID | None = await session.scalar(
        select(table.id).where(
            table.address == address, table.medium == medium, table.expires_at > clock()
        )
    )
    return found


async def find_request(
    session: AsyncSession, clock: Clock, request_id: UUID | None, medium: Medium
) -> SubscriptionRequestRow:
    """Raises NotThere when there is none (any more)."""
    row = await session.get(SubscriptionRequestRow, request_id) if request_id else None
    if row is None or row.medium != medium or row.expires_at <= clock():
        raise NotThere("no such request")
    return row


async def confirm(
    session: AsyncSession, clock: Clock, zone: ZoneInfo, request_id: UUID | None
) -> SubscriberRow:
    """The link was opened and its button pressed. Raises NotThere."""
    row = await find_request(session, clock, request_id, Medium.EMAIL)
    return await _carry_out(session, clock, zone, row, "link")


async def confirm_by_code(
    session: AsyncSession,
    clock: Clock,
    zone: ZoneInfo,
    secret: bytes,
    request_id: UUID | None,
    code: str,
) -> SubscriberRow | None:
    """None when the code is wrong, or was tried too often. Commit whatever comes: it is counted.

    Raises NotThere when there is no such request (any more).
    """
    row = await find_request(session, clock, request_id, Medium.SMS)
    await session.refresh(row, with_for_update=True)
    if row.tries >= MAX_TRIES:
        return None
    row.tries += 1
    given = _hash(secret, row.id, "".join(code.split()))
    if not hmac.compare_digest(row.code_hash, given):
        await session.flush()
        return None
    return await _carry_out(session, clock, zone, row, "code")


async def _keep(
    session: AsyncSession,
    clock: Clock,
    address: str,
    medium: Medium,
    wishes: Sequence[Wish],
    language: str,
    lives: timedelta,
) -> SubscriptionRequestRow:
    """Of one address there is one request at a time. Sweeps what has expired."""
    table, now = SubscriptionRequestRow, clock()
    await session.execute(delete(table).where(table.expires_at < now))
    await session.execute(delete(table).where(table.address == address, table.medium == medium))
    row = SubscriptionRequestRow(
        id=new_id(),
        address=address,
        medium=medium,
        wishes=[wish.as_json() for wish in wishes],
        language=language,
        tries=0,
        created_at=now,
        expires_at=now + lives,
    )
    session.add(row)
    return row


async def _carry_out(
    session: AsyncSession, clock: Clock, zone: ZoneInfo, row: SubscriptionRequestRow, how: str
) -> SubscriberRow:
    subscriber = await enter_subscriber(session, clock, row.address, row.language)
    wishes = [Wish.of(wish) for wish in row.wishes]
    said = Said(how, source=f"asked {row.created_at.isoformat(timespec='seconds')}")
    await subscribe(session, clock, zone, subscriber, wishes, said)
    await session.delete(row)
    await session.flush()
    return subscriber


def _hash(secret: bytes, request_id: UUID, code: str) -> str:
    said = b"|".join((b"subscription-code", request_id.bytes, code.encode()))
    return hmac.digest(secret, said, "sha256").hex()
