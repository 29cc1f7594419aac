"""``guichet run``: portal, desk, mail server and every consumer in one process."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog
import uvicorn

from core.errors import Refused
from core.lock import sole_process
from core.rules import compile_rule
from core.settings import Settings
from guichet import demo
from guichet.banner import show_banner
from guichet.check import check_ports
from guichet.demo_messages import demo_arrivals
from guichet.migrate import migrate
from guichet.normalizers import warm_up
from guichet.town import Town, build_town
from guichet.web import build_app

DRAIN = 5  # seconds that open HTTP requests get when stopping

log = structlog.get_logger()


async def run(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM. Raises Refused when a port or the data folder is taken."""
    # Two dispatchers on one store would send each other's mails again.
    with sole_process(settings.data):
        await _run(settings)


async def _run(settings: Settings) -> None:
    for port in check_ports(settings):
        if not port.ok:
            raise Refused(f"{port.what}: {port.says}")
    town = build_town(settings)
    try:
        await migrate(town.database)
        first = settings.demo and await demo.is_empty(town.database)
        if first:
            await demo.create_town(town.database, demo.demo_password(town.secret))
        await _serve(town, first=first)
    finally:
        await town.close()


async def _serve(town: Town, *, first: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    web = _WebServer(_web_config(town))
    async with asyncio.TaskGroup() as tasks:
        warming = tasks.create_task(_warm_up(town))
        running = [
            tasks.create_task(town.engine.run(), name="engine"),
            tasks.create_task(town.dispatcher.run(), name="dispatcher"),
            tasks.create_task(town.mail.run(town.acceptance.accept), name="mail"),
            tasks.create_task(town.live.run(), name="live"),
        ]
        serving = tasks.create_task(web.serve(), name="web")
        await town.mail.ready.wait()
        await web.ready()
        # Invented people never hear from us: their receipts stay on the outbox page.
        if first and not town.settings.smarthost:
            for arrival in demo_arrivals(town.clock()):
                await town.acceptance.accept(arrival)
        await warming
        show_banner(town)
        await stop.wait()
        log.info("stopping")
        town.live.close()
        web.should_exit = True
        for task in running:
            task.cancel()
        await serving


async def _warm_up(town: Town) -> None:
    """Load now what the first mail would have to wait for."""
    await asyncio.gather(town.processes.run(warm_up), asyncio.to_thread(compile_rule, "true"))


def _web_config(town: Town) -> uvicorn.Config:
    settings = town.settings
    return uvicorn.Config(
        build_app(town),
        host=settings.http_host,
        port=settings.http_port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=",".join(settings.trusted_proxies) or None,
        timeout_graceful_shutdown=DRAIN,
    )


class _WebServer(uvicorn.Server):
    """The signals are ours: they stop more than the web."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def ready(self) -> None:
        while not self.started:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.02)


def run_forever(settings: Settings) -> None:
    """Block until stopped; leaves quietly on Ctrl-C."""
    import uvloop

    with suppress(KeyboardInterrupt):
        uvloop.run(run(settings))
