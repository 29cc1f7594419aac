"""The addresses of the portal."""

from dataclasses import dataclass, field

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from channels.web.contact import Contact, Who
from channels.web.contact_files import ContactFiles
from channels.web.embedding.routes import embedding_routes
from channels.web.geocoding import Geocoder
from channels.web.geocoding.routes import geocoding_routes
from channels.web.procedures.office import DraftLimits, Office
from channels.web.procedures.routes import procedure_routes
from channels.web.promise import Promises
from channels.web.tokens import Grants, Nonces
from channels.web.topics.pages import TopicPages
from channels.web.topics.routes import topic_routes
from channels.web.tracking import Tracking
from channels.web.visitors import Visitors, anybody
from citizens.sharing import Wallet
from core.blobs import Blobs
from core.clock import Clock, utc_now
from core.database import Database
from core.ratelimit import RateLimit
from core.settings import Settings
from core.web import Pages
from ingest.intake import Accept


@dataclass(frozen=True, slots=True)
class Limits:
    """How often one client may do what; generous, for a school is often one address."""

    submissions: RateLimit = field(default_factory=lambda: RateLimit(60, 600))
    tracking: RateLimit = field(default_factory=lambda: RateLimit(60, 600))
    wrong_keys: RateLimit = field(default_factory=lambda: RateLimit(20, 600))
    """Of one client for one reference."""
    geocoding: RateLimit = field(default_factory=lambda: RateLimit(600, 600))
    drafts: DraftLimits = field(default_factory=DraftLimits)


def router(
    *,
    database: Database,
    accept: Accept,
    pages: Pages,
    settings: Settings,
    secret: bytes,
    blobs: Blobs,
    clock: Clock = utc_now,
    visitors: Visitors = anybody,
    limits: Limits | None = None,
    who: Who | None = None,
    geocoder: Geocoder | None = None,
    wallet: Wallet | None = None,
) -> APIRouter:
    """The portal's routes. ``pages`` must know the templates of this room as ``portal``."""
    limits = limits or Limits()
    grants = Grants(secret, https_only=settings.https_only)
    topics = TopicPages(database, blobs, pages, settings)
    contact = Contact(
        pages=pages,
        promises=Promises(database, accept, secret),
        files=ContactFiles(database, blobs, clock, settings.max_upload),
        nonces=Nonces(secret),
        grants=grants,
        limit=limits.submissions,
        settings=settings,
        secret=secret,
        who=who or _nobody,
        news=topics.latest,
    )
    routes = APIRouter(include_in_schema=False, default_response_class=Response)
    for path in ("/", "/contact"):
        routes.add_api_route(path, contact.form, methods=["GET", "HEAD"])
    routes.add_api_route("/contact", contact.send, methods=["POST"])
    routes.add_api_route("/contact/thanks/{reference}", contact.thanks, methods=["GET", "HEAD"])
    office = Office(
        database=database,
        blobs=blobs,
        accept=accept,
        clock=clock,
        pages=pages,
        grants=grants,
        visitors=visitors,
        settings=settings,
        secret=secret,
        limits=limits.drafts,
        wallet=wallet,
    )
    routes.include_router(procedure_routes(office))
    if geocoder is not None:
        routes.include_router(geocoding_routes(geocoder, settings, limits.geocoding))
    routes.include_router(topic_routes(topics, clock))
    tracking = Tracking(
        town=office,
        grants=grants,
        by_address=limits.tracking,
        wrong_keys=limits.wrong_keys,
        sending=limits.submissions,
    )
    _add_tracking(routes, tracking)
    routes.include_router(embedding_routes(office, pages.static))
    routes.add_api_route("/track", _short, methods=["GET", "HEAD"])
    return routes


def _add_tracking(routes: APIRouter, tracking: Tracking) -> None:
    looking, doing, case = ["GET", "HEAD"], ["POST"], "/tracking/{reference}"
    routes.add_api_route("/tracking", tracking.form, methods=looking)
    routes.add_api_route("/tracking", tracking.ask, methods=doing)
    routes.add_api_route(case, tracking.case, methods=looking)
    routes.add_api_route(f"{case}/comments", tracking.comment, methods=doing)
    routes.add_api_route(f"{case}/withdraw", tracking.withdraw, methods=doing)
    taking_back = f"{case}/proposals/{{proposal_id}}/take-back"
    routes.add_api_route(taking_back, tracking.take_back, methods=doing)
    routes.add_api_route(f"{case}/documents/{{document_id}}", tracking.document, methods=looking)
    routes.add_api_route(f"{case}/changes", tracking.changes, methods=looking)
    routes.add_api_route(f"{case}/changes/{{page}}", tracking.change, methods=looking)
    routes.add_api_route(f"{case}/changes/{{page}}", tracking.propose, methods=doing)


async def _nobody(request: Request) -> None:
    """Where there are no accounts."""


async def _short(request: Request) -> Response:
    """An address short enough for a mail and the telephone."""
    return RedirectResponse(f"/tracking?{request.url.query}", 307)
