"""A portal for every test that wants one."""

import pytest

from core.blobs import Blobs
from core.database import Database
from core.settings import Settings
from tests.builders import SettableClock
from tests.channels.web.building import Portal


@pytest.fixture
def portal(settings: Settings, database: Database, blobs: Blobs, clock: SettableClock) -> Portal:
    return Portal(settings, database, blobs, clock)
