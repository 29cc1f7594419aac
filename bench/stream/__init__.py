"""How many events a second go through all stages, beside loops that only write the same rows.

The stages are those of the pipeline; their handlers write one row an event and nothing else, so
that what is measured is the engine. There are two kinds of baseline. Both take the same events,
write the same rows in transactions of the same size and hand the same events on:

* *bare*: by the drivers alone (``sqlite3``; ``psycopg`` and ``aiokafka``), which shows what
  everything costs that is not the database and the broker;
* *sqlalchemy*: by the libraries that the engine stands on (SQLAlchemy over the same drivers), which
  shows what our own code costs.

A baseline is durable and idempotent as we are. It keeps no order but Kafka's, puts nothing aside,
and publishes from memory what it has just written, where our relay reads the ledger for all
processes. On PostgreSQL the town has a history, so that plans are made for tables with something in
them.
"""

import tempfile
from pathlib import Path

from bench.stream.distributed import distributed
from bench.stream.embedded import embedded
from bench.stream.work import Results, events_an_arrival
from ingest.consumer import BATCH


def run(count: int) -> Results:
    """``count`` arrivals on each engine."""
    handled = count * events_an_arrival()
    results: Results = {"arrivals": count, "events_handled": handled, "batch": BATCH}
    with tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder:
        results["embedded"] = embedded(Path(folder), count, handled)
        results["distributed"] = distributed(Path(folder), count, handled)
    return results
