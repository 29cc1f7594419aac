"""Waiting until a town has nothing left to do, by looking into its store."""

import time
from collections.abc import Callable

from tests.e2e.ground import Ground

_STAGES = """
    WITH stage(consumer, stream) AS (
        VALUES ('normalize', 'intake.received'), ('route', 'message.normalized'),
               ('authenticate', 'case.changed'), ('notify', 'case.changed'),
               ('deliver', 'notification.requested'), ('read', 'document.unread'),
               ('fetch', 'media.awaited'), ('calls', 'case.changed'),
               ('announce', 'entry.published'), ('address', 'audience.selected'),
               ('alert', 'audience.alerted'))
"""
_GIVEN_UP = "SELECT 1 FROM quarantine WHERE event_id = stream.id AND resolved_at IS NULL"
_UNDONE = (
    # not handled yet
    f"""{_STAGES} SELECT count(*) FROM stage JOIN stream ON stream.stream = stage.stream
        WHERE NOT EXISTS (SELECT 1 FROM processed
                          WHERE consumer = stage.consumer AND event_id = stream.id)
        AND NOT EXISTS ({_GIVEN_UP} AND consumer = stage.consumer)""",
    # handled, but to be read again: by its cursor on the embedded engine, on the other from Kafka
    f"""{_STAGES} SELECT count(*) FROM stage
        JOIN cursors ON cursors.consumer = stage.consumer
        JOIN stream ON stream.stream = stage.stream AND stream.seq > cursors.seq""",
    f"""SELECT count(*) FROM outbox JOIN stream ON stream.seq = outbox.seq
        WHERE NOT EXISTS ({_GIVEN_UP})""",
    # a letter waits for an agent
    """SELECT count(*) FROM deliveries
        WHERE status IN ('queued', 'in_flight') AND medium <> 'letter'""",
)
_DETAILS = (
    f"""{_STAGES} SELECT stage.consumer, count(*), min(stream.seq), max(stream.seq) FROM stage
        JOIN stream ON stream.stream = stage.stream
        LEFT JOIN processed ON processed.consumer = stage.consumer AND event_id = stream.id
        WHERE processed.event_id IS NULL GROUP BY stage.consumer""",
    "SELECT consumer, error, count(*), max(attempts) FROM retries GROUP BY consumer, error",
    "SELECT count(*), count(published_at) FROM outbox",
)


def settle(town: Ground, *, within: float = 30.0) -> None:
    """Until every consumer has read everything and all mail is out."""

    wait_until(
        lambda: not any(town.scalar(query) for query in _UNDONE),
        within=within,
        otherwise=lambda: f"undone: {[town.query(query) for query in (*_UNDONE, *_DETAILS)]}",
    )


def wait_until(
    condition: Callable[[], bool], *, within: float, otherwise: Callable[[], str] = str
) -> None:
    """Fails the test with what ``otherwise`` says when it does not come true in time."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.05)
