"""Citizens' sessions: a random token in a cookie, of which the store knows the hash."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citizens.accounts import Account, account
from citizens.models import AccountSessionRow
from core.clock import Clock
from core.database import Database
from core.errors import NotThere
from core.ids import new_id
from core.security import hash_token, new_token

SESSION_LENGTH = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=15)
"""How exactly it is written down when a session was last used."""
MAX_CLIENT = 100  # characters


async def open_session(session: AsyncSession, clock: Clock, account_id: UUID, client: str) -> str:
    """Sign the citizen in; returns the token for the cookie. Sweeps what has expired."""
    now = clock()
    await session.execute(delete(AccountSessionRow).where(AccountSessionRow.expires_at < now))
    token = new_token()
    session.add(
        AccountSessionRow(
            token_hash=hash_token(token),
            id=new_id(),
            account_id=account_id,
            client=client[:MAX_CLIENT],
            created_at=now,
            seen_at=now,
            expires_at=now + SESSION_LENGTH,
        )
    )
    return token


async def account_of_session(database: Database, clock: Clock, token: str) -> Account | None:
    """The account of a live session, or None."""
    now = clock()
    query = select(AccountSessionRow).where(
        AccountSessionRow.token_hash == hash_token(token), AccountSessionRow.expires_at > now
    )
    async with database.read() as session:
        row = await session.scalar(query)
        found = await account(session, row.account_id) if row else None
    if row is not None and row.seen_at < now - SEEN_EVERY:
        async with database.begin() as session:
            await session.execute(
                update(AccountSessionRow)
                .where(AccountSessionRow.token_hash == row.token_hash)
                .values(seen_at=now)
            )
    return found


async def close_session(session: AsyncSession, token: str) -> None:
    await session.execute(
        delete(AccountSessionRow).where(AccountSessionRow.token_hash == hash_token(token))
    )


async def end_session(session: AsyncSession, account_id: UUID, session_id: UUID) -> None:
    """Raises NotThere when the account has no such session."""
    query = (
        delete(AccountSessionRow)
        .where(AccountSessionRow.id == session_id, AccountSessionRow.account_id == account_id)
        .returning(AccountSessionRow.id)
    )
    if await session.scalar(query) is None:
        raise NotThere("no such session")


async def end_sessions(session: AsyncSession, account_id: UUID) -> None:
    """Sign the citizen out everywhere."""
    await session.execute(
        delete(AccountSessionRow).where(AccountSessionRow.account_id == account_id)
    )


async def sessions_of(
    session: AsyncSession, clock: Clock, account_id: UUID
) -> Sequence[AccountSessionRow]:
    """The live ones, the last used first."""
    query = (
        select(AccountSessionRow)
        .where(AccountSessionRow.account_id == account_id, AccountSessionRow.expires_at > clock())
        .order_by(AccountSessionRow.seen_at.desc(), AccountSessionRow.id.desc())
    )
    return (await session.scalars(query)).all()


def is_this(row: AccountSessionRow, token: str) -> bool:
    """Whether it is the session of this very browser."""
    return row.token_hash == hash_token(token)
