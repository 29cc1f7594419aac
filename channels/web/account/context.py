"""What the routes of accounts work with; the composition root hands it in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends
from starlette.requests import Request

from channels.web.home.box import HomeBox
from citizens import TextSender
from citizens.passkeys import Site
from citizens.sharing import Wallet
from citizens.wallet import SealedWallet
from core.blobs import Blobs
from core.clock import Clock
from core.database import Database
from core.processes import Processes
from core.ratelimit import Logins, RateLimit, client_address, client_group
from core.settings import Settings
from core.web import Pages
from ingest.intake import Accept
from notify import AccountMails
from ocr import Limits as PageLimits


@dataclass(frozen=True, slots=True)
class Limits:
    """How often somebody may do what."""

    logins: Logins = field(default_factory=Logins)
    asking: RateLimit = field(default_factory=lambda: RateLimit(30, 600))
    """Links by mail, of one client: a school is often one address."""
    mails: RateLimit = field(default_factory=lambda: RateLimit(4, 3600))
    """Links to one address; whoever asks for more is told the same, and nothing is sent."""
    texts: RateLimit = field(default_factory=lambda: RateLimit(5, 3600))
    """Codes by SMS, of one account."""
    numbers: RateLimit = field(default_factory=lambda: RateLimit(5, 3600))
    """Codes to one number, whoever asks: nobody's telephone rings all day."""
    wrong_keys: RateLimit = field(default_factory=lambda: RateLimit(20, 600))
    """Of one client for one reference."""


@dataclass(frozen=True, slots=True)
class Context:
    settings: Settings
    secret: bytes
    clock: Clock
    database: Database
    pages: Pages
    mails: AccountMails
    accept: Accept
    blobs: Blobs
    wallet: SealedWallet
    sharing: Wallet
    viewers: Processes
    """Draw pages of documents."""
    page_limits: PageLimits = field(default_factory=PageLimits)
    texts: TextSender | None = None
    """None while the town sends no SMS: numbers cannot be proven then."""
    boxes: Sequence[HomeBox] = ()
    """What other rooms show on the home page."""
    limits: Limits = field(default_factory=Limits)
    town_number: str = ""
    """The one that SMS come from; empty when it is not known."""

    @property
    def zone(self) -> ZoneInfo:
        """Where the town's days begin."""
        return ZoneInfo(self.settings.time_zone)

    @property
    def site(self) -> Site:
        return Site.of(self.settings.portal_url, self.settings.town)

    def url(self, path: str) -> str:
        return f"{self.settings.portal_url}{path}"

    def client(self, request: Request) -> str:
        """What tries are counted for."""
        return client_group(client_address(request, self.settings.trusted_proxies))


def context_of(request: Request) -> Context:
    """``install`` has put it there."""
    context: Context = request.app.state.accounts
    return context


In = Annotated[Context, Depends(context_of)]
"""A route's parameter: ``context: In``."""
