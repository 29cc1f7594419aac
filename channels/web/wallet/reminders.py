"""Reminding citizens of documents that expire soon: once, by mail, in one transaction with the note
that it was done."""

from sqlalchemy import select

from citizens.models import AccountRow, WalletItemRow
from core.clock import Clock
from core.database import Database
from core.looks import keep_looking
from notify import AccountKind, AccountMails

EVERY = 3600.0  # seconds between looks
BATCH = 100  # documents in one transaction


class Reminders:
    """``wallet_url`` is the page of the wallet, for the link in the mail."""

    def __init__(
        self, database: Database, clock: Clock, mails: AccountMails, wallet_url: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._mails = mails
        self._wallet_url = wallet_url

    async def run(self) -> None:
        """Work until cancelled."""
        await keep_looking("reminders", self._look, EVERY)

    async def _look(self) -> bool:
        return await self.remind() == BATCH

    async def remind(self) -> int:
        """Queue the mails that are due; returns how many documents that were."""
        query = (
            select(WalletItemRow, AccountRow.email, AccountRow.language)
            .join(AccountRow, AccountRow.id == WalletItemRow.account_id)
            .where(WalletItemRow.remind_on <= self._clock().date())
            .order_by(WalletItemRow.remind_on, WalletItemRow.id)
            .limit(BATCH)
            # Of several processes that look at once one reminds.
            .with_for_update(of=WalletItemRow, skip_locked=True)
        )
        async with self._database.begin() as session:
            due = (await session.execute(query)).all()
            for row, email, language in due:
                await self._mails.queue(
                    session,
                    AccountKind.EXPIRING,
                    address=email,
                    language=language,
                    link=self._wallet_url,
                    what=row.name,
                    day=row.expires_on,
                )
                row.remind_on = None
        return len(due)
