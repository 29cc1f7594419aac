"""What a citizen tells of themselves, for forms to fill in and for rules to ask about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citizens.accounts import Name
from citizens.identities import called, found_by_addresses
from citizens.models import AccountRow, CitizenRow, PostalAddressRow
from core.errors import NotThere, Refused
from core.ids import new_id

MAX_ADDRESSES = 10


class Category(StrEnum):
    PERSON = "person"
    ASSOCIATION = "association"
    BUSINESS = "business"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    id: UUID | None = None
    label: str = ""
    """What the citizen calls it: home, my mother's."""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    residence: bool = False
    """Whether it is where they live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    name: Name
    email: str
    phone: str
    """Proven; empty when there is none."""
    language: str
    category: Category
    birth_date: date | None
    addresses: Sequence[PostalAddress]
    """Where they live first."""

    def age(self, today: date) -> int | None:
        """Whole years; None while the birth date is not known."""
        born = self.birth_date
        if born is None:
            return None
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day))

    @property
    def residence(self) -> PostalAddress:
        """Empty while it is not known."""
        return next((one for one in self.addresses if one.residence), PostalAddress())


async def read_profile(session: AsyncSession, account_id: UUID) -> Profile:
    row = await session.get_one(AccountRow, account_id)
    return Profile(
        name=Name(row.given_name, row.family_name),
        email=row.email,
        phone=row.phone,
        language=row.language,
        category=Category(row.category),
        birth_date=row.birth_date,
        addresses=await addresses_of(session, account_id),
    )


async def change_profile(
    session: AsyncSession,
    account_id: UUID,
    *,
    name: Name,
    language: str,
    category: Category,
    birth_date: date | None,
) -> None:
    row = await session.get_one(AccountRow, account_id)
    row.given_name, row.family_name = name.given, name.family
    row.language, row.category, row.birth_date = language, category, birth_date
    citizen = await session.get_one(CitizenRow, row.citizen_id)
    citizen.name, citizen.language = name.whole, language
    await found_by_addresses(session, row.citizen_id)  # the former name is nobody else's business
    await called(session, row.citizen_id, name.whole)


async def addresses_of(session: AsyncSession, account_id: UUID) -> Sequence[PostalAddress]:
    query = (
        select(PostalAddressRow)
        .where(PostalAddressRow.account_id == account_id)
        .order_by(PostalAddressRow.residence.desc(), PostalAddressRow.id)
    )
    return [
        PostalAddress(
            id=row.id,
            label=row.label,
            street=row.street,
            postal_code=row.postal_code,
            city=row.city,
            residence=row.residence,
        )
        for row in await session.scalars(query)
    ]


async def save_address(session: AsyncSession, account_id: UUID, address: PostalAddress) -> None:
    """Add an address (without an id), or change one.

    Raises NotThere when the account has no such address, Refused when it has too many.
    """
    before = await addresses_of(session, account_id)
    if address.id is None:
        if len(before) >= MAX_ADDRESSES:
            raise Refused(f"an account has {MAX_ADDRESSES} addresses at most")
        row = PostalAddressRow(id=new_id(), account_id=account_id)
        session.add(row)
    else:
        row = await _row(session, account_id, address.id)
    if address.residence:
        await session.execute(
            update(PostalAddressRow)
            .where(PostalAddressRow.account_id == account_id, PostalAddressRow.id != row.id)
            .values(residence=False)
        )
    row.label, row.street = address.label, address.street
    row.postal_code, row.city = address.postal_code, address.city
    row.residence = address.residence


async def remove_address(session: AsyncSession, account_id: UUID, address_id: UUID) -> None:
    """Raises NotThere when the account has no such address."""
    row = await _row(session, account_id, address_id)
    await session.execute(delete(PostalAddressRow).where(PostalAddressRow.id == row.id))


async def _row(session: AsyncSession, account_id: UUID, address_id: UUID) -> PostalAddressRow:
    query = select(PostalAddressRow).where(
        PostalAddressRow.id == address_id, PostalAddressRow.account_id == account_id
    )
    row = await session.scalar(query)
    if row is None:
        raise NotThere("no such address")
    return row


def variables_of(profile: Profile, today: date) -> dict[str, Any]:
    """``citizen`` for expressions (CEL), in the words of :data:`cases.procedures.CITIZEN`."""
    home, born = profile.residence, profile.birth_date
    return {
        "signed_in": True,
        "first_name": profile.name.given,
        "last_name": profile.name.family,
        "email": profile.email,
        "phone": profile.phone,
        "street": home.street,
        "postcode": home.postal_code,
        "city": home.city,
        "born": datetime.combine(born, time(12), UTC) if born else None,
        "age": profile.age(today),
        "categories": [str(profile.category)],
    }
