"""The tracking page: where a case stands, for whoever has its reference and its tracking key.

A wrong key costs and shows the same whether the reference exists or not: the store is asked only
once the key is right, and a key is right or wrong by the reference alone.
"""

from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases import track_case
from cases.procedures import filed_forms
from channels.web.body import TooLarge, read_form
from channels.web.promise import promised_intake
from channels.web.tokens import Grant, Grants
from channels.web.tracked import page_of
from channels.web.views import ReceivedPage, TrackedCasePage, TrackingPage
from core.database import Database
from core.i18n import translator
from core.ratelimit import RateLimit, client_address, client_group
from core.references import parse_reference, tracking_key_matches
from core.settings import Settings
from core.text import clean_line
from core.web import FieldError, Pages
from core.web.csrf import FIELD, FormExpired

MAX_BODY = 16 * 1024  # bytes
MAX_FIELD = 100  # characters of a reference or a key that are looked at


@dataclass(frozen=True, slots=True)
class Tracking:
    """The tracking form's answers.

    ``by_address`` counts every try of an address, ``wrong_keys`` those of one address for
    one reference: nobody can use them up for the citizen.
    """

    database: Database
    pages: Pages
    grants: Grants
    by_address: RateLimit
    wrong_keys: RateLimit
    settings: Settings
    secret: bytes

    async def form(self, request: Request) -> Response:
        """The form; a link may bring the reference along."""
        reference = clean_line(request.query_params.get("reference", "")[:MAX_FIELD])
        page = TrackingPage(reference=parse_reference(reference) or reference)
        return self.pages.render(request, "portal/tracking.html", page)

    async def ask(self, request: Request) -> Response:
        """Lead to the case when the key is right."""
        client = client_group(client_address(request, self.settings.trusted_proxies))
        await self.by_address.count(client)
        fields = await _texts(request)
        if not self.pages.csrf.valid(request, fields.get(FIELD, "")):
            raise FormExpired
        reference = clean_line(fields.get("reference", "")[:MAX_FIELD])
        key = clean_line(fields.get("tracking_key", "")[:MAX_FIELD])
        wanted = parse_reference(reference) or reference
        await self.wrong_keys.check(f"{wanted} {client}")
        if not await self._opens(wanted, key):
            await self.wrong_keys.count(f"{wanted} {client}")
            return self._wrong(request, reference, key)
        path = f"/tracking/{wanted}"
        response = RedirectResponse(path, 303)
        self.grants.give(response, Grant("track", wanted), path)
        return response

    async def case(self, request: Request, reference: str) -> Response:
        """The case, for the browser that has shown the key within the hour."""
        if self.grants.read(request, "track", reference):
            async with self.database.read() as session:
                page = await _read(session, reference, self.pages.locale_of(request))
            if page is not None:
                kind = "tracked" if isinstance(page, TrackedCasePage) else "received"
                return self.pages.render(request, f"portal/{kind}.html", page)
        return RedirectResponse(f"/tracking?reference={quote(reference)}", 303)

    async def _opens(self, reference: str, key: str) -> bool:
        if not tracking_key_matches(self.secret, reference, key):
            return False
        async with self.database.read() as session:
            return await _read(session, reference) is not None

    def _wrong(self, request: Request, reference: str, key: str) -> Response:
        _ = translator(self.pages.locale_of(request))
        wrong = _("We find no request with this reference and this key. Please check both.")
        page = TrackingPage(
            reference=reference, tracking_key=key, errors=[FieldError("reference", wrong)]
        )
        return self.pages.render(request, "portal/tracking.html", page, status=404)


async def _texts(request: Request) -> dict[str, str]:
    """The fields of the form; a file among them is forgotten."""
    try:
        fields = await read_form(request, MAX_BODY)
    except TooLarge as problem:
        raise HTTPException(413) from problem
    await fields.close()
    return {name: value for name, value in fields.items() if isinstance(value, str)}


async def _read(
    session: AsyncSession, reference: str, locale: str = ""
) -> TrackedCasePage | ReceivedPage | None:
    tracked = await track_case(session, reference)
    if tracked is not None:
        messages = [message.message for message in tracked.messages]
        return page_of(tracked, await filed_forms(session, messages, locale), locale)
    intake = await promised_intake(session, reference)
    if intake is not None:
        # Also when its message joined another case: to have quoted a reference in a form proves
        # nothing, so that case stays closed to this key.
        return ReceivedPage(reference=reference, received_at=intake.received_at)
    return None
