"""The rows of a campaign: a notification for each who is told, a delivery for each way. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.ids import derived_id
from notify.audiences import Member
from notify.campaigns import CampaignKind, CampaignRow, notification_id_of
from notify.models import DeliveryStatus, Medium, Priority

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who is told, and the contents by their media."""

    member: Member
    notification_id: UUID
    language: str
    contents: Sequence[tuple[Medium, UUID]]
    devices: Sequence[str] = ()
    """The addresses of their devices, each of which is told besides."""
    device_content: UUID | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is the same for all of a range."""

    campaign: CampaignRow
    now: datetime
    trace: str | None
    main_mailbox: str
    mail_domain: str

    def notifications(self, told: Told) -> Iterator[Row]:
        """Their own, and one of each device: what is told there is no way of theirs."""
        member = told.member
        yield self._notification(told.notification_id, member.email or member.phone, told.language)
        for address in told.devices:
            yield self._notification(self._of_device(told, address), address, told.language)

    def deliveries(self, told: Told) -> Iterator[Row]:
        member, id = told.member, told.notification_id
        for medium, content_id in told.contents:
            if medium is Medium.EMAIL:
                personal = _personal(member)
                yield self._delivery(id, medium, member.email, content_id, self.now, personal)
            else:
                at = max(self.now, member.sms_at)
                yield self._delivery(id, medium, member.phone, content_id, at, {})
        for address in told.devices:
            id = self._of_device(told, address)
            yield self._delivery(id, Medium.PUSH, address, told.device_content, self.now, {})

    def _of_device(self, told: Told, address: str) -> UUID:
        return notification_id_of(self.campaign.id, derived_id(told.member.subscriber, address))

    def _notification(self, id: UUID, address: str, language: str) -> Row:
        return {
            "id": id,
            "case_id": None,
            "address": address,
            "cause_event_id": self.campaign.id,
            "kind": self.campaign.kind,
            "language": language,
            "created_at": self.now,
        }

    def _delivery(
        self,
        notification_id: UUID,
        medium: Medium,
        recipient: str,
        content_id: UUID | None,
        due_at: datetime,
        personal: dict[str, str],
    ) -> Row:
        """With every column: they are inserted by one statement."""
        id, is_mail = derived_id(notification_id, medium), medium is Medium.EMAIL
        return {
            "id": id,
            "notification_id": notification_id,
            "medium": medium,
            "recipient": recipient,
            "return_path": self.main_mailbox if is_mail else "",
            "status": DeliveryStatus.QUEUED,
            "claimed_by": None,
            "attempts": 0,
            "in_doubt": 0,
            "priority": _priority(self.campaign),
            "due_at": due_at,
            "expires_at": self.campaign.expires_at,
            "sender": "",
            "declined_by": "",
            "failed_over": False,
            "provider_id": "",
            "last_error": "",
            "message_id": f"<{id.hex}@{self.mail_domain}>" if is_mail else "",
            "subject": "",
            "text": "",
            "html": "",
            "headers": {},
            "created_at": self.now,
            "sent_at": None,
            "traceparent": self.trace,
            "batch_id": None,
            "campaign_id": self.campaign.id,
            "content_id": content_id,
            "personal": personal,
        }


def _personal(member: Member) -> dict[str, str]:
    topics = " ".join(one.hex for one in member.topics)
    return {"token": member.token, "why": member.why, "topics": topics}


def _priority(campaign: CampaignRow) -> Priority:
    if campaign.urgent:
        return Priority.URGENT
    return Priority.DIGEST if campaign.kind == CampaignKind.DIGEST else Priority.BULK
