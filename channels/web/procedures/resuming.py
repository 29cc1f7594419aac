"""Going on with a draft on another device: by its two codes, or by the secret link."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases.procedures import FormDraft, read_draft
from channels.web.procedures.office import Office, base_of, small_form
from channels.web.procedures.views import ResumePage
from core.i18n import N_, translator
from core.references import parse_reference, tracking_key_matches
from core.text import clean_line
from core.web import FieldError
from core.web.csrf import FIELD, FormExpired

MAX_FIELD = 100  # characters of a reference or a key that are looked at
WRONG = N_(
    "We find no draft with this reference and this key. It may have been sent or be too old."
)


@dataclass(frozen=True, slots=True)
class Resuming:
    office: Office

    async def form(self, request: Request) -> Response:
        """The form; a secret link brings both codes and leads on at once."""
        reference = _code(request.query_params.get("reference", ""))
        key = clean_line(request.query_params.get("key", "")[:MAX_FIELD])
        if reference and key:
            return await self._try(request, reference, key)
        return self._page(request, ResumePage(reference=reference))

    async def ask(self, request: Request) -> Response:
        fields = await small_form(request)
        if not self.office.pages.csrf.valid(request, str(fields.get(FIELD, ""))):
            raise FormExpired
        key = clean_line(str(fields.get("tracking_key", ""))[:MAX_FIELD])
        return await self._try(request, _code(str(fields.get("reference", ""))), key)

    async def _try(self, request: Request, reference: str, key: str) -> Response:
        limits, client = self.office.limits, self.office.client(request)
        await limits.resumed.count(client)
        await limits.wrong_keys.check(f"{reference} {client}")
        draft = await self._draft(reference, key)
        if draft is None:
            await limits.wrong_keys.count(f"{reference} {client}")
            _ = translator(self.office.pages.locale_of(request))
            page = ResumePage(
                reference=reference,
                tracking_key=key,
                errors=[FieldError("reference", _(WRONG))],
            )
            return self._page(request, page, status=404)
        slug = draft.definition.slug
        page_name = draft.page or draft.definition.pages[0].name
        response = RedirectResponse(f"{base_of(slug, reference)}/pages/{page_name}", 303)
        return self.office.open(response, slug, reference)

    async def _draft(self, reference: str, key: str) -> FormDraft | None:
        """The store is asked only once the key is right, so that wrong tries look alike."""
        if not tracking_key_matches(self.office.secret, reference, key):
            return None
        async with self.office.database.read() as session:
            return await read_draft(session, self.office.clock, reference)

    def _page(self, request: Request, page: ResumePage, *, status: int = 200) -> Response:
        return self.office.pages.render(
            request, "portal/procedures/resume.html", page, status=status
        )


def _code(given: str) -> str:
    line = clean_line(given[:MAX_FIELD])
    return parse_reference(line) or line
