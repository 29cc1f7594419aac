"""``python -m notify.senders.postman``: the process beside that sends what goes to many.

It is given its sender first, then deliveries, on the socket that is its standard input, and tells
there that it is ready, and what came of each. Whoever started it closes that socket, or dies: then
it ends at once, for nothing more may go out that nobody writes down.
"""

import asyncio
import os
import signal
import socket

import structlog
import uvloop

from core.garbage import spare_the_collector
from notify.senders.contract import Content, Delivery, Refused, Retry, Sender
from notify.senders.link import Link

log = structlog.get_logger()


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):  # they are for the process that started us
        loop.add_signal_handler(name, lambda: None)
    link = Link(*await asyncio.open_connection(sock=socket.socket(fileno=0)))
    ((prepare, make),) = await link.take()
    prepare()
    sender: Sender = make()
    spare_the_collector()
    link.put("ready")
    sending: set[asyncio.Task[None]] = set()
    while True:
        try:
            given = await link.take()
        except (EOFError, OSError):
            if sending:
                os._exit(1)
            await sender.close()
            return
        for number, delivery, content in given:
            task = asyncio.create_task(_send(link, sender, number, delivery, content))
            sending.add(task)
            task.add_done_callback(sending.discard)


async def _send(
    link: Link, sender: Sender, number: int, delivery: Delivery, content: Content
) -> None:
    try:
        link.put((number, await sender.send(delivery, content)))
    except (Refused, Retry) as problem:
        link.put((number, problem))
    except Exception as problem:  # the outer wall of the senders
        log.exception("sender.failed", delivery=str(delivery.id))
        link.put((number, Retry(repr(problem))))


if __name__ == "__main__":
    uvloop.run(_serve())
