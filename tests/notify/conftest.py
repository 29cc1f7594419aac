"""A mail server of our own to send to."""

import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.database import Database
from notify import Smarthost, Smtp
from tests.builders import SettableClock
from tests.notify.building import Desk, build_desk
from tests.notify.sink import Sink


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    sink = Sink()
    await sink.start()
    yield sink
    await sink.stop()


@pytest.fixture
async def smtp(sink: Sink) -> AsyncIterator[Smtp]:
    smtp = Smtp(Smarthost.parse(sink.url), hostname="guichet.demo.example", timeout=5)
    yield smtp
    await smtp.close()


@pytest.fixture
async def desk(database: Database, clock: SettableClock) -> Desk:
    return await build_desk(database, clock)


@pytest.fixture
def server_tls(tmp_path: Path) -> ssl.SSLContext:
    """What a mail server with a certificate of its own making offers."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    subprocess.run(
        [*command.split(), "-subj", "/CN=sink.example", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context
