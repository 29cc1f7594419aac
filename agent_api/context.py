"""What the routes of the desk and of the API work with; the composition root hands it in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request

from agent_api.live import Live
from cases import CaseRow
from cases.procedures import Procedure
from core.blobs import Blobs
from core.clock import Clock
from core.database import Database
from core.processes import Processes
from core.ratelimit import Logins
from core.settings import Settings, Split
from core.web import FieldError, Pages
from feeds import Publishing
from ingest import Accept, Arrival, Attachment
from ingest.models import IntakeRow
from notify import Announcements, Letterhead
from ocr import Limits


class Scans(Protocol):
    """How a scanned file comes in; the channel for scans knows."""

    def arrival(
        self, content: bytes, name: str, *, queue: str, split: Split, by: str
    ) -> Arrival: ...
    def problem(self, content: bytes) -> str:
        """Why nothing can be read of it; empty when something may."""
        ...


class Counter(Protocol):
    """How what an agent files for a citizen comes in; the channel for the counter knows."""

    async def offered(self, locale: str) -> Sequence[tuple[str, str]]:
        """Slug and title of the procedures whose forms can be filled in."""
        ...

    async def filled(
        self, slug: str, sent: FormData, known: Mapping[str, str], locale: str
    ) -> "FilledForm":
        """A procedure's form with what was sent of it; ``known`` is what is known of the citizen.

        Raises NotThere.
        """
        ...

    def mistakes(
        self,
        fields: Mapping[str, str],
        files: Sequence[Attachment],
        say: Callable[[str], str],
        filled: Any = None,
    ) -> Sequence[FieldError]:
        """What is wrong with a form, in the order of its fields; empty when it can be filed.

        ``filled`` is the procedure's form that takes the place of subject and text.
        """
        ...

    async def file(
        self,
        token: str,
        fields: Mapping[str, str],
        files: Sequence[Attachment],
        *,
        agent_id: str,
        by: str,
        filled: Any = None,
    ) -> tuple[str, bool]:
        """The reference, and whether what is kept under it is this very form. Raises Later."""
        ...

    async def reference_of(self, token: str, *, agent_id: str) -> str:
        """Under which the form of this token was filed; empty when it was not."""
        ...

    async def filed(self, session: AsyncSession, reference: str) -> IntakeRow:
        """What was filed under a reference. Raises NotThere."""
        ...


class FilledForm(Protocol):
    """A procedure's form as it is filled in so far; its pages are for the portal's template."""

    @property
    def slug(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def is_anonymous(self) -> bool:
        """Whether nothing may be kept of who asks but what stands in the form."""
        ...

    @property
    def pages(self) -> Sequence[Any]: ...
    @property
    def shown(self) -> str:
        """The names of its fields, to be sent back with the answers."""
        ...

    @property
    def errors(self) -> Sequence[FieldError]: ...
    @property
    def notice(self) -> str:
        """Why it cannot be filed yet, though nothing of it is wrong."""
        ...


class Wallets(Protocol):
    """Citizens' wallets, as far as the town puts documents into them; the portal knows."""

    async def owner_of(self, session: AsyncSession, case: CaseRow) -> UUID | None:
        """The account whose wallet a document of this case goes into; None when there is none."""
        ...

    async def put(
        self, account_id: UUID, item_id: UUID, name: str, content: bytes, expires_on: date | None
    ) -> None:
        """Durable when it returns; twice is once. Raises BadInput, Later."""
        ...

    async def tell(self, session: AsyncSession, account_id: UUID, item_id: UUID, name: str) -> None:
        """Write to its owner that it is there, in the caller's transaction."""
        ...


class Previews(Protocol):
    """How the portal shows a form; the portal knows."""

    def __call__(
        self, procedure: Procedure, locale: str, now: datetime, zone: ZoneInfo, country: str
    ) -> Sequence[Any]: ...


@dataclass(frozen=True, slots=True)
class Context:
    settings: Settings
    clock: Clock
    database: Database
    blobs: Blobs
    accept: Accept
    pages: Pages
    live: Live
    viewers: Processes
    """Show pages, and open locked ones."""
    scans: Scans
    counter: Counter
    letterhead: Letterhead
    preview: Previews
    publishing: Publishing
    announcements: Announcements
    """The words of mails and SMS about entries."""
    wallets: Wallets
    telephone: bool = False
    """Whether the town can be called, and sends SMS."""
    limits: Limits = field(default_factory=Limits)
    """Of the pages that are shown."""
    logins: Logins = field(default_factory=Logins)


def context_of(request: Request) -> Context:
    """``install`` has put it there."""
    context: Context = request.app.state.context
    return context


In = Annotated[Context, Depends(context_of)]
"""A route's parameter: ``context: In``."""
