"""Send: ``python -m bench.sending.sender guichet|bare STORE PORT CONNECTIONS [MAILS]``.

``guichet`` sends what is queued, ``bare`` the same mails, or so many of them, whatever has become
of them. Prints how many seconds that took, and the most memory that one of the processes had.
"""

import asyncio
import json
import resource
import sys
import time
from contextlib import suppress
from functools import partial

import aiosmtplib
import uvloop
from sqlalchemy import select, text

from bench.sending.ready import HOSTNAME
from core.clock import utc_now
from core.database import Database
from core.garbage import spare_the_collector
from core.ids import new_id
from notify import Dispatcher, Smarthost, Smtp
from notify.campaigns import CampaignContentRow
from notify.mail import compose
from notify.models import DeliveryRow, Medium
from notify.senders.beside import Beside
from notify.senders.contract import Content, Delivery
from notify.store import content_of, delivery_of

GONE_AFTER = 6.0  # seconds, so that what a kill left is soon taken back
LEFT = text(  # by the partial indexes, so that to look costs nothing
    "SELECT EXISTS (SELECT 1 FROM deliveries WHERE status = 'queued')"
    " OR EXISTS (SELECT 1 FROM deliveries WHERE status = 'in_flight')"
)
LOOK = 0.05  # seconds between looks whether all is sent


async def bare(
    database: Database, port: int, connections: int, most: int | None
) -> tuple[int, float]:
    async with database.read() as session:
        query = (
            select(DeliveryRow, CampaignContentRow)
            .join(CampaignContentRow, CampaignContentRow.id == DeliveryRow.content_id)
            .where(DeliveryRow.medium == Medium.EMAIL)
            .limit(most)
        )
        mails = [
            (row.recipient, compose(delivery_of(row), content_of(row, words)))
            for row, words in await session.execute(query)
        ]

    async def work() -> None:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, local_hostname=HOSTNAME)
        async with client:
            while mails:
                recipient, mail = mails.pop()
                await client.sendmail("mairie@demo.example", recipient, mail)

    count, begun = len(mails), time.monotonic()
    await asyncio.gather(*(work() for _ in range(connections)))
    return count, time.monotonic() - begun


async def guichet(database: Database, port: int, connections: int) -> float:
    smtp = partial(Smtp, Smarthost.parse(f"smtp://127.0.0.1:{port}"), hostname=HOSTNAME)
    beside = Beside(smtp)
    await _warm_up(beside)
    dispatcher = Dispatcher(
        database, [beside], utc_now, connections=connections, gone_after=GONE_AFTER
    )
    begun = time.monotonic()
    task = asyncio.create_task(dispatcher.run())
    left = True
    while left:
        await asyncio.sleep(LOOK)
        async with database.read() as session:
            left = bool(await session.scalar(LEFT))
    seconds = time.monotonic() - begun
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return seconds


async def _warm_up(beside: Beside) -> None:
    """One more mail, and the process beside is there: the bare loop's process has begun, too."""
    first = Delivery(
        id=new_id(),
        medium=Medium.EMAIL,
        recipient="first@citizens.example",
        return_path="mairie@demo.example",
        message_id=f"<first@{HOSTNAME}>",
        created_at=utc_now(),
        attempts=1,
        in_doubt=0,
        is_bulk=True,
    )
    await beside.send(first, Content("First", "first", "", {"From": "mairie@demo.example"}))
    await beside.started()


async def main(who: str, url: str, port: int, connections: int, most: int | None = None) -> None:
    spare_the_collector()  # as a town's process does, and fair to both
    database = Database(url)
    before, told = time.process_time(), {}
    try:
        if who == "guichet":
            told["seconds"] = await guichet(database, port, connections)
        else:
            count, seconds = await bare(database, port, connections, most)
            told |= {"mails": count, "seconds": seconds}
    finally:
        await database.close()
    of_us, of_others = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    told |= {
        "megabytes": max(of_us.ru_maxrss, of_others.ru_maxrss) // 1024,
        "processor": time.process_time() - before,
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))
