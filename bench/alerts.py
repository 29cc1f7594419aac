"""How many queued mails a second reach the mail server, beside a bare loop with ``aiosmtplib``.

Both send the same mails to Postfix's ``smtp-sink`` over as many connections, each in a process of
its own; the bare loop has them composed before its clock starts, and stores nothing. Then ours is
killed three times in between, and what the sink got is counted.
"""

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, insert, select

from bench.servers import smtp_sink
from core.clock import utc_now
from core.database import Database
from core.ids import derived_id, new_id
from guichet.migrate import migrate
from notify.models import DeliveryRow, DeliveryStatus, Medium, NotificationRow
from tests.postgresql import PostgreSQL, postgresql

CONNECTIONS = 48
WORDS = "La rue des Lilas est fermée à la circulation du 3 au 7 décembre pour des travaux.\n" * 6
KILLS = 3
ROUNDS = 3
CHUNK = 1_000  # rows entered at once

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
            process = _start(url, port, "guichet")
            while _count(dumps) < mails * kill // (KILLS + 1) and process.poll() is None:
                time.sleep(0.1)
            process.send_signal(signal.SIGKILL)
            process.wait()
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
        asyncio.run(_fill(url, mails))
        yield url
    finally:
        if name:
            server.drop(name)


async def _fill(url: str, mails: int) -> None:
    database = Database(url)
    try:
        await migrate(database)
        for start in range(0, mails, CHUNK):
            rows = [_rows(number) for number in range(start, min(start + CHUNK, mails))]
            async with database.begin() as session:
                await session.execute(insert(NotificationRow), [row for row, _ in rows])
                await session.execute(insert(DeliveryRow), [row for _, row in rows])
    finally:
        await database.close()


def _rows(number: int) -> tuple[dict[str, object], dict[str, object]]:
    notification_id = new_id()
    delivery_id = derived_id(notification_id, Medium.EMAIL)
    address, now = f"citizen{number}@citizens.example", utc_now()
    notification: dict[str, object] = {
        "id": notification_id,
        "case_id": None,
        "address": address,
        "cause_event_id": new_id(),
        "kind": "receipt",
        "language": "fr",
        "created_at": now,
    }
    delivery: dict[str, object] = {
        "id": delivery_id,
        "notification_id": notification_id,
        "medium": Medium.EMAIL,
        "recipient": address,
        "return_path": "mairie@demo.example",
        "status": DeliveryStatus.QUEUED,
        "due_at": now - timedelta(seconds=1),
        "message_id": f"<{delivery_id.hex}@guichet.demo.example>",
        "subject": "Travaux rue des Lilas",
        "text": WORDS,
        "html": f"<p>{WORDS}</p>",
        "headers": {"From": "Ville de Démo <mairie@demo.example>"},
        "created_at": now,
    }
    return notification, delivery


def _start(url: str, port: int, who: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "bench.alerting", who, url, str(port), str(CONNECTIONS)]
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
    for path in dump.parent.glob(f"{dump.name}*"):
        for name in re.findall(rb"^Message-ID: <([0-9a-f]{32})@", path.read_bytes(), re.M):
            yield UUID(hex=name.decode())
