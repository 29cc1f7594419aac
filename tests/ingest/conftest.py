"""A prefix of its own for each test, on the broker of all."""

from itertools import count

import pytest

from ingest.kafka import Brokers
from tests.kafka.broker import Broker

_numbers = count(1)


@pytest.fixture
def brokers(kafka: Broker) -> Brokers:
    return Brokers.parse(kafka.url, f"town-{next(_numbers)}", idempotent=kafka.is_idempotent)
