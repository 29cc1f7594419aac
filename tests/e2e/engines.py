"""Both engines that a town may run on: a test that asks for ``new_town`` runs on each of them."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Protocol

import pytest

from tests.e2e.town import Town
from tests.kafka.broker import Broker
from tests.postgresql import PostgreSQL

on_embedded = pytest.mark.parametrize("engine", ["embedded"], indirect=True)
"""For a test of what the embedded engine alone does, or where the engine makes no difference."""

_numbers = count(1)


class NewTown(Protocol):
    """Makes towns, each with a store of its own; none is started yet."""

    def __call__(self, data: Path, **settings: str) -> Town: ...


def on_services(server: PostgreSQL, kafka: Broker) -> dict[str, str]:
    """Settings of a new town on these: an empty database and topics of its own."""
    name = server.create()
    return {
        "stream": kafka.url,
        "database": server.url(name),
        "kafka_prefix": f"e2e-{next(_numbers)}-{name}",
        "kafka_idempotent": str(kafka.is_idempotent),
    }


@pytest.fixture(scope="module", params=["embedded", "distributed"])
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def new_town(engine: str, request: pytest.FixtureRequest) -> Iterator[NewTown]:
    if engine == "embedded":
        yield Town
        return
    server, _ = request.getfixturevalue("server")
    kafka = request.getfixturevalue("kafka")
    towns = []

    def make(data: Path, **settings: str) -> Town:
        towns.append(Town(data, **on_services(server, kafka), **settings))
        return towns[-1]

    yield make
    for town in towns:
        town.kill()
        server.drop(town.database_url.rpartition("/")[2])
