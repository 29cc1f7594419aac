"""Campaigns: what goes out to many at once, an entry or a round of digests.

A campaign's words are kept once for each language and medium (of digests: for each choice of
entries), its deliveries carry what differs. Their states are its numbers.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import ColumnElement

from core.clock import Clock
from core.database import Base, UtcDateTime
from core.errors import NotThere
from core.ids import derived_id, new_id
from ingest import publish
from ingest.events import CampaignChanged, new_event
from notify.models import DeliveryRow, DeliveryStatus

WITHDRAWN = "the entry was withdrawn"
UNSUBSCRIBED = "the recipient has unsubscribed"
SETTLED = timedelta(seconds=5)
"""After so long what was published at a moment is stored, and in the digests of that moment."""


class CampaignKind(StrEnum):
    ENTRY = "announcement"
    DIGEST = "digest"


class CampaignRow(Base):
    """One published version of an entry, or one round of digests."""

    __tablename__ = "campaigns"
    __table_args__ = (Index(None, "created_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    entry_id: Mapped[UUID | None] = mapped_column(index=True)
    """None for digests."""
    version: Mapped[int]
    """Of the entry, as its words are now; 0 for digests."""
    title: Mapped[str] = mapped_column(Text)
    """The entry's in the town's language; empty for digests."""
    urgent: Mapped[bool]
    wakes: Mapped[bool]
    """Whether its SMS come in quiet hours too."""
    audience: Mapped[int]
    """How many subscribers it was for when it began."""
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When it began; of digests the moment they are due at."""
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """From when on it is worth nothing any more."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    """Since when an agent holds it back."""
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when nothing more of it goes out."""

    @property
    def until(self) -> datetime:
        """Of digests: what was published until then is in them."""
        return max(self.due_at, self.created_at - SETTLED)


class CampaignContentRow(Base):
    """What a campaign says in one language by one medium, but for what is each recipient's own."""

    __tablename__ = "campaign_contents"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"), index=True)
    language: Mapped[str] = mapped_column(String(8))
    medium: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    headers: Mapped[dict[str, str]] = mapped_column(JSON)
    """Of a mail, as :class:`notify.models.DeliveryRow` has them."""


def notification_id_of(campaign_id: UUID, subscriber_id: UUID) -> UUID:
    """Of what a campaign tells a subscriber: found without a search for who was told."""
    return derived_id(campaign_id, subscriber_id.hex)


def may_go(campaign_id: ColumnElement[UUID | None]) -> ColumnElement[bool]:
    """Whether no agent holds back the campaign that a delivery is part of.

    Asked by IN: PostgreSQL would take EXISTS for a join that leaves next to nothing, and sort all
    that is queued for the first few.
    """
    campaigns = CampaignRow.__table__.c
    # By a comparison that all moments pass, as SQLite uses no index to find what is not NULL.
    held = select(campaigns.id).where(campaigns.paused_at > datetime.min.replace(tzinfo=UTC))
    return or_(campaign_id.is_(None), campaign_id.not_in(held))


async def stop_campaign(session: AsyncSession, clock: Clock, campaign_id: UUID) -> None:
    """Hold back what is not sent yet. Raises NotThere."""
    row = await _locked(session, campaign_id)
    if row.paused_at is None:
        row.paused_at = clock()
        await _tell(session, clock, campaign_id, "stopped")


async def resume_campaign(session: AsyncSession, clock: Clock, campaign_id: UUID) -> None:
    """Let it go on. Raises NotThere."""
    row = await _locked(session, campaign_id)
    if row.paused_at is not None:
        row.paused_at = None
        await _tell(session, clock, campaign_id, "resumed")


async def resend_failed(session: AsyncSession, clock: Clock, campaign_id: UUID) -> int:
    """Try those again that were given up, and no others; returns how many. Raises NotThere.

    Who has unsubscribed in the meantime gets nothing.
    """
    row = await _locked(session, campaign_id)
    if row.withdrawn_at is not None:
        return 0
    query = (
        update(DeliveryRow)
        .where(
            DeliveryRow.campaign_id == campaign_id,
            DeliveryRow.status == DeliveryStatus.FAILED,
            DeliveryRow.last_error != UNSUBSCRIBED,
        )
        .values(status=DeliveryStatus.QUEUED, due_at=clock(), last_error="")
        .execution_options(synchronize_session=False)
    )
    count: int = (await session.execute(query)).rowcount  # type: ignore[attr-defined]
    if count:
        await _tell(session, clock, campaign_id, "resent")
    return count


async def withdraw_campaigns(session: AsyncSession, clock: Clock, entry_id: UUID) -> None:
    """Nothing more goes out of what tells of this entry alone."""
    # Their rows first: who addresses a range of theirs just now waits, or is waited for.
    query = (
        update(CampaignRow)
        .where(CampaignRow.entry_id == entry_id, CampaignRow.withdrawn_at.is_(None))
        .values(withdrawn_at=clock())
        .returning(CampaignRow.id)
        .execution_options(synchronize_session=False)
    )
    ids = list((await session.execute(query)).scalars())
    unsent = (
        update(DeliveryRow)
        .where(DeliveryRow.campaign_id.in_(ids), DeliveryRow.status == DeliveryStatus.QUEUED)
        .values(status=DeliveryStatus.FAILED, last_error=WITHDRAWN)
        .execution_options(synchronize_session=False)
    )
    await session.execute(unsent)
    for campaign_id in ids:
        await _tell(session, clock, campaign_id, "withdrawn")


async def version_held(session: AsyncSession, campaign_id: UUID) -> int | None:
    """The version that goes out, None when it was withdrawn: held until the transaction ends."""
    query = select(CampaignRow.version).where(
        CampaignRow.id == campaign_id, CampaignRow.withdrawn_at.is_(None)
    )
    return await session.scalar(query.with_for_update(read=True))


async def _locked(session: AsyncSession, campaign_id: UUID) -> CampaignRow:
    row = await session.get(CampaignRow, campaign_id, with_for_update=True)
    if row is None:
        raise NotThere("no such campaign")
    return row


async def _tell(session: AsyncSession, clock: Clock, campaign_id: UUID, change: str) -> None:
    data = CampaignChanged.model_validate({"campaign_id": campaign_id, "change": change})
    await session.flush()
    await publish(session, [new_event(data, key=campaign_id, id=new_id(), time=clock())])
