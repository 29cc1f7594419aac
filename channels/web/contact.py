"""The contact page: a form that works without JavaScript, and the thanks that follow it."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from channels.web.body import TooLarge, drain, read_form
from channels.web.contact_files import ContactFiles, KeptFile
from channels.web.fields import email_address
from channels.web.promise import Promises
from channels.web.sent import Sent, read_sent, text_of
from channels.web.submission import MAX_FILES, Submission, mistakes_in
from channels.web.tokens import Grant, Grants, Nonces
from channels.web.topics.views import EntryCard
from channels.web.views import ContactPage, ThanksPage
from citizens import Account
from core.errors import Later
from core.i18n import N_, translator
from core.metrics import REFUSED
from core.ratelimit import RateLimit, TooMany, client_address, client_group
from core.references import parse_reference, tracking_key
from core.settings import Settings
from core.web import FieldError, Pages
from core.web.csrf import COOKIE, FIELD
from ingest.message import ChannelName

HONEYPOT = "website"
MAX_USER_AGENT = 500  # characters
TOO_LARGE = N_("The files are too large. Send fewer, or smaller.")
GONE = N_("A file that you had chosen is no longer kept here. Please choose it again.")


Who = Callable[[Request], Awaitable[Account | None]]
"""Who is signed in at a browser, if anybody is."""
News = Callable[[str], Awaitable[Sequence[EntryCard]]]
"""The newest of what the town announces, in a language."""


@dataclass(frozen=True, slots=True)
class Contact:
    """The contact form's answers; ``limit`` counts what one address sends."""

    pages: Pages
    promises: Promises
    files: ContactFiles
    nonces: Nonces
    grants: Grants
    limit: RateLimit
    settings: Settings
    secret: bytes
    who: Who
    news: News

    async def form(self, request: Request) -> Response:
        """The empty form; who is signed in need not say who they are."""
        me = await self.who(request)
        known = Submission(name=me.name, email=me.email, phone=me.phone) if me else Submission()
        news = await self.news(self.pages.locale_of(request))
        return self._page(request, Sent(known), news=news)

    async def send(self, request: Request) -> Response:
        """Accept what was sent and lead to the thanks, or show the form again with the reason."""
        client = client_address(request, self.settings.trusted_proxies)
        try:
            await self.limit.count(client_group(client))
        except TooMany:
            _refused("rate")
            await drain(request, self.settings.max_upload)
            raise
        try:
            fields = await read_form(request, self.settings.max_upload)
        except TooLarge as problem:
            return await self._too_large(request, problem)
        try:
            return await self._checked(request, fields, client)
        finally:
            await fields.close()

    async def thanks(self, request: Request, reference: str) -> Response:
        """Reference and tracking key, for the browser that has just sent the form."""
        grant = self.grants.read(request, "thanks", reference)
        if grant is None or parse_reference(reference) != reference:
            return RedirectResponse("/", 303)
        page = ThanksPage(
            reference=reference,
            tracking_key=tracking_key(self.secret, reference),
            email=grant.email,
        )
        return self.pages.render(request, "portal/thanks.html", page)

    async def _checked(self, request: Request, fields: FormData, client: str) -> Response:
        sent = await read_sent(fields)
        _ = translator(self.pages.locale_of(request))
        if not self._is_ours(request, fields):
            _refused("csrf")
            expired = _("The page had been open for too long. Please send the form again.")
            return self._page(request, sent.strange(), [FieldError("", expired)], status=403)
        if text_of(fields, HONEYPOT):
            _refused("honeypot")
            robot = FieldError(
                "",
                _("A hidden field was filled in, as robots do. It is empty again: please resend."),
            )
            # Nothing of a robot's is kept.
            return self._page(request, sent, [robot], status=422, files=await self._kept(sent))
        action, _colon, which = text_of(fields, "action").partition(":")
        if action == "remove":
            with suppress(Later):  # then it is still there, and shown
                await self.files.remove(sent.token, which)
            return await self._again(request, sent, [], status=200)
        try:
            kept = await self.files.contents(sent.token) if sent.kept else []
        except Later as problem:
            return await self._later(request, sent, problem)
        chosen = sent.submission.files
        whole = replace(
            sent.submission, files=[*kept, *(file for file in chosen if file not in kept)]
        )
        mistakes = mistakes_in(whole, self._region, _)
        if len(kept) < sent.kept:
            mistakes.append(FieldError("attachments", _(GONE)))
        if not self.files.has_room([len(file.content) for file in whole.files]) and not any(
            mistake.field == "attachments" for mistake in mistakes
        ):
            mistakes.append(FieldError("attachments", _(TOO_LARGE)))
        if mistakes:
            return await self._again(request, sent, mistakes)
        return await self._hand_in(request, sent, whole, client)

    def _is_ours(self, request: Request, fields: FormData) -> bool:
        """Whether it is a page of ours, of this browser, and not too old."""
        return self.nonces.read(text_of(fields, "nonce")) is not None and self.pages.csrf.valid(
            request, text_of(fields, FIELD)
        )

    async def _again(
        self,
        request: Request,
        sent: Sent,
        mistakes: Sequence[FieldError],
        *,
        status: int = 422,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """The same page, which is ours, with the files that were chosen."""
        errors = [*mistakes]
        try:
            refused = await self.files.keep(sent.token, sent.submission.files)
            files = await self.files.kept(sent.token)
        except Later:
            files = await self._kept(sent)
        else:
            sent = Sent(replace(sent.submission, files=()), sent.token, kept=len(files))
            if refused:
                _ = translator(self.pages.locale_of(request))
                sorry = _("There is no room for %(names)s.") % {"names": ", ".join(refused)}
                errors.append(FieldError("attachments", sorry))
        return self._page(request, sent, errors, status=status, headers=headers, files=files)

    async def _hand_in(
        self, request: Request, sent: Sent, whole: Submission, client: str
    ) -> Response:
        facts = {
            "client_address": client,
            "user_agent": request.headers.get("user-agent", "")[:MAX_USER_AGENT],
            "locale": self.pages.locale_of(request),
            "region": self._region,
        }
        address, me = email_address(whole.email), await self.who(request)
        if me and address == me.email:
            facts["account"] = str(me.id)  # their session proves the address
        raw = await asyncio.to_thread(whole.raw)
        try:
            # Not the page's nonce: who goes back and sends it again has another page.
            reference = await self.promises.hand_in(request.cookies[COOKIE], raw, facts)
        except Later as problem:
            return await self._later(request, sent, problem)
        if sent.kept:
            with suppress(Later):  # it is accepted; the files go when the page is old
                await self.files.sent(sent.token)
        path = f"/contact/thanks/{reference}"
        response = RedirectResponse(path, 303)
        self.grants.give(response, Grant("thanks", reference, address or ""), path)
        return response

    async def _later(self, request: Request, sent: Sent, problem: Later) -> Response:
        """The text stays on the page: sent again, it is still the same message."""
        _ = translator(self.pages.locale_of(request))
        sorry = _("We cannot take your message at this moment. Please send it again in a minute.")
        return self._page(
            request,
            sent,
            [FieldError("", sorry)],
            status=503,
            headers={"Retry-After": str(math.ceil(problem.retry_after))},
            files=await self._kept(sent),
        )

    async def _kept(self, sent: Sent) -> Sequence[KeptFile]:
        """To be shown, if they can be read: whether they are or not, the page counts on them."""
        with suppress(Later):
            return await self.files.kept(sent.token)
        return ()

    async def _too_large(self, request: Request, problem: TooLarge) -> Response:
        _refused("size")
        _ = translator(self.pages.locale_of(request))
        mistake, fields = FieldError("attachments", _(TOO_LARGE)), problem.fields
        sent = await read_sent(fields)
        # What we have not read of the body must not be taken for the next request.
        headers = {"Connection": "close"}
        if not self._is_ours(request, fields):
            return self._page(request, sent.strange(), [mistake], status=413, headers=headers)
        return await self._again(request, sent, [mistake], status=413, headers=headers)

    def _page(
        self,
        request: Request,
        sent: Sent,
        mistakes: Sequence[FieldError] = (),
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
        news: Sequence[EntryCard] = (),
        files: Sequence[KeptFile] = (),
    ) -> Response:
        _ = translator(self.pages.locale_of(request))
        errors, submission = [*mistakes], sent.submission
        is_lost = bool(submission.files) or (sent.kept > 0 and not sent.token)
        if is_lost and not any(error.field == "attachments" for error in errors):
            # They could not be kept, and no browser fills in a file field again.
            errors.append(FieldError("attachments", _("Please choose your files again.")))
        page = ContactPage(
            nonce=sent.token or self.nonces.new(),
            subject=submission.subject,
            message=submission.message,
            email=submission.email,
            phone=submission.phone,
            name=submission.name,
            max_upload=self.settings.max_upload,
            max_files=MAX_FILES,
            files=files,
            kept=max(sent.kept, len(files)) if sent.token else 0,
            errors=errors,
            news=news,
        )
        return self.pages.render(
            request, "portal/contact.html", page, status=status, headers=headers
        )

    @property
    def _region(self) -> str:
        """The country whose numbers need no country code."""
        return self.settings.holidays.partition("-")[0]


def _refused(reason: str) -> None:
    REFUSED.labels(ChannelName.WEB, reason).inc()
