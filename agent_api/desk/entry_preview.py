"""How an entry will be read: on its page, by mail and by SMS, in each of its languages."""

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from agent_api.asking import DeskAgent
from agent_api.context import Context, In
from agent_api.desk.frame import desk_of, speech
from agent_api.entry_views import EntryPreviewPage, LanguagePreview
from cases.access import check_writing
from core.errors import NotThere
from core.i18n import LOCALES, N_
from core.sms import length_of
from core.web import mail_frame
from core.web.files import has_picture, not_modified, picture_response
from feeds import EntryRow, EntryVersionRow, Words, entry_for, shown_entry
from feeds.picture import MEDIA_TYPE
from feeds.subscriptions.told import ToldEntry
from notify import CampaignKind
from notify.announcements import AnnouncementView
from notify.filling import TOKEN, WHY

EXAMPLE = N_("the topics that the reader has chosen")

routes = APIRouter(prefix="/agent/entries/{entry_id}")


@routes.get("/preview")
async def preview(request: Request, context: In, agent: DeskAgent, entry_id: UUID) -> Response:
    check_writing(agent)
    why = speech(request, context)(EXAMPLE)
    async with context.database.read() as session:
        shown = await shown_entry(session, entry_id)
        page = EntryPreviewPage(
            desk=await desk_of(request, context, agent, session),
            id=entry_id,
            urgent=shown.entry.urgent,
            place=shown.entry.place,
            languages=[
                in_language(
                    context,
                    shown.entry,
                    language,
                    shown.words[language],
                    why=why,
                    urgent=shown.entry.urgent,
                    mail_url=f"/agent/entries/{entry_id}/mail/{language}",
                )
                for language in LOCALES
                if language in shown.words
            ],
        )
    return context.pages.render(request, "desk/entry_preview.html", page)


@routes.get("/mail/{language}")
async def mail(
    request: Request, context: In, agent: DeskAgent, entry_id: UUID, language: str
) -> Response:
    """The HTML of its mail, for the frame."""
    check_writing(agent)
    async with context.database.read() as session:
        shown = await shown_entry(session, entry_id)
    if language not in shown.words:
        raise NotThere("not in this language")
    view = _view(context, shown.entry, language, shown.words[language], shown.entry.urgent)
    words = context.announcements.mail(view)
    why = speech(request, context)(EXAMPLE)
    html = words.html.replace(TOKEN, "").replace(WHY, why)
    return mail_frame(html, context.pages.static, language=language)


@routes.get("/picture")
async def picture(request: Request, context: In, agent: DeskAgent, entry_id: UUID) -> Response:
    check_writing(agent)
    async with context.database.read() as session:
        entry = await entry_for(session, entry_id)
        if entry.image_sha256 is None:
            raise NotThere("no picture")
        if has_picture(request.headers.get("if-none-match", ""), entry.image_sha256):
            return not_modified(entry.image_sha256)
        content = await context.blobs.read(session, entry.image_sha256)
    return picture_response(content, MEDIA_TYPE, entry.image_sha256)


def in_language(
    context: Context,
    entry: EntryRow,
    language: str,
    words: EntryVersionRow | Words,
    *,
    why: str,
    urgent: bool,
    mail_url: str = "",
) -> LanguagePreview:
    """``words`` of the entry, whether they are kept or only typed."""
    view, announcements = _view(context, entry, language, words, urgent), context.announcements
    mail = announcements.mail(view)
    sms = announcements.sms(view)
    length = length_of(sms)
    return LanguagePreview(
        language=language,
        title=words.title,
        summary=words.summary,
        html=words.html,
        mail_subject=mail.subject,
        mail_text=mail.text.replace(TOKEN, "…").replace(WHY, why),
        mail_url=mail_url,
        sms=sms,
        sms_units=length.units,
        sms_segments=length.segments,
    )


def _view(
    context: Context, entry: EntryRow, language: str, words: EntryVersionRow | Words, urgent: bool
) -> AnnouncementView:
    told = ToldEntry(
        title=words.title,
        summary=words.summary,
        text=words.body,
        html=words.html,
        sms=words.sms or words.title,
        url=f"{context.settings.portal_url}/entries/{entry.slug}",
        correction=words.correction,
    )
    return context.announcements.view(CampaignKind.ENTRY, language, [told], urgent=urgent)
