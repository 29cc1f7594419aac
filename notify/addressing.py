"""From a range of subscribers to their notifications and deliveries, in bulk.

Whatever the range holds it takes a fixed number of statements. A notification's id derives from
campaign and subscriber, so that a range that is handled twice is written once, and a subscriber
whom several topics bring in is told once.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.database import Database, insert_new
from core.i18n import LOCALES
from core.ids import derived_id
from core.tracing import current
from ingest.events import AudienceSelected, CampaignChanged, Event
from notify.announcements import Announcements, Item
from notify.audiences import Audience, Audiences, Member
from notify.campaigns import CampaignContentRow, CampaignKind, CampaignRow, is_withdrawn
from notify.letterhead import Letterhead
from notify.mail import mailbox
from notify.models import DeliveryRow, DeliveryStatus, Medium, NotificationRow

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Range:
    """What there is to write for one event."""

    campaign: CampaignRow
    audience: Audience
    members: Sequence[Member]
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
        if ready is None or await is_withdrawn(session, ready.campaign.id):
            return []
        taken = await ready.audience.take(session, data.first, data.until)
        members = [one for one in ready.members if taken is None or one.subscriber in taken]
        if members:
            await insert_new(session, CampaignContentRow, ready.contents)
            await insert_new(session, NotificationRow, self._notifications(ready, members))
            await insert_new(session, DeliveryRow, self._deliveries(ready, members))
        changed = CampaignChanged(campaign_id=ready.campaign.id, change="addressed")
        return [event.follow(changed, key=ready.campaign.id)]

    async def _read(
        self, session: AsyncSession, campaign: CampaignRow, data: AudienceSelected
    ) -> _Range:
        audience = (
            self._audiences.of_digest(campaign.due_at)
            if campaign.entry_id is None
            else self._audiences.of_entry(
                campaign.entry_id, urgent=campaign.urgent, wakes=campaign.wakes
            )
        )
        members = await audience.members(session, data.first, data.until)
        contents = await self._missing(session, campaign, members)
        return _Range(campaign, audience, members, contents)

    async def _missing(
        self, session: AsyncSession, campaign: CampaignRow, members: Sequence[Member]
    ) -> list[Row]:
        """The contents that these members need and that are not stored yet, rendered."""
        wanted = {
            _content_id(campaign, member, medium): (self._language(member), medium, member.entries)
            for member in members
            for medium in self._media(member)
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
            for id, (language, medium, entries) in missing.items()
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

    def _notifications(self, ready: _Range, members: Sequence[Member]) -> list[Row]:
        campaign, now = ready.campaign, self._clock()
        return [
            {
                "id": derived_id(campaign.id, member.subscriber.hex),
                "case_id": None,
                "address": member.email or member.phone,
                "cause_event_id": campaign.id,
                "kind": campaign.kind,
                "language": self._language(member),
                "created_at": now,
            }
            for member in members
            if self._media(member)
        ]

    def _deliveries(self, ready: _Range, members: Sequence[Member]) -> list[Row]:
        now, trace = self._clock(), current()
        return [
            self._delivery(ready.campaign, member, medium, now, trace)
            for member in members
            for medium in self._media(member)
        ]

    def _delivery(
        self,
        campaign: CampaignRow,
        member: Member,
        medium: Medium,
        now: datetime,
        trace: str | None,
    ) -> Row:
        notification_id = derived_id(campaign.id, member.subscriber.hex)
        id = derived_id(notification_id, medium)
        is_mail = medium is Medium.EMAIL
        return {
            "id": id,
            "notification_id": notification_id,
            "medium": medium,
            "recipient": member.email if is_mail else member.phone,
            "return_path": self._letterhead.main_mailbox if is_mail else "",
            "status": DeliveryStatus.QUEUED,
            "claimed_by": None,
            "attempts": 0,
            "in_doubt": 0,
            "due_at": now if is_mail else max(now, member.sms_at),
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
            "content_id": _content_id(campaign, member, medium),
            "personal": {"token": member.token, "why": member.why} if is_mail else {},
        }

    def _media(self, member: Member) -> Collection[Medium]:
        mail = (Medium.EMAIL,) if member.email else ()
        return (*mail, Medium.SMS) if member.phone and self._sends_sms else mail

    def _language(self, member: Member) -> str:
        return member.language if member.language in LOCALES else self._letterhead.language


def _content_id(campaign: CampaignRow, member: Member, medium: Medium) -> UUID:
    """The same for all who are told the same, in the same language."""
    choice = ""
    if campaign.entry_id is None:
        choice = sha256(b"".join(entry.bytes for entry in member.entries)).hexdigest()
    return derived_id(campaign.id, f"{member.language}:{medium}:{choice}")
