"""The pages of a form: shown, saved, checked, one after the other, back and forth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases.procedures import (
    FormDraft,
    ShownPage,
    fill_in,
    read_draft,
    remove_file,
    save_draft,
    say,
)
from cases.procedures.fields import Asked, FilesField
from channels.web.body import TooLarge, read_form
from channels.web.procedures.controls import Reader, controls_of, errors_of, with_labels
from channels.web.procedures.office import Office, to_resume
from channels.web.procedures.opened import Opened, steps_of
from channels.web.procedures.places import Places
from channels.web.procedures.reading import PREFIX, typed_of, without_row
from channels.web.procedures.uploads import keep_files, told
from channels.web.procedures.views import FormPage, Kept, LeavePage
from channels.web.procedures.wallet import Offer, offers, revoke, share, with_shares
from core.errors import BadInput, NotThere
from core.i18n import N_, translator
from core.web import FieldError
from core.web.csrf import FIELD

MAX_FIELDS = 2_000  # of one page: a table of 30 lines and 8 columns is 240
EXPIRED = N_("The page had been open for too long. Please send it again.")
TOO_LARGE = N_("The files are too large. Send fewer, or smaller.")
MORE_ASKED = N_("Your answers call for a few more questions: they are on this page now.")


@dataclass(frozen=True, slots=True)
class Filling:
    office: Office

    async def show(self, request: Request, slug: str, reference: str, name: str) -> Response:
        opened = await self.open(request, slug, reference)
        if opened is None or opened.draft.sent_at:
            return self._elsewhere(opened, reference)
        page = opened.page(name)
        if page is None:
            return RedirectResponse(f"{opened.base}/pages/{opened.form.pages[0].name}", 303)
        return await self._page(request, opened, page)

    async def send(self, request: Request, slug: str, reference: str, name: str) -> Response:
        """Save the page, and do what its button says."""
        office = self.office
        await office.limits.saved.count(office.client(request))
        opened = await self.open(request, slug, reference)
        page = opened.page(name) if opened else None
        if opened is None or opened.draft.sent_at or page is None:
            return self._elsewhere(opened, reference)
        try:
            most = office.settings.max_upload
            sent = await read_form(request, most, max_fields=MAX_FIELDS)
        except TooLarge as problem:
            return await self._too_large(request, opened, page, problem)
        try:
            return await self._handle(request, opened, page, sent)
        finally:
            await sent.close()

    async def left(self, request: Request, slug: str, reference: str) -> Response:
        """How to go on later, on any device."""
        opened = await self.open(request, slug, reference)
        if opened is None or opened.draft.sent_at:
            return self._elsewhere(opened, reference)
        shown = opened.page(opened.draft.page) or opened.form.pages[0]
        page = LeavePage(
            title=opened.draft.definition.called(opened.reader.locale),
            base=opened.base,
            page=shown.name,
            kept=self.kept(opened.draft),
        )
        return office_render(self.office, request, "left", page)

    async def open(self, request: Request, slug: str, reference: str) -> Opened | None:
        """None for whoever may not have it."""
        draft = await self.office.draft(request, slug, reference)
        if draft is None:
            return None
        visitor = await self.office.visitors(request)
        around = self.office.surroundings(draft.definition, visitor)
        locale = self.office.pages.locale_of(request)
        reader = Reader(locale, translator(locale), around.place.today)
        return Opened(
            draft, fill_in(draft.definition, draft.typed, around), around, reader, visitor
        )

    def kept(self, draft: FormDraft) -> Kept:
        return Kept(
            reference=draft.reference,
            key=self.office.key_of(draft.reference),
            resume_url=self.office.resume_url(draft.reference),
            saved_at=draft.saved_at,
            expires_at=draft.expires_at,
        )

    async def _handle(
        self, request: Request, opened: Opened, page: ShownPage, sent: FormData
    ) -> Response:
        shown = str(sent.get("shown", "")).split(",")
        action, _, what = str(sent.get("action", "next")).partition(":")
        answers = without_row(sent, what) if action == "less" else sent
        typed = typed_of([one for one in page.page.fields if one.name in shown], answers)
        if not self.office.pages.csrf.valid(request, str(sent.get(FIELD, ""))):
            draft = replace(opened.draft, typed={**opened.draft.typed, **typed})
            expired = FieldError("", opened.reader.translate(EXPIRED))
            return await self._page(request, opened.again(draft), page, [expired], status=403)
        turned = opened.turned_to(page.name, typed) if action == "next" else page.name
        saved, refused = await self._save(
            opened, page, typed, sent, turned, remove=what if action == "remove" else ""
        )
        # A document that is ticked goes along whichever button was pressed.
        ticked = [one.name for one in page.page.fields if sent.getlist(f"w-{one.name}")]
        for name in ticked:
            refused += await self._of_wallet(saved, "share", name, sent)
        if action == "revoke":
            refused += await self._of_wallet(saved, action, what, sent)
        if ticked or action == "revoke":
            saved = await self._fresh(saved)
        page = saved.page(page.name) or page
        if action == "leave" and not refused:
            return RedirectResponse(f"{saved.base}/left", 303)
        if action == "back" and not refused:
            return RedirectResponse(saved.beside(page.name, -1), 303)
        if action != "next":
            return await self._page(
                request, saved, page, refused, more_rows=what if action == "more" else ""
            )
        return await self._go_on(request, saved, page, refused, shown)

    async def _go_on(
        self,
        request: Request,
        saved: Opened,
        page: ShownPage,
        refused: Sequence[FieldError],
        shown: Sequence[str],
    ) -> Response:
        errors = [
            *refused,
            *(
                error
                for error in errors_of(page, saved.reader)
                # What they have not seen yet is no mistake of theirs.
                if error.field.removeprefix(PREFIX).partition("-")[0] in shown
            ),
        ]
        if errors:
            return await self._page(request, saved, page, errors, status=422)
        if any(isinstance(one, Asked) and one.name not in shown for one in page.fields):
            notice = saved.reader.translate(MORE_ASKED)
            return await self._page(request, saved, page, notice=notice)
        return RedirectResponse(saved.beside(page.name, 1), 303)

    async def _save(
        self,
        opened: Opened,
        page: ShownPage,
        typed: Mapping[str, Any],
        sent: FormData,
        turned: str,
        *,
        remove: str,
    ) -> tuple[Opened, list[FieldError]]:
        """Durable on return: the form as it is then, and the files that were not taken."""
        office, draft = self.office, opened.draft
        refused = await keep_files(
            office.database,
            office.blobs,
            draft,
            page,
            sent,
            opened.reader.translate,
            most=office.settings.max_upload,
        )

        async def saved(session: AsyncSession) -> Sequence[str]:
            await save_draft(
                session, office.clock, draft, typed, page=turned, life=office.draft_life
            )
            return await remove_file(session, office.blobs, draft.id, remove) if remove else ()

        await office.blobs.discard(await office.database.write(saved))
        return await self._fresh(opened), refused

    async def _fresh(self, opened: Opened) -> Opened:
        office = self.office
        async with office.database.read() as session:
            draft = await read_draft(session, office.clock, opened.draft.reference)
            if draft is None:
                raise NotThere("the draft is gone")
            return opened.again(await with_shares(session, office.wallet, draft, opened.visitor))

    async def _of_wallet(
        self, opened: Opened, action: str, what: str, sent: FormData
    ) -> list[FieldError]:
        """Have documents go along (``share``), or not after all (``revoke``)."""
        office, draft = self.office, opened.draft
        if office.wallet is None:
            return []
        chosen = [one for one in sent.getlist(f"w-{what}") if isinstance(one, str)]
        most = office.settings.max_upload
        try:
            async with office.database.begin() as session:
                if action == "revoke":
                    await revoke(session, office.wallet, draft, opened.visitor, what)
                else:
                    await share(session, office.wallet, draft, opened.visitor, what, chosen, most)
        except NotThere:  # gone from the wallet, or revoked there
            return []
        except BadInput as problem:
            field = draft.definition.fields[what]
            assert isinstance(field, FilesField)  # noqa: S101 - nothing else is shared with
            words = told(problem.reason, field, problem.where, opened.reader.translate)
            return [FieldError(PREFIX + what, words)]
        return []

    async def _too_large(
        self, request: Request, opened: Opened, page: ShownPage, problem: TooLarge
    ) -> Response:
        """What was typed stays on the page, but is not saved: its token was not looked at."""
        typed = typed_of(page.fields, problem.fields)
        draft = replace(opened.draft, typed={**opened.draft.typed, **typed})
        mistake = FieldError("", opened.reader.translate(TOO_LARGE))
        # What we have not read of the body must not be taken for the next request.
        headers = {"Connection": "close"}
        return await self._page(
            request, opened.again(draft), page, [mistake], status=413, headers=headers
        )

    async def _page(
        self,
        request: Request,
        opened: Opened,
        page: ShownPage,
        errors: Sequence[FieldError] = (),
        *,
        status: int = 200,
        notice: str = "",
        more_rows: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        names = [one.name for one in opened.form.pages]
        places = Places.of(self.office.settings)
        controls = controls_of(
            page,
            opened.form,
            opened.draft.typed,
            errors,
            opened.reader,
            more_rows=more_rows,
            offers=await self._offers(opened, page),
        )
        view = FormPage(
            title=opened.draft.definition.called(opened.reader.locale),
            base=opened.base,
            page=page.name,
            heading=say(page.page.title, opened.reader.locale),
            help=say(page.page.help, opened.reader.locale),
            steps=steps_of(opened, page.name),
            controls=controls,
            places=places,
            errors=with_labels(errors, page, opened.reader),
            notice=notice,
            kept=self.kept(opened.draft),
            is_first=page.name == names[0],
            is_last=page.name == names[-1],
        )
        return self.office.pages.render(
            request,
            "portal/procedures/page.html",
            view,
            status=status,
            headers={**places.headers(controls), **(headers or {})},
        )

    async def _offers(self, opened: Opened, page: ShownPage) -> Mapping[str, Sequence[Offer]]:
        if not any(isinstance(field, FilesField) for field in page.fields):
            return {}
        async with self.office.database.read() as session:
            return await offers(session, self.office.wallet, opened.draft, opened.visitor)

    @staticmethod
    def _elsewhere(opened: Opened | None, reference: str) -> Response:
        if opened is None:
            return to_resume(reference)
        if opened.draft.sent_at:
            return RedirectResponse(f"{opened.base}/done", 303)
        return RedirectResponse(f"{opened.base}/pages/{opened.form.pages[0].name}", 303)


def office_render(office: Office, request: Request, name: str, view: object) -> Response:
    return office.pages.render(request, f"portal/procedures/{name}.html", view)
