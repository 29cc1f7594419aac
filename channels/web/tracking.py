"""The tracking page: where a case stands, for whoever has its reference and its tracking key.

A wrong key costs and shows the same whether the reference exists or not: the store is asked only
once the key is right, and a key is right or wrong by the reference alone.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases import keyed_case
from channels.web.body import TooLarge, read_form
from channels.web.promise import promised_intake
from channels.web.space import case_page, changes
from channels.web.space.visits import Town, Visit
from channels.web.tokens import Grant, Grants
from channels.web.views import ReceivedPage, TrackingPage
from core.errors import NotThere
from core.i18n import translator
from core.ratelimit import RateLimit, client_address, client_group
from core.references import parse_reference, tracking_key_matches
from core.text import clean_line
from core.web import FieldError
from core.web.csrf import FIELD, FormExpired

MAX_BODY = 16 * 1024  # bytes
MAX_FIELD = 100  # characters of a reference or a key that are looked at

Work = Callable[[Request, Town, Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Tracking:
    """The tracking form's answers.

    ``by_address`` counts every try of an address, ``wrong_keys`` those of one address for
    one reference: nobody can use them up for the citizen. ``sending`` counts what one address
    sends.
    """

    town: Town
    grants: Grants
    by_address: RateLimit
    wrong_keys: RateLimit
    sending: RateLimit

    async def form(self, request: Request) -> Response:
        """The form; a link may bring the reference along."""
        reference = clean_line(request.query_params.get("reference", "")[:MAX_FIELD])
        page = TrackingPage(reference=parse_reference(reference) or reference)
        return self.town.pages.render(request, "portal/tracking.html", page)

    async def ask(self, request: Request) -> Response:
        """Lead to the case when the key is right."""
        client = self._client(request)
        await self.by_address.count(client)
        fields = await _texts(request)
        if not self.town.pages.csrf.valid(request, fields.get(FIELD, "")):
            raise FormExpired
        reference = clean_line(fields.get("reference", "")[:MAX_FIELD])
        key = clean_line(fields.get("tracking_key", "")[:MAX_FIELD])
        wanted = parse_reference(reference) or reference
        await self.wrong_keys.check(f"{wanted} {client}")
        if not await self._opens(wanted, key):
            await self.wrong_keys.count(f"{wanted} {client}")
            return self._wrong(request, reference, key)
        path = _base(wanted)
        response = RedirectResponse(path, 303)
        self.grants.give(response, Grant("track", wanted), path)
        return response

    async def case(self, request: Request, reference: str) -> Response:
        """The case, for the browser that has shown the key within the hour."""
        if self.grants.read(request, "track", reference):
            async with self.town.database.read() as session:
                found = await _found(session, reference)
            if isinstance(found, ReceivedPage):
                return self.town.pages.render(request, "portal/received.html", found)
            if found:
                return await case_page.show(request, self.town, _visit(reference))
        return _to_form(reference)

    async def comment(self, request: Request, reference: str) -> Response:
        return await self._send(request, reference, case_page.comment)

    async def withdraw(self, request: Request, reference: str) -> Response:
        return await self._send(request, reference, case_page.withdraw)

    async def take_back(self, request: Request, reference: str, proposal_id: UUID) -> Response:
        work = partial(case_page.take_proposal_back, proposal_id=proposal_id)
        return await self._send(request, reference, work)

    async def document(self, request: Request, reference: str, document_id: UUID) -> Response:
        return await self._with_key(
            request, reference, partial(case_page.document, document_id=document_id)
        )

    async def changes(self, request: Request, reference: str) -> Response:
        return await self._with_key(request, reference, changes.show)

    async def change(self, request: Request, reference: str, page: str) -> Response:
        return await self._with_key(request, reference, partial(changes.show_page, name=page))

    async def propose(self, request: Request, reference: str, page: str) -> Response:
        return await self._send(request, reference, partial(changes.send, name=page))

    async def _send(self, request: Request, reference: str, work: Work) -> Response:
        await self.sending.count(self._client(request))
        return await self._with_key(request, reference, work)

    async def _with_key(self, request: Request, reference: str, work: Work) -> Response:
        """What only who has shown the key may do; others are led to the form, whatever it is."""
        if not self.grants.read(request, "track", reference):
            return _to_form(reference)
        return await work(request, self.town, _visit(reference))

    async def _opens(self, reference: str, key: str) -> bool:
        if not tracking_key_matches(self.town.secret, reference, key):
            return False
        async with self.town.database.read() as session:
            return bool(await _found(session, reference))

    def _client(self, request: Request) -> str:
        return client_group(client_address(request, self.town.settings.trusted_proxies))

    def _wrong(self, request: Request, reference: str, key: str) -> Response:
        _ = translator(self.town.pages.locale_of(request))
        wrong = _("We find no request with this reference and this key. Please check both.")
        page = TrackingPage(
            reference=reference, tracking_key=key, errors=[FieldError("reference", wrong)]
        )
        return self.town.pages.render(request, "portal/tracking.html", page, status=404)


def _base(reference: str) -> str:
    return f"/tracking/{reference}"


def _visit(reference: str) -> Visit:
    return Visit(reference=reference, base=_base(reference))


def _to_form(reference: str) -> Response:
    return RedirectResponse(f"/tracking?reference={quote(reference)}", 303)


async def _texts(request: Request) -> dict[str, str]:
    """The fields of the form; a file among them is forgotten."""
    try:
        fields = await read_form(request, MAX_BODY)
    except TooLarge as problem:
        raise HTTPException(413) from problem
    await fields.close()
    return {name: value for name, value in fields.items() if isinstance(value, str)}


async def _found(session: AsyncSession, reference: str) -> ReceivedPage | bool:
    """Whether there is a case of this reference, or what is to become one."""
    try:
        await keyed_case(session, reference)
    except NotThere:
        intake = await promised_intake(session, reference)
        if intake is None:
            return False
        # Also when its message joined another case: to have quoted a reference in a form proves
        # nothing, so that case stays closed to this key.
        return ReceivedPage(reference=reference, received_at=intake.received_at)
    return True
