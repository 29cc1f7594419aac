"""Writes that wait together are committed together.

SQLite has one writer: who saves a page of a form waits until all who came before have had their
turn, each with a commit of its own. Here all who wait when the turn comes share it. When one of
them fails, all is rolled back and they are tried one by one, so that it fails alone.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

MOST = 64  # in one transaction

Work = Callable[[AsyncSession], Awaitable[Any]]
Begin = Callable[[], AbstractAsyncContextManager[AsyncSession]]


@dataclass(frozen=True, slots=True)
class _Waiting:
    work: Work
    context: Context
    """Of who waits: the span that it is in, what its log lines say."""
    answer: asyncio.Future[Any]


class Together:
    """``begin`` opens a transaction."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, work: Work) -> Any:
        """What ``work`` returns, once it is durable. It may be called again, after a rollback."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(work, copy_context(), answer))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all(), context=Context())
        return await answer

    async def _write_all(self) -> None:
        while self._waiting:
            group: list[_Waiting] = []
            try:
                async with self._begin() as session:
                    # Taken only now: who came while we waited for our turn comes along.
                    group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                    values = [await _done(session, one) for one in group]
            except Exception as problem:  # the outer wall: nobody is left without an answer
                if not group:
                    group, self._waiting = self._waiting, []
                    _refuse(group, problem)
                elif len(group) == 1:
                    _refuse(group, problem)
                else:
                    for one in group:
                        await self._write_alone(one)
            else:
                for one, value in zip(group, values, strict=True):
                    if not one.answer.done():
                        one.answer.set_result(value)

    async def _write_alone(self, one: _Waiting) -> None:
        try:
            async with self._begin() as session:
                value = await _done(session, one)
        except Exception as problem:  # as above
            _refuse([one], problem)
        else:
            if not one.answer.done():
                one.answer.set_result(value)


async def _done(session: AsyncSession, one: _Waiting) -> Any:
    async def work() -> Any:
        value = await one.work(session)
        await session.flush()  # the next one sees it, in the order of the calls
        return value

    return await asyncio.create_task(work(), context=one.context)


def _refuse(group: list[_Waiting], problem: Exception) -> None:
    for one in group:
        if not one.answer.done():
            one.answer.set_exception(problem)
