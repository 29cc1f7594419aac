"""What campaigns ask of who keeps the entries and their subscribers; the composition root joins
the two."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from notify.announcements import Item


class Member(Protocol):
    """Somebody who is told, and by which ways."""

    @property
    def subscriber(self) -> UUID: ...
    @property
    def account(self) -> UUID | None:
        """Theirs, when they have one."""
        ...

    @property
    def language(self) -> str: ...
    @property
    def email(self) -> str:
        """Empty when no mail is wanted."""
        ...

    @property
    def phone(self) -> str:
        """In E.164; empty when no SMS is wanted."""
        ...

    @property
    def sms_at(self) -> datetime:
        """When an SMS may come: later than now in quiet hours."""
        ...

    @property
    def entries(self) -> tuple[UUID, ...]:
        """What they are told of: of a digest those that are theirs."""
        ...

    @property
    def why(self) -> str:
        """The topics for which they are told, in their language."""
        ...

    @property
    def topics(self) -> Sequence[UUID]:
        """Those for which they are told by mail: what its link to unsubscribe ends."""
        ...

    @property
    def token(self) -> str:
        """Opens the page with their subscriptions."""
        ...


class Starts(Protocol):
    """How an audience is cut into ranges."""

    @property
    def firsts(self) -> Sequence[UUID]:
        """The first subscriber of each range but of the first one."""
        ...

    @property
    def size(self) -> int:
        """How many subscribers there are."""
        ...


class Audience(Protocol):
    """Who is told by one campaign."""

    async def starts(self, session: AsyncSession, size: int) -> Starts:
        """Cut it into ranges of ``size`` subscribers."""
        ...

    async def members(
        self, session: AsyncSession, first: UUID | None, until: UUID | None
    ) -> Sequence[Member]:
        """Those of a range; reads alone, by a number of queries that does not grow with it."""
        ...

    async def take(
        self, session: AsyncSession, first: UUID | None, until: UUID | None
    ) -> Collection[UUID] | None:
        """Write down that those of a range are told now; returns who is told by us and by nobody
        else, or None when that is all of them."""
        ...


class Published(Protocol):
    """What a campaign is about."""

    @property
    def title(self) -> str: ...
    @property
    def wakes(self) -> bool: ...
    @property
    def expires_at(self) -> datetime | None: ...


class Audiences(Protocol):
    """Finds them."""

    async def published(self, session: AsyncSession, entry_id: UUID) -> Published | None:
        """None when it is not published (any more)."""
        ...

    def of_entry(self, entry_id: UUID, *, urgent: bool, wakes: bool) -> Audience: ...

    async def due(self, session: AsyncSession, now: datetime) -> datetime | None:
        """The latest moment until now at which a digest is due that nobody has got yet."""
        ...

    def of_digest(self, due_at: datetime, until: datetime) -> Audience:
        """Those whose digest is due by then, and told of what was published ``until`` then."""
        ...

    async def items(
        self, session: AsyncSession, entry_ids: Collection[UUID]
    ) -> Mapping[tuple[UUID, str], Item]:
        """What the entries say, by entry and language: every language of ours is there."""
        ...
