"""The same towns as of the end-to-end tests, on both engines; and one of several processes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.e2e.county import County
from tests.e2e.engines import engine, new_town, on_services
from tests.e2e.mailserver import MailServer
from tests.kafka.broker import Broker
from tests.postgresql import PostgreSQL

__all__ = ["engine", "new_town"]  # fixtures


class NewCounty(Protocol):
    """A town whose processes are still to be named, on services that are not those of all tests."""

    def __call__(
        self, *, server: PostgreSQL | None = None, kafka: Broker | None = None, **settings: str
    ) -> County: ...


@pytest.fixture
def outside() -> Iterator[MailServer]:
    """Where the town's mail goes."""
    with MailServer() as server:
        yield server


@pytest.fixture
def new_county(
    request: pytest.FixtureRequest, outside: MailServer, tmp_path: Path
) -> Iterator[NewCounty]:
    counties = []

    def make(
        *, server: PostgreSQL | None = None, kafka: Broker | None = None, **settings: str
    ) -> County:
        services = on_services(
            server or request.getfixturevalue("server")[0],
            kafka or request.getfixturevalue("kafka"),
        )
        counties.append(County(tmp_path / "var", **services, smarthost=outside.url, **settings))
        return counties[-1]

    yield make
    for county in counties:
        county.kill()
