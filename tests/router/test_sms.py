"""An SMS names nothing that it answers: a number has one conversation at a time."""

from datetime import timedelta

from sqlalchemy import update

from cases import CaseRow, CaseStatus
from core.database import Database
from ingest.models import MessageRow
from router import Routing
from tests.builders import NOON, message_row
from tests.postgresql import on_sqlite
from tests.router.test_routing import cases, joined, route, routing

__all__ = ["routing"]  # a fixture


def sms(text: str = "Bonjour", number: str = "+33639980001", **more: object) -> MessageRow:
    values = {"channel": "sms", "subject": "", "text": text, "sender_address": number}
    return message_row(**(values | more))


async def test_what_a_number_writes_next_belongs_to_its_conversation(
    routing: Routing, database: Database
) -> None:
    first, second, other = sms("Un"), sms("Deux"), sms("Trois", "+33639980002")
    await route(routing, database, first, second, other)
    third = sms("Quatre")
    await route(routing, database, third)
    mine, _ = await cases(database)
    for message in (second, third):
        link = await joined(database, message)
        assert (link.case_id, link.joined_by) == (mine.id, "thread")


@on_sqlite
async def test_a_conversation_that_was_closed_long_ago_is_over(
    routing: Routing, database: Database
) -> None:
    await route(routing, database, sms("Un"))
    async with database.begin() as session:
        closed = update(CaseRow).values(status=CaseStatus.CLOSED, closed_at=NOON)
        await session.execute(closed)
    soon, late = (sms(received_at=NOON + timedelta(days=days)) for days in (1, 9))
    await route(routing, database, soon)
    assert len(await cases(database)) == 1
    async with database.begin() as session:
        await session.execute(closed)
    await route(routing, database, late)
    assert len(await cases(database)) == 2


@on_sqlite
async def test_a_withheld_number_has_no_conversation(routing: Routing, database: Database) -> None:
    await route(routing, database, sms("Un", ""), sms("Deux", ""))
    assert len(await cases(database)) == 2
