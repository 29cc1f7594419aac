"""``python -m bench.alerting guichet|bare STORE PORT CONNECTIONS``: send all that is queued.

Prints how many seconds that took, and the most memory that the process had.
"""

import asyncio
import json
import resource
import sys
import time
from contextlib import suppress

import aiosmtplib
import uvloop
from sqlalchemy import select, text

from core.clock import utc_now
from core.database import Database
from notify import Dispatcher, Smarthost, Smtp
from notify.mail import compose
from notify.models import DeliveryRow
from notify.store import content_of, delivery_of

HOSTNAME = "guichet.demo.example"
GONE_AFTER = 6.0  # seconds, so that what a kill left is soon taken back
LEFT = text(  # by the partial indexes, so that to look costs nothing
    "SELECT EXISTS (SELECT 1 FROM deliveries WHERE status = 'queued')"
    " OR EXISTS (SELECT 1 FROM deliveries WHERE status = 'in_flight')"
)
LOOK = 0.05  # seconds between looks whether all is sent


async def bare(database: Database, port: int, connections: int) -> float:
    async with database.read() as session:
        rows = await session.scalars(select(DeliveryRow))
        mails = [(one.recipient, compose(delivery_of(one), content_of(one))) for one in rows]

    async def work() -> None:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, local_hostname=HOSTNAME)
        async with client:
            while mails:
                recipient, mail = mails.pop()
                await client.sendmail("mairie@demo.example", recipient, mail)

    begun = time.monotonic()
    await asyncio.gather(*(work() for _ in range(connections)))
    return time.monotonic() - begun


async def guichet(database: Database, port: int, connections: int) -> float:
    smtp = Smtp(Smarthost.parse(f"smtp://127.0.0.1:{port}"), hostname=HOSTNAME)
    dispatcher = Dispatcher(
        database, [smtp], utc_now, connections=connections, gone_after=GONE_AFTER
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


async def main(who: str, url: str, port: int, connections: int) -> None:
    database = Database(url)
    before = time.process_time()
    work = guichet if who == "guichet" else bare
    try:
        seconds = await work(database, port, connections)
    finally:
        await database.close()
    used = resource.getrusage(resource.RUSAGE_SELF)
    told = {
        "seconds": seconds,
        "megabytes": used.ru_maxrss // 1024,
        "processor": time.process_time() - before,
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
