"""From an address to the citizen behind it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from citizens.keys import keys_of
from citizens.models import AccountRow, CitizenKeyRow, CitizenRow, IdentityRow
from core.database import insert_new

NAMESPACE = UUID("5a1d3c52-94f5-5be6-8f39-0d8a6a0b8b3e")


async def known(session: AsyncSession, addresses: Collection[str]) -> dict[str, UUID]:
    """The citizens of those of the addresses that have written before."""
    query = select(IdentityRow.address, IdentityRow.citizen_id).where(
        IdentityRow.address.in_(addresses)
    )
    rows = await session.execute(query)
    return dict(rows.all())


def newcomer(address: str) -> UUID:
    """The id of a citizen of whom nothing is known but this address."""
    return uuid5(NAMESPACE, address)


async def enter(
    session: AsyncSession, citizens: Sequence[tuple[str, str, str]], at: datetime
) -> None:
    """Enter newcomers, each an address, a name and a language; those known stay as they are."""
    await insert_new(
        session,
        CitizenRow,
        [
            {
                "id": newcomer(address),
                "name": name,
                "language": language,
                "postal_address": "",
                "created_at": at,
            }
            for address, name, language in citizens
        ],
    )
    await insert_new(
        session,
        IdentityRow,
        [{"address": address, "citizen_id": newcomer(address)} for address, _, _ in citizens],
    )
    await _index(session, [(newcomer(address), name, [address]) for address, name, _ in citizens])


async def remember(
    session: AsyncSession,
    citizen_id: UUID,
    *,
    name: str,
    language: str,
    addresses: Sequence[str],
    postal_address: str,
    at: datetime,
) -> None:
    """Write down what an agent was told of a citizen, who may be new.

    The name of one who is known stays; an address that is somebody else's stays theirs; a postal
    address takes the place of an older one.
    """
    row = {"id": citizen_id, "name": name, "language": language, "postal_address": postal_address}
    await insert_new(session, CitizenRow, [{**row, "created_at": at}])
    await insert_new(
        session, IdentityRow, [{"address": one, "citizen_id": citizen_id} for one in addresses]
    )
    await _index(session, [(citizen_id, name, addresses)])
    if postal_address:
        await move_house(session, citizen_id, postal_address)


async def move_house(session: AsyncSession, citizen_id: UUID, postal_address: str) -> None:
    """The citizen lives there now."""
    await session.execute(
        update(CitizenRow).where(CitizenRow.id == citizen_id).values(postal_address=postal_address)
    )


async def verify(session: AsyncSession, address: str, at: datetime) -> None:
    """Write down that the address was proven to be its citizen's."""
    await session.execute(
        update(IdentityRow)
        .where(IdentityRow.address == address, IdentityRow.verified_at.is_(None))
        .values(verified_at=at)
    )


async def _index(
    session: AsyncSession, citizens: Sequence[tuple[UUID, str, Sequence[str]]]
) -> None:
    await insert_new(
        session,
        CitizenKeyRow,
        [
            {"key": key, "citizen_id": citizen_id}
            for citizen_id, name, addresses in citizens
            for key in keys_of(name, *addresses)
        ],
    )


async def former(session: AsyncSession, address: str) -> UUID | None:
    """The citizen who was known by this address so far, when nobody signs in as them.

    Who proves the address then is that citizen. An address that has come from another account, as
    numbers do that are given to somebody else, brings nothing of its past along.
    """
    query = (
        select(IdentityRow.citizen_id)
        .outerjoin(AccountRow, AccountRow.citizen_id == IdentityRow.citizen_id)
        .where(IdentityRow.address == address, AccountRow.id.is_(None))
    )
    return await session.scalar(query)


async def claim(session: AsyncSession, address: str, citizen_id: UUID, at: datetime) -> None:
    """From now on the address, which was proven just now, is this citizen's."""
    row = await session.get(IdentityRow, address)
    if row is None:
        session.add(IdentityRow(address=address, citizen_id=citizen_id, verified_at=at))
    else:
        row.citizen_id, row.verified_at = citizen_id, at
    await session.execute(
        delete(CitizenKeyRow).where(
            CitizenKeyRow.key.in_(list(keys_of("", address))),
            CitizenKeyRow.citizen_id != citizen_id,
        )
    )
    await _index(session, [(citizen_id, "", [address])])


async def found_by_addresses(session: AsyncSession, citizen_id: UUID) -> None:
    """Let the citizen be found by the addresses that are theirs, and by nothing else."""
    theirs = select(IdentityRow.address).where(IdentityRow.citizen_id == citizen_id)
    await session.execute(delete(CitizenKeyRow).where(CitizenKeyRow.citizen_id == citizen_id))
    await _index(session, [(citizen_id, "", list(await session.scalars(theirs)))])


async def called(session: AsyncSession, citizen_id: UUID, name: str) -> None:
    """Let the citizen be found by this name, too."""
    await _index(session, [(citizen_id, name, [])])
