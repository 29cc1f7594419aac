"""From a range of subscribers to their notifications and deliveries, in bulk.

Whatever the range holds it takes a fixed number of statements. A notification's id derives from
campaign and subscriber, so that a range that is handled twice is written once, and a subscriber
whom several topics bring in is told once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.database import Database, insert_new
from core.errors import Later
from core.i18n import LOCALES
from core.ids import derived_id
from core.tracing import current
from ingest.events import AudienceSelected, CampaignChanged, Event
from notify.addressed import Row, Sheet, Told
from notify.announcements import Announcements
from notify.audiences import Audience, Audiences, Member
from notify.campaign_words import CampaignWords
from notify.campaigns import (
    CampaignContentRow,
    CampaignRow,
    notification_id_of,
    version_held,
)
from notify.devices import devices_of_accounts
from notify.letterhead import Letterhead
from notify.models import DeliveryRow, Medium, NotificationRow

MEDIA = (Medium.EMAIL, Medium.SMS)


@dataclass(frozen=True, slots=True)
class _Range:
    """What there is to write for one event."""

    campaign: CampaignRow
    audience: Audience
    told: Sequence[Told]
    contents: Sequence[Row]
    """Those that nobody has stored yet."""


class Addressing:
    """Handles ``audience.selected`` and ``audience.alerted``.

    Parameters
    ----------
    sends_sms
        Whether the town has an account for it.
    pushes
        Whether what is urgent is told on the devices of who has an account, too.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audiences: Audiences,
        words: Announcements,
        letterhead: Letterhead,
        *,
        sends_sms: bool,
        pushes: bool = False,
    ) -> None:
        self._database = database
        self._clock = clock
        self._audiences = audiences
        self._words = CampaignWords(words, letterhead)
        self._letterhead = letterhead
        self._sends_sms = sends_sms
        self._pushes = pushes

    async def prepare(self, events: Sequence[Event]) -> Mapping[UUID, _Range]:
        ranges = [(event, AudienceSelected.of(event)) for event in events]
        prepared = {}
        async with self._database.read() as session:
            ids = {data.campaign_id for _, data in ranges}
            found = await session.scalars(select(CampaignRow).where(CampaignRow.id.in_(ids)))
            campaigns = {row.id: row for row in found}
            for event, data in ranges:  # each is hundreds of people
                campaign = campaigns.get(data.campaign_id)
                if campaign is not None and campaign.withdrawn_at is None:
                    prepared[event.id] = await self._read(session, campaign, data)
        return prepared

    async def handle(
        self, event: Event, session: AsyncSession, prepared: Mapping[UUID, _Range]
    ) -> list[Event]:
        data, ready = AudienceSelected.of(event), prepared.get(event.id)
        version = await version_held(session, ready.campaign.id) if ready else None
        if ready is None or version is None:
            return []
        if version != ready.campaign.version:
            raise Later("the entry was corrected since its words were read")
        taken = await ready.audience.take(session, data.first, data.until)
        told = [one for one in ready.told if taken is None or one.member.subscriber in taken]
        await self._write(session, ready, told)
        changed = CampaignChanged(campaign_id=ready.campaign.id, change="addressed")
        return [event.follow(changed, key=ready.campaign.id)]

    async def _write(self, session: AsyncSession, ready: _Range, told: Sequence[Told]) -> None:
        if not told:
            return
        letterhead = self._letterhead
        sheet = Sheet(
            ready.campaign,
            self._clock(),
            current(),
            letterhead.main_mailbox,
            letterhead.mail_domain,
        )
        await insert_new(session, CampaignContentRow, ready.contents)
        notifications = [row for one in told for row in sheet.notifications(one)]
        await insert_new(session, NotificationRow, notifications)
        stored = await self._stored(session, told)
        there = (one for one in told if one.notification_id in stored)
        deliveries = [row for one in there for row in sheet.deliveries(one)]
        await insert_new(session, DeliveryRow, deliveries)

    async def _stored(self, session: AsyncSession, told: Sequence[Told]) -> set[UUID]:
        """Of their notifications those that are there: at one address one is told once."""
        ids = [one.notification_id for one in told]
        query = select(NotificationRow.id).where(NotificationRow.id.in_(ids))
        return set(await session.scalars(query))

    async def _read(
        self, session: AsyncSession, campaign: CampaignRow, data: AudienceSelected
    ) -> _Range:
        audience = (
            self._audiences.of_digest(campaign.due_at, campaign.until)
            if campaign.entry_id is None
            else self._audiences.of_entry(
                campaign.entry_id, urgent=campaign.urgent, wakes=campaign.wakes
            )
        )
        members = await audience.members(session, data.first, data.until)
        told = self._told(campaign, members, await self._devices(session, campaign, members))
        return _Range(campaign, audience, told, await self._missing(session, campaign, told))

    async def _missing(
        self, session: AsyncSession, campaign: CampaignRow, told: Sequence[Told]
    ) -> list[Row]:
        """The contents that these need and that are not stored yet, rendered."""
        wanted = {
            content_id: (one.language, medium, one.member.entries)
            for one in told
            for medium, content_id in _contents(one)
        }
        query = select(CampaignContentRow.id).where(CampaignContentRow.id.in_(wanted))
        known = set(await session.scalars(query))
        missing = {id: one for id, one in wanted.items() if id not in known}
        if not missing:
            return []
        entries = {entry for _, _, entries in missing.values() for entry in entries}
        items = await self._audiences.items(session, entries)
        return [
            self._words.row(id, campaign, language, medium, [items[e, language] for e in entries])
            # The same order everywhere: two who store the same ones do not wait for each other.
            for id, (language, medium, entries) in sorted(missing.items())
        ]

    async def _devices(
        self, session: AsyncSession, campaign: CampaignRow, members: Sequence[Member]
    ) -> Mapping[UUID, Sequence[str]]:
        """Those on which they are told besides, by the account."""
        accounts = {one.account for one in members if one.account is not None}
        if not (self._pushes and campaign.urgent and accounts):
            return {}
        return await devices_of_accounts(session, accounts)

    def _told(
        self,
        campaign: CampaignRow,
        members: Sequence[Member],
        devices: Mapping[UUID, Sequence[str]],
    ) -> list[Told]:
        """Each with what it is told by which medium; to whom nothing can go are left out."""
        ids: dict[tuple[str, Medium, tuple[UUID, ...]], UUID] = {}

        def content_id(language: str, medium: Medium, entries: tuple[UUID, ...]) -> UUID:
            """The same for all who are told the same, in the same language."""
            key = language, medium, entries
            if key not in ids:
                said = b"".join(entry.bytes for entry in entries)
                step = f"{language}:{medium}:{sha256(said).hexdigest()}"
                ids[key] = derived_id(campaign.id, step)
            return ids[key]

        told = []
        for member in members:
            language = self._language(member)
            media = [medium for medium in MEDIA if self._takes(member, medium)]
            if media:
                contents = [(one, content_id(language, one, member.entries)) for one in media]
                notification_id = notification_id_of(campaign.id, member.subscriber)
                theirs = devices.get(member.account, ()) if member.account else ()
                on_devices = content_id(language, Medium.PUSH, member.entries) if theirs else None
                told.append(Told(member, notification_id, language, contents, theirs, on_devices))
        return told

    def _takes(self, member: Member, medium: Medium) -> bool:
        return bool(member.phone and self._sends_sms if medium is Medium.SMS else member.email)

    def _language(self, member: Member) -> str:
        return member.language if member.language in LOCALES else self._letterhead.language


def _contents(told: Told) -> Iterator[tuple[Medium, UUID]]:
    yield from told.contents
    if told.device_content is not None:
        yield Medium.PUSH, told.device_content
