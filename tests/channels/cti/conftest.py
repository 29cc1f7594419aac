"""A town with a desk, and an exchange that it believes."""

import pytest

from tests.agent_api.building import House
from tests.agent_api.conftest import camille, house, new_town
from tests.channels.cti.exchange import connect

__all__ = ["camille", "house", "new_town"]  # fixtures


@pytest.fixture
async def connected(house: House) -> House:
    """Queues with their numbers, agents with their extensions."""
    await connect(house)
    return house
