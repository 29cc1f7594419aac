"""Where Kafka is and how it is spoken to, from one URL.

``kafka://host:9092,host:9092``, or ``kafkas://user:password@host:9093`` with TLS and SASL.
"""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import faust
from aiokafka.errors import KafkaError

from core.errors import BadInput

MECHANISM = "SCRAM-SHA-512"
"""Of SASL (RFC 5802), when the URL names a user."""

AWAY = (KafkaError, OSError, TimeoutError)
"""What the client raises when Kafka is away or will not have us."""


@dataclass(frozen=True, slots=True)
class Brokers:
    """``prefix`` keeps the towns of one cluster apart: it begins every topic and group."""

    servers: str
    prefix: str
    tls: bool = False
    username: str = ""
    password: str = ""
    idempotent: bool = True
    """Whether they know producers that number their records."""

    @classmethod
    def parse(cls, url: str, prefix: str, *, idempotent: bool = True) -> "Brokers":
        """Raises BadInput when it is no such URL."""
        parts = urlsplit(url)
        account, _, servers = parts.netloc.rpartition("@")
        username, _, password = account.partition(":")
        if parts.scheme not in ("kafka", "kafkas") or not servers:
            raise BadInput("is neither kafka://host:port nor kafkas://user:password@host:port")
        tls = parts.scheme == "kafkas"
        return cls(servers, prefix, tls, unquote(username), unquote(password), idempotent)

    def topic(self, stream: str) -> str:
        return f"{self.prefix}.{stream}"

    def group(self, consumer: str) -> str:
        return f"{self.prefix}.{consumer}"

    async def answer(self) -> bool:
        """Whether one of them takes a connection within a second."""
        for server in self.servers.split(","):
            host, _, port = server.rpartition(":")
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(1.0):
                    _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
                    writer.close()
                    return True
        return False

    def client(self) -> dict[str, Any]:
        """Keyword arguments of every client of aiokafka."""
        options: dict[str, Any] = {"bootstrap_servers": self.servers}
        if self.username:
            options |= {
                "sasl_mechanism": MECHANISM,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        security = "SASL_" if self.username else ""
        options["security_protocol"] = security + ("SSL" if self.tls else "PLAINTEXT")
        if self.tls:
            options["ssl_context"] = ssl.create_default_context()
        return options

    def faust(self) -> dict[str, Any]:
        """Keyword arguments of a Faust app."""
        context = ssl.create_default_context() if self.tls else None
        options: dict[str, Any] = {
            "broker": [f"aiokafka://{server}" for server in self.servers.split(",")]
        }
        if self.username:
            options["broker_credentials"] = faust.SASLCredentials(
                username=self.username,
                password=self.password,
                mechanism=MECHANISM,
                ssl_context=context,
            )
        elif context:
            options["broker_credentials"] = faust.SSLCredentials(context)
        return options
