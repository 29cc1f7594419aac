"""The contact page: a form that works without JavaScript, and the thanks that follow it."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from channels.web.body import TooLarge, drain, read_form
from channels.web.contact_files import ContactFiles, KeptFile
from channels.web.fields import email_address
from channels.web.promise import Promises
from channels.web.submission import MAX_FILES, File, Submission, mistakes_in
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
from core.text import clean_line, clean_text
from core.web import FieldError, Pages
from core.web.csrf import COOKIE, FIELD
from ingest.message import ChannelName

HONEYPOT = "website"
MAX_USER_AGENT = 500  # characters
TOO_LARGE = N_("The files are too large. Send fewer, or smaller.")


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
        return self._page(request, known, news=news)

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
        submission, token = await _submission(fields), _text(fields, "nonce")
        _ = translator(self.pages.locale_of(request))
        if not self._is_ours(request, fields):
            _refused("csrf")
            expired = _("The page had been open for too long. Please send the form again.")
            return self._page(request, submission, [FieldError("", expired)], status=403)
        action, _colon, which = _text(fields, "action").partition(":")
        if action == "remove":
            with suppress(Later):  # then it is still there, and shown
                await self.files.remove(token, which)
            return await self._again(request, submission, token, [], status=200)
        if _text(fields, HONEYPOT):
            _refused("honeypot")
            robot = FieldError(
                "",
                _("A hidden field was filled in, as robots do. It is empty again: please resend."),
            )
            return await self._again(request, submission, token, [robot])
        try:
            kept = await self.files.contents(token) if _text(fields, "kept") else []
        except Later as problem:
            return self._later(request, submission, token, problem)
        whole = replace(submission, files=[*kept, *submission.files])
        mistakes = mistakes_in(whole, self._region, _)
        if not self.files.has_room([len(file.content) for file in whole.files]) and not any(
            mistake.field == "attachments" for mistake in mistakes
        ):
            mistakes.append(FieldError("attachments", _(TOO_LARGE)))
        if mistakes:
            return await self._again(request, submission, token, mistakes)
        return await self._hand_in(request, whole, token, client, kept=bool(kept))

    def _is_ours(self, request: Request, fields: FormData) -> bool:
        """Whether it is a page of ours, of this browser, and not too old."""
        return self.nonces.read(_text(fields, "nonce")) is not None and self.pages.csrf.valid(
            request, _text(fields, FIELD)
        )

    async def _again(
        self,
        request: Request,
        submission: Submission,
        token: str,
        mistakes: Sequence[FieldError],
        *,
        status: int = 422,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """The same page, which is ours, with the files that were chosen."""
        errors = [*mistakes]
        try:
            refused = await self.files.keep(token, submission.files)
            kept = await self.files.kept(token)
        except Later:
            return self._page(
                request, submission, errors, status=status, token=token, headers=headers
            )
        if refused:
            _ = translator(self.pages.locale_of(request))
            sorry = _("There is no room for %(names)s.") % {"names": ", ".join(refused)}
            errors.append(FieldError("attachments", sorry))
        return self._page(
            request,
            replace(submission, files=()),
            errors,
            status=status,
            token=token,
            headers=headers,
            kept=kept,
        )

    async def _hand_in(
        self, request: Request, submission: Submission, token: str, client: str, *, kept: bool
    ) -> Response:
        facts = {
            "client_address": client,
            "user_agent": request.headers.get("user-agent", "")[:MAX_USER_AGENT],
            "locale": self.pages.locale_of(request),
            "region": self._region,
        }
        address, me = email_address(submission.email), await self.who(request)
        if me and address == me.email:
            facts["account"] = str(me.id)  # their session proves the address
        raw = await asyncio.to_thread(submission.raw)
        try:
            # Not the page's nonce: who goes back and sends it again has another page.
            reference = await self.promises.hand_in(request.cookies[COOKIE], raw, facts)
            if kept:
                await self.files.sent(token)
        except Later as problem:
            return self._later(request, submission, token, problem)
        path = f"/contact/thanks/{reference}"
        response = RedirectResponse(path, 303)
        self.grants.give(response, Grant("thanks", reference, address or ""), path)
        return response

    def _later(
        self, request: Request, submission: Submission, token: str, problem: Later
    ) -> Response:
        """The text stays on the page: sent again, it is still the same message."""
        _ = translator(self.pages.locale_of(request))
        sorry = _("We cannot take your message at this moment. Please send it again in a minute.")
        return self._page(
            request,
            submission,
            [FieldError("", sorry)],
            status=503,
            token=token,
            headers={"Retry-After": str(math.ceil(problem.retry_after))},
        )

    async def _too_large(self, request: Request, problem: TooLarge) -> Response:
        _refused("size")
        _ = translator(self.pages.locale_of(request))
        mistake, fields = FieldError("attachments", _(TOO_LARGE)), problem.fields
        submission = await _submission(fields)
        # What we have not read of the body must not be taken for the next request.
        headers = {"Connection": "close"}
        if not self._is_ours(request, fields):
            return self._page(request, submission, [mistake], status=413, headers=headers)
        token = _text(fields, "nonce")
        return await self._again(request, submission, token, [mistake], status=413, headers=headers)

    def _page(
        self,
        request: Request,
        submission: Submission,
        mistakes: Sequence[FieldError] = (),
        *,
        status: int = 200,
        token: str = "",
        headers: dict[str, str] | None = None,
        news: Sequence[EntryCard] = (),
        kept: Sequence[KeptFile] = (),
    ) -> Response:
        _ = translator(self.pages.locale_of(request))
        errors = [*mistakes]
        if submission.files and not any(error.field == "attachments" for error in errors):
            # They could not be kept, and no browser fills in a file field again.
            errors.append(FieldError("attachments", _("Please choose your files again.")))
        page = ContactPage(
            nonce=token or self.nonces.new(),
            subject=submission.subject,
            message=submission.message,
            email=submission.email,
            phone=submission.phone,
            name=submission.name,
            max_upload=self.settings.max_upload,
            max_files=MAX_FILES,
            files=kept,
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


async def _submission(fields: FormData) -> Submission:
    return Submission(
        subject=clean_line(_text(fields, "subject")),
        message=clean_text(_text(fields, "message")).strip(),
        name=clean_line(_text(fields, "name")),
        email=clean_line(_text(fields, "email")),
        phone=clean_line(_text(fields, "phone")),
        files=[
            File(clean_line(part.filename or ""), part.content_type or "", await part.read())
            for part in fields.getlist("attachments")
            if isinstance(part, UploadFile) and part.filename
        ],
    )


def _text(fields: FormData, name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _refused(reason: str) -> None:
    REFUSED.labels(ChannelName.WEB, reason).inc()
