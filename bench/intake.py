"""How fast mail is accepted, how fast it is readable, each beside something plain."""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from email import message_from_bytes, policy
from pathlib import Path
from statistics import median, quantiles

from bench import servers
from bench.load import send, smtp_source
from bench.mails import make_mails, subject_of

CONNECTIONS = 50
SIZE = 5_000  # bytes of smtp-source's mails
ROUNDS = 3  # the servers take turns, so that a slow moment of the machine hits all alike
PATIENCE = 300.0  # seconds for the last case to be readable

Results = dict[str, object]


def run(mails: int) -> Results:
    """All measurements, each server fresh; the data lies on the disk of the working folder."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder:
        root = Path(folder)
        return {
            "mails": mails,
            "connections": CONNECTIONS,
            "acceptance": _acceptance(root, mails),
            "to_a_readable_case": _whole_way(root / "way", mails),
        }


def _acceptance(root: Path, mails: int) -> Results:
    """Mails a second answered 250 by ``smtp-source``, the pipeline running behind ours."""
    rates: dict[str, list[float]] = {"guichet": [], "bare_aiosmtpd": [], "postfix": []}
    with (
        servers.guichet(root / "guichet") as ours,
        servers.bare_sink() as bare,
        servers.postfix(root / "postfix") as postfix,
    ):
        ports = {"guichet": ours, "bare_aiosmtpd": bare, "postfix": postfix}
        for port in ports.values():
            smtp_source(port, mails=200, connections=CONNECTIONS, size=SIZE)  # warm up
        for _ in range(ROUNDS):
            for name, port in ports.items():
                if name != "guichet":
                    _wait_until_idle(root / "guichet")
                rate = smtp_source(port, mails=mails, connections=CONNECTIONS, size=SIZE)
                rates[name].append(rate)
    speed = {name: median(found) for name, found in rates.items()}
    return {
        "mails_per_second": {name: round(found) for name, found in speed.items()},
        "ratio_to_bare_aiosmtpd": round(speed["guichet"] / speed["bare_aiosmtpd"], 2),
        "ratio_to_postfix": round(speed["guichet"] / speed["postfix"], 2),
    }


def _whole_way(data: Path, count: int) -> Results:
    mails = make_mails(count)
    loop = _parse_and_commit(mails, data.with_suffix(".loop.db"))
    with servers.guichet(data) as port:
        asyncio.run(send(port, make_mails(100, start=10_000_000), connections=CONNECTIONS))
        _watch(data, {subject_of(10_000_000 + n) for n in range(100)})
        started = time.time()
        asyncio.run(send(port, mails, connections=CONNECTIONS))
        seen = _watch(data, {subject_of(number) for number in range(count)})
        rate = count / (max(seen.values()) - started)
        _wait_until_idle(data)
        pace = rate / 2
        latencies = asyncio.run(_latencies(port, data, min(count, int(pace * 15)), pace))
    hundredths = quantiles(latencies, n=100)
    return {
        "mails_per_second": {"guichet": round(rate), "parse_and_commit_loop": round(loop)},
        "ratio_to_loop": round(rate / loop, 2),
        "seconds_from_250_to_readable": {
            "at_mails_per_second": round(pace),
            "p50": round(hundredths[49], 3),
            "p99": round(hundredths[98], 3),
        },
    }


def _parse_and_commit(mails: Sequence[bytes], path: Path) -> float:
    """The baseline: parse with the standard library, commit each to SQLite as durably as ours."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE mails (sender, subject, body, parts, raw)")
    started = time.perf_counter()
    for raw in mails:
        mail = message_from_bytes(raw, policy=policy.default)
        body = mail.get_body(("plain", "html"))
        parts = [part.get_payload(decode=True) for part in mail.iter_attachments()]
        database.execute(
            "INSERT INTO mails VALUES (?, ?, ?, ?, ?)",
            (
                str(mail["from"]),
                str(mail["subject"]),
                body.get_content() if body else "",
                b"".join(part for part in parts if isinstance(part, bytes)),
                raw,
            ),
        )
    return len(mails) / (time.perf_counter() - started)


async def _latencies(port: int, data: Path, count: int, pace: float) -> list[float]:
    first = 20_000_000
    subjects = [subject_of(first + number) for number in range(count)]
    watching = asyncio.create_task(asyncio.to_thread(_watch, data, set(subjects)))
    answered = await send(port, make_mails(count, start=first), connections=CONNECTIONS, pace=pace)
    seen = await watching
    return [seen[subject] - at for subject, at in zip(subjects, answered, strict=True)]


def _watch(data: Path, subjects: set[str]) -> dict[str, float]:
    """When (``time.time``) the case of each subject could be read, looking every few ms."""
    seen: dict[str, float] = {}

    def look(database: sqlite3.Connection, last: list[str]) -> bool:
        rows = database.execute(
            "SELECT id, subject FROM cases WHERE id > ? ORDER BY id", (last[0],)
        ).fetchall()
        now = time.time()
        for case_id, subject in rows:
            last[0] = case_id
            if subject in subjects:
                seen.setdefault(subject, now)
        return len(seen) == len(subjects)

    last = [""]
    _poll(data, lambda database: look(database, last), every=0.004)
    return seen


def _wait_until_idle(data: Path) -> None:
    """Until every consumer has read the ledger to its end and all mail is out."""
    lag = """
        SELECT (SELECT count(*) FROM stream WHERE stream = 'intake.received')
             - (SELECT count(*) FROM processed WHERE consumer = 'normalize')
             + (SELECT count(*) FROM stream WHERE stream = 'message.normalized')
             - (SELECT count(*) FROM processed WHERE consumer = 'route')
             + (SELECT count(*) FROM stream WHERE stream = 'case.changed')
             - (SELECT count(*) FROM processed WHERE consumer = 'notify')
             + (SELECT count(*) FROM stream WHERE stream = 'notification.requested')
             - (SELECT count(*) FROM processed WHERE consumer = 'deliver')
             + (SELECT count(*) FROM deliveries WHERE status IN ('queued', 'in_flight'))
    """
    _poll(data, lambda database: database.execute(lag).fetchone()[0] == 0, every=0.2)


def _poll(data: Path, done: Callable[[sqlite3.Connection], bool], *, every: float) -> None:
    database = sqlite3.connect(f"file:{data / 'guichet.db'}?mode=ro", uri=True)
    deadline = time.monotonic() + PATIENCE
    while not done(database):
        if time.monotonic() > deadline:
            raise TimeoutError("the pipeline did not come to its end")
        time.sleep(every)
    database.close()
