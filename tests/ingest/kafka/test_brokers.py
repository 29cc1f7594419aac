"""The address of Kafka: what an operator may write, and what the clients make of it."""

import ssl

import pytest
from faust.types.auth import AuthProtocol

from core.errors import BadInput
from ingest.kafka import Brokers


def test_several_servers_are_named_with_a_comma() -> None:
    brokers = Brokers.parse("kafka://one:9092,two:9093", "town")
    assert brokers.client() == {
        "bootstrap_servers": "one:9092,two:9093",
        "security_protocol": "PLAINTEXT",
    }
    assert brokers.faust() == {"broker": ["aiokafka://one:9092", "aiokafka://two:9093"]}


@pytest.mark.parametrize(
    ("url", "protocol"),
    [
        ("kafka://host:9092", "PLAINTEXT"),
        ("kafkas://host:9093", "SSL"),
        ("kafka://user:word@host:9092", "SASL_PLAINTEXT"),
        ("kafkas://user:word@host:9093", "SASL_SSL"),
    ],
)
def test_tls_and_a_password_are_used_when_they_are_named(url: str, protocol: str) -> None:
    brokers = Brokers.parse(url, "town")
    client, credentials = brokers.client(), brokers.faust().get("broker_credentials")
    assert client["security_protocol"] == protocol
    assert protocol == (credentials.protocol if credentials else AuthProtocol.PLAINTEXT).value
    assert ("sasl_mechanism" in client) == protocol.startswith("SASL")


@pytest.mark.parametrize("url", ["kafkas://host:9093", "kafkas://user:word@host:9093"])
def test_with_tls_kafka_has_to_prove_who_it_is(url: str) -> None:
    brokers = Brokers.parse(url, "town")
    credentials = brokers.faust()["broker_credentials"]
    of_faust = credentials.context if "@" not in url else credentials.ssl_context
    for context in (brokers.client()["ssl_context"], of_faust):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname


def test_a_password_may_have_any_character() -> None:
    brokers = Brokers.parse("kafkas://t%C3%B6wn:p%40ss%3Aw%2Frd@host:9093", "town")
    client, credentials = brokers.client(), brokers.faust()["broker_credentials"]
    assert client["sasl_plain_username"] == credentials.username == "töwn"
    assert client["sasl_plain_password"] == credentials.password == "p@ss:w/rd"
    assert client["sasl_mechanism"] == credentials.mechanism.value == "SCRAM-SHA-512"


@pytest.mark.parametrize(
    "url", ["", "host:9092", "http://host:9092", "kafka://", "kafka:host:9092", "kafka://user:p@"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="kafka://host:port"):
        Brokers.parse(url, "town")


@pytest.mark.parametrize("idempotent", [True, False])
def test_brokers_that_do_not_number_records_are_asked_for_no_numbers(idempotent: bool) -> None:
    brokers = Brokers.parse("kafka://host:9092", "town", idempotent=idempotent)
    assert brokers.idempotent == idempotent


def test_towns_on_one_cluster_share_no_topic_and_no_group() -> None:
    one, other = (Brokers.parse("kafka://host:9092", prefix) for prefix in ("one", "other"))
    assert one.topic("case.changed") == "one.case.changed"
    assert one.group("route") == "one.route"
    assert one.topic("case.changed") != other.topic("case.changed")
