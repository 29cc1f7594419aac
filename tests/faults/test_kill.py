"""SIGKILL at random under load: nothing that was accepted is lost, nothing is doubled."""

import asyncio
import json
import sqlite3
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from random import Random

from tests.e2e.mailserver import MailServer
from tests.e2e.town import Town
from tests.faults.senders import Outcome, send_all

MAILS = 2_000
CONNECTIONS = 20
KILLS = 10
SENDING_CONNECTIONS = 4  # of the town's dispatcher, by its settings
SETTLED = 180.0  # seconds for every receipt to arrive after the last kill


async def test_no_mail_is_lost_or_doubled_when_the_process_is_killed(tmp_path: Path) -> None:
    with MailServer() as outside:
        town = Town(
            tmp_path / "var",
            smarthost=outside.url,
            smtp_sending_connections=str(SENDING_CONNECTIONS),
        )
        town.start()
        try:
            outcome = await _send_while_killing(town)
            _wait_until_settled(town.data, outside, len(outcome.accepted))
            _check(town.data, outside, outcome)
        finally:
            town.stop()


async def _send_while_killing(town: Town) -> Outcome:
    """Kill the process at random moments of the load, and a last time behind it."""
    chance = Random(20260309)
    sending = asyncio.create_task(send_all(town.smtp_port, MAILS, connections=CONNECTIONS))
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.05, 0.6))
        await asyncio.to_thread(town.kill)
        await asyncio.to_thread(town.start)
    outcome = await sending
    await asyncio.to_thread(town.kill)
    await asyncio.to_thread(town.start)
    return outcome


def _check(data: Path, outside: MailServer, outcome: Outcome) -> None:
    kills = KILLS + 1
    with closing(sqlite3.connect(data / "guichet.db")) as database:
        subjects = Counter(subject for (subject,) in database.execute("SELECT subject FROM cases"))
        references = {row[0] for row in database.execute("SELECT reference FROM cases")}
        in_doubt = database.execute("SELECT coalesce(sum(in_doubt), 0) FROM deliveries").fetchone()
        quarantined = database.execute("SELECT count(*) FROM quarantine").fetchone()
    receipts = Counter(str(mail["message-id"]) for mail in outside.received)
    told = {mail["reply-to"].addresses[0].username.partition("+")[2] for mail in outside.received}
    doubled = sum(receipts.values()) - len(receipts)
    counts = {
        "mails": MAILS,
        "kills": kills,
        "accepted": len(outcome.accepted),
        "refused": len(outcome.refused),
        "connections that died unanswered": outcome.unanswered.total(),
        "cases": subjects.total(),
        "receipts": len(receipts),
        "receipts sent again under the same Message-ID": doubled,
        "deliveries in doubt": in_doubt[0],
        "in quarantine": quarantined[0],
    }
    sys.stdout.write(json.dumps(counts, indent=2) + "\n")
    assert outcome.accepted | outcome.refused == set(range(MAILS))
    assert subjects == Counter(f"Fault {number}" for number in outcome.accepted)
    assert {reference.lower() for reference in references} == {code.lower() for code in told}
    assert len(receipts) == len(references)
    assert doubled <= in_doubt[0] <= kills * SENDING_CONNECTIONS
    assert quarantined[0] == 0


def _wait_until_settled(data: Path, outside: MailServer, cases: int) -> None:
    unsent = "SELECT count(*) FROM deliveries WHERE status != 'sent'"
    deadline = time.monotonic() + SETTLED
    with closing(sqlite3.connect(f"file:{data / 'guichet.db'}?mode=ro", uri=True)) as database:
        while True:
            receipts = len({mail["message-id"] for mail in outside.received})
            if receipts >= cases and database.execute(unsent).fetchone()[0] == 0:
                return
            assert time.monotonic() < deadline, f"{receipts} receipts for {cases} cases"
            time.sleep(0.2)
