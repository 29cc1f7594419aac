"""Writing what a notification is sent as: its subject is read, its words are rendered."""

import asyncio
import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import case as sql_case
from sqlalchemy import literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import CaseEventRow, CaseMessageRow, CaseRow
from core.clock import Clock
from core.i18n import translator
from core.ids import derived_id
from ingest import Trust
from ingest.models import MessageRow
from notify.addresses import medium_of, with_tag
from notify.contents import Contents, View, quoted_subject
from notify.devices import is_device
from notify.letterhead import Letterhead
from notify.mail import mailbox
from notify.models import DeliveryRow, DeliveryStatus, Kind, Medium, NotificationRow
from notify.senders.push import LINK
from notify.threads import threading_headers

AUTO_SUBMITTED: Mapping[Kind, str] = {
    Kind.RECEIPT: "auto-replied",
    Kind.CLOSED: "auto-generated",
    Kind.REOPENED: "auto-generated",
    Kind.ACCEPTED: "auto-generated",
    Kind.REFUSED: "auto-generated",
}
"""RFC 3834, section 5; a person's reply is not automatic."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a notification is about."""

    notification: NotificationRow
    case: CaseRow
    event: CaseEventRow
    reply: str
    """The agent's text, if it is a reply."""
    message_id: str
    """The Message-ID of the event's message."""
    conversation: Sequence[str]
    """Message-IDs, oldest first."""
    medium: Medium


class Writing:
    """Writes mails and SMS under the town's letterhead."""

    def __init__(self, letterhead: Letterhead, clock: Clock) -> None:
        self._letterhead = letterhead
        self._clock = clock
        self._contents = Contents(letterhead.zone)

    async def write(
        self, session: AsyncSession, notification_ids: Sequence[UUID]
    ) -> dict[UUID, DeliveryRow]:
        """The deliveries by their notifications, for the caller to store.

        They are created, and so sent, in the order of ``notification_ids``.
        """
        written = {}
        subjects = await _read_subjects(session, notification_ids)
        place = {notification_id: n for n, notification_id in enumerate(notification_ids)}
        for subject in sorted(subjects, key=lambda one: place[one.notification.id]):
            written[subject.notification.id] = self._delivery(subject)
            await asyncio.sleep(0)  # a batch is long enough for others to get a turn in between
        return written

    def _delivery(self, subject: _Subject) -> DeliveryRow:
        match subject.medium:
            case Medium.SMS:
                return self._sms(subject)
            case Medium.LETTER:
                return self._letter(subject)
            case Medium.PUSH:
                return self._push(subject)
            case _:
                return self._mail(subject)

    def _sms(self, subject: _Subject) -> DeliveryRow:
        kind = Kind(subject.notification.kind)
        return self._queued(
            subject,
            Medium.SMS,
            # A reply is found again in its case by the name of its message.
            message_id=subject.message_id if kind is Kind.REPLY else "",
            text=self._contents.render_sms(self._view(subject, kind)),
        )

    def _mail(self, subject: _Subject) -> DeliveryRow:
        notification, case = subject.notification, subject.case
        kind = Kind(notification.kind)
        words = self._contents.render(self._view(subject, kind))
        from_mailbox = case.mailbox or self._letterhead.main_mailbox
        reply_to = with_tag(from_mailbox, case.reference)
        delivery_id = derived_id(notification.id, Medium.EMAIL)
        fresh = f"<{case.reference}.{delivery_id.hex}@{self._letterhead.mail_domain}>"
        return self._queued(
            subject,
            Medium.EMAIL,
            # A bounce then comes back to the case by itself.
            return_path=reply_to,
            message_id=(subject.message_id if kind is Kind.REPLY else "") or fresh,
            title=words.subject,
            text=words.text,
            html=words.html,
            headers={
                "From": mailbox(self._letterhead.town, from_mailbox),
                "Reply-To": mailbox(self._letterhead.town, reply_to),
                **threading_headers(subject.conversation),
                **_marks(kind),
            },
        )

    def _letter(self, subject: _Subject) -> DeliveryRow:
        """Not rendered yet: the page is drawn when it is printed."""
        return self._queued(
            subject,
            Medium.LETTER,
            message_id=subject.message_id,
            title=quoted_subject(subject.case.subject, subject.case.reference),
            text=subject.reply,
            headers={"Agent": subject.event.actor_name},
        )

    def _push(self, subject: _Subject) -> DeliveryRow:
        """It may lie on a table for all to see: nothing of the case is in it but its reference."""
        case, _ = subject.case, translator(subject.notification.language)
        return self._queued(
            subject,
            Medium.PUSH,
            text=_("News of your request %(reference)s") % {"reference": case.reference},
            headers={
                "Urgency": "normal",
                "Topic": _topic(case.id),
                LINK: f"/me/cases/{case.reference}",
            },
        )

    def _queued(
        self,
        subject: _Subject,
        medium: Medium,
        *,
        text: str,
        title: str = "",
        html: str = "",
        message_id: str = "",
        return_path: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> DeliveryRow:
        """``title`` is the subject of a mail or a letter."""
        notification, now = subject.notification, self._clock()
        return DeliveryRow(
            id=derived_id(notification.id, medium),
            notification_id=notification.id,
            medium=medium,
            recipient=notification.address,
            return_path=return_path,
            status=DeliveryStatus.QUEUED,
            due_at=now,
            created_at=now,
            message_id=message_id,
            subject=title,
            text=text,
            html=html,
            headers=dict(headers or {}),
        )

    def _view(self, subject: _Subject, kind: Kind) -> View:
        case, event = subject.case, subject.event
        # Who writes under another's address shall not choose words for the mail they get from us.
        echoes = kind is not Kind.RECEIPT or case.sender_trust == Trust.VERIFIED
        return View(
            kind=kind,
            language=subject.notification.language,
            town=self._letterhead.town,
            reference=case.reference,
            subject=quoted_subject(case.subject, case.reference) if echoes else "",
            tracking_key=self._letterhead.tracking_key(case.reference),
            tracking_url=self._letterhead.tracking_url(case.reference),
            text=subject.reply if kind is Kind.REPLY else str(event.data.get("text", "")),
            agent=event.actor_name if event.actor_kind == "agent" else "",
            due_at=case.due_at,
        )


def _topic(case_id: UUID) -> str:
    """What is new of a case takes the place of what was not fetched yet (RFC 8030, section 5.4)."""
    name = derived_id(case_id, "topic").bytes  # the service need not know the case's id
    return base64.urlsafe_b64encode(name).rstrip(b"=").decode()


def _marks(kind: Kind) -> dict[str, str]:
    """What tells other machines not to answer."""
    if kind not in AUTO_SUBMITTED:
        return {}
    # The second is Microsoft's (MS-OXCMAIL, section 2.1.3.2.2).
    return {"Auto-Submitted": AUTO_SUBMITTED[kind], "X-Auto-Response-Suppress": "All"}


async def _read_subjects(session: AsyncSession, notification_ids: Sequence[UUID]) -> list[_Subject]:
    # What a citizen wrote may be long, and no notification repeats it.
    reply = sql_case((MessageRow.direction == "out", MessageRow.text), else_=literal(""))
    medium = sql_case(
        (MessageRow.direction == "out", MessageRow.details["medium"].as_string()), else_=None
    )
    query = (
        select(
            NotificationRow,
            CaseRow,
            CaseEventRow,
            reply,
            MessageRow.rfc_message_id,
            MessageRow.in_reply_to,
            medium,
        )
        .join(CaseRow, CaseRow.id == NotificationRow.case_id)
        .join(CaseEventRow, CaseEventRow.id == NotificationRow.cause_event_id)
        .outerjoin(MessageRow, MessageRow.id == CaseEventRow.message_id)
        .where(NotificationRow.id.in_(notification_ids))
    )
    rows = (await session.execute(query)).all()
    without_message = {case.id for _, case, event, *_ in rows if event.message_id is None}
    conversations = await _read_conversations(session, without_message)
    return [
        _Subject(
            notification=notification,
            case=case,
            event=event,
            reply=text or "",
            message_id=message_id or "",
            conversation=conversations.get(case.id, [])
            if event.message_id is None
            else _conversation(notification.kind, message_id or "", in_reply_to or []),
            medium=Medium.PUSH
            if is_device(notification.address)
            else Medium(medium or medium_of(notification.address)),
        )
        for notification, case, event, text, message_id, in_reply_to, medium in rows
    ]


def _conversation(kind: str, message_id: str, in_reply_to: Sequence[str]) -> list[str]:
    """A receipt answers the citizen's message; a reply says itself what it answers."""
    return [*in_reply_to] if kind == Kind.REPLY else [*in_reply_to, message_id]


async def _read_conversations(session: AsyncSession, case_ids: set[UUID]) -> dict[UUID, list[str]]:
    if not case_ids:
        return {}
    query = (
        select(CaseMessageRow.case_id, MessageRow.rfc_message_id)
        .join(MessageRow, MessageRow.id == CaseMessageRow.message_id)
        .where(CaseMessageRow.case_id.in_(case_ids), MessageRow.rfc_message_id != "")
        .order_by(MessageRow.received_at, MessageRow.id)
    )
    conversations: dict[UUID, list[str]] = {}
    for case_id, message_id in await session.execute(query):
        conversations.setdefault(case_id, []).append(message_id)
    return conversations
