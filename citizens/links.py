"""What works once and not for long: links that prove an address, challenges of passkeys."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from citizens.models import AccountLinkRow
from core.clock import Clock
from core.errors import NotThere
from core.security import hash_token, new_token


class Purpose(StrEnum):
    REGISTER = "register"
    RECOVER = "recover"
    EMAIL = "email"
    """Change the account's address to the one that the link was sent to."""
    PASSKEY = "passkey"
    """The challenge for a new passkey."""
    ENTER = "enter"
    """The challenge for signing in with one."""


LIVES = {
    Purpose.REGISTER: timedelta(hours=24),
    Purpose.RECOVER: timedelta(hours=1),
    Purpose.EMAIL: timedelta(hours=24),
    Purpose.PASSKEY: timedelta(minutes=10),
    Purpose.ENTER: timedelta(minutes=10),
}


async def new_link(
    session: AsyncSession,
    clock: Clock,
    purpose: Purpose,
    *,
    email: str = "",
    account_id: UUID | None = None,
) -> str:
    """The token to send; of one purpose an address has one at a time. Sweeps what has expired."""
    now: datetime = clock()
    await session.execute(delete(AccountLinkRow).where(AccountLinkRow.expires_at < now))
    if email:
        await session.execute(
            delete(AccountLinkRow).where(
                AccountLinkRow.email == email, AccountLinkRow.purpose == purpose
            )
        )
    token = new_token()
    session.add(
        AccountLinkRow(
            token_hash=hash_token(token),
            purpose=purpose,
            email=email,
            account_id=account_id,
            expires_at=now + LIVES[purpose],
        )
    )
    return token


async def find_link(
    session: AsyncSession, clock: Clock, token: str, *purposes: Purpose
) -> AccountLinkRow:
    """Look at a link without using it up. Raises NotThere when it does not work (any more)."""
    query = select(AccountLinkRow).where(
        AccountLinkRow.token_hash == hash_token(token),
        AccountLinkRow.purpose.in_(purposes),
        AccountLinkRow.expires_at > clock(),
    )
    row = await session.scalar(query)
    if row is None:
        raise NotThere("no such link")
    return row


async def use_link(
    session: AsyncSession, clock: Clock, token: str, *purposes: Purpose
) -> AccountLinkRow:
    """Use it up: of two who try at once the second finds nothing. Raises NotThere."""
    row = await find_link(session, clock, token, *purposes)
    gone = (
        delete(AccountLinkRow)
        .where(AccountLinkRow.token_hash == row.token_hash)
        .returning(AccountLinkRow.token_hash)
    )
    if await session.scalar(gone) is None:
        raise NotThere("no such link")
    return row


async def drop_links(session: AsyncSession, account_id: UUID) -> None:
    """What was sent for this account works no more."""
    await session.execute(delete(AccountLinkRow).where(AccountLinkRow.account_id == account_id))
