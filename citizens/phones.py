"""Proving a telephone number by a code that is sent to it."""

import hmac
import secrets
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citizens.identities import claim
from citizens.models import AccountRow, IdentityRow, PhoneCodeRow
from core.clock import Clock
from core.errors import Refused

CODE_LIVES = timedelta(minutes=10)
MAX_TRIES = 5
DIGITS = 6


class TextSender(Protocol):
    """Sends one SMS; what serves telephones knows how."""

    async def send_text(self, number: str, text: str) -> None:
        """``number`` in E.164. Raises Later, or Refused when it never will go there."""
        ...


async def new_code(
    session: AsyncSession, clock: Clock, secret: bytes, account_id: UUID, number: str
) -> str:
    """The code to send; an earlier one works no more."""
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    await session.merge(
        PhoneCodeRow(
            account_id=account_id,
            number=number,
            code_hash=_hash(secret, account_id, number, code),
            tries=0,
            expires_at=clock() + CODE_LIVES,
        )
    )
    return code


async def pending_number(session: AsyncSession, clock: Clock, account_id: UUID) -> str:
    """The number that a code was sent to and that is not proven yet; empty when there is none."""
    row = await session.get(PhoneCodeRow, account_id)
    return row.number if row is not None and row.expires_at > clock() else ""


async def prove_number(
    session: AsyncSession, clock: Clock, secret: bytes, account_id: UUID, code: str
) -> str | None:
    """The number that the code proves, which is the account's then; None when it is wrong.

    Commit whatever comes: a wrong code is counted.
    """
    row = await session.get(PhoneCodeRow, account_id, with_for_update=True)
    if row is None or row.expires_at <= clock() or row.tries >= MAX_TRIES:
        return None
    row.tries += 1
    given = _hash(secret, account_id, row.number, "".join(code.split()))
    if not hmac.compare_digest(row.code_hash, given):
        return None
    await session.delete(row)
    return row.number


async def set_phone(session: AsyncSession, clock: Clock, account_id: UUID, number: str) -> None:
    """Enter a number that was proven just now; it is no longer that of who had it before."""
    holder = select(IdentityRow.citizen_id).where(IdentityRow.address == number).scalar_subquery()
    await session.execute(
        update(AccountRow)
        .where(
            AccountRow.citizen_id == holder,
            AccountRow.phone == number,
            AccountRow.id != account_id,
        )
        .values(phone="")
    )
    row = await session.get_one(AccountRow, account_id)
    row.phone = number
    await claim(session, number, row.citizen_id, clock())


async def remove_phone(session: AsyncSession, account_id: UUID) -> None:
    """Raises Refused when there is none."""
    row = await session.get_one(AccountRow, account_id)
    if not row.phone:
        raise Refused("there is no number")
    row.phone = ""


def _hash(secret: bytes, account_id: UUID, number: str, code: str) -> str:
    said = b"|".join((b"phone-code", account_id.bytes, number.encode(), code.encode()))
    return hmac.digest(secret, said, "sha256").hex()
