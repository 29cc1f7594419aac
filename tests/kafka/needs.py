"""What a test cannot do without, and what happens where that is not."""

import os

import pytest

from tests.kafka.broker import is_apache_kafka_here

LEFT_OUT = "LEFT OUT: NO APACHE KAFKA HERE, and Tansu has not what this asks for (make setup-dev)"


def may_be_left_out() -> bool:
    """Whether Apache Kafka is not here. On CI it must be, so that the test runs and fails."""
    return not is_apache_kafka_here() and not os.environ.get("CI")


needs_apache_kafka = pytest.mark.skipif(may_be_left_out(), reason=LEFT_OUT)
