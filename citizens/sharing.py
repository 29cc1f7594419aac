"""Documents of the wallet that go along with a form or a message: as copies, and not before it is
sent. Until then their owner sees what is shared with what, and can revoke it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citizens.models import WalletItemRow, WalletShareRow
from citizens.wallet import SealedWallet, items_of
from core.clock import Clock
from core.database import insert_new
from core.errors import NotThere
from core.ids import new_id


@dataclass(frozen=True, slots=True)
class Share:
    """One document that goes along."""

    id: UUID
    item_id: UUID
    name: str
    media_type: str
    size: int
    target: str
    label: str
    taken: bool
    """Whether the copy was made: it cannot be revoked any more."""


@dataclass(frozen=True, slots=True)
class Copy:
    share: UUID
    name: str
    media_type: str
    content: bytes


class Wallet(Protocol):
    """What forms know of wallets. ``target`` names the form: ``draft:`` and its id."""

    async def documents(self, session: AsyncSession, account_id: UUID) -> Sequence[WalletItemRow]:
        """What can be shared, the newest first."""
        ...

    async def share(
        self,
        session: AsyncSession,
        account_id: UUID,
        item_ids: Collection[UUID],
        target: str,
        label: str,
    ) -> None:
        """Have documents go along; raises NotThere, for all, when one is not this account's."""
        ...

    async def shares(
        self, session: AsyncSession, account_id: UUID, target: str = ""
    ) -> Sequence[Share]:
        """What goes along with one thing, or with anything."""
        ...

    async def revoke(self, session: AsyncSession, account_id: UUID, share_id: UUID) -> None:
        """Raises NotThere when there is no such share, or its copy was made."""
        ...

    async def copies(self, session: AsyncSession, account_id: UUID, target: str) -> Sequence[Copy]:
        """What goes along, with its contents, for who sends the thing just now."""
        ...

    async def taken(self, session: AsyncSession, account_id: UUID, target: str) -> None:
        """It was sent: the copies are made."""
        ...

    async def ended(self, session: AsyncSession, things: Sequence[str]) -> None:
        """Things (the beginnings of targets) are given up, and nothing goes along with them."""
        ...


class Sharing:
    """The wallets of the town, as forms know them."""

    def __init__(self, wallet: SealedWallet, clock: Clock) -> None:
        self._wallet = wallet
        self._clock = clock

    async def documents(self, session: AsyncSession, account_id: UUID) -> Sequence[WalletItemRow]:
        return await items_of(session, account_id)

    async def share(
        self,
        session: AsyncSession,
        account_id: UUID,
        item_ids: Collection[UUID],
        target: str,
        label: str,
    ) -> None:
        query = select(WalletItemRow.id).where(
            WalletItemRow.id.in_(item_ids), WalletItemRow.account_id == account_id
        )
        if {*await session.scalars(query)} != {*item_ids}:
            raise NotThere("no such document")
        now = self._clock()
        rows = [
            {
                "id": new_id(),
                "account_id": account_id,
                "item_id": item_id,
                "target": target,
                "label": label,
                "created_at": now,
            }
            for item_id in item_ids
        ]
        await insert_new(session, WalletShareRow, rows)

    async def shares(
        self, session: AsyncSession, account_id: UUID, target: str = ""
    ) -> Sequence[Share]:
        query = (
            select(WalletShareRow, WalletItemRow)
            .join(WalletItemRow, WalletItemRow.id == WalletShareRow.item_id)
            .where(WalletShareRow.account_id == account_id)
            .order_by(WalletShareRow.id)
        )
        if target:
            query = query.where(WalletShareRow.target == target)
        return [
            Share(
                id=row.id,
                item_id=item.id,
                name=item.name,
                media_type=item.media_type,
                size=item.size,
                target=row.target,
                label=row.label,
                taken=row.taken_at is not None,
            )
            for row, item in await session.execute(query)
        ]

    async def revoke(self, session: AsyncSession, account_id: UUID, share_id: UUID) -> None:
        gone = (
            delete(WalletShareRow)
            .where(
                WalletShareRow.id == share_id,
                WalletShareRow.account_id == account_id,
                WalletShareRow.taken_at.is_(None),
            )
            .returning(WalletShareRow.id)
        )
        if await session.scalar(gone) is None:
            raise NotThere("no such share")

    async def copies(self, session: AsyncSession, account_id: UUID, target: str) -> Sequence[Copy]:
        # One after the other: each may be as large as a form.
        return [
            Copy(
                share.id,
                share.name,
                share.media_type,
                await self._wallet.content(session, account_id, share.item_id),
            )
            for share in await self.shares(session, account_id, target)
        ]

    async def taken(self, session: AsyncSession, account_id: UUID, target: str) -> None:
        await session.execute(
            update(WalletShareRow)
            .where(
                WalletShareRow.account_id == account_id,
                WalletShareRow.target == target,
                WalletShareRow.taken_at.is_(None),
            )
            .values(taken_at=self._clock())
        )

    async def ended(self, session: AsyncSession, things: Sequence[str]) -> None:
        which = or_(*(WalletShareRow.target.startswith(one, autoescape=True) for one in things))
        if things:
            await session.execute(
                delete(WalletShareRow).where(which, WalletShareRow.taken_at.is_(None))
            )
