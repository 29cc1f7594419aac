"""What a test cannot do without, and what happens where that is not."""

import os

import pytest

from tests.kafka.broker import is_apache_kafka_here

needs_apache_kafka = pytest.mark.skipif(
    not is_apache_kafka_here() and not os.environ.get("CI"),
    reason="LEFT OUT: NO APACHE KAFKA HERE, and Tansu forgets what it had (make setup-dev)",
)
"""On CI it must be there, so the test runs and fails."""
