"""What accepts the mails: the real one, over a real store; and the loops that it runs in."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

from core.blobs import Blobs
from core.database import Database
from ingest import Acceptance
from tests.builders import SettableClock

Loops = Mapping[str, Callable[[], asyncio.AbstractEventLoop]]


def pytest_asyncio_loop_factories(item: pytest.Item) -> Loops:
    """The server is tested in the town's own loop too, whose transports are of other classes."""
    stdlib: Loops = {"asyncio": asyncio.new_event_loop}
    is_served = item.path.stem.startswith(("test_server", "test_lmtp"))
    return {**stdlib, "uvloop": uvloop.new_event_loop} if is_served else stdlib


@pytest.fixture
def acceptance(database: Database, blobs: Blobs, clock: SettableClock) -> Acceptance:
    return Acceptance(database, blobs, clock)
