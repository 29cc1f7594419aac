"""Reports on our own mails, taken out of what arrives before it becomes a message.

Handles ``intake.received`` in front of the normalization: a mail to a return path of ours
(:mod:`notify.verp`) that is a report changes its delivery and is done with. Everything else goes on
as any mail does. A campaign to 100,000 would otherwise open thousands of cases.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.email.reports import Report, ReportKind, read_report
from core.blobs import Blobs
from core.clock import Clock
from core.database import Database
from core.processes import Processes, WorkerDied
from ingest import ChannelName, Handler
from ingest.events import Event, IntakeReceived
from ingest.models import IntakeRow
from notify import DeliveryStatus, ReturnPaths, record_complaint, record_feedback

PATIENCE = 30.0  # seconds for the reports of one batch
HEAD = 64 * 1024  # bytes of a mail from the bounce mailbox in which our return path is looked for

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Prepared:
    reports: Mapping[UUID, tuple[UUID, Report]]
    """By the intake: the delivery, and what is said of it."""
    rest: Any
    """What the normalization has prepared of the others."""


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
                await record_complaint(session, self._clock, delivery_id, report.reason)
        return []

    async def _read(self, ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, Report]]:
        query = select(IntakeRow.id, IntakeRow.facts, IntakeRow.raw_sha256).where(
            IntakeRow.id.in_(ids), IntakeRow.channel == ChannelName.EMAIL
        )
        async with self._database.read() as session:
            rows = [row for row in await session.execute(query) if self._is_ours(row.facts)]
            raws = await self._blobs.read_many(session, [row.raw_sha256 for row in rows])
        meant = {}
        for row in rows:
            raw = raws[row.raw_sha256]
            delivery_id = self._delivery(row.facts, raw)
            if delivery_id is not None:
                meant[row.id] = delivery_id, raw
        if not meant:
            return {}
        found = await self._reports([raw for _, raw in meant.values()])
        return {
            intake_id: (delivery_id, report)
            for (intake_id, (delivery_id, _)), report in zip(meant.items(), found, strict=True)
            if report is not None
        }

    def _is_ours(self, facts: Mapping[str, Any]) -> bool:
        """Whether it came to a return path, or to the mailbox behind all of them."""
        recipients = [str(one).lower() for one in facts.get("recipients") or ()]
        return self._paths.mailbox in recipients or any("+" in one for one in recipients)

    def _delivery(self, facts: Mapping[str, Any], raw: bytes) -> UUID | None:
        """The envelope's; of a mailbox that is fetched, or of a complaint, the one quoted in it."""
        envelope = " ".join(str(one) for one in facts.get("recipients") or ())
        if (known := next(self._paths.deliveries(envelope), None)) is not None:
            return known
        if self._paths.mailbox not in envelope.lower():
            return None
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


def read_reports(raws: Sequence[bytes]) -> list[Report | None]:
    """In a process beside: strangers write them."""
    return [_read_one(raw) for raw in raws]


def _read_one(raw: bytes) -> Report | None:
    try:
        return read_report(raw)
    except Exception:  # the outer wall: a mail that nobody can read is filed as one
        return None
