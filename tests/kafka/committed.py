"""How far a group has come, as the broker tells it."""

import asyncio
from collections.abc import Mapping

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

PAUSE = 0.1  # seconds


async def committed(admin: AIOKafkaAdminClient, group: str) -> Mapping[TopicPartition, int]:
    """Offsets, where it has committed any.

    The first group ever makes the broker create the topic that keeps offsets, and no coordinator
    is there meanwhile: asked again until one is.
    """
    while True:
        try:
            offsets = await admin.list_consumer_group_offsets(group)
        except KafkaError as problem:
            if not problem.retriable:
                raise
            await asyncio.sleep(PAUSE)
        else:
            return {place: what.offset for place, what in offsets.items() if what.offset >= 0}
