"""A process of the town: all of it (``guichet run``), or some of its roles."""

import asyncio
import signal
from collections.abc import Collection, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import structlog
import uvicorn
from sqlalchemy.exc import SQLAlchemyError

from core.errors import Refused
from core.garbage import spare_the_collector
from core.lock import sole_process
from core.rules import compile_rule
from core.settings import Settings
from core.tracing import set_up, shut_down
from feeds import Hub
from guichet import demo
from guichet.banner import show_banner, show_ready
from guichet.check import check_ports
from guichet.demo_messages import demo_arrivals
from guichet.demo_subscribers import create_subscribers
from guichet.demo_topics import create_topics
from guichet.findings import in_one_line
from guichet.machines import build_health_app
from guichet.migrate import migrate
from guichet.moved import refuse_if_moved
from guichet.normalizers import warm_up
from guichet.town import Town, build_town
from guichet.web import build_app
from ingest.events import CampaignChanged
from ingest.pipeline import CONSUMERS
from notify import warm_up_sms

DRAIN = 5  # seconds that open HTTP requests get when stopping

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Roles:
    """What a process of the town does. Each publishes what it writes, and says how it is."""

    name: str
    """Of the command that starts it."""
    web: bool = False
    mail: bool = False
    stages: frozenset[str] = frozenset()
    """The consumers that it works on; who writes the deliveries also sends them."""

    @property
    def sends(self) -> bool:
        return SENDING in self.stages


READING = "normalize"
SENDING = "deliver"
EVERYTHING = Roles("run", web=True, mail=True, stages=frozenset(CONSUMERS))
SERVE = Roles("serve", web=True)
MAIL = Roles("mail", mail=True)


OCR = Roles("ocr", stages=frozenset({"read"}))


def worker(stages: Collection[str]) -> Roles:
    return Roles("worker", stages=frozenset(stages or CONSUMERS))


async def run(settings: Settings, roles: Roles = EVERYTHING) -> None:
    """Run until SIGINT or SIGTERM.

    Raises Refused when a port or the data folder is taken, or when a process of its own is asked
    for where the town is one process.
    """
    if settings.is_distributed:
        await _run(settings, roles)
        return
    if roles != EVERYTHING:
        raise Refused(
            f"with the embedded engine the town is one process: use guichet run, or set "
            f"GUICHET_STREAM and GUICHET_DATABASE for guichet {roles.name}"
        )
    # Two dispatchers on one store would send each other's mails again.
    with sole_process(settings.data):
        await _run(settings, roles)


async def _run(settings: Settings, roles: Roles) -> None:
    for port in check_ports(
        settings, web=roles.web, mail=roles.mail, health=bool(settings.health_port)
    ):
        if not port.ok:
            raise Refused(f"{port.what}: {port.says}")
    refuse_if_moved(settings)
    town = build_town(settings, work_on=roles.stages)
    try:
        first = await _prepare(town, roles)
        await _serve(town, roles, first=first)
    finally:
        await town.close()


async def _prepare(town: Town, roles: Roles) -> bool:
    """Bring the store to its newest form; returns whether a demo town was made just now."""
    try:
        await migrate(town.database)
        return roles.web and town.settings.demo and await _found(town)
    except (SQLAlchemyError, OSError) as problem:
        reason = in_one_line(getattr(problem, "orig", None) or problem)
        raise Refused(f"the store cannot be used: {reason}; guichet check says more") from problem


async def _found(town: Town) -> bool:
    """Fill an empty store with the demo town; returns whether it was empty."""
    async with town.database.turn("demo"):
        first = await demo.is_empty(town.database)
        if first:
            await demo.create_town(town.database, demo.demo_password(town.secret))
            await create_topics(
                town.database,
                town.blobs,
                town.clock,
                Hub.of(town.settings),
                town.settings.zone,
            )
            if not town.settings.smarthost:  # invented people never hear from us
                await create_subscribers(town.database, town.clock, town.settings.zone)
        return first


async def _serve(town: Town, roles: Roles, *, first: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    web = _web_server(town, roles)
    async with asyncio.TaskGroup() as tasks:
        warming = tasks.create_task(_warm_up(town, roles))
        running = [tasks.create_task(work, name=name) for name, work in _works(town, roles).items()]
        serving = tasks.create_task(web.serve(), name="web") if web else None
        if roles.mail:
            await town.mail.ready.wait()
        if web:
            await web.ready()
        # Invented people never hear from us: their receipts stay on the outbox page.
        if first and not town.settings.smarthost:
            for arrival in demo_arrivals(town.clock()):
                await town.acceptance.accept(arrival)
        await warming
        spare_the_collector()
        show_banner(town) if roles == EVERYTHING else show_ready(roles.name)
        await stop.wait()
        log.info("stopping")
        town.live.close()
        for task in running:
            task.cancel()
        if web and serving:
            web.should_exit = True
            await serving


def _works(town: Town, roles: Roles) -> Mapping[str, Coroutine[Any, Any, None]]:
    works = {"engine": town.engine.run()}
    if roles.sends:
        works["dispatcher"] = town.dispatcher.run()
        if town.settings.is_distributed:
            works["news of campaigns"] = _wake_the_dispatcher(town)
        works["reminders"] = town.reminders.run()
        works["drafts"] = town.draft_sweep.run()
        works["schedule"] = town.news.schedule.run()
        works["imports"] = town.news.imports.run()
        works["pings"] = town.news.pings.run()
        works["digests"] = town.news.digests.run()
        works["lists"] = town.news.lists.run()
    if roles.mail:
        works["mail"] = town.mail.run(town.acceptance.accept)
        for number, mailbox in enumerate(town.fetched):
            works[f"mailbox {number}"] = mailbox.run(town.acceptance.accept)
        for folder in town.folders:
            works[f"folder {folder.path}"] = folder.run(town.acceptance.accept)
        if town.asterisk is not None:
            works["asterisk"] = town.asterisk.run()
    if roles.web:
        works["live"] = town.live.run()
        works["theme"] = town.theme_fetching.run()
    return works


async def _wake_the_dispatcher(town: Town) -> None:
    """When another process has addressed a campaign: what is urgent must not wait for a look."""
    async for _ in town.engine.tail(CampaignChanged.stream):
        town.dispatcher.wake()


async def _warm_up(town: Town, roles: Roles) -> None:
    """Load now what the first mail would have to wait for."""
    if READING in roles.stages:
        await town.processes.run(warm_up)
    await asyncio.to_thread(compile_rule, "true")
    if town.account is not None:
        await asyncio.to_thread(warm_up_sms)


def _web_server(town: Town, roles: Roles) -> "_WebServer | None":
    """The town's pages; of a process without pages what machines ask for, when they may."""
    settings = town.settings
    if not roles.web and not settings.health_port:
        return None
    return _WebServer(
        uvicorn.Config(
            build_app(town) if roles.web else build_health_app(town),
            host=settings.http_host,
            port=settings.http_port if roles.web else settings.health_port,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=",".join(settings.trusted_proxies) or None,
            timeout_graceful_shutdown=DRAIN,
        )
    )


class _WebServer(uvicorn.Server):
    """The signals are ours: they stop more than the web."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def ready(self) -> None:
        while not self.started:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.02)


def run_forever(settings: Settings, roles: Roles = EVERYTHING) -> None:
    """Block until stopped; leaves quietly on Ctrl-C."""
    import uvloop

    if settings.otlp_endpoint:
        set_up(settings.otlp_endpoint, f"guichet-{roles.name}")
    try:
        with suppress(KeyboardInterrupt):
            uvloop.run(run(settings, roles))
    finally:
        shut_down()
