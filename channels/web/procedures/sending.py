"""The summary, sending the form, and the page that confirms it."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases.procedures import contents_of, discard_draft, leave_for, mark_sent, say, summary
from channels.web.contact import MAX_USER_AGENT
from channels.web.procedures.catalogue import paragraphs
from channels.web.procedures.controls import errors_of
from channels.web.procedures.filling import EXPIRED, Filling
from channels.web.procedures.office import Office, small_form, to_resume
from channels.web.procedures.opened import Opened, steps_of
from channels.web.procedures.submission import FORM, raw_of, sender_of
from channels.web.procedures.views import DonePage, SummaryPage
from channels.web.procedures.wallet import copies, taken, target_of
from channels.web.qr import qr_code
from core.errors import Later
from core.i18n import N_
from core.ratelimit import client_address
from core.web import FieldError
from core.web.csrf import FIELD, FormExpired
from ingest.intake import Arrival
from ingest.message import ChannelName

INCOMPLETE = N_("“%(page)s” is not complete yet: %(reason)s")
SORRY = N_("We cannot take your request at this moment. Please send it again in a minute.")
CLOSED = N_("This procedure is not open at the moment. Your answers are kept until then.")


@dataclass(frozen=True, slots=True)
class Sending:
    office: Office
    filling: Filling

    async def summary(self, request: Request, slug: str, reference: str) -> Response:
        """All answers, each with a way back to it."""
        opened = await self.filling.open(request, slug, reference)
        if opened is None:
            return to_resume(reference)
        if opened.draft.sent_at:
            return RedirectResponse(f"{opened.base}/done", 303)
        return self._summary(request, opened)

    async def send(self, request: Request, slug: str, reference: str) -> Response:
        """Accept the form, once: sent again it is the same request."""
        fields = await small_form(request)
        opened = await self.filling.open(request, slug, reference)
        if opened is None:
            return to_resume(reference)
        if opened.draft.sent_at:
            return RedirectResponse(f"{opened.base}/done", 303)
        if not self.office.pages.csrf.valid(request, str(fields.get(FIELD, ""))):
            expired = FieldError("", opened.reader.translate(EXPIRED))
            return self._summary(request, opened, [expired], status=403)
        errors = _not_allowed(opened) or _incomplete(opened)
        if errors:
            return self._summary(request, opened, errors, status=422)
        try:
            await self._hand_in(request, opened)
        except Later as problem:
            sorry = FieldError("", opened.reader.translate(SORRY))
            after = {"Retry-After": str(math.ceil(problem.retry_after))}
            return self._summary(request, opened, [sorry], status=503, headers=after)
        return RedirectResponse(f"{opened.base}/done", 303)

    async def done(self, request: Request, slug: str, reference: str) -> Response:
        opened = await self.filling.open(request, slug, reference)
        if opened is None:
            return to_resume(reference)
        draft, locale = opened.draft, opened.reader.locale
        if not draft.sent_at:
            return RedirectResponse(f"{opened.base}/summary", 303)
        url = f"{self.office.settings.portal_url}/tracking?reference={reference}"
        size, path = await asyncio.to_thread(qr_code, url)
        page = DonePage(
            title=draft.definition.called(locale),
            reference=reference,
            key=self.office.key_of(reference),
            email=str(draft.typed.get("email", "")),
            confirmation=paragraphs(say(draft.definition.confirmation, locale)),
            qr_size=size,
            qr_path=path,
        )
        return self.office.pages.render(request, "portal/procedures/done.html", page)

    async def discard(self, request: Request, slug: str, reference: str) -> Response:
        """The citizen does not want it any more: nothing of it stays."""
        fields = await small_form(request)
        if not self.office.pages.csrf.valid(request, str(fields.get(FIELD, ""))):
            raise FormExpired
        draft = await self.office.draft(request, slug, reference)
        if draft is None:
            return to_resume(reference)
        if not draft.sent_at:
            async with self.office.database.begin() as session:
                gone = await discard_draft(session, self.office.blobs, draft)
                if self.office.wallet is not None:
                    await self.office.wallet.ended(session, [target_of(draft, "")])
            await self.office.blobs.discard(gone)
        return RedirectResponse(f"/procedures/{slug}", 303)

    async def _hand_in(self, request: Request, opened: Opened) -> None:
        draft, form, office = opened.draft, opened.form, self.office
        async with office.database.read() as session:
            contents = {
                **await contents_of(session, office.blobs, draft.id),
                **await copies(session, office.wallet, draft, opened.visitor),
            }
        locale = opened.reader.locale
        raw = await asyncio.to_thread(raw_of, draft, form, contents, locale)
        facts = await self._facts(request, opened)
        # The reference is the key: a second sending, from wherever, is the same arrival.
        await office.accept(Arrival(ChannelName.WEB, draft.reference, raw, facts))
        async with office.database.begin() as session:
            email = sender_of(draft.definition, form.values)["email"]
            await taken(session, office.wallet, draft, opened.visitor)
            gone = await mark_sent(session, office.blobs, office.clock, draft, email=email)
        await office.blobs.discard(gone)

    async def _facts(self, request: Request, opened: Opened) -> dict[str, Any]:
        draft = opened.draft
        facts: dict[str, Any] = {
            "form": FORM,
            "reference": draft.reference,
            "identity": f"draft {draft.id}",
            "locale": opened.reader.locale,
            "region": self.office.settings.country,
        }
        if draft.definition.anonymous == "required":
            return facts  # nothing is kept of who sent it
        visitor = await self.office.visitors(request)
        facts |= {
            "client_address": client_address(request, self.office.settings.trusted_proxies),
            "user_agent": request.headers.get("user-agent", "")[:MAX_USER_AGENT],
        }
        if visitor.citizen_id is not None:
            facts |= {"citizen": str(visitor.citizen_id), "verified_email": visitor.email}
        return facts

    def _summary(
        self,
        request: Request,
        opened: Opened,
        errors: Sequence[FieldError] = (),
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        draft = opened.draft
        view = SummaryPage(
            title=draft.definition.called(opened.reader.locale),
            base=opened.base,
            steps=steps_of(opened, ""),
            sections=summary(draft.definition, opened.form.values, opened.reader.locale),
            errors=errors or _incomplete(opened),
            kept=self.filling.kept(draft),
        )
        return self.office.pages.render(
            request, "portal/procedures/summary.html", view, status=status, headers=headers
        )


def _not_allowed(opened: Opened) -> list[FieldError]:
    """Why this citizen may not send it, now or at all."""
    leave = leave_for(opened.draft.definition, opened.around, opened.reader.locale)
    if leave.given:
        return []
    reasons = leave.reasons or [opened.reader.translate(CLOSED)]
    return [FieldError("", reason) for reason in reasons]


def _incomplete(opened: Opened) -> list[FieldError]:
    """The first mistake of each page that has one, with the page's address."""
    say_it = opened.reader.translate
    return [
        FieldError(
            f"{opened.base}/pages/{page.name}",
            say_it(INCOMPLETE)
            % {
                "page": say(page.page.title, opened.reader.locale),
                "reason": errors_of(page, opened.reader)[0].message,
            },
        )
        for page in opened.form.pages
        if page.mistakes
    ]
