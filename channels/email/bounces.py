"""Reports on our own mails, taken out of what arrives before it becomes a message.

Handles ``intake.received`` in front of the normalization: a mail to a return path of ours
(:mod:`notify.verp`) that is a report changes its delivery and is done with. Everything else goes on
as any mail does. A campaign to 100,000 would otherwise open thousands of cases.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.email.reports import Report, ReportKind, read_report
from core.blobs import BlobRow, Blobs
from core.clock import Clock
from core.database import Database
from core.processes import Processes, WorkerDied
from feeds.subscriptions import Medium as Subscribed
from feeds.subscriptions import Said, subscriber_at, unsubscribe
from ingest import ChannelName, Handler
from ingest.events import Event, IntakeReceived
from ingest.models import IntakeRow
from notify import DeliveryStatus, ReturnPaths, record_complaint, record_feedback

PATIENCE = 30.0  # seconds for the reports that are read together
HEAD = 64 * 1024  # bytes of a mail from the bounce mailbox in which our return path is looked for
MOST = 2 * 1024 * 1024  # bytes: what is larger there is no report, most servers quote far less
TOGETHER = 4 * 1024 * 1024  # bytes of mails that are in memory at once, unless one alone is larger

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Prepared:
    reports: Mapping[UUID, tuple[UUID, Report]]
    """By the intake: the delivery, and what is said of it."""
    rest: Any
    """What the normalization has prepared of the others."""


@dataclass(frozen=True, slots=True)
class _Mail:
    """What may be a report."""

    intake_id: UUID
    sha256: str
    size: int
    delivery_id: UUID | None
    """The envelope's."""


class Bounces:
    """``normalization`` handles what is no report on a delivery."""

    def __init__(
        self,
        normalization: Handler[Any],
        database: Database,
        blobs: Blobs,
        clock: Clock,
        processes: Processes,
        paths: ReturnPaths,
    ) -> None:
        self._normalization = normalization
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._processes = processes
        self._paths = paths

    async def prepare(self, events: Sequence[Event]) -> Prepared:
        reports = await self._read([IntakeReceived.of(event).intake_id for event in events])
        rest = [event for event in events if IntakeReceived.of(event).intake_id not in reports]
        return Prepared(reports, await self._normalization.prepare(rest))

    async def handle(self, event: Event, session: AsyncSession, prepared: Prepared) -> list[Event]:
        found = prepared.reports.get(IntakeReceived.of(event).intake_id)
        if found is None:
            return await self._normalization.handle(event, session, prepared.rest)
        delivery_id, report = found
        log.info("mail.reported", delivery=str(delivery_id), kind=report.kind, status=report.status)
        match report.kind:
            case ReportKind.FAILED | ReportKind.DELIVERED:
                failed = report.kind is ReportKind.FAILED
                await record_feedback(
                    session,
                    self._clock,
                    delivery_id=delivery_id,
                    provider_id="",
                    status=DeliveryStatus.BOUNCED if failed else DeliveryStatus.DELIVERED,
                    reason=report.reason if failed else "",
                    code=report.status,
                    recipients=report.recipients,
                )
            case ReportKind.COMPLAINT:
                await self._complained(session, delivery_id, report.reason)
        return []

    async def _complained(self, session: AsyncSession, delivery_id: UUID, reason: str) -> None:
        address = await record_complaint(session, self._clock, delivery_id, reason)
        subscriber = await subscriber_at(session, address) if address else None
        if subscriber is not None:
            said = Said("complaint")
            await unsubscribe(session, self._clock, subscriber, said, media=(Subscribed.EMAIL,))

    async def _read(self, ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, Report]]:
        query = (
            select(IntakeRow.id, IntakeRow.facts, IntakeRow.raw_sha256, BlobRow.size)
            .join(BlobRow, BlobRow.sha256 == IntakeRow.raw_sha256)
            .where(IntakeRow.id.in_(ids), IntakeRow.channel == ChannelName.EMAIL)
        )
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
        mails = [mail for row in rows if (mail := self._possible(*row)) is not None]
        reports: dict[UUID, tuple[UUID, Report]] = {}
        for some in _pieces(mails):
            reports |= await self._read_together(some)
        return reports

    def _possible(
        self, intake_id: UUID, facts: Mapping[str, Any], sha256: str, size: int
    ) -> "_Mail | None":
        """What came to a return path, or may be a report in the mailbox behind all of them."""
        envelope = " ".join(str(one) for one in facts.get("recipients") or ())
        known = next(self._paths.deliveries(envelope), None)
        if known is None and (size > MOST or self._paths.mailbox not in envelope.lower()):
            return None
        return _Mail(intake_id, sha256, size, known)

    async def _read_together(self, mails: Sequence["_Mail"]) -> dict[UUID, tuple[UUID, Report]]:
        async with self._database.read() as session:
            raws = await self._blobs.read_many(session, {mail.sha256 for mail in mails})
        meant = [
            (mail.intake_id, delivery_id, raws[mail.sha256])
            for mail in mails
            if (delivery_id := mail.delivery_id or self._quoted(raws[mail.sha256])) is not None
        ]
        if not meant:
            return {}
        found = await self._reports([raw for _, _, raw in meant])
        return {
            intake_id: (delivery_id, report)
            for (intake_id, delivery_id, _), report in zip(meant, found, strict=True)
            if report is not None
        }

    def _quoted(self, raw: bytes) -> UUID | None:
        """Of a mailbox that is fetched, or of a complaint: the delivery whose path it quotes."""
        return next(self._paths.deliveries(raw[:HEAD].decode("ascii", "replace")), None)

    async def _reports(self, raws: Sequence[bytes]) -> Sequence[Report | None]:
        """None for what cannot be read: then it is a mail."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._processes.run(read_reports, raws)
        except (TimeoutError, WorkerDied) as problem:
            if isinstance(problem, TimeoutError):
                self._processes.restart()
            log.warning("mail.report_unread", error=repr(problem))
            return [None] * len(raws)


def _pieces(mails: Iterable[_Mail]) -> Iterator[list[_Mail]]:
    """Those that are read together, in their order."""
    some: list[_Mail] = []
    size = 0
    for mail in mails:
        if some and size + mail.size > TOGETHER:
            yield some
            some, size = [], 0
        some.append(mail)
        size += mail.size
    if some:
        yield some


def read_reports(raws: Sequence[bytes]) -> list[Report | None]:
    """In a process beside: strangers write them."""
    return [_read_one(raw) for raw in raws]


def _read_one(raw: bytes) -> Report | None:
    try:
        return read_report(raw)
    except Exception:  # the outer wall: a mail that nobody can read is filed as one
        return None
