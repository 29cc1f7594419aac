"""SMS on their way: who gets one, who does not, and what became of it."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from cases import CaseEventRow
from cases.consents import ConsentRow
from core.clock import Clock
from notify import (
    Content,
    Delivery,
    DeliveryStatus,
    Dispatcher,
    Medium,
    ProviderId,
    record_feedback,
    record_wish,
)
from notify.senders.contract import Unwanted
from tests.builders import NOON
from tests.notify.building import Desk, at_work, settled, until
from tests.postgresql import on_sqlite

JEANNE = "+33639980001"


class Telephones:
    """A provider that takes everything, but for those it is told of."""

    name = "memory"
    medium = Medium.SMS

    def __init__(self, *unwanted: str) -> None:
        self.unwanted = unwanted
        self.sent: list[tuple[str, str]] = []

    async def send(self, delivery: Delivery, content: Content) -> ProviderId:
        if delivery.recipient in self.unwanted:
            raise Unwanted("Twilio 21610: unsubscribed")
        self.sent.append((delivery.recipient, content.text))
        return ProviderId(f"SM{len(self.sent)}")

    async def close(self) -> None:
        """Nothing is open."""


async def conversation(desk: Desk, **more: str) -> None:
    """An SMS comes in, and its receipt is queued."""
    values = {"channel": "sms", "sender_address": JEANNE, "sender_trust": "verified"} | more
    await desk.tell(await desk.open(**values))


async def test_a_receipt_is_one_plain_sms(desk: Desk) -> None:
    await conversation(desk)
    row = await desk.row()
    assert (row.medium, row.recipient, row.subject) == ("sms", JEANNE, "")
    assert row.text.startswith("Ville de Démo : nous avons bien votre message. Référence GU-")
    assert "https://demo.example/tracking?reference=GU-" in row.text


@on_sqlite
@pytest.mark.parametrize(
    "who", [{"sender_trust": "unverified"}, {"sender_address": "+33380000000"}]
)
async def test_no_sms_goes_to_a_number_that_is_unproven_or_a_landline(
    desk: Desk, who: dict[str, str]
) -> None:
    await conversation(desk, **who)
    assert await desk.rows() == []


async def test_who_told_an_agent_that_they_want_sms_and_no_mail_gets_an_sms(desk: Desk) -> None:
    event = await desk.open(
        channel="counter", sender_address="jeanne@example.org", sender_phone=JEANNE
    )
    async with desk.database.begin() as session:
        for medium, allowed in (("email", False), ("sms", True)):
            session.add(
                ConsentRow(
                    id=uuid4(),
                    case_id=UUID(event.subject),
                    medium=medium,
                    address="",
                    allowed=allowed,
                    said_by="counter",
                    agent_name="Camille",
                    at=NOON,
                )
            )
    await desk.tell(event)
    row = await desk.row()
    assert (row.medium, row.recipient) == ("sms", JEANNE)


async def test_after_stop_nothing_goes_to_the_number_queued_or_not(
    desk: Desk, clock: Clock
) -> None:
    await conversation(desk)
    async with desk.database.begin() as session:
        await record_wish(
            session,
            clock,
            id=uuid4(),
            address=JEANNE,
            medium=Medium.SMS,
            allowed=False,
            source="SMS STOP",
        )
    telephones = Telephones()
    async with at_work(Dispatcher(desk.database, [telephones], desk.clock)):
        await until(lambda: settled(desk))
    row = await desk.row()
    assert (row.status, row.last_error) == (
        DeliveryStatus.FAILED,
        "the recipient wants no more SMS (STOP)",
    )
    assert telephones.sent == []


@on_sqlite
async def test_a_stop_that_the_provider_knows_of_is_learnt(desk: Desk) -> None:
    telephones = Telephones(JEANNE)
    await conversation(desk)
    async with at_work(Dispatcher(desk.database, [telephones], desk.clock)):
        await until(lambda: settled(desk))
        telephones.unwanted = ()
        await conversation(desk, text="Encore moi")
        await until(lambda: settled(desk))
    assert telephones.sent == []
    assert {row.status for row in await desk.rows()} == {DeliveryStatus.FAILED}


async def test_what_the_provider_tells_later_counts_and_what_is_late_does_not(desk: Desk) -> None:
    await conversation(desk)
    async with at_work(Dispatcher(desk.database, [Telephones()], desk.clock)):
        await until(lambda: settled(desk))
    row = await desk.row()
    for status, reason in (
        (DeliveryStatus.SENT, ""),
        (DeliveryStatus.DELIVERED, ""),
        (DeliveryStatus.SENT, ""),
        (DeliveryStatus.FAILED, "Twilio 30003"),
    ):
        async with desk.database.begin() as session:
            known = await record_feedback(
                session,
                desk.clock,
                delivery_id=row.id,
                provider_id="SM1",
                status=status,
                reason=reason,
            )
        assert known
    assert (await desk.row()).status == DeliveryStatus.DELIVERED


@on_sqlite
async def test_a_failure_that_is_told_later_is_written_into_the_case(desk: Desk) -> None:
    await conversation(desk)
    async with at_work(Dispatcher(desk.database, [Telephones()], desk.clock)):
        await until(lambda: settled(desk))
    row = await desk.row()
    async with desk.database.begin() as session:
        await record_feedback(
            session,
            desk.clock,
            delivery_id=row.id,
            provider_id="SM1",
            status=DeliveryStatus.FAILED,
            reason="Twilio 30003: the telephone is off",
        )
    async with desk.database.read() as session:
        query = select(CaseEventRow).where(CaseEventRow.kind == "delivery_failed")
        (event,) = await session.scalars(query)
    assert event.data["reason"] == "Twilio 30003: the telephone is off"
    assert (await desk.row()).status == DeliveryStatus.FAILED
