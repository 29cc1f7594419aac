"""Fetching from one mailbox, for ever: accept first, and only then mark the mail.

A crash between the two has the mail fetched again, and its key tells that it is the same.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, TypeVar

import structlog
from imapclient.exceptions import LoginError
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from channels.email.idempotency import key_of
from channels.email.imap.session import AWAY, Fetched, ImapSession, Unreadable
from channels.email.models import ImapPositionRow
from core.database import Database
from core.errors import Later
from core.metrics import MAILBOX, REFUSED
from core.settings import ImapMailbox
from ingest import Accept, Arrival, ChannelName

FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0  # seconds before another try
IDLE_FOR = 25 * 60.0  # seconds: a server may end it after 29 minutes (RFC 2177)
SUSPECT = 2  # lost connections over one mail, from which it is put off
LISTEN = 1.0  # seconds of listening at a stretch: so long a stop may have to wait

Result = TypeVar("Result")

log = structlog.get_logger()


class ImapChannel:
    """Fetches until cancelled. ``max_size``: bytes of a mail; of a larger one the head alone."""

    name = ChannelName.EMAIL

    def __init__(
        self,
        mailbox: ImapMailbox,
        database: Database,
        *,
        max_size: int,
        session: Callable[[ImapMailbox], ImapSession] = ImapSession,
    ) -> None:
        self._mailbox = mailbox
        self._database = database
        self._max_size = max_size
        self._new_session = session
        self._log = log.bind(mailbox=mailbox.name)
        self._put_off: dict[int, float] = {}
        """Mails that the server did not give out, and when they are asked for again."""
        self._broken_by: Counter[int] = Counter()
        """How often the connection was lost over a mail."""

    async def run(self, accept: Accept) -> None:
        wait = FIRST_WAIT
        while True:
            began = monotonic()
            try:
                await self._serve(accept)
            except LoginError as problem:
                self._log.error("imap.login_refused", error=str(problem))
                wait = LONGEST_WAIT
            except (*AWAY, Later, SQLAlchemyError) as problem:
                self._log.warning("imap.waits", error=str(problem), seconds=round(wait))
            except Exception:  # the outer wall: one mailbox stops no other, and comes again
                self._log.exception("imap.failed")
            MAILBOX.labels(self._mailbox.name).set(0)
            if monotonic() - began > LONGEST_WAIT:
                wait = FIRST_WAIT
            await asyncio.sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311 - not all at once
            wait = min(2 * wait, LONGEST_WAIT)

    async def _serve(self, accept: Accept) -> None:
        """Until the connection, or the store, is away."""
        session = self._new_session(self._mailbox)
        # The library blocks: each mailbox has a thread for itself.
        with _Thread() as thread:
            try:
                await thread.run(session.open)
                MAILBOX.labels(self._mailbox.name).set(1)
                self._log.info("imap.open", idle=session.can_idle)
                while True:
                    await self._fetch_all(thread, session, accept)
                    await self._wait_for_mail(thread, session)
            finally:
                with suppress(*AWAY):
                    session.close()

    async def _fetch_all(self, thread: "_Thread", session: ImapSession, accept: Accept) -> None:
        since, after = await self._position(thread, session)
        waiting = await thread.run(lambda: session.waiting(since=since, after=after))
        now = monotonic()
        uids = [uid for uid in waiting if self._put_off.get(uid, now) <= now]
        for uid in uids:
            await self._take(thread, session, accept, uid)

    async def _take(
        self, thread: "_Thread", session: ImapSession, accept: Accept, uid: int
    ) -> None:
        try:
            mail = await thread.run(lambda: session.fetch(uid, self._max_size))
        except Unreadable as problem:
            self._put_it_off(uid, problem)
            return
        except AWAY as problem:
            # Some servers end the connection over a mail that they cannot read.
            self._broken_by[uid] += 1
            if self._broken_by[uid] >= SUSPECT:
                self._put_it_off(uid, problem)
            raise
        self._put_off.pop(uid, None)
        self._broken_by.pop(uid, None)
        if mail is None:
            return
        await accept(self._arrival(session.uid_validity, mail))
        await self._reached(uid)
        await thread.run(
            lambda: session.mark(uid) if mail.is_whole else session.mark_too_large(uid)
        )

    def _put_it_off(self, uid: int, problem: Exception) -> None:
        """Those behind it do not wait for it."""
        self._put_off[uid] = monotonic() + LONGEST_WAIT
        REFUSED.labels(ChannelName.EMAIL, "unreadable").inc()
        self._log.error("imap.unreadable", uid=uid, error=str(problem))

    def _arrival(self, uid_validity: int, mail: Fetched) -> Arrival:
        """As one by SMTP; but who handed it in is not known, and SPF cannot be asked."""
        address = self._mailbox.address
        facts: dict[str, Any] = {
            "recipients": [address],
            "mailbox": self._mailbox.name,
            "uid": mail.uid,
            "uid_validity": uid_validity,
        }
        if not mail.is_whole:
            facts["too_large"] = mail.size
        key = key_of(mail.raw, [address], mail_from="", received_at=mail.received_at)
        return Arrival(ChannelName.EMAIL, key, mail.raw, facts)

    async def _wait_for_mail(self, thread: "_Thread", session: ImapSession) -> None:
        if not session.can_idle:
            await asyncio.sleep(self._mailbox.poll)
            return
        await thread.run(session.begin_idle)
        # What came in the moment between the look and the listening is not told of again.
        deadline = monotonic() + min(IDLE_FOR, self._mailbox.poll)
        while monotonic() < deadline and not await thread.run(lambda: session.heard(LISTEN)):
            pass
        await thread.run(session.end_idle)

    async def _position(self, thread: "_Thread", session: ImapSession) -> tuple[int, int]:
        """From which UID on every mail is ours, and the highest that was accepted."""
        async with self._database.read() as store:
            row = await store.get(ImapPositionRow, self._mailbox.name)
        if row is None:
            await thread.run(session.leave_old)
        async with self._database.begin() as store:
            if row is None or row.uid_validity != session.uid_validity:
                row = await store.merge(
                    ImapPositionRow(
                        mailbox=self._mailbox.name,
                        uid_validity=session.uid_validity,
                        since=session.uid_next,
                        uid=0,
                    )
                )
            return row.since, row.uid

    async def _reached(self, uid: int) -> None:
        """Never beyond one that is still to be read."""
        if any(other < uid for other in self._put_off):
            return
        async with self._database.begin() as store:
            await store.execute(
                update(ImapPositionRow)
                .where(ImapPositionRow.mailbox == self._mailbox.name, ImapPositionRow.uid < uid)
                .values(uid=uid)
            )


class _Thread:
    """One thread, so that one connection is never used by two; the process does not wait for it."""

    def __init__(self) -> None:
        self._works: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        Thread(target=self._work, name="imap", daemon=True).start()

    def __enter__(self) -> "_Thread":
        return self

    def __exit__(self, *_: object) -> None:
        self._works.put(None)

    async def run(self, work: Callable[[], Result]) -> Result:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()

        def told(tell: Callable[[Any], None], what: object) -> None:
            if not future.done():
                tell(what)

        def carry_out() -> None:
            tell: Callable[[Any], None] = future.set_result
            answer: object
            try:
                answer = work()
            except Exception as problem:  # whoever waits for it is told
                tell, answer = future.set_exception, problem
            with suppress(RuntimeError):  # nobody waits any more: the loop is closed
                loop.call_soon_threadsafe(told, tell, answer)

        self._works.put(carry_out)
        return await future

    def _work(self) -> None:
        while (work := self._works.get()) is not None:
            work()
