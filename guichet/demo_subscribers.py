"""People of the demo town who have subscribed to its topics."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.database import Database
from feeds import TopicRow
from feeds.subscriptions import Cadence, Medium, Said, Wish, enter_subscriber, subscribe

PEOPLE = (
    "amina.diallo", "bruno.lefevre", "chloe.garnier", "david.nguyen", "elise.perrin",
    "farid.haddad", "gaelle.morin", "hugo.blanchard", "ines.rousseau", "jules.fontaine",
)  # fmt: skip
NUMBERS = ("+33639981101", "+33639981102", "+33639981103")
READS = (("alertes", "travaux"), ("culture",), ("alertes", "dechets", "ecoles"))
"""Who reads what, in turn."""
EARLIER = timedelta(days=7)
"""Before the first of the demo entries, so that these are told to them."""


async def create_subscribers(database: Database, clock: Clock, zone: ZoneInfo) -> None:
    """Enter them, in one transaction. Nobody has these addresses."""

    def since() -> datetime:
        return clock() - EARLIER

    async with database.begin() as session:
        topics = dict((await session.execute(select(TopicRow.slug, TopicRow.id))).all())
        for number, name in enumerate(PEOPLE):
            cadence = (Cadence.IMMEDIATE, Cadence.IMMEDIATE, Cadence.DAILY, Cadence.WEEKLY)[
                number % 4
            ]
            wishes = [
                Wish(topics[slug], Medium.EMAIL, cadence) for slug in READS[number % len(READS)]
            ]
            language = "en" if number % 5 == 4 else "fr"
            await _enter(session, since, zone, f"{name}@citizens.example", wishes, language)
        for phone in NUMBERS:
            wishes = [Wish(topics["alertes"], Medium.SMS)]
            await _enter(session, since, zone, phone, wishes, "fr")


async def _enter(
    session: AsyncSession,
    clock: Clock,
    zone: ZoneInfo,
    address: str,
    wishes: list[Wish],
    language: str,
) -> None:
    row = await enter_subscriber(session, clock, address, language)
    await subscribe(session, clock, zone, row, wishes, Said("link" if "@" in address else "code"))
