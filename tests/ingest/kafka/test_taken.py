"""Records between Faust and the lane: no more than there is room for, in their order."""

import asyncio
from typing import Any

from ingest.kafka.taken import Taken
from tests.ingest.witness import LONGEST


async def test_a_batch_has_as_many_as_asked_for_and_the_rest_comes_after() -> None:
    taken, records = Taken(most=100), _records(5)
    await taken.put(records[:2])
    await taken.put(records[2:])
    assert await taken.batch(3) == records[:3]
    assert await taken.batch(3) == records[3:]


async def test_who_brings_more_than_there_is_room_for_waits() -> None:
    taken, records = Taken(most=2), _records(4)
    await taken.put(records[:2])
    bringing = asyncio.create_task(taken.put(records[2:]))
    await asyncio.sleep(0)
    assert not bringing.done()
    assert await taken.batch(2) == records[:2]
    async with asyncio.timeout(LONGEST):
        await bringing
    assert await taken.batch(2) == records[2:]


async def test_what_is_forgotten_is_in_no_batch() -> None:
    taken, records = Taken(most=2), _records(3)
    await taken.put(records[:2])
    taken.forget()
    await taken.put(records[2:])
    assert await taken.batch(1) == records[2:]


def _records(count: int) -> list[Any]:
    return [object() for _ in range(count)]
