"""A town that can be called."""

import pytest

from core.blobs import Blobs
from core.database import Database
from core.settings import Settings
from tests.builders import SettableClock
from tests.channels.telephony.building import ORIGIN, Exchange


@pytest.fixture
def exchange(
    database: Database, blobs: Blobs, clock: SettableClock, settings: Settings
) -> Exchange:
    return Exchange(database, blobs, clock, settings.model_copy(update={"public_url": ORIGIN}))
