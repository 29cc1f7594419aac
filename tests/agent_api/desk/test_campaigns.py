"""How a sending to many goes, as an agent sees it."""

from uuid import UUID

from sqlalchemy import select, update

from feeds.subscriptions import SubscriberRow
from ingest.message import Trust
from notify import CampaignRow, DeliveryStatus, numbers_of
from notify.models import DeliveryRow
from tests.agent_api.building import Browser, House, running, until
from tests.agent_api.streams import Stream
from tests.feeds.building import Press


async def campaign_of(house: House, *addresses: str) -> tuple[str, list[SubscriberRow]]:
    """An entry is published, and everybody addressed; returns the campaign's page."""
    press = Press(house.town.database, house.clock)
    topic = await press.topic("travaux", name="Travaux")
    people = [await press.subscriber(address, topic) for address in addresses]
    await press.entry(topic, title="Rue fermée")
    found: list[UUID] = []

    async def addressed() -> bool:
        async with house.town.database.read() as session:
            found[:] = await session.scalars(select(CampaignRow.id))
            return bool(found) and (await numbers_of(session, found[0])).accepted == len(people)

    async with house.at_work():
        await until(addressed)
    return f"/agent/campaigns/{found[0]}", people


async def mark(house: House, recipient: str, status: DeliveryStatus, error: str = "") -> None:
    async with house.town.database.begin() as session:
        await session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.recipient == recipient)
            .values(status=status, last_error=error)
        )


async def statuses(house: House) -> dict[str, str]:
    async with house.town.database.read() as session:
        rows = await session.execute(select(DeliveryRow.recipient, DeliveryRow.status))
        return dict(rows.all())


async def test_a_campaign_counts_stops_goes_on_and_sends_again_what_failed(
    house: House, camille: Browser
) -> None:
    people = ("a@citizens.example", "b@citizens.example", "c@citizens.example")
    address, _ = await campaign_of(house, *people)
    assert "Rue fermée" in await camille.page("/agent/campaigns")
    await mark(house, people[0], DeliveryStatus.SENT)
    await mark(house, people[1], DeliveryStatus.FAILED, "550 <b@citizens.example> unknown")
    page = await camille.page(address)
    assert "66 %" in page
    assert "550 … unknown" in page
    await camille.submit(address, address, action="stop")
    assert "Stopped" in await camille.page(address)
    await camille.submit(address, address, action="resume")
    assert "On its way" in await camille.page(address)
    await camille.submit(address, address, action="resend")
    assert await statuses(house) == {
        people[0]: DeliveryStatus.SENT,
        people[1]: DeliveryStatus.QUEUED,
        people[2]: DeliveryStatus.QUEUED,
    }
    for done, count in (("stopped", 0), ("resumed", 0), ("resent", 1)):
        assert [row.details for row in await house.trail(f"campaign.{done}")] == [{"count": count}]


async def test_an_open_page_hears_when_the_numbers_change(house: House, camille: Browser) -> None:
    address, _ = await campaign_of(house, "a@citizens.example")
    id = address.rpartition("/")[2]
    stream = Stream(house.app, f"/agent/events?campaign={id}", camille.client.cookies)
    async with running(house.town.live.run()), running(stream.run()):
        await stream.part()  # ": connected"
        await until(lambda: _has_counted(house))
        await mark(house, "a@citizens.example", DeliveryStatus.SENT)
        assert await stream.event() == ("campaign.counted", {"campaign_id": id})
    assert "100 %" in (await camille.get(f"{address}/progress")).text


async def _has_counted(house: House) -> bool:
    return bool(house.town.live.counted)


async def test_what_a_citizen_was_sent_says_why(house: House, camille: Browser) -> None:
    await campaign_of(house, "jeanne@citizens.example")
    reference = await house.open(
        sender_address="jeanne@citizens.example", sender_trust=Trust.VERIFIED
    )
    others = [
        await house.open(sender_address="paul@citizens.example", sender_trust=Trust.VERIFIED),
        await house.open(sender_address="jeanne@citizens.example"),  # so somebody says
    ]
    page = await camille.page(f"/agent/cases/{reference}/sent")
    assert "Rue fermée" in page
    assert "because they have subscribed to: Travaux" in page
    for other in others:
        assert "Rue fermée" not in await camille.page(f"/agent/cases/{other}/sent")
