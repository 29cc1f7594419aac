"""The sender of a mail becomes verified behind the router's back, once."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from sqlalchemy import select

from cases import CaseEventRow, CaseRow
from channels.email.dns import Resolver
from channels.email.handlers import SenderAuthentication
from channels.email.normalize import normalize
from citizens import IdentityRow
from core.blobs import Blobs
from core.database import Database
from ingest import Acceptance, Arrival, ChannelName
from ingest.events import CaseChanged, Event, MessageNormalized, new_event
from ingest.models import IntakeRow, MessageRow
from ingest.normalization import Normalized, enter_message, intake_of
from router import Calendar, Routing
from tests.builders import SettableClock, is_ours, little_town, references
from tests.channels.email.nameserver import nameserver
from tests.channels.email.signing import key_record, signed
from tests.ingest.digests import digests

ZONE = {
    "_dmarc.exemple.example TXT": "v=DMARC1; p=reject",
    "s1._domainkey.exemple.example TXT": key_record(),
}
FACTS = {"client": "192.0.2.1", "helo": "mx.exemple.example", "mail_from": "zoe@exemple.example"}
RAW = (
    b"From: Zoe <zoe@exemple.example>\r\nTo: mairie@demo.example\r\nSubject: Un trou\r\n"
    b"Message-ID: <%d@exemple.example>\r\n\r\nIl y a un trou, rue de la Mairie, au %d.\r\n"
)


def raw(number: int = 1, *, by: str = "exemple.example") -> bytes:
    mail = RAW % (number, number)
    return signed(mail, by) if by else mail


def changes(events: list[Event]) -> list[str]:
    return [CaseChanged.of(event).change for event in events]


class Town:
    """From an arrival to a case, with the rooms' own handlers, and no engine."""

    def __init__(self, database: Database, blobs: Blobs, clock: SettableClock) -> None:
        self.database = database
        self._blobs = blobs
        self._clock = clock
        self._acceptance = Acceptance(database, blobs, clock)
        self._routing = Routing(
            database,
            clock,
            Calendar("FR", "Europe/Paris"),
            references(),
            is_ours=is_ours,
            main_mailbox="mairie@demo.example",
            language="fr",
        )

    async def receive(self, raw: bytes, *, channel: ChannelName = ChannelName.EMAIL) -> Event:
        """The event that says that the mail has come to a case."""
        arrival = Arrival(
            channel, sha256(raw).hexdigest(), raw, FACTS if channel == "email" else {}
        )
        accepted = await self._acceptance.accept(arrival)
        async with self.database.begin() as session:
            row = await session.get_one(IntakeRow, accepted.intake_id)
            intake = intake_of(row, raw)
            staged = Normalized(intake, normalize(intake), [])
            message_id = await enter_message(session, self._blobs, staged)
        data = MessageNormalized(message_id=message_id, channel=channel)
        event = new_event(data, key=message_id, id=message_id, time=self._clock())
        prepared = await self._routing.prepare([event])
        async with self.database.begin() as session:
            [changed] = await self._routing.handle(event, session, prepared)
        return changed

    async def authenticate(
        self, *events: Event, zone: dict[str, str] = ZONE, clients: Sequence[str] = ()
    ) -> list[Event]:
        following: list[Event] = []
        async with nameserver(zone) as server:
            handler = SenderAuthentication(
                self.database,
                self._blobs,
                self._clock,
                Resolver([server.address], budget=2),
                trusted_authserv_id="mx.demo.example",
                authserv_clients=clients,
            )
            prepared = await handler.prepare(events)
            async with self.database.begin() as session:
                for event in events:
                    following += await handler.handle(event, session, prepared)
        return following

    async def found(self) -> list[dict[str, str] | None]:
        """What is recorded of the senders of the messages, in their order."""
        async with self.database.read() as session:
            query = select(MessageRow.authentication).order_by(MessageRow.received_at)
            return list(await session.scalars(query))

    async def trust(self) -> tuple[list[str], list[str]]:
        """Of the cases and of the messages, in their order."""
        async with self.database.read() as session:
            cases = await session.scalars(select(CaseRow.sender_trust).order_by(CaseRow.id))
            messages = await session.scalars(
                select(MessageRow.sender_trust).order_by(MessageRow.received_at)
            )
            return list(cases), list(messages)


@pytest.fixture
async def town(database: Database, blobs: Blobs, clock: SettableClock) -> Town:
    async with database.begin() as session:
        await little_town(session)
    return Town(database, blobs, clock)


async def test_case_and_message_become_verified(town: Town, clock: SettableClock) -> None:
    opened = await town.receive(raw())
    assert await town.trust() == (["unverified"], ["unverified"])
    [event] = await town.authenticate(opened)
    assert await town.trust() == (["verified"], ["verified"])
    changed = CaseChanged.of(event)
    assert (changed.change, changed.sequence) == ("sender_verified", 2)
    async with town.database.read() as session:
        history = (
            await session.scalars(select(CaseEventRow).order_by(CaseEventRow.sequence))
        ).all()
        identity = (await session.scalars(select(IdentityRow))).one()
    assert [row.kind for row in history] == ["opened", "sender_verified"]
    assert history[-1].data == {"domain": "exemple.example"}
    assert identity.verified_at == clock()


async def test_a_replay_changes_nothing(town: Town) -> None:
    opened = await town.receive(raw())
    await town.authenticate(opened)
    before = await digests(town.database)
    assert await town.authenticate(opened) == []
    assert await digests(town.database) == before


async def test_what_was_found_is_recorded_with_the_message(town: Town) -> None:
    await town.authenticate(await town.receive(raw()))
    assert await town.found() == [
        {"spf": "none", "dkim": "pass", "dmarc": "pass", "domain": "exemple.example"}
    ]


async def test_a_forged_sender_is_marked_doubtful_once(town: Town) -> None:
    opened = await town.receive(raw(by=""))
    [event] = await town.authenticate(opened)
    assert CaseChanged.of(event).change == "sender_doubtful"
    assert await town.authenticate(opened) == []
    [found] = await town.found()
    assert found is not None
    assert found["dmarc"] == "fail"


async def test_without_a_policy_nobody_is_doubted(town: Town) -> None:
    opened = await town.receive(raw(by=""))
    assert await town.authenticate(opened, zone={}) == []
    [found] = await town.found()
    assert found is not None
    assert found["dmarc"] == "none"


async def test_the_same_event_twice_in_a_batch_counts_once(town: Town) -> None:
    opened = await town.receive(raw())
    assert len(await town.authenticate(opened, opened)) == 1


async def test_a_mail_without_proof_stays_unverified(town: Town) -> None:
    await town.authenticate(await town.receive(raw(by="")))
    assert await town.trust() == (["unverified"], ["unverified"])


async def test_a_dns_that_is_away_leaves_it_unverified(town: Town) -> None:
    opened = await town.receive(raw())
    assert await town.authenticate(opened, zone={}) == []
    assert await town.trust() == (["unverified"], ["unverified"])


async def test_a_verified_answer_does_not_verify_who_opened_the_case(
    town: Town, clock: SettableClock
) -> None:
    first = await town.receive(raw(1, by=""))
    clock.advance(minutes=1)
    reply = RAW.replace(b"\r\n\r\n", b"\r\nIn-Reply-To: <1@exemple.example>\r\n\r\n", 1) % (2, 2)
    second = await town.receive(signed(reply, "exemple.example"))
    assert CaseChanged.of(second).change == "message_joined"
    assert CaseChanged.of(second).case_id == CaseChanged.of(first).case_id
    assert changes(await town.authenticate(first, second)) == ["sender_doubtful", "sender_verified"]
    assert await town.trust() == (["unverified"], ["unverified", "verified"])


@pytest.mark.parametrize("asked", ["jean@ailleurs.example", "jean@exemple.example"])
async def test_a_proven_form_does_not_verify_who_is_answered(town: Town, asked: str) -> None:
    form = b"From: noreply@exemple.example\r\nReply-To: %s\r\n" % asked.encode()
    mail = signed(form + raw(by="").partition(b"\r\n")[2], "exemple.example")
    assert await town.authenticate(await town.receive(mail)) == []
    assert await town.trust() == (["unverified"], ["unverified"])
    [found] = await town.found()
    assert found is not None
    assert found["dmarc"] == "pass"
    async with town.database.read() as session:
        identity = (await session.scalars(select(IdentityRow))).one()
    assert (identity.address, identity.verified_at) == (asked, None)


async def test_our_server_in_front_is_believed_by_its_address(town: Town) -> None:
    told = b"Authentication-Results: mx.demo.example; dmarc=pass header.from=exemple.example\r\n"
    mails = [told + raw(number, by="") for number in (1, 2)]
    first, second = [await town.receive(mail) for mail in mails]
    assert changes(await town.authenticate(first, clients=["198.51.100.1"])) == ["sender_doubtful"]
    assert changes(await town.authenticate(second, clients=["192.0.2.0/24"])) == ["sender_verified"]


async def test_a_batch_is_asked_at_once(town: Town, clock: SettableClock) -> None:
    events = []
    for number in range(5):
        events.append(await town.receive(raw(number, by="exemple.example" if number % 2 else "")))
        clock.advance(minutes=1)
    following = changes(await town.authenticate(*events))
    assert following.count("sender_verified") == 2
    assert (await town.trust())[1] == ["unverified", "verified"] * 2 + ["unverified"]


async def test_what_did_not_come_by_mail_is_left_alone(town: Town) -> None:
    opened = await town.receive(raw(), channel=ChannelName.WEB)
    assert await town.authenticate(opened) == []


async def test_other_changes_of_a_case_are_left_alone(town: Town, clock: SettableClock) -> None:
    opened = CaseChanged.of(await town.receive(raw()))
    noted = opened.model_copy(update={"change": "noted"})
    event = new_event(noted, key=noted.case_id, id=noted.case_id, time=clock())
    assert await town.authenticate(event) == []
    assert await town.trust() == (["unverified"], ["unverified"])
