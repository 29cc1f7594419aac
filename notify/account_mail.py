"""Mails about an account: links that prove an address, and notices to its owner.

They are about no case, so no event causes them: who writes them does so in the transaction of
what they tell, and the dispatcher sends them as it sends all else.
"""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import CompoundSelect, delete, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.i18n import LOCALES
from core.ids import derived_id, new_id
from core.tracing import current
from ingest import publish
from ingest.events import DeliveryChanged, new_event
from notify.campaigns import CampaignRow
from notify.contents import AccountView, Contents
from notify.letterhead import Letterhead
from notify.mail import mailbox
from notify.models import (
    OF_AN_ACCOUNT,
    AccountKind,
    DeliveryRow,
    DeliveryStatus,
    Medium,
    NotificationRow,
)


class AccountMails:
    """Writes them under the town's letterhead."""

    def __init__(self, letterhead: Letterhead, clock: Clock) -> None:
        self._letterhead = letterhead
        self._clock = clock
        self._contents = Contents(letterhead.zone)

    async def queue(
        self,
        session: AsyncSession,
        kind: AccountKind,
        *,
        address: str,
        language: str,
        link: str,
        hours: int = 0,
        what: str = "",
        day: date | None = None,
        cause: UUID | None = None,
    ) -> None:
        """Queue a mail in the caller's transaction; the values are those of ``AccountView``.

        ``cause`` is what there is one mail of at most: a reminder of a document.
        """
        cause = cause or new_id()
        notification_id, now = derived_id(cause, "notification"), self._clock()
        if await session.get(NotificationRow, notification_id):
            return
        delivery_id = derived_id(notification_id, Medium.EMAIL)
        language = language if language in LOCALES else self._letterhead.language
        town, sender = self._letterhead.town, self._letterhead.main_mailbox
        words = self._contents.render(
            AccountView(
                kind=kind,
                language=language,
                town=town,
                link=link,
                hours=hours,
                what=what,
                day=day,
            )
        )
        session.add(
            NotificationRow(
                id=notification_id,
                case_id=None,
                address=address,
                cause_event_id=cause,
                kind=kind,
                language=language,
                created_at=now,
            )
        )
        session.add(
            DeliveryRow(
                id=delivery_id,
                notification_id=notification_id,
                medium=Medium.EMAIL,
                recipient=address,
                return_path=sender,
                status=DeliveryStatus.QUEUED,
                due_at=now,
                created_at=now,
                message_id=f"<{delivery_id.hex}@{self._letterhead.mail_domain}>",
                subject=words.subject,
                text=words.text,
                html=words.html,
                headers={
                    "From": mailbox(town, sender),
                    "Auto-Submitted": "auto-generated",
                    "X-Auto-Response-Suppress": "All",
                },
                traceparent=current(),
            )
        )
        await session.flush()
        queued = DeliveryChanged(delivery_id=delivery_id, status=DeliveryStatus.QUEUED)
        event_id = derived_id(delivery_id, "queued")
        await publish(session, [new_event(queued, key=notification_id, id=event_id, time=now)])


async def forget_account_mails(session: AsyncSession, addresses: Collection[str]) -> None:
    """Erase what an account's owner was written about it or by campaigns, sent or not."""
    ids = list(await session.scalars(account_mails(addresses)))
    await session.execute(delete(DeliveryRow).where(DeliveryRow.notification_id.in_(ids)))
    await session.execute(delete(NotificationRow).where(NotificationRow.id.in_(ids)))


def account_mails(addresses: Collection[str]) -> CompoundSelect[tuple[UUID]]:
    """The notifications of no case to these addresses, each kind by an index of its own."""
    to_them = select(NotificationRow.id).where(NotificationRow.address.in_(addresses))
    campaigns = select(CampaignRow.id)
    return union_all(
        to_them.where(text(OF_AN_ACCOUNT)),
        to_them.where(NotificationRow.cause_event_id.in_(campaigns)),
    )
