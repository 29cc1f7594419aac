"""News for every test that wants some."""

import pytest

from core.blobs import Blobs
from core.database import Database
from tests.builders import SettableClock
from tests.feeds.news import News


@pytest.fixture
def news(database: Database, blobs: Blobs, clock: SettableClock) -> News:
    return News(database, blobs, clock)
