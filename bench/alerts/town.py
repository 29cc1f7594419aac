"""The town that is measured, on either engine: all in one process, or several on Kafka and
PostgreSQL. Each start is one of the program itself, so that its memory is its own."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.alerts.sinks import Sinks
from bench.twilio_double import ACCOUNT, NUMBER, TOKEN
from tests.e2e.county import County
from tests.e2e.engines import on_services
from tests.e2e.ground import Ground
from tests.e2e.town import Town
from tests.kafka.broker import broker
from tests.postgresql import postgresql

CONNECTIONS = 48  # to the mail server
SMS_PER_SECOND = 300  # that the provider takes
OWN_SMS_PER_SECOND = 280  # that the town gives it
SENDING = "worker-send"


@dataclass(frozen=True, slots=True)
class Running:
    """A town at work."""

    ground: Ground
    url: str
    password: str
    kill: Callable[[], None]
    """SIGKILL of the process that sends; returns when it is gone."""
    start: Callable[[], object]
    """It again; returns when it is at work."""
    pids: Callable[[], Mapping[str, int]]
    """Of its processes, by name."""


@contextmanager
def embedded(folder: Path, sinks: Sinks) -> Iterator[Running]:
    """``guichet run`` on SQLite."""
    town = Town(folder / "var", **_settings(sinks))
    town.import_anew()
    try:
        town.start()
        yield Running(
            town,
            town.url,
            town.password,
            kill=town.kill,
            start=town.start,
            pids=lambda: {"run": town.pid},
        )
    finally:
        town.stop()


@contextmanager
def distributed(folder: Path, sinks: Sinks) -> Iterator[Running]:
    """``guichet serve``, a worker that tells many, and one that sends, as docs/operations.md has
    them; what reads mail that comes in is left out, as none does."""
    (folder / "kafka").mkdir()
    with postgresql() as server, broker(folder / "kafka") as kafka:
        county = County(folder / "var", **on_services(server, kafka), **_settings(sinks))
        processes = {
            "serve": county.serve("serve"),
            "worker-tell": county.worker("worker-tell", "announce", "address", "alert"),
            SENDING: county.worker(SENDING, "notify", "deliver"),
        }
        for process in processes.values():
            process.is_fork = False
        try:
            county.start("serve")  # alone at first: it makes the store
            county.start("worker-tell", SENDING)
            desk = county.desk("serve")
            yield Running(
                county,
                desk.url,
                desk.password,
                kill=partial(county.kill, SENDING),
                start=partial(county.start, SENDING),
                pids=lambda: {name: one.pid for name, one in processes.items() if one.is_running},
            )
        finally:
            for process in processes.values():
                process.stop()


ENGINES = {"embedded": embedded, "distributed": distributed}


def _settings(sinks: Sinks) -> dict[str, str]:
    return {
        "smarthost": f"smtp://127.0.0.1:{sinks.mail_port}",
        "smtp_sending_connections": str(CONNECTIONS),
        "twilio_account": ACCOUNT,
        "twilio_token": TOKEN,
        "twilio_number": NUMBER,
        "twilio_url": f"http://127.0.0.1:{sinks.sms_port}",
        "sending_per_second": json.dumps({"twilio": OWN_SMS_PER_SECOND}),
        "log_level": "warning",
    }
