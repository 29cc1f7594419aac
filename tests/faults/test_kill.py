"""SIGKILL at random under load: nothing that was accepted is lost, nothing is doubled."""

import asyncio
from pathlib import Path
from random import Random

from tests.e2e.engines import NewTown
from tests.e2e.mailserver import MailServer
from tests.e2e.settling import settle
from tests.e2e.town import Town
from tests.faults.accounts import check_accounts
from tests.faults.senders import Outcome, Senders

MAILS = {"embedded": 2_000, "distributed": 600}
CONNECTIONS = 20
KILLS = 10
SENDING_CONNECTIONS = 4  # of the town's dispatcher, by its settings
SETTLED = 180.0  # seconds for every receipt to arrive after the last kill


async def test_no_mail_is_lost_or_doubled_when_the_process_is_killed(
    engine: str, new_town: NewTown, tmp_path: Path
) -> None:
    with MailServer() as outside:
        town = new_town(
            tmp_path / "var",
            smarthost=outside.url,
            smtp_sending_connections=str(SENDING_CONNECTIONS),
        )
        town.start()
        try:
            outcome = await _send_while_killing(town, outside, MAILS[engine])
            await asyncio.to_thread(settle, town, within=SETTLED)
            check_accounts(
                town,
                outside,
                outcome,
                mails=MAILS[engine],
                most_in_doubt=(KILLS + 1) * SENDING_CONNECTIONS,
                facts={"kills": KILLS + 1},
            )
        finally:
            town.stop()


async def _send_while_killing(town: Town, outside: MailServer, mails: int) -> Outcome:
    """Kill the process at random moments of the load, and a last time while receipts go out."""
    chance = Random(20260309)
    senders = Senders([town.smtp_port], mails, CONNECTIONS)
    sending = asyncio.create_task(senders.send_all())
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.05, 0.6))
        await asyncio.to_thread(town.kill)
        await asyncio.to_thread(town.start)
    outcome = await sending
    already = len(outside.received)
    await outcome.until(lambda: len(outside.received) > already + mails // 10)
    await asyncio.to_thread(town.kill)
    await asyncio.to_thread(town.start)
    return outcome
