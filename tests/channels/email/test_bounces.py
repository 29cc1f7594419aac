"""What comes back: reports as Postfix writes them, complaints, and forgeries of both."""

from collections.abc import AsyncIterator, Collection, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import CaseEventRow
from channels.email.bounces import Bounces
from channels.email.reports import ReportKind, read_report
from core.blobs import Blobs
from core.database import Database
from core.ids import new_id
from core.processes import Processes
from feeds.subscriptions import history_of, subscriptions_of
from ingest import Acceptance, Arrival, ChannelName
from ingest.events import Event, IntakeReceived, new_event
from notify import DeliveryStatus, Dispatcher, Medium, Outbox, ReturnPaths
from notify.models import DeliveryRow
from notify.optouts import stopped
from notify.suppressions import SuppressionRow
from tests.builders import SettableClock
from tests.feeds.building import Press
from tests.notify.building import Desk, at_work, build_desk, settled, until
from tests.postgresql import on_sqlite

DATA = Path(__file__).parent / "data"
PATHS = ReturnPaths(b"the town's secret", "bounces@demo.example")
COMPLAINT = (
    "From: <feedback@provider.example>\r\nTo: <bounces@demo.example>\r\nSubject: Complaint\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report;\r\n"
    ' boundary="part"\r\n\r\n--part\r\nContent-Type: text/plain\r\n\r\nAn abuse report.\r\n'
    "--part\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n"
    "User-Agent: SomeGenerator/1.0\r\nVersion: 1\r\nOriginal-Mail-From: <{path}>\r\n"
    "--part\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: Travaux\r\n--part--\r\n"
)
"""As RFC 5965, appendix B, has it."""


class Rest:
    """What is no report comes here."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def prepare(self, _events: Sequence[Event]) -> None:
        """There is nothing to prepare."""

    async def handle(self, event: Event, _session: AsyncSession, _prepared: Any) -> list[Event]:
        self.events.append(event)
        return []


class Town:
    def __init__(self, desk: Desk, blobs: Blobs, processes: Processes) -> None:
        self.desk = desk
        self.rest = Rest()
        self._acceptance = Acceptance(desk.database, blobs, desk.clock)
        self.bounces = Bounces(self.rest, desk.database, blobs, desk.clock, processes, PATHS)

    async def sent(self) -> DeliveryRow:
        await self.desk.tell(await self.desk.open())
        async with at_work(Dispatcher(self.desk.database, [Outbox()], self.desk.clock)):
            await until(lambda: settled(self.desk))
        return await self.desk.row()

    async def receive(self, raw: bytes, recipient: str) -> None:
        await self.desk.consume(self.bounces, [await self.accept(raw, recipient)])

    async def accept(self, raw: bytes, recipient: str) -> Event:
        facts = {"mail_from": "", "recipients": [recipient]}
        arrival = Arrival(ChannelName.EMAIL, sha256(raw).hexdigest(), raw, facts)
        accepted = await self._acceptance.accept(arrival)
        data = IntakeReceived(intake_id=accepted.intake_id, channel=ChannelName.EMAIL)
        return new_event(data, key=accepted.intake_id, id=new_id(), time=self.desk.clock())


@pytest.fixture
async def town(database: Database, blobs: Blobs, clock: SettableClock) -> AsyncIterator[Town]:
    processes = Processes(1)
    yield Town(await build_desk(database, clock), blobs, processes)
    processes.close()


def report(name: str, path: str, recipient: str = "nobody@citizens.example") -> bytes:
    raw = (DATA / f"postfix_{name}.eml").read_bytes()
    raw = raw.replace(b"bounces+TOKEN@demo.example", path.encode())
    return raw.replace(b"nobody@citizens.example", recipient.encode())


@on_sqlite
async def test_a_mail_that_came_back_is_bounced_with_what_the_server_said(town: Town) -> None:
    row = await town.sent()
    path = PATHS.address(row.id)
    await town.receive(report("no_such_user", path, "Jeanne@citizens.example"), path.upper())
    row = await town.desk.row()
    assert row.status == DeliveryStatus.BOUNCED
    assert row.last_error.startswith("550 5.1.1 <Jeanne@citizens.example>: Recipient address")
    async with town.desk.database.read() as session:
        assert await session.get(SuppressionRow, (row.recipient, Medium.EMAIL))
        kinds = list(await session.scalars(select(CaseEventRow.kind)))
    assert kinds.count("delivery_failed") == 1
    assert town.rest.events == []


@on_sqlite
async def test_what_came_back_from_where_it_was_forwarded_says_nothing_of_our_address(
    town: Town,
) -> None:
    row = await town.sent()
    path = PATHS.address(row.id)
    await town.receive(report("no_such_user", path, "jeanne@elsewhere.example"), path)
    assert (await town.desk.row()).status == DeliveryStatus.BOUNCED
    async with town.desk.database.read() as session:
        assert not await session.scalar(select(func.count()).select_from(SuppressionRow))


@on_sqlite
async def test_what_was_passed_on_is_not_known_to_have_arrived_and_is_no_mail(town: Town) -> None:
    row = await town.sent()
    path = PATHS.address(row.id)
    raw = report("no_such_user", path).replace(b"Action: failed", b"Action: relayed")
    await town.receive(raw, path)
    assert (await town.desk.row()).status == DeliveryStatus.SENT
    assert town.rest.events == []


@on_sqlite
async def test_a_full_mailbox_may_be_emptied_and_is_written_to_again(town: Town) -> None:
    row = await town.sent()
    path = PATHS.address(row.id)
    await town.receive(report("mailbox_full", path), path)
    assert (await town.desk.row()).status == DeliveryStatus.BOUNCED
    async with town.desk.database.read() as session:
        assert not await session.scalar(select(func.count()).select_from(SuppressionRow))


@on_sqlite
async def test_a_report_in_a_mailbox_that_is_fetched_is_found_by_what_it_quotes(
    town: Town,
) -> None:
    row = await town.sent()
    raw = report("no_such_user", PATHS.address(row.id))
    await town.receive(raw, "bounces@demo.example")
    assert (await town.desk.row()).status == DeliveryStatus.BOUNCED


@on_sqlite
async def test_what_is_too_large_for_a_report_is_not_even_looked_at(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.email.bounces.MOST", 1_000)
    row = await town.sent()
    raw = report("no_such_user", PATHS.address(row.id))
    await town.receive(raw, "bounces@demo.example")
    assert (await town.desk.row()).status == DeliveryStatus.SENT
    assert len(town.rest.events) == 1


@on_sqlite
async def test_only_so_many_bytes_of_mails_are_read_together(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.email.bounces.TOGETHER", 5_000)
    row = await town.sent()
    raw = report("no_such_user", PATHS.address(row.id))
    events = [await town.accept(raw + b"\r\n" * n, "bounces@demo.example") for n in range(5)]
    held: list[int] = []
    read_many = Blobs.read_many

    async def watched(self: Blobs, session: AsyncSession, names: Collection[str]) -> Any:
        contents = await read_many(self, session, names)
        held.append(sum(map(len, contents.values())))
        return contents

    monkeypatch.setattr(Blobs, "read_many", watched)
    await town.desk.consume(town.bounces, events)
    assert max(held) <= 5_000 < sum(held)
    assert (await town.desk.row()).status == DeliveryStatus.BOUNCED


@on_sqlite
async def test_a_forged_report_changes_nothing_and_is_a_mail(town: Town) -> None:
    row = await town.sent()
    forged = ReturnPaths(b"a stranger's secret", "bounces@demo.example").address(row.id)
    await town.receive(report("no_such_user", forged), forged)
    assert (await town.desk.row()).status == DeliveryStatus.SENT
    assert len(town.rest.events) == 1


@on_sqlite
async def test_a_mail_to_a_return_path_that_is_no_report_is_a_mail(town: Town) -> None:
    row = await town.sent()
    raw = b"From: jeanne@citizens.example\r\nSubject: Absente\r\n\r\nJe suis absente.\r\n"
    await town.receive(raw, PATHS.address(row.id))
    assert len(town.rest.events) == 1


@on_sqlite
async def test_who_complains_gets_nothing_more_that_goes_to_many(town: Town) -> None:
    row = await town.sent()
    press = Press(town.desk.database, town.desk.clock)
    reader = await press.subscriber(row.recipient, await press.topic("voirie"))
    raw = COMPLAINT.format(path=PATHS.address(row.id)).encode()
    await town.receive(raw, "bounces@demo.example")
    async with town.desk.database.read() as session:
        assert await stopped(session, Medium.EMAIL, [row.recipient]) == {row.recipient}
        assert await subscriptions_of(session, reader.id) == []
        assert (await history_of(session, reader.id))[-1].how == "complaint"
    assert (await town.desk.row()).status == DeliveryStatus.SENT


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("no_such_user", "5.1.1", "550 5.1.1 <nobody@citizens.example>: Recipient address"),
        ("mailbox_full", "5.2.2", "552 5.2.2 Mailbox full"),
    ],
)
def test_a_report_of_postfix_is_read(name: str, status: str, reason: str) -> None:
    found = read_report(report(name, "a@b.example"))
    assert found is not None
    assert (found.kind, found.status) == (ReportKind.FAILED, status)
    assert found.reason.startswith(reason)


def test_a_delay_is_no_failure() -> None:
    raw = report("mailbox_full", "a@b.example").replace(b"Action: failed", b"Action: delayed")
    found = read_report(raw)
    assert found is not None
    assert (found.kind, found.status) == (ReportKind.DELAYED, "5.2.2")
