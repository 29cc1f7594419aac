"""What accepts the mails: the real one, over a real store."""

import pytest

from core.blobs import Blobs
from core.database import Database
from ingest import Acceptance
from tests.builders import SettableClock


@pytest.fixture
def acceptance(database: Database, blobs: Blobs, clock: SettableClock) -> Acceptance:
    return Acceptance(database, blobs, clock)
