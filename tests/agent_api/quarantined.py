"""What the pipeline gave up on, and the mending of its cause."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from ingest import Arrival, ChannelName
from ingest.models import IntakeRow, QuarantineRow
from tests.agent_api.building import House, until

LATER = b'{"channel": "phone", "subject": "pothole", "text": "A hole, said Jeanne."}'
"""Nothing reads it, until :func:`mend`."""


async def quarantine_one(house: House, raw: bytes = LATER, **facts: Any) -> UUID:
    """Something arrives by a channel that nothing reads; returns the id of the item."""
    arrival = Arrival(ChannelName.PHONE, f"call-{len(raw)}-{facts}", raw, facts)
    accepted = await house.town.acceptance.accept(arrival)
    async with house.at_work():
        await until_quarantined(house, accepted.intake_id)
    return await item_of(house, accepted.intake_id)


async def item_of(house: House, intake_id: UUID) -> UUID:
    query = select(QuarantineRow.id).where(QuarantineRow.intake_id == intake_id)
    async with house.town.database.read() as session:
        return (await session.scalars(query)).one()


async def item(house: House, item_id: UUID) -> QuarantineRow:
    async with house.town.database.read() as session:
        return await session.get_one(QuarantineRow, item_id)


async def until_quarantined(house: House, intake_id: UUID) -> None:
    query = select(QuarantineRow.id).where(
        QuarantineRow.intake_id == intake_id, QuarantineRow.resolved_at.is_(None)
    )

    async def there() -> bool:
        async with house.town.database.read() as session:
            return await session.scalar(query) is not None

    await until(there)


async def mend(house: House) -> None:
    """From now on the API's own adapter reads it."""
    async with house.town.database.begin() as session:
        await session.execute(update(IntakeRow).values(facts={"form": "api"}))
