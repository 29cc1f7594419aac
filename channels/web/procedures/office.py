"""What all pages of the procedures stand on, and who may open which draft."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases.procedures import FormDraft, Procedure, Surroundings, read_draft
from channels.web.body import TooLarge, read_form
from channels.web.procedures.wallet import with_shares
from channels.web.tokens import Grant, Grants
from channels.web.visitors import Visitor, Visitors
from citizens.sharing import Wallet
from core.blobs import Blobs
from core.clock import Clock
from core.database import Database
from core.ratelimit import RateLimit, client_address, client_group
from core.references import tracking_key
from core.settings import Settings
from core.web import Pages
from ingest.intake import Accept

MAX_SMALL = 16 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class DraftLimits:
    """How often one client may do what; a form saves itself every few seconds."""

    begun: RateLimit = field(default_factory=lambda: RateLimit(120, 600))
    saved: RateLimit = field(default_factory=lambda: RateLimit(3_000, 600))
    resumed: RateLimit = field(default_factory=lambda: RateLimit(60, 600))
    wrong_keys: RateLimit = field(default_factory=lambda: RateLimit(20, 600))
    """Of one client for one reference."""


@dataclass(frozen=True, slots=True)
class Office:
    database: Database
    blobs: Blobs
    accept: Accept
    clock: Clock
    pages: Pages
    grants: Grants
    visitors: Visitors
    settings: Settings
    secret: bytes
    limits: DraftLimits = field(default_factory=DraftLimits)
    wallet: Wallet | None = None
    """None where citizens have none."""

    @property
    def draft_life(self) -> timedelta:
        return timedelta(days=self.settings.draft_days)

    def surroundings(self, procedure: Procedure, visitor: Visitor) -> Surroundings:
        """Where it must be anonymous, nothing is known of who is signed in."""
        unknown = procedure.anonymous == "required" or visitor.citizen_id is None
        citizen = {} if unknown else {**visitor.profile, "signed_in": True}
        settings = self.settings
        return Surroundings(self.clock(), settings.zone, settings.country, citizen)

    def owner(self, procedure: Procedure, visitor: Visitor) -> UUID | None:
        """Whose draft it becomes."""
        return None if procedure.anonymous == "required" else visitor.citizen_id

    async def draft(self, request: Request, slug: str, reference: str) -> FormDraft | None:
        """The draft, for the browser that began or resumed it and for the citizen whose it is."""
        life = int(self.draft_life.total_seconds())
        granted = self.grants.read(request, "draft", reference, life=life)
        visitor = await self.visitors(request)
        if granted is None and visitor.citizen_id is None:
            return None
        async with self.database.read() as session:
            draft = await read_draft(session, self.clock, reference)
        if draft is None or draft.definition.slug != slug:
            return None
        if granted is None and draft.citizen_id != visitor.citizen_id:
            return None
        async with self.database.read() as session:
            return await with_shares(session, self.wallet, draft, visitor)

    def open(self, response: Response, slug: str, reference: str) -> Response:
        """Let this browser use the draft from now on."""
        life = int(self.draft_life.total_seconds())
        self.grants.give(response, Grant("draft", reference), base_of(slug, reference), life=life)
        return response

    def key_of(self, reference: str) -> str:
        """What opens the draft elsewhere; once it is sent it opens the case."""
        return tracking_key(self.secret, reference)

    def resume_url(self, reference: str) -> str:
        """A secret link: who has it has the draft."""
        key = self.key_of(reference)
        return f"{self.settings.portal_url}/procedures/resume?reference={reference}&key={key}"

    def client(self, request: Request) -> str:
        return client_group(client_address(request, self.settings.trusted_proxies))


async def small_form(request: Request) -> FormData:
    """A form of a few short fields."""
    try:
        return await read_form(request, MAX_SMALL)
    except TooLarge as problem:
        raise HTTPException(413) from problem


def base_of(slug: str, reference: str) -> str:
    """The address below which a draft lives."""
    return f"/procedures/{slug}/{reference}"


def to_resume(reference: str) -> Response:
    """For whoever may not open the draft; also when there is none."""
    return RedirectResponse(f"/procedures/resume?reference={reference}", 303)
