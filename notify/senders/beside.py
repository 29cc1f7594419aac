"""A sender for what goes to many, in a process beside: to compose, sign and hand over 100,000 mails
is work for a processor of its own, and no citizen's page waits for it.

What somebody waits for is sent from this process. The one beside is started by the first delivery
of a campaign, and ends when there was none for a while.
"""

import asyncio
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress
from itertools import count

from notify.senders.contract import Content, Delivery, ProviderId, Sender, Unreachable
from notify.senders.link import Link

IDLE = 60.0  # seconds without work after which the process ends
GOODBYE = 5.0  # seconds that it gets to end


class Beside:
    """``make`` makes a sender; it is called here once, and again in the process beside, to which
    it is pickled."""

    def __init__(self, make: Callable[[], Sender], *, idle: float = IDLE) -> None:
        self._make = make
        self._near = make()
        self._idle = idle
        self._postman: asyncio.Task[_Postman] | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self.name, self.medium = self._near.name, self._near.medium

    async def send(self, delivery: Delivery, content: Content) -> ProviderId:
        """As the senders do; Unreachable and in doubt when the process died meanwhile."""
        if not delivery.is_bulk:
            return await self._near.send(delivery, content)
        postman = await self._at_work()
        try:
            return await postman.send(delivery, content)
        finally:
            self._let_rest(postman)

    async def close(self) -> None:
        await self._near.close()
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
        if self._postman is not None and not _has_ended(self._postman):
            self._end(await self._postman)
        self._postman = None
        await asyncio.gather(*self._ending)

    async def _at_work(self) -> "_Postman":
        """The process that there is, or a new one; all who come meanwhile wait for the same."""
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
        if self._postman is None or _has_ended(self._postman):
            self._postman = asyncio.create_task(_Postman.start(self._make))
        try:
            return await asyncio.shield(self._postman)
        except OSError as problem:
            raise Unreachable(f"no process that sends: {problem}") from problem

    def _let_rest(self, postman: "_Postman") -> None:
        if postman.is_idle and self._rest is None:
            loop = asyncio.get_running_loop()
            self._rest = loop.call_later(self._idle, self._retire, postman)

    def _retire(self, postman: "_Postman") -> None:
        self._rest, self._postman = None, None
        self._end(postman)

    def _end(self, postman: "_Postman") -> None:
        ending = asyncio.create_task(postman.end())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)


def _has_ended(starting: "asyncio.Task[_Postman]") -> bool:
    if not starting.done():
        return False
    return starting.exception() is not None or starting.result().is_gone


class _Postman:
    """A running process, and what it has in hand."""

    def __init__(self, process: Process, link: Link) -> None:
        self._process = process
        self._link = link
        self._numbers = count()
        self._answers: dict[int, asyncio.Future[ProviderId]] = {}
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, make: Callable[[], Sender]) -> "_Postman":
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "notify.senders.postman", stdin=theirs.fileno()
            )
        link = Link(*await asyncio.open_connection(sock=ours))
        link.put(make)
        return cls(process, link)

    @property
    def is_gone(self) -> bool:
        return self._listening.done()

    @property
    def is_idle(self) -> bool:
        return not self._answers

    async def send(self, delivery: Delivery, content: Content) -> ProviderId:
        if self.is_gone:
            raise Unreachable("the process that sends has ended")
        number = next(self._numbers)
        answer: asyncio.Future[ProviderId] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        self._link.put((number, delivery, content))
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
        with suppress(EOFError, OSError):
            while True:
                for number, answer in await self._link.take():
                    waiting = self._answers.get(number)
                    if waiting is None or waiting.done():
                        continue  # nobody waits for it any more
                    if isinstance(answer, Exception):
                        waiting.set_exception(answer)
                    else:
                        waiting.set_result(answer)
        for waiting in self._answers.values():
            if not waiting.done():
                died = Unreachable("the process that sends died over it", in_doubt=True)
                waiting.set_exception(died)
        self._link.close()
