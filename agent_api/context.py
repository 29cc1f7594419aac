"""What the routes of the desk and of the API work with; the composition root hands it in."""

from dataclasses import dataclass, field
from typing import Annotated, Protocol

from fastapi import Depends
from starlette.requests import Request

from agent_api.live import Live
from core.blobs import Blobs
from core.clock import Clock
from core.database import Database
from core.processes import Processes
from core.ratelimit import Logins
from core.settings import Settings, Split
from core.web import Pages
from ingest import Accept, Arrival
from ocr import Limits


class Scans(Protocol):
    """How a scanned file comes in; the channel for scans knows."""

    def arrival(
        self, content: bytes, name: str, *, queue: str, split: Split, by: str
    ) -> Arrival: ...
    def problem(self, content: bytes) -> str:
        """Why nothing can be read of it; empty when something may."""
        ...


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
    limits: Limits = field(default_factory=Limits)
    """Of the pages that are shown."""
    logins: Logins = field(default_factory=Logins)


def context_of(request: Request) -> Context:
    """``install`` has put it there."""
    context: Context = request.app.state.context
    return context


In = Annotated[Context, Depends(context_of)]
"""A route's parameter: ``context: In``."""
