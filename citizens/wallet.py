"""The wallet: a citizen's own documents, sealed where they are kept."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from citizens.models import AccountRow, WalletItemRow, WalletKeyRow, WalletShareRow
from citizens.wallet_key import own_key, wallet_key
from core.blobs import Blobs
from core.clock import Clock
from core.database import Database
from core.errors import NotThere, Refused
from core.ids import new_id
from core.sealing import seal, unseal
from ingest.antivirus import Antivirus

REMIND = timedelta(days=30)
"""How long before a document expires its owner is reminded."""


class Kind(StrEnum):
    IDENTITY = "identity"
    RESIDENCE = "residence"
    FAMILY = "family"
    INCOME = "income"
    SCHOOL = "school"
    TOWN = "town"
    """What the town has sent."""
    OTHER = "other"


class Full(Refused):
    """It does not go into the wallet any more."""


class Infected(Refused):
    """The virus scanner has found something; the reason is its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """A document to be put in."""

    name: str
    kind: Kind
    media_type: str
    content: bytes
    pages: int = 0
    """That can be shown."""
    expires_on: date | None = None
    by_town: bool = False
    id: UUID | None = None
    """Given when the same document may come twice."""


class SealedWallet:
    """All wallets of a town.

    Parameters
    ----------
    quota
        Bytes that one wallet holds.
    antivirus
        None when the town has none.
    """

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        clock: Clock,
        secret: bytes,
        *,
        quota: int,
        antivirus: Antivirus | None = None,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._secret = secret
        self._antivirus = antivirus
        self.quota = quota

    async def put(self, account_id: UUID, deposit: Deposit) -> UUID:
        """Put a document in; what the town sends has no quota. Durable when it returns.

        Raises Full, Infected, and Later when the virus scanner or the store is away.
        """
        if self._antivirus:
            (found,) = await self._antivirus.names_of([deposit.content])
            if found:
                raise Infected(found)
        item_id = deposit.id or new_id()
        async with self._database.begin() as session:
            await self._check_room(session, account_id, deposit)
            key = await own_key(session, self._secret, account_id)
        sealed = await asyncio.to_thread(seal, key, deposit.content, item_id.bytes)
        blob = await self._blobs.stage(sealed)
        async with self._database.begin() as session:
            await self._check_room(session, account_id, deposit)
            if await session.get(WalletItemRow, item_id):
                return item_id
            await self._blobs.keep(session, [blob])
            session.add(
                WalletItemRow(
                    id=item_id,
                    account_id=account_id,
                    name=deposit.name,
                    kind=deposit.kind,
                    media_type=deposit.media_type,
                    size=len(deposit.content),
                    sha256=blob.sha256,
                    pages=deposit.pages,
                    expires_on=deposit.expires_on,
                    remind_on=remind_on(deposit.expires_on, self._clock().date()),
                    source="town" if deposit.by_town else "citizen",
                    created_at=self._clock(),
                )
            )
        return item_id

    async def content(self, session: AsyncSession, account_id: UUID, item_id: UUID) -> bytes:
        """What was put in. Raises NotThere when the account has no such document."""
        row = await item_of(session, account_id, item_id)
        key = await wallet_key(session, self._secret, account_id)
        sealed = await self._blobs.read(session, row.sha256)
        return await asyncio.to_thread(unseal, key, sealed, row.id.bytes)

    async def remove(self, account_id: UUID, item_id: UUID) -> None:
        """Raises NotThere. Copies that were sent along with something stay there."""
        async with self._database.begin() as session:
            row = await item_of(session, account_id, item_id)
            await session.execute(delete(WalletShareRow).where(WalletShareRow.item_id == item_id))
            await session.execute(delete(WalletItemRow).where(WalletItemRow.id == item_id))
            await self._blobs.remove(session, [row.sha256])
        await self._blobs.discard([row.sha256])

    async def erase(self, session: AsyncSession, account_id: UUID) -> Sequence[str]:
        """All of a wallet and its key; call :meth:`forget` with what it returns, after commit."""
        names = [row.sha256 for row in await items_of(session, account_id)]
        for table in (WalletShareRow, WalletItemRow, WalletKeyRow):
            await session.execute(delete(table).where(table.account_id == account_id))
        await self._blobs.remove(session, names)
        return names

    async def forget(self, names: Sequence[str]) -> None:
        """Delete large files that a transaction has erased."""
        await self._blobs.discard(names)

    async def _check_room(self, session: AsyncSession, account_id: UUID, deposit: Deposit) -> None:
        # The lock: two uploads at once do not both take the last room.
        if await session.get(AccountRow, account_id, with_for_update=True) is None:
            raise NotThere("no account")
        used = await used_of(session, account_id)
        if not deposit.by_town and used + len(deposit.content) > self.quota:
            raise Full("the wallet is full")


async def items_of(session: AsyncSession, account_id: UUID) -> Sequence[WalletItemRow]:
    """The newest first."""
    query = (
        select(WalletItemRow)
        .where(WalletItemRow.account_id == account_id)
        .order_by(WalletItemRow.id.desc())
    )
    return (await session.scalars(query)).all()


async def item_of(session: AsyncSession, account_id: UUID, item_id: UUID) -> WalletItemRow:
    """Raises NotThere when the account has no such document."""
    query = select(WalletItemRow).where(
        WalletItemRow.id == item_id, WalletItemRow.account_id == account_id
    )
    row = await session.scalar(query)
    if row is None:
        raise NotThere("no such document")
    return row


async def used_of(session: AsyncSession, account_id: UUID) -> int:
    """Bytes that the citizen has put in; what the town sent does not count."""
    query = select(func.coalesce(func.sum(WalletItemRow.size), 0)).where(
        WalletItemRow.account_id == account_id, WalletItemRow.source == "citizen"
    )
    return int(await session.scalar(query) or 0)


async def change_item(
    session: AsyncSession,
    account_id: UUID,
    item_id: UUID,
    *,
    name: str,
    kind: Kind,
    expires_on: date | None,
    today: date,
) -> None:
    """Raises NotThere."""
    row = await item_of(session, account_id, item_id)
    row.name, row.kind = name, kind
    if expires_on != row.expires_on:
        row.expires_on, row.remind_on = expires_on, remind_on(expires_on, today)


def remind_on(expires_on: date | None, today: date) -> date | None:
    """The day of the reminder; of what has expired already there is none."""
    if expires_on is None or expires_on <= today:
        return None
    return max(expires_on - REMIND, today)
