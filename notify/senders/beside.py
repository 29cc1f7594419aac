"""A sender for what goes to many, in a process beside: to compose, sign and hand over 100,000 mails
is work for a processor of its own, and no citizen's page waits for it.

What somebody waits for is sent from this process, and so is everything where no other can be
started. The one beside is started by the first delivery of a campaign, and ends when there was none
for a while. While it starts, a few go out from here: the first ones may be urgent, and if all of
them did, they would leave as many connections behind.
"""

import asyncio
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import count

import structlog

from core.logging import configure_logging
from notify.senders.contract import Content, Delivery, ProviderId, Retry, Sender
from notify.senders.link import Link

IDLE = 60.0  # seconds without work after which the process ends
FEW = 4  # of a campaign under way from here while the other process starts
GOODBYE = 5.0  # seconds that it gets to end

Prepare = Callable[[], None]
Make = Callable[[], Sender]

PLAIN_LOG = partial(configure_logging, "warning", as_json=False)

log = structlog.get_logger()


class Beside:
    """Sends by what ``make`` makes.

    Parameters
    ----------
    make
        Called here once, and again in the process beside, to which it is pickled.
    prepare
        Called there first of all.
    idle
        Seconds without work after which that process ends, and until another one is tried where
        none could be started.
    """

    def __init__(
        self,
        make: Make,
        prepare: Prepare = PLAIN_LOG,
        *,
        idle: float = IDLE,
    ) -> None:
        self._make = make
        self._prepare = prepare
        self._near = make()
        self._idle = idle
        self._starting: asyncio.Task[None] | None = None
        self._postman: _Postman | None = None
        self._not_before = 0.0
        """When another one may be tried to be started, by the loop's clock."""
        self._from_here = 0
        """How many of a campaign are under way from this process."""
        self._rest_timer: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self.name, self.medium = self._near.name, self._near.medium

    async def send(self, delivery: Delivery, content: Content) -> ProviderId:
        """As the senders do; Retry in doubt when the process died meanwhile."""
        postman = await self._at_work() if delivery.is_bulk else None
        if postman is None:
            return await self._send_from_here(delivery, content)
        self._stay_awake()
        try:
            return await postman.send(delivery, content)
        finally:
            self._let_rest(postman)

    async def _send_from_here(self, delivery: Delivery, content: Content) -> ProviderId:
        self._from_here += delivery.is_bulk
        try:
            return await self._near.send(delivery, content)
        finally:
            self._from_here -= delivery.is_bulk

    async def started(self) -> None:
        """Return when no process is being started: there is one now, or none can be."""
        if self._starting is not None:
            await asyncio.shield(self._starting)

    async def close(self) -> None:
        await self._near.close()
        await self.started()
        self._stay_awake()
        if self._postman is not None:
            self._retire(self._postman)
        await asyncio.gather(*self._ending)

    async def _at_work(self) -> "_Postman | None":
        """The process that there is, or is being started; None for the first ones of those that
        would have to wait for it, and where there can be none."""
        if self._postman is None or self._postman.is_gone:
            self._see_that_one_starts()
            if self._from_here < FEW:
                return None
            await self.started()
        return self._postman

    def _see_that_one_starts(self) -> None:
        is_starting = self._starting is not None and not self._starting.done()
        if not is_starting and asyncio.get_running_loop().time() >= self._not_before:
            self._starting = asyncio.create_task(self._start())

    async def _start(self) -> None:
        self._stay_awake()
        self._postman = None
        try:
            self._postman = await _Postman.start(self._prepare, self._make)
        except (OSError, EOFError) as problem:
            self._not_before = asyncio.get_running_loop().time() + self._idle
            log.warning("postman.not_started", error=repr(problem))
        else:
            self._let_rest(self._postman)

    def _stay_awake(self) -> None:
        if self._rest_timer is not None:
            self._rest_timer.cancel()
            self._rest_timer = None

    def _let_rest(self, postman: "_Postman") -> None:
        is_ours = postman is self._postman and not postman.is_gone
        if is_ours and postman.is_idle and self._rest_timer is None:
            loop = asyncio.get_running_loop()
            self._rest_timer = loop.call_later(self._idle, self._retire, postman)

    def _retire(self, postman: "_Postman") -> None:
        self._rest_timer = None
        if self._postman is postman:
            self._postman = None
        ending = asyncio.create_task(postman.end())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)


class _Postman:
    """A running process, and what it has in hand."""

    def __init__(self, process: Process, link: Link) -> None:
        self._process = process
        self._link = link
        self._numbers = count()
        self._answers: dict[int, asyncio.Future[ProviderId]] = {}
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, prepare: Prepare, make: Make) -> "_Postman":
        """Raises OSError or EOFError when it could not be started, or ended before it was ready."""
        ours, theirs = socket.socketpair()
        link = Link(*await asyncio.open_connection(sock=ours))
        try:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "notify.senders.postman", stdin=theirs.fileno()
                )
            link.put((prepare, make))
            await link.take()
        except BaseException:
            link.close()  # which ends a process that there may be
            raise
        return cls(process, link)

    @property
    def is_gone(self) -> bool:
        return self._listening.done()

    @property
    def is_idle(self) -> bool:
        return not self._answers

    async def send(self, delivery: Delivery, content: Content) -> ProviderId:
        if self.is_gone:
            raise Retry("the process that sends has ended")
        number = next(self._numbers)
        answer: asyncio.Future[ProviderId] = asyncio.get_running_loop().create_future()
        self._link.put((number, delivery, content))
        self._answers[number] = answer
        try:
            return await answer
        finally:
            self._answers.pop(number, None)

    async def end(self) -> None:
        self._link.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE):
                await self._process.wait()
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        await self._listening

    async def _listen(self) -> None:
        try:
            while True:
                for number, answer in await self._link.take():
                    self._tell(number, answer)
        except (EOFError, OSError):
            pass  # it has ended, or is to end
        except Exception:  # an answer that cannot be read: who knows what it will do next
            log.exception("postman.unreadable")
            self._process.kill()
        finally:
            for number in list(self._answers):
                self._tell(number, Retry("the process that sends died over it", in_doubt=True))
            self._link.close()

    def _tell(self, number: int, answer: ProviderId | Exception) -> None:
        waiting = self._answers.get(number)
        if waiting is None or waiting.done():
            return  # nobody waits for it any more
        if isinstance(answer, Exception):
            waiting.set_exception(answer)
        else:
            waiting.set_result(answer)
