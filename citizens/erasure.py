"""Erasing an account (GDPR, article 17): nothing of it stays but what the town's record needs."""

from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from citizens.identities import found_by_addresses
from citizens.models import (
    AccountLinkRow,
    AccountRow,
    AccountSessionRow,
    CitizenKeyRow,
    CitizenRow,
    IdentityRow,
    PasskeyRow,
    PhoneCodeRow,
    PostalAddressRow,
    RecoveryCodeRow,
)


async def erase_account(session: AsyncSession, account_id: UUID, *, has_cases: bool) -> None:
    """``has_cases``: the citizen then stays, without a name, as who the town's cases are of."""
    row = await session.get_one(AccountRow, account_id)
    for table in (
        AccountSessionRow,
        AccountLinkRow,
        RecoveryCodeRow,
        PasskeyRow,
        PhoneCodeRow,
        PostalAddressRow,
    ):
        await session.execute(delete(table).where(table.account_id == account_id))
    await session.execute(delete(AccountLinkRow).where(AccountLinkRow.email == row.email))
    await session.execute(delete(AccountRow).where(AccountRow.id == account_id))
    theirs = IdentityRow.citizen_id == row.citizen_id
    if has_cases:
        await found_by_addresses(session, row.citizen_id)
        await session.execute(update(IdentityRow).where(theirs).values(verified_at=None))
        await session.execute(
            update(CitizenRow).where(CitizenRow.id == row.citizen_id).values(name="", language="")
        )
        return
    await session.execute(delete(CitizenKeyRow).where(CitizenKeyRow.citizen_id == row.citizen_id))
    await session.execute(delete(IdentityRow).where(theirs))
    await session.execute(delete(CitizenRow).where(CitizenRow.id == row.citizen_id))
