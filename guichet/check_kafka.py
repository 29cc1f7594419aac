"""Does Kafka answer us, and has it the topics, or will it take them?"""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    IllegalSaslStateError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
    for_code,
)
from aiokafka.protocol.metadata import MetadataRequest

from core.settings import Settings
from guichet.engines import brokers_of
from guichet.findings import Level, Result, in_one_line
from ingest.kafka import Brokers
from ingest.kafka.brokers import AWAY, MECHANISM
from ingest.kafka.topics import COPIES, TOPIC_ALREADY_EXISTS
from ingest.pipeline import STREAMS

CONNECTING = 3.0  # seconds
ASKING = 4000  # milliseconds
NOT_ALLOWED = frozenset({29, 31})  # https://kafka.apache.org/protocol#protocol_error_codes
_REFUSED_LOGIN = (
    AuthenticationFailedError,
    IllegalSaslStateError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)


async def check_kafka(settings: Settings) -> list[Result]:
    brokers = brokers_of(settings)
    servers = brokers.servers.split(",")
    troubles = [*filter(None, await asyncio.gather(*(_trouble(brokers, one) for one in servers)))]
    if len(troubles) == len(servers):
        return [_bad(trouble) for trouble in troubles]
    results = [Result("kafka", Level.WARNING, trouble) for trouble in troubles]
    return results + await _cluster(settings, brokers)


async def _trouble(brokers: Brokers, server: str) -> str:
    """Why this one cannot be used, as far as a connection tells; empty when it can."""
    host, _, port = server.rpartition(":")
    host = host.strip("[]")
    options = brokers.client()
    del options["bootstrap_servers"]
    try:
        async with asyncio.timeout(CONNECTING):
            connection = await create_conn(
                host, int(port), request_timeout_ms=CONNECTING * 1000, **options
            )
            try:
                await connection.send(MetadataRequest([]))  # the first that asks who we are
            finally:
                connection.close()
    except _REFUSED_LOGIN as problem:
        told = f"{server} refuses the user: {in_one_line(problem)}"
        return f"{told}; it needs {MECHANISM}, and the user and password in GUICHET_STREAM"
    except ssl.SSLCertVerificationError as problem:
        told = f"{server}: its certificate is not trusted here ({problem.verify_message})"
        return f"{told}; add its authority to the system's, or name that in SSL_CERT_FILE"
    except (*AWAY, ValueError) as problem:
        return f"{server} {await _mismatch(brokers, host, int(port), problem)}"
    return ""


async def _mismatch(brokers: Brokers, host: str, port: int, problem: BaseException) -> str:
    """Kafka only hangs up on who speaks otherwise than it does: find out what it is."""
    if isinstance(problem, ConnectionRefusedError) or not await _connects(host, port):
        return f"is not reachable ({in_one_line(problem)}); start it, or set GUICHET_STREAM"
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    speaks_tls = await _connects(host, port, anybody)
    if speaks_tls and not brokers.tls:
        return "speaks TLS; write kafkas:// in GUICHET_STREAM"
    if brokers.tls and not speaks_tls:
        return "does not speak TLS; write kafka:// in GUICHET_STREAM, or name its port for TLS"
    if not brokers.username:
        return "hangs up; it may want user and password: kafkas://user:password@host:port"
    return f"does not answer as Kafka does ({in_one_line(problem)}); set GUICHET_STREAM"


async def _connects(host: str, port: int, context: ssl.SSLContext | None = None) -> bool:
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(CONNECTING / 2):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
        writer.transport.abort()
        return True
    return False


async def _cluster(settings: Settings, brokers: Brokers) -> list[Result]:
    admin = AIOKafkaAdminClient(request_timeout_ms=ASKING, **brokers.client())
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
        hidden = await _hidden(cluster["brokers"])
        if hidden:
            told = f"Kafka names its brokers {', '.join(hidden)}, which are not reachable from here"
            return [_bad(f"{told}; set advertised.listeners there")]
        topics = {topic["topic"]: topic for topic in await admin.describe_topics()}
        return [
            *_copies(settings, len(cluster["brokers"])),
            *await _topics(admin, settings, brokers, topics, len(cluster["brokers"])),
        ]
    except AWAY as problem:
        return [_bad(f"Kafka answers, but not this: {in_one_line(problem)}")]
    finally:
        with suppress(*AWAY):
            await admin.close()


async def _hidden(brokers: Sequence[Mapping[str, Any]]) -> list[str]:
    """Clients are sent on to the names that the brokers have for themselves."""
    reached = await asyncio.gather(*(_connects(one["host"], one["port"]) for one in brokers))
    return [
        f"{one['host']}:{one['port']}"
        for one, is_reached in zip(brokers, reached, strict=True)
        if not is_reached
    ]


def _copies(settings: Settings, brokers: int) -> list[Result]:
    if settings.kafka_replication <= brokers:
        return []
    told = f"GUICHET_KAFKA_REPLICATION is {settings.kafka_replication}, with {brokers} broker(s)"
    return [_bad(f"{told}; lower it, 0 for as many as there are, or add brokers")]


async def _topics(
    admin: AIOKafkaAdminClient,
    settings: Settings,
    brokers: Brokers,
    there: Mapping[str, Mapping[str, Any]],
    count: int,
) -> list[Result]:
    names = [brokers.topic(stream) for stream in STREAMS]
    results = []
    for name in names:
        partitions = len(there[name]["partitions"]) if name in there else settings.kafka_partitions
        if partitions < settings.kafka_partitions:
            told = f"the topic {name} has {partitions} partitions, fewer than"
            told += f" GUICHET_KAFKA_PARTITIONS={settings.kafka_partitions}"
            results.append(_bad(f"{told}; kafka-topics --alter adds some, or lower the setting"))
    missing = [name for name in names if name not in there]
    copies = min(settings.kafka_replication or COPIES, count)
    results += await _would_be_taken(admin, missing, settings.kafka_partitions, copies)
    if results:
        return results
    state = f"{len(missing)} are made at the first start" if missing else "all there"
    told = (
        f"{brokers.servers}, {count} broker(s), {len(names)} topics {brokers.topic('*')}: {state}"
    )
    return [Result("kafka", Level.OK, told)]


async def _would_be_taken(
    admin: AIOKafkaAdminClient, names: Sequence[str], partitions: int, copies: int
) -> list[Result]:
    """Have Kafka judge the topics that are missing, without making them."""
    if not names:
        return []
    new = [NewTopic(name, partitions, copies) for name in names]
    answer = await admin.create_topics(new, timeout_ms=ASKING, validate_only=True)
    results = []
    for name, code, *message in answer.topic_errors:
        if code in NOT_ALLOWED:
            told = f"the topic {name} is missing, and this user may not make it"
            results.append(_bad(f"{told}; let an administrator make it, or give the right"))
        elif code == TOPIC_ALREADY_EXISTS:
            told = f"the topic {name} is there, but this user is not shown it"
            results.append(_bad(f"{told}; give the rights Describe, Read and Write"))
        elif code:
            told = f"{for_code(code).__name__} {' '.join(filter(None, message))}".strip()
            results.append(_bad(f"the topic {name} cannot be made: {told}"))
    return results


def _bad(told: str) -> Result:
    return Result("kafka", Level.BAD, told)
