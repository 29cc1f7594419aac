from uuid import UUID

from citizens import Name
from citizens.accounts import create_account
from citizens.models import AccountRow
from citizens.phones import set_phone
from core.database import Database
from feeds.subscriptions import (
    ConsentRow,
    Medium,
    follow_account,
    history_of,
    subscriber_at,
    subscriber_known_by,
    subscriptions_of,
)
from tests.builders import SettableClock
from tests.feeds.building import Press

NUMBER = "+33612345678"


async def account(press: Press, email: str) -> UUID:
    async with press.database.begin() as session:
        return await create_account(
            session, press.clock, email=email, name=Name("A", "B"), password="trois", language="fr"
        )


def endings(rows: list[ConsentRow]) -> list[tuple[str, str, str]]:
    return [(row.act, row.how, row.address) for row in rows if row.act == "ended"]


async def test_of_a_subscriber_with_another_account_the_number_alone_comes_over(
    database: Database, clock: SettableClock
) -> None:
    press = Press(database, clock)
    roads = await press.topic("voirie")
    anne, paul = "anne@citizens.example", "paul@citizens.example"
    former, later = await account(press, anne), await account(press, paul)
    for address in (anne, NUMBER):
        await press.subscriber(address, roads)
    async with press.database.begin() as session:
        await set_phone(session, press.clock, former, NUMBER)
        await follow_account(session, press.clock, former, email=anne, phone=NUMBER)
    async with database.read() as session:
        assert await subscriber_known_by(session, later, paul, NUMBER) is None
    async with press.database.begin() as session:
        await set_phone(session, press.clock, later, NUMBER)
        await follow_account(session, press.clock, later, email=paul, phone=NUMBER)
    async with press.database.read() as session:
        assert (await session.get_one(AccountRow, former)).phone == ""
        kept = await subscriber_at(session, anne)
        assert kept is not None
        assert (kept.account_id, kept.phone) == (former, None)
        assert [row.medium for row in await subscriptions_of(session, kept.id)] == [Medium.EMAIL]
        assert endings(await history_of(session, kept.id)) == [("ended", "moved", NUMBER)]
        assert await subscriber_known_by(session, later, paul, NUMBER) is None
