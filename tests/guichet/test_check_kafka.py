"""``guichet check`` on a real Kafka: each way in which it will not have us."""

import asyncio
import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import count
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from core.settings import Settings
from guichet.check_kafka import check_kafka
from guichet.findings import Level
from ingest.pipeline import STREAMS
from tests.kafka.broker import CLUSTER, Broker, Kafka, _java
from tests.kafka.needs import LEFT_OUT, may_be_left_out, needs_apache_kafka
from tests.ports import free_ports

_numbers = count(1)


def settings(url: str, **more: object) -> Settings:
    given = {"kafka_prefix": f"check-{next(_numbers)}", "database": "postgresql://nowhere/x"}
    return Settings.model_validate(given | {"stream": url} | more)


async def said(url: str, **more: object) -> str:
    """What is wrong; fails when nothing is, or more than one thing."""
    (result,) = await check_kafka(settings(url, **more))
    assert not result.ok, result
    return result.says


@needs_apache_kafka
async def test_topics_that_are_still_to_be_made_are_not_made(kafka: Broker) -> None:
    mine = settings(kafka.url)
    for _ in range(2):
        (result,) = await check_kafka(mine)
        assert result.level is Level.OK, result
        assert f"{len(STREAMS)} are made at the first start" in result.says


@needs_apache_kafka
async def test_fewer_partitions_than_set_are_said(kafka: Broker) -> None:
    mine = settings(kafka.url, kafka_partitions=4)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    topics = [f"{mine.kafka_prefix}.{stream}" for stream in STREAMS]
    await admin.create_topics([NewTopic(topic, 4, 1) for topic in topics[:-1]])
    await admin.create_topics([NewTopic(topics[-1], 2, 1)])
    # They are there a moment after the answer.
    while not {*topics} <= {*await admin.list_topics()}:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.05)
    await admin.close()
    (result,) = await check_kafka(mine)
    assert not result.ok
    assert f"{topics[-1]} has 2 partitions" in result.says
    (result,) = await check_kafka(mine.model_copy(update={"kafka_partitions": 2}))
    assert result.level is Level.OK
    assert "all there" in result.says


@needs_apache_kafka
async def test_more_copies_than_brokers_are_said(kafka: Broker) -> None:
    result, *_ = await check_kafka(settings(kafka.url, kafka_replication=3))
    assert not result.ok
    assert "GUICHET_KAFKA_REPLICATION is 3, with 1 broker" in result.says


async def test_nobody_there() -> None:
    (port,) = free_ports(1)
    assert "start it, or set GUICHET_STREAM" in await said(f"kafka://127.0.0.1:{port}")


async def test_one_of_two_is_away(kafka: Broker) -> None:
    (port,) = free_ports(1)
    first, *_ = await check_kafka(settings(f"{kafka.url},127.0.0.1:{port}"))
    assert first.level is Level.WARNING
    assert f"127.0.0.1:{port} is not reachable" in first.says


async def test_tls_where_there_is_none(kafka: Broker) -> None:
    told = await said(kafka.url.replace("kafka://", "kafkas://"))
    assert "does not speak TLS; write kafka://" in told


async def test_somebody_who_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        told = await said(f"kafka://127.0.0.1:{silent.getsockname()[1]}")
    assert "GUICHET_STREAM" in told or "hangs up" in told


class Guarded(Kafka):
    """It has a port for users with a password and one for TLS, and lets users make no topics."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.sasl_port, self.tls_port = free_ports(2)
        self.ca = folder / "ca.pem"
        chain, key = certificate()
        self.ca.write_bytes(chain)
        chain_text, key_text = (one.decode().strip().replace("\n", "\\n") for one in (chain, key))
        path = folder / "kafka-0.properties"
        lines = path.read_text().splitlines()
        told = dict(line.split("=", 1) for line in lines if "=" in line)
        told["listeners"] += f",SASL://127.0.0.1:{self.sasl_port},TLS://127.0.0.1:{self.tls_port}"
        told["listener.security.protocol.map"] += ",SASL:SASL_PLAINTEXT,TLS:SSL"
        told |= {
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.name.sasl.sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.sasl.scram-sha-512.sasl.jaas.config": (
                "org.apache.kafka.common.security.scram.ScramLoginModule required;"
            ),
            "listener.name.tls.ssl.keystore.type": "PEM",
            "listener.name.tls.ssl.keystore.certificate.chain": chain_text,
            "listener.name.tls.ssl.keystore.key": key_text,
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        }
        path.write_text("".join(f"{name}={value}\n" for name, value in told.items()))
        # Anew: a user is entered before the first start, or by one who is there already.
        shutil.rmtree(folder / "kafka-0")
        tool = [*_java(), "kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER]
        tool += ["--config", str(path), "--add-scram", "SCRAM-SHA-512=[name=town,password=right]"]
        subprocess.run(tool, check=True, stdout=subprocess.DEVNULL)


def certificate() -> tuple[bytes, bytes]:
    """One for 127.0.0.1 that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kafka")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, SHA256())
    )
    return (
        signed.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    if may_be_left_out():  # only Apache Kafka has users
        pytest.skip(LEFT_OUT)
    with Guarded(tmp_path_factory.mktemp("guarded")) as guarded:
        yield guarded


async def test_a_wrong_password_is_said_and_not_repeated(guarded: Guarded) -> None:
    # Only with TLS does a URL of ours carry a user: here it is the broker that has none.
    told = await said(f"kafka://town:wrong-one@127.0.0.1:{guarded.sasl_port}")
    assert "refuses the user" in told
    assert "wrong-one" not in told


async def test_no_password_where_one_is_wanted(guarded: Guarded) -> None:
    assert "user and password" in await said(f"kafka://127.0.0.1:{guarded.sasl_port}")


async def test_a_password_where_none_is_wanted(guarded: Guarded) -> None:
    assert "refuses the user" in await said(f"kafka://town:right@{guarded.bootstrap}")


async def test_a_user_who_may_not_make_topics(guarded: Guarded) -> None:
    results = await check_kafka(settings(f"kafka://town:right@127.0.0.1:{guarded.sasl_port}"))
    assert len(results) == len(STREAMS)
    assert all("may not make it" in result.says for result in results), results


async def test_no_tls_where_there_is(guarded: Guarded) -> None:
    assert "write kafkas://" in await said(f"kafka://127.0.0.1:{guarded.tls_port}")


async def test_a_certificate_that_nobody_here_knows(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"kafkas://127.0.0.1:{guarded.tls_port}"
    assert "SSL_CERT_FILE" in await said(url)
    monkeypatch.setenv("SSL_CERT_FILE", str(guarded.ca))
    results = await check_kafka(settings(url))
    assert all("certificate" not in result.says for result in results), results
