"""Following: every process hears what any of them has written."""

import asyncio
from uuid import UUID

from ingest.kafka import KafkaEngine
from tests.ingest.kafka.stand import STREAM, Stand
from tests.ingest.witness import LONGEST
from tests.postgresql import on_postgresql

pytestmark = on_postgresql


async def test_all_who_follow_hear_what_another_process_writes(stand: Stand) -> None:
    ears = [Ear(), Ear()]
    async with (
        stand.running(work=False) as one,
        stand.running(work=False) as other,
        asyncio.timeout(LONGEST),
        asyncio.TaskGroup() as tasks,
    ):
        followers = [
            tasks.create_task(ear.follow(engine))
            for ear, engine in zip(ears, (one, other), strict=True)
        ]
        while not all(ear.heard for ear in ears):  # it takes a moment to begin
            await stand.write(1)
            await asyncio.sleep(0.1)
        await stand.send(b"junk", None, key=b"key")  # nobody minds
        (last,) = await stand.write(1)
        for ear in ears:
            await ear.hears(last.id)
        for follower in followers:
            follower.cancel()
    for ear in ears:
        assert len(ear.heard) == len({*ear.heard})


class Ear:
    def __init__(self) -> None:
        self.heard: list[UUID] = []

    async def follow(self, engine: KafkaEngine) -> None:
        async for events in engine.tail(STREAM):
            self.heard.extend(event.id for event in events)

    async def hears(self, event_id: UUID) -> None:
        while True:
            if event_id in self.heard:
                return
            await asyncio.sleep(0.02)
