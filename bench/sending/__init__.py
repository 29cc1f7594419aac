"""How many queued mails a second reach the mail server, beside a bare loop with ``aiosmtplib``.

The mails are those of a campaign, as its stages write them. Both send the same bytes to Postfix's
``smtp-sink`` over as many connections, by processes that are at work before the clock starts. The
bare loop has them composed by then, and stores nothing; ours reads, marks, composes, sends and
writes down in its time. Then ours is killed three times in between, and what the
sink got is counted. From publishing to the last digest: :mod:`bench.alerts`.
"""

import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select

from bench.sending.ready import make_ready
from bench.servers import smtp_sink
from core.database import Database
from notify.models import DeliveryRow, DeliveryStatus
from tests.postgresql import PostgreSQL, postgresql

CONNECTIONS = 96
KILLS = 3
ROUNDS = 3

Results = dict[str, object]


def run(mails: int) -> Results:
    results: Results = {"mails": mails, "connections": CONNECTIONS}
    with tempfile.TemporaryDirectory(prefix="guichet-bench-") as name, postgresql() as server:
        for engine in ("sqlite", "postgresql"):
            results[engine] = _engine(engine, Path(name), server, mails)
    return results


def _engine(engine: str, folder: Path, server: PostgreSQL, mails: int) -> Results:
    bare, ours, memory = [], [], []
    for number in range(ROUNDS):  # in turns, as the machine has its moods
        with _store(engine, folder / f"{engine}{number}.db", server, mails) as url:
            with smtp_sink() as port:
                bare.append(mails / _sent(url, port, "bare")["seconds"])
            with smtp_sink() as port:
                told = _sent(url, port, "guichet")
            ours.append(mails / told["seconds"])
            memory.append(told["megabytes"])
    best_bare, best_ours = max(bare), max(ours)
    return {
        "bare_per_second": round(best_bare),
        "guichet_per_second": round(best_ours),
        "ratio": round(best_ours / best_bare, 2),
        "megabytes": max(memory),
        "killed": _killed(engine, folder, server, mails),
    }


def _killed(engine: str, folder: Path, server: PostgreSQL, mails: int) -> Results:
    """Killed three times on the way: what came to the sink, by Message-ID."""
    dumps = folder / f"{engine}-sink"
    with (
        _store(engine, folder / f"{engine}-killed.db", server, mails) as url,
        smtp_sink(dump=dumps) as port,
    ):
        for kill in range(1, KILLS + 1):
            with _start(url, port, "guichet") as process:
                try:
                    while _count(dumps) < mails * kill // (KILLS + 1) and process.poll() is None:
                        time.sleep(0.1)
                finally:
                    process.kill()
        _sent(url, port, "guichet")
        left = asyncio.run(_waiting(url))
    seen = Counter(_message_ids(dumps))
    repeats = sum(seen.values()) - len(seen)
    bound = KILLS * CONNECTIONS
    if len(seen) != mails or repeats > bound or left:
        raise RuntimeError(f"{len(seen)} of {mails} came, {repeats} again, {left} wait")
    return {"missed": mails - len(seen), "repeated": repeats, "at_most": bound}


@contextlib.contextmanager
def _store(engine: str, path: Path, server: PostgreSQL, mails: int) -> Iterator[str]:
    name = "" if engine == "sqlite" else server.create()
    url = server.url(name) if name else f"sqlite+aiosqlite:///{path}"
    try:
        asyncio.run(make_ready(url, path.with_suffix(""), mails))
        yield url
    finally:
        if name:
            server.drop(name)


def _start(url: str, port: int, who: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "bench.sending.sender", who, url, str(port), str(CONNECTIONS)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))


def _sent(url: str, port: int, who: str) -> dict[str, float]:
    process = _start(url, port, who)
    said, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{who} ended with {process.returncode}")
    return dict(json.loads(said.splitlines()[-1]))  # what is in doubt was logged before


async def _waiting(url: str) -> int:
    database = Database(url)
    try:
        async with database.read() as session:
            query = select(func.count()).where(DeliveryRow.status != DeliveryStatus.SENT)
            return await session.scalar(query) or 0
    finally:
        await database.close()


def _count(dump: Path) -> int:
    return len(list(_message_ids(dump)))


def _message_ids(dump: Path) -> Iterator[UUID]:
    mails = dump.read_bytes() if dump.exists() else b""
    for name in re.findall(rb"^Message-ID: <([0-9a-f]{32})@", mails, re.M):
        yield UUID(hex=name.decode())
