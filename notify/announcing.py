"""From a published entry to its campaign: who is told is cut into ranges, and each is an event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.database import Database, insert_new
from core.ids import derived_id
from core.tracing import current
from ingest.events import AudienceAlerted, AudienceSelected, EntryPublished, Event, new_event
from notify.announcements import Announcements, Item
from notify.audiences import Audiences, Published, Starts
from notify.campaigns import CampaignKind, CampaignRow, withdraw_campaigns
from notify.rewording import reword

RANGE = 500  # subscribers


@dataclass(frozen=True, slots=True)
class _Planned:
    published: Published
    starts: Starts


@dataclass(frozen=True, slots=True)
class _Corrected:
    """By a correction that is not told again."""

    published: Published
    items: Mapping[tuple[UUID, str], Item]


class Announcing:
    """Handles ``entry.published``.

    An entry is told of once. A correction is told again only when it is urgent, and then what is
    not sent yet of the earlier version never is; any other puts the words of what is not sent yet
    right. A withdrawal stops all of that, as does a correction by which the entry has expired.
    """

    def __init__(
        self, database: Database, clock: Clock, audiences: Audiences, words: Announcements
    ) -> None:
        self._database = database
        self._clock = clock
        self._audiences = audiences
        self._words = words

    async def prepare(self, events: Sequence[Event]) -> Mapping[UUID, _Planned | _Corrected]:
        planned: dict[UUID, _Planned | _Corrected] = {}
        async with self._database.read() as session:
            for event in events:  # there are few, each with an audience of its own
                data = EntryPublished.of(event)
                if data.change == "withdrawn":
                    continue
                published = await self._audiences.published(session, data.entry_id)
                if published is None:
                    continue
                if data.change == "corrected" and not data.urgent:
                    items = await self._audiences.items(session, [data.entry_id])
                    planned[event.id] = _Corrected(published, items)
                else:
                    audience = self._audiences.of_entry(
                        data.entry_id, urgent=data.urgent, wakes=published.wakes
                    )
                    starts = await audience.starts(session, RANGE)
                    planned[event.id] = _Planned(published, starts)
        return planned

    async def handle(
        self, event: Event, session: AsyncSession, prepared: Mapping[UUID, _Planned | _Corrected]
    ) -> list[Event]:
        data, planned = EntryPublished.of(event), prepared.get(event.id)
        if isinstance(planned, _Corrected):
            await reword(
                session,
                self._words,
                data.entry_id,
                planned.items,
                version=data.version,
                expires_at=planned.published.expires_at,
            )
            return []
        if data.change in ("withdrawn", "corrected"):
            await withdraw_campaigns(session, self._clock, data.entry_id)
        if planned is None or not planned.starts.size:
            return []
        campaign = CampaignRow(
            id=derived_id(data.entry_id, f"version:{data.version}"),
            kind=CampaignKind.ENTRY,
            entry_id=data.entry_id,
            version=data.version,
            title=planned.published.title,
            urgent=data.urgent,
            wakes=planned.published.wakes,
            audience=planned.starts.size,
            due_at=event.time,
            expires_at=planned.published.expires_at,
        )
        return await begin_campaign(session, self._clock, campaign, planned.starts.firsts)


async def begin_campaign(
    session: AsyncSession, clock: Clock, campaign: CampaignRow, firsts: Sequence[UUID]
) -> list[Event]:
    """Store the campaign and return the events of its ranges; one that is there stays as it is."""
    row = {
        "id": campaign.id,
        "kind": campaign.kind,
        "entry_id": campaign.entry_id,
        "version": campaign.version,
        "title": campaign.title,
        "urgent": campaign.urgent,
        "wakes": campaign.wakes,
        "audience": campaign.audience,
        "due_at": campaign.due_at,
        "expires_at": campaign.expires_at,
        "created_at": clock(),
        "paused_at": None,
        "withdrawn_at": None,
    }
    await insert_new(session, CampaignRow, [row])
    told = AudienceAlerted if campaign.urgent else AudienceSelected
    bounds = [None, *firsts, None]
    return [
        _range(told(campaign_id=campaign.id, first=first, until=until), campaign.due_at)
        for first, until in pairwise(bounds)
    ]


def _range(data: AudienceSelected | AudienceAlerted, at: datetime) -> Event:
    """Each has a key of its own, so that many workers may share a campaign."""
    id = derived_id(data.campaign_id, f"range:{data.first}")
    return new_event(data, key=id, id=id, time=at, traceparent=current())
