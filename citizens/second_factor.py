"""The second factor: codes by time (RFC 6238, through ``pyotp``), and codes for when it is lost."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from citizens.models import AccountRow, RecoveryCodeRow
from core.clock import Clock
from core.errors import Refused
from core.sealing import derived_key, seal, unseal

PURPOSE = "second factor"
STEP = 30  # seconds
DRIFT = 1  # steps that a telephone's clock may be off, either way
RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is mistaken for something else
_GROUP = 5  # characters; two groups are 49 bits


def new_secret() -> str:
    """For the authenticator, in base 32."""
    import pyotp

    return pyotp.random_base32()


def provisioning_uri(totp_secret: str, email: str, town: str) -> str:
    """What the QR code says (https://github.com/google/google-authenticator/wiki/Key-Uri-Format)."""
    import pyotp

    return pyotp.TOTP(totp_secret).provisioning_uri(name=email, issuer_name=town)


def step_of(totp_secret: str, code: str, at: datetime, *, after: int = 0) -> int | None:
    """The time step that the code is of, or None when it is wrong or not later than ``after``."""
    import pyotp

    totp, now = pyotp.TOTP(totp_secret), int(at.timestamp()) // STEP
    given = "".join(code.split()).encode("utf-8", "replace")
    for step in range(now - DRIFT, now + DRIFT + 1):
        if step > after and hmac.compare_digest(totp.at(step * STEP).encode(), given):
            return step
    return None


async def set_up(
    session: AsyncSession, secret: bytes, account_id: UUID, totp_secret: str, step: int
) -> Sequence[str]:
    """Switch it on; returns the recovery codes, which are shown this once."""
    row = await session.get_one(AccountRow, account_id)
    key = derived_key(secret, PURPOSE)
    row.totp_sealed = seal(key, totp_secret.encode(), account_id.bytes)
    row.totp_step = step
    return await new_recovery_codes(session, secret, account_id)


async def new_recovery_codes(
    session: AsyncSession, secret: bytes, account_id: UUID
) -> Sequence[str]:
    """Others work no more."""
    await session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.account_id == account_id))
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCodeRow(code_hash=_hash(secret, account_id, code), account_id=account_id)
        for code in codes
    )
    return codes


async def switch_off(session: AsyncSession, account_id: UUID) -> None:
    row = await session.get_one(AccountRow, account_id)
    row.totp_sealed = None
    await session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.account_id == account_id))


async def check_code(
    session: AsyncSession, clock: Clock, secret: bytes, account_id: UUID, code: str
) -> None:
    """Take a code of the authenticator, or a recovery code, which is used up.

    Raises Refused alike whatever is wrong with it.
    """
    row = await session.get(AccountRow, account_id, with_for_update=True)
    if row is not None and row.totp_sealed is not None:
        key = derived_key(secret, PURPOSE)
        totp_secret = unseal(key, row.totp_sealed, account_id.bytes).decode()
        step = step_of(totp_secret, code, clock(), after=row.totp_step)
        if step is not None:
            row.totp_step = step
            return
        gone = (
            delete(RecoveryCodeRow)
            .where(
                RecoveryCodeRow.code_hash == _hash(secret, account_id, code),
                RecoveryCodeRow.account_id == account_id,
            )
            .returning(RecoveryCodeRow.code_hash)
        )
        if await session.scalar(gone):
            return
    raise Refused("the code is wrong")


async def recovery_codes_left(session: AsyncSession, account_id: UUID) -> int:
    query = select(func.count()).where(RecoveryCodeRow.account_id == account_id)
    return await session.scalar(query) or 0


def _new_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(2 * _GROUP))
    return f"{letters[:_GROUP]}-{letters[_GROUP:]}"


def _hash(secret: bytes, account_id: UUID, code: str) -> str:
    plain = "".join(character for character in code.lower() if character in _ALPHABET)
    said = b"recovery-code:" + account_id.bytes + plain.encode()
    return hmac.new(secret, said, hashlib.sha256).hexdigest()
