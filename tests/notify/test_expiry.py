"""What was not sent in time, and the cases that hear of it."""

import asyncio
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update

from cases import SYSTEM, CaseEventRow, CaseRow, append
from core.database import Database
from core.ids import new_id
from notify.expiry import expire
from notify.models import DeliveryRow
from tests.notify.building import Desk, executed, until
from tests.postgresql import on_postgresql


@on_postgresql
async def test_who_gives_up_waits_for_who_appends_to_the_same_case(desk: Desk) -> None:
    opened = await desk.open()
    await desk.tell(opened)
    now = desk.clock()
    async with desk.database.begin() as session:
        await session.execute(update(DeliveryRow).values(expires_at=now - timedelta(hours=1)))
    other = Database(desk.database.url)

    async def give_up() -> None:
        async with other.begin() as session:
            await expire(session, now)

    async with desk.database.begin() as session:
        case = await session.get_one(
            CaseRow, UUID(opened.subject), with_for_update={"key_share": True}
        )
        append(session, case, "delivery_failed", actor=SYSTEM, at=now, data={"id": new_id().hex})
        await session.flush()
        with executed() as asked:
            giving_up = asyncio.create_task(give_up())
            await until(lambda: any("FROM cases" in one for one in asked))
    await giving_up
    await other.close()
    async with desk.database.read() as session:
        query = select(CaseEventRow.sequence).order_by(CaseEventRow.sequence)
        sequences = list(await session.scalars(query))
        case = await session.get_one(CaseRow, UUID(opened.subject))
    assert sequences == list(range(1, case.event_count + 1))
    assert len(sequences) == 3
