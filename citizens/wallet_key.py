"""The key of a wallet: one of its own for each citizen, sealed with a key of the town's.

Who deletes it makes all of the wallet unreadable, wherever copies of the files may be.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from citizens.models import WalletKeyRow
from core.errors import NotThere
from core.sealing import derived_key, new_key, seal, unseal

PURPOSE = "wallets"


async def wallet_key(session: AsyncSession, secret: bytes, account_id: UUID) -> bytes:
    """Raises NotThere while nothing was ever put in."""
    row = await session.get(WalletKeyRow, account_id)
    if row is None:
        raise NotThere("no wallet")
    return unseal(derived_key(secret, PURPOSE), row.sealed, account_id.bytes)


async def own_key(session: AsyncSession, secret: bytes, account_id: UUID) -> bytes:
    """The same, made at the first time; the caller has locked the account."""
    if await session.get(WalletKeyRow, account_id) is None:
        sealed = seal(derived_key(secret, PURPOSE), new_key(), account_id.bytes)
        session.add(WalletKeyRow(account_id=account_id, sealed=sealed))
        await session.flush()
    return await wallet_key(session, secret, account_id)
