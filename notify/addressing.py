"""From a range of subscribers to their notifications and deliveries, in bulk.

Whatever the range holds it takes a fixed number of statements. A notification's id derives from
campaign and subscriber, so that a range that is handled twice is written once, and a subscriber
whom several topics bring in is told once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
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
from notify.announcements import Announcements, Item
from notify.audiences import Audience, Audiences, Member
from notify.campaigns import (
    CampaignContentRow,
    CampaignKind,
    CampaignRow,
    notification_id_of,
    version_held,
)
from notify.letterhead import Letterhead
from notify.mail import mailbox
from notify.models import DeliveryRow, DeliveryStatus, Medium, NotificationRow, Priority

Row = dict[str, Any]
MEDIA = (Medium.EMAIL, Medium.SMS)


@dataclass(frozen=True, slots=True)
class _Told:
    """Somebody who is told, and the contents by their media."""

    member: Member
    notification_id: UUID
    language: str
    contents: Sequence[tuple[Medium, UUID]]


@dataclass(frozen=True, slots=True)
class _Range:
    """What there is to write for one event."""

    campaign: CampaignRow
    audience: Audience
    told: Sequence[_Told]
    contents: Sequence[Row]
    """Those that nobody has stored yet."""


class Addressing:
    """Handles ``audience.selected`` and ``audience.alerted``.

    Parameters
    ----------
    sends_sms
        Whether the town has an account for it.
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
    ) -> None:
        self._database = database
        self._clock = clock
        self._audiences = audiences
        self._words = words
        self._letterhead = letterhead
        self._sends_sms = sends_sms

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

    async def _write(self, session: AsyncSession, ready: _Range, told: Sequence[_Told]) -> None:
        if not told:
            return
        campaign, now, trace = ready.campaign, self._clock(), current()
        await insert_new(session, CampaignContentRow, ready.contents)
        notifications = [self._notification(campaign, one, now) for one in told]
        await insert_new(session, NotificationRow, notifications)
        stored = await self._stored(session, told)
        deliveries = [
            self._delivery(campaign, one, medium, content_id, now, trace)
            for one in told
            if one.notification_id in stored
            for medium, content_id in one.contents
        ]
        await insert_new(session, DeliveryRow, deliveries)

    async def _stored(self, session: AsyncSession, told: Sequence[_Told]) -> set[UUID]:
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
        told = self._told(campaign, members)
        return _Range(campaign, audience, told, await self._missing(session, campaign, told))

    async def _missing(
        self, session: AsyncSession, campaign: CampaignRow, told: Sequence[_Told]
    ) -> list[Row]:
        """The contents that these need and that are not stored yet, rendered."""
        wanted = {
            content_id: (one.language, medium, one.member.entries)
            for one in told
            for medium, content_id in one.contents
        }
        query = select(CampaignContentRow.id).where(CampaignContentRow.id.in_(wanted))
        known = set(await session.scalars(query))
        missing = {id: one for id, one in wanted.items() if id not in known}
        if not missing:
            return []
        entries = {entry for _, _, entries in missing.values() for entry in entries}
        items = await self._audiences.items(session, entries)
        return [
            self._content(id, campaign, language, medium, [items[e, language] for e in entries])
            # The same order everywhere: two who store the same ones do not wait for each other.
            for id, (language, medium, entries) in sorted(missing.items())
        ]

    def _content(
        self,
        id: UUID,
        campaign: CampaignRow,
        language: str,
        medium: Medium,
        items: Sequence[Item],
    ) -> Row:
        kind = CampaignKind(campaign.kind)
        view = self._words.view(
            kind, language, items, campaign=campaign.id.hex, urgent=campaign.urgent
        )
        row = {"id": id, "campaign_id": campaign.id, "language": language, "medium": medium}
        if medium is Medium.SMS:
            return row | {"subject": "", "text": self._words.sms(view), "html": "", "headers": {}}
        words = self._words.mail(view)
        headers = self._headers(view.unsubscribe, kind)
        return row | {
            "subject": words.subject,
            "text": words.text,
            "html": words.html,
            "headers": headers,
        }

    def _headers(self, unsubscribe: str, kind: CampaignKind) -> dict[str, str]:
        """What RFC 2369, 2919, 3834 and 8058 ask of mail that goes to many."""
        letterhead = self._letterhead
        return {
            "From": mailbox(letterhead.town, letterhead.main_mailbox),
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "Precedence": "bulk",
            "List-Id": f"<{kind}.{letterhead.mail_domain}>",
            "List-Unsubscribe": f"<{unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }

    def _told(self, campaign: CampaignRow, members: Sequence[Member]) -> list[_Told]:
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
                told.append(_Told(member, notification_id, language, contents))
        return told

    def _notification(self, campaign: CampaignRow, told: _Told, now: datetime) -> Row:
        return {
            "id": told.notification_id,
            "case_id": None,
            "address": told.member.email or told.member.phone,
            "cause_event_id": campaign.id,
            "kind": campaign.kind,
            "language": told.language,
            "created_at": now,
        }

    def _delivery(
        self,
        campaign: CampaignRow,
        told: _Told,
        medium: Medium,
        content_id: UUID,
        now: datetime,
        trace: str | None,
    ) -> Row:
        member = told.member
        id = derived_id(told.notification_id, medium)
        is_mail = medium is Medium.EMAIL
        return {
            "id": id,
            "notification_id": told.notification_id,
            "medium": medium,
            "recipient": member.email if is_mail else member.phone,
            "return_path": self._letterhead.main_mailbox if is_mail else "",
            "status": DeliveryStatus.QUEUED,
            "claimed_by": None,
            "attempts": 0,
            "in_doubt": 0,
            "priority": _priority(campaign),
            "due_at": now if is_mail else max(now, member.sms_at),
            "expires_at": campaign.expires_at,
            "sender": "",
            "declined_by": "",
            "failed_over": False,
            "provider_id": "",
            "last_error": "",
            "message_id": f"<{id.hex}@{self._letterhead.mail_domain}>" if is_mail else "",
            "subject": "",
            "text": "",
            "html": "",
            "headers": {},
            "created_at": now,
            "sent_at": None,
            "traceparent": trace,
            "batch_id": None,
            "campaign_id": campaign.id,
            "content_id": content_id,
            "personal": _personal(member) if is_mail else {},
        }

    def _takes(self, member: Member, medium: Medium) -> bool:
        return bool(member.phone and self._sends_sms if medium is Medium.SMS else member.email)

    def _language(self, member: Member) -> str:
        return member.language if member.language in LOCALES else self._letterhead.language


def _personal(member: Member) -> dict[str, str]:
    topics = " ".join(one.hex for one in member.topics)
    return {"token": member.token, "why": member.why, "topics": topics}


def _priority(campaign: CampaignRow) -> Priority:
    if campaign.urgent:
        return Priority.URGENT
    return Priority.DIGEST if campaign.kind == CampaignKind.DIGEST else Priority.BULK
