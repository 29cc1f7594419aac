"""What the routes of the desk and of the API work with; the composition root hands it in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Protocol
from zoneinfo import ZoneInfo

from fastapi import Depends
from starlette.requests import Request

from agent_api.live import Live
from cases.procedures import Procedure
from core.blobs import Blobs
from core.clock import Clock
from core.database import Database
from core.processes import Processes
from core.ratelimit import RateLimit
from core.settings import Settings, Split
from core.web import Pages
from ingest import Accept, Arrival
from ocr import Limits


@dataclass(frozen=True, slots=True)
class Logins:
    """How often somebody may try to sign in."""

    by_client: RateLimit = field(default_factory=lambda: RateLimit(60, 600))
    """Any try; generous, for a town hall is often one address."""
    by_account_and_client: RateLimit = field(default_factory=lambda: RateLimit(10, 600))
    """Wrong passwords for one account from one client: nobody else is locked out by them."""
    by_account: RateLimit = field(default_factory=lambda: RateLimit(200, 600))
    """The same from wherever they come: a botnet has many addresses."""


class Scans(Protocol):
    """How a scanned file comes in; the channel for scans knows."""

    def arrival(
        self, content: bytes, name: str, *, queue: str, split: Split, by: str
    ) -> Arrival: ...
    def problem(self, content: bytes) -> str:
        """Why nothing can be read of it; empty when something may."""
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
    preview: Previews
    limits: Limits = field(default_factory=Limits)
    """Of the pages that are shown."""
    logins: Logins = field(default_factory=Logins)


def context_of(request: Request) -> Context:
    """``install`` has put it there."""
    context: Context = request.app.state.context
    return context


In = Annotated[Context, Depends(context_of)]
"""A route's parameter: ``context: In``."""
