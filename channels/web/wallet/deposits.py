"""What the town puts into a citizen's wallet: an agent sends it from the page of a case."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cases import CaseRow, has_case, holders_of_case
from channels.web.account.asking import holder_of
from channels.web.account.context import Context
from channels.web.normalize import media_type_of
from channels.web.wallet.pages import count_pages
from citizens import Account
from citizens.accounts import account, accounts_of
from citizens.wallet import Deposit, Infected, Kind
from core.errors import BadInput
from core.i18n import N_
from notify import AccountKind


@dataclass(frozen=True, slots=True)
class Deposits:
    """The wallets as the desk knows them."""

    context: Context

    async def owner_of(self, session: AsyncSession, case: CaseRow) -> UUID | None:
        """The account whose wallet a document of this case goes into: of who has opened it, else
        of who has shown its key first. None when nobody signs in for whom it is."""
        if not self.context.wallet.quota:
            return None
        found = await self._accounts(session, await holders_of_case(session, case))
        for one in found:
            if await has_case(session, holder_of(one), case):
                return one.id
        return None

    async def put(
        self, account_id: UUID, item_id: UUID, name: str, content: bytes, expires_on: date | None
    ) -> None:
        """Durable when it returns; the same ``item_id`` again changes nothing.

        Raises BadInput when the virus scanner has found something, Later.
        """
        deposit = Deposit(
            id=item_id,
            name=name,
            kind=Kind.TOWN,
            media_type=media_type_of("", name),
            content=content,
            pages=await count_pages(self.context, content),
            expires_on=expires_on,
            by_town=True,
        )
        try:
            await self.context.wallet.put(account_id, deposit)
        except Infected as problem:
            found = N_("This file is blocked: a virus scanner found something in it.")
            raise BadInput(found, where="file") from problem

    async def tell(self, session: AsyncSession, account_id: UUID, item_id: UUID, name: str) -> None:
        """Write to its owner that it is there, once."""
        owner = await account(session, account_id)
        if owner is None:
            return
        await self.context.mails.queue(
            session,
            AccountKind.DEPOSITED,
            address=owner.email,
            language=owner.language,
            link=self.context.url(f"/me/wallet/{item_id}"),
            what=name,
            cause=item_id,
        )

    async def _accounts(
        self, session: AsyncSession, citizen_ids: Sequence[UUID]
    ) -> Sequence[Account]:
        found = {one.citizen_id: one for one in await accounts_of(session, citizen_ids)}
        return [found[one] for one in citizen_ids if one in found]
