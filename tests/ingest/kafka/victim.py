"""A process that is killed when its first effect is in the store, and before it says so to Kafka.

``python -m tests.ingest.kafka.victim DATABASE KAFKA PREFIX``
"""

import asyncio
import os
import sys
from signal import SIGKILL

from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database, announce
from ingest.events import Event
from ingest.kafka import Brokers, apps
from tests.ingest.kafka.stand import Scribe, Stand


class Victim(Scribe):
    async def handle(self, event: Event, session: AsyncSession, prepared: None) -> list[Event]:
        announce(session, [event])
        return await super().handle(event, session, prepared)


apps.GONE_AFTER = 5.0  # so that its heir need not wait for long


async def main(database_url: str, kafka_url: str, prefix: str) -> None:
    database = Database(database_url)
    database.after_commit(lambda _announced: os.kill(os.getpid(), SIGKILL))
    stand = Stand(database, Brokers.parse(kafka_url, prefix))
    await stand.engine(Victim().consumer).run()


asyncio.run(main(*sys.argv[1:]))
