"""Waiting until a town has nothing left to do, by looking into its store."""

import sqlite3
import time
from contextlib import closing

from tests.e2e.town import Town

_STAGES = """
    WITH stage(consumer, stream) AS (
        VALUES ('normalize', 'intake.received'), ('route', 'message.normalized'),
               ('authenticate', 'case.changed'), ('notify', 'case.changed'),
               ('deliver', 'notification.requested'))
"""
_UNDONE = (
    # not handled yet
    f"""{_STAGES} SELECT count(*) FROM stage JOIN stream ON stream.stream = stage.stream
        WHERE NOT EXISTS (SELECT 1 FROM processed
                          WHERE consumer = stage.consumer AND event_id = stream.id)
        AND NOT EXISTS (SELECT 1 FROM quarantine
                        WHERE consumer = stage.consumer AND event_id = stream.id
                        AND resolved_at IS NULL)""",
    # handled, but to be read again
    f"""{_STAGES} SELECT count(*) FROM stage
        JOIN cursors ON cursors.consumer = stage.consumer
        JOIN stream ON stream.stream = stage.stream AND stream.seq > cursors.seq""",
    "SELECT count(*) FROM deliveries WHERE status IN ('queued', 'in_flight')",
)


def settle(town: Town, *, within: float = 30.0) -> None:
    """Until every consumer has read everything and all mail is out."""
    path = f"file:{town.data / 'guichet.db'}?mode=ro"
    deadline = time.monotonic() + within
    with closing(sqlite3.connect(path, uri=True)) as database:
        while any(database.execute(query).fetchone()[0] for query in _UNDONE):
            assert time.monotonic() < deadline, "the pipeline did not come to its end"
            time.sleep(0.05)
