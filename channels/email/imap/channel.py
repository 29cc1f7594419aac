"""Fetching from one mailbox, for ever: accept first, and only then mark the mail.

A crash between the two has the mail fetched again, and its key tells that it is the same.
"""

import asyncio
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic
from typing import Any, TypeVar

import structlog
from imapclient.exceptions import LoginError
from sqlalchemy import update

from channels.email.idempotency import key_of
from channels.email.imap.session import AWAY, Fetched, ImapSession
from channels.email.models import ImapPositionRow
from core.database import Database
from core.errors import Later
from core.metrics import MAILBOX
from core.settings import ImapMailbox
from ingest import Accept, Arrival, ChannelName

FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0  # seconds before another try
IDLE_FOR = 25 * 60.0  # seconds: a server may end it after 29 minutes (RFC 2177)
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

    async def run(self, accept: Accept) -> None:
        wait = FIRST_WAIT
        while True:
            began = monotonic()
            try:
                await self._serve(accept)
            except LoginError as problem:
                self._log.error("imap.login_refused", error=str(problem))
                wait = LONGEST_WAIT
            except (*AWAY, Later) as problem:
                self._log.warning("imap.waits", error=str(problem), seconds=round(wait))
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
        since, after = await self._position(session)
        uids = await thread.run(lambda: session.waiting(since=since, after=after))
        sizes = await thread.run(lambda: session.sizes(uids)) if uids else {}
        for uid, size in sorted(sizes.items()):
            await self._take(thread, session, accept, uid, whole=size <= self._max_size)

    async def _take(
        self, thread: "_Thread", session: ImapSession, accept: Accept, uid: int, *, whole: bool
    ) -> None:
        mail = await thread.run(lambda: session.fetch(uid, whole=whole))
        if mail is None:
            return
        await accept(self._arrival(session.uid_validity, mail, whole=whole))
        await self._reached(uid)
        await thread.run(lambda: session.mark(uid) if whole else session.mark_too_large(uid))

    def _arrival(self, uid_validity: int, mail: Fetched, *, whole: bool) -> Arrival:
        """As one by SMTP; but who handed it in is not known, and SPF cannot be asked."""
        address = self._mailbox.address
        facts: dict[str, Any] = {
            "recipients": [address],
            "mailbox": self._mailbox.name,
            "uid": mail.uid,
            "uid_validity": uid_validity,
        }
        if not whole:
            facts["too_large"] = mail.size
        key = key_of(mail.raw, [address], mail_from="", received_at=mail.received_at)
        return Arrival(ChannelName.EMAIL, key, mail.raw, facts)

    async def _wait_for_mail(self, thread: "_Thread", session: ImapSession) -> None:
        if not session.can_idle:
            await asyncio.sleep(self._mailbox.poll)
            await thread.run(session.stay)
            return
        await thread.run(session.begin_idle)
        deadline = monotonic() + IDLE_FOR
        while monotonic() < deadline and not await thread.run(lambda: session.heard(LISTEN)):
            pass
        await thread.run(session.end_idle)

    async def _position(self, session: ImapSession) -> tuple[int, int]:
        """From which UID on every mail is ours, and the highest that was accepted."""
        async with self._database.begin() as store:
            row = await store.get(ImapPositionRow, self._mailbox.name)
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
        async with self._database.begin() as store:
            await store.execute(
                update(ImapPositionRow)
                .where(ImapPositionRow.mailbox == self._mailbox.name, ImapPositionRow.uid < uid)
                .values(uid=uid)
            )


class _Thread:
    """One thread, so that one connection is never used by two."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="imap")

    def __enter__(self) -> "_Thread":
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)
