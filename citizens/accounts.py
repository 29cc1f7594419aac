"""Accounts: citizens who sign in. Whether an address has one is told to nobody but its owner."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from citizens.identities import called, claim, former, newcomer
from citizens.models import AccountRow, CitizenRow
from core.clock import Clock
from core.database import Database
from core.errors import Refused
from core.ids import new_id
from core.security import hash_password, password_matches


@dataclass(frozen=True, slots=True)
class Name:
    """As forms ask for it; of an association or a business ``family`` alone."""

    given: str
    family: str

    @property
    def whole(self) -> str:
        return f"{self.given} {self.family}".strip()


@dataclass(frozen=True, slots=True)
class Account:
    """A signed-in citizen."""

    id: UUID
    citizen_id: UUID
    email: str
    phone: str
    """Proven; empty when there is none."""
    name: str
    language: str
    second_factor: bool
    """Whether they sign in with a code, too."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """All that was proven to be theirs."""
        return tuple(address for address in (self.email, self.phone) if address)


async def create_account(
    session: AsyncSession, clock: Clock, *, email: str, name: Name, password: str, language: str
) -> UUID:
    """Open the account of an address that was proven just now; returns its id.

    It is the account of the citizen who was known by that address, if there is one.
    Raises Refused when there is an account already.
    """
    if await account_id_of(session, email):
        raise Refused("this address has an account")
    now = clock()
    citizen_id = await former(session, email)
    if citizen_id is None:
        # The id that follows from the address may be another account's, which it once belonged to.
        citizen_id = newcomer(email)
        if await session.get(CitizenRow, citizen_id):
            citizen_id = new_id()
        citizen = CitizenRow(id=citizen_id, name=name.whole, language=language, created_at=now)
        session.add(citizen)
    else:
        citizen = await session.get_one(CitizenRow, citizen_id)
        citizen.name, citizen.language = name.whole, language
    await claim(session, email, citizen_id, now)
    await called(session, citizen_id, name.whole)
    account = AccountRow(
        id=new_id(),
        citizen_id=citizen_id,
        email=email,
        given_name=name.given,
        family_name=name.family,
        password_hash=await asyncio.to_thread(hash_password, password),
        language=language,
        created_at=now,
    )
    session.add(account)
    await session.flush()
    return account.id


async def account_id_of(session: AsyncSession, email: str) -> UUID | None:
    return await session.scalar(select(AccountRow.id).where(AccountRow.email == email))


async def accounts_of(session: AsyncSession, citizen_ids: Collection[UUID]) -> Sequence[Account]:
    """Of those of the citizens who sign in."""
    if not citizen_ids:
        return []
    query = _accounts().where(AccountRow.citizen_id.in_(citizen_ids))
    return [_account(row, name) for row, name in await session.execute(query)]


async def account(session: AsyncSession, account_id: UUID) -> Account | None:
    """None when it was deleted meanwhile."""
    found = (await session.execute(_accounts().where(AccountRow.id == account_id))).first()
    return None if found is None else _account(*found)


def _accounts() -> Select[AccountRow, str]:
    return select(AccountRow, CitizenRow.name).join(
        CitizenRow, CitizenRow.id == AccountRow.citizen_id
    )


def _account(row: AccountRow, name: str) -> Account:
    return Account(
        id=row.id,
        citizen_id=row.citizen_id,
        email=row.email,
        phone=row.phone,
        name=name,
        language=row.language,
        second_factor=row.totp_sealed is not None,
    )


async def check_password(database: Database, email: str, password: str) -> UUID:
    """The id of the account. Raises Refused alike for a wrong address and a wrong password.

    No connection is held while the password is worked on: that is slow on purpose.
    """
    query = select(AccountRow.id, AccountRow.password_hash).where(AccountRow.email == email)
    async with database.read() as session:
        found = (await session.execute(query)).first()
    storable = password.encode("utf-8", "replace").decode()  # a form may bring lone surrogates
    stored = found.password_hash if found else None
    if not await asyncio.to_thread(password_matches, stored, storable) or found is None:
        raise Refused("the address or the password is wrong")
    account_id: UUID = found.id
    return account_id


async def set_password(session: AsyncSession, account_id: UUID, password: str) -> None:
    """Who is signed in stays so: the caller ends the sessions."""
    row = await session.get_one(AccountRow, account_id)
    row.password_hash = await asyncio.to_thread(hash_password, password)


async def set_email(session: AsyncSession, clock: Clock, account_id: UUID, email: str) -> None:
    """Change the address to one that was proven just now.

    Raises Refused when another account has it.
    """
    if await account_id_of(session, email) not in (None, account_id):
        raise Refused("this address has an account")
    row = await session.get_one(AccountRow, account_id)
    row.email = email
    await claim(session, email, row.citizen_id, clock())
