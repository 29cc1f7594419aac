"""Building the page on which an entry is written."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from agent_api.context import Context
from agent_api.desk.frame import desk_of
from agent_api.entry_form import Typed, kept
from agent_api.entry_views import CampaignLine, Choice, EntryEditorPage
from cases import Agent, CaseRow
from core.i18n import LOCALE_NAMES, LOCALES
from core.web import FieldError
from feeds import EntryStatus, Shown, all_topics, districts, said, shown_entry, topic_ids_of
from notify import CampaignRow, campaigns_of_entry

ADDRESS_IN_SMS = "x" * 40
"""How long the address of a page is about, before the entry has one."""


async def show_editor(
    request: Request,
    context: Context,
    agent: Agent,
    entry_id: UUID | None,
    typed: Typed | None = None,
    errors: Sequence[tuple[str, str]] = (),
) -> Response:
    """Of an entry, or of none yet; ``typed`` is shown instead of what is kept, with its errors
    (field and what is wrong with it)."""
    zone = context.settings.zone
    async with context.database.read() as session:
        shown = await shown_entry(session, entry_id) if entry_id else None
        if typed is None:
            assert shown is not None  # noqa: S101 - without an entry something was typed
            topic_ids = await topic_ids_of(session, shown.entry.id)
            typed = kept(shown.entry, shown.words, topic_ids, zone)
        page = await _page(request, context, agent, session, shown, typed, errors)
    status = 422 if errors else 200
    return context.pages.render(request, "desk/entry.html", page, status=status)


async def _page(
    request: Request,
    context: Context,
    agent: Agent,
    session: AsyncSession,
    shown: Shown | None,
    typed: Typed,
    errors: Sequence[tuple[str, str]],
) -> EntryEditorPage:
    locale = context.pages.locale_of(request)
    entry = shown.entry if shown else None
    case = await session.get(CaseRow, entry.case_id) if entry and entry.case_id else None
    rows = await all_topics(session)
    topics = [
        Choice(value=str(one.id), name=said(one.names, locale), chosen=one.id in typed.topic_ids)
        for one in rows
    ]
    wanted = {code for one in rows if one.id in typed.topic_ids for code in one.languages}
    missing = [LOCALE_NAMES[code] for code in LOCALES if code in wanted - typed.words().keys()]
    url = f"{context.settings.portal_url}/entries/{entry.slug if entry else ADDRESS_IN_SMS}"
    picture = bool(entry and entry.image_sha256)
    return EntryEditorPage(
        desk=await desk_of(request, context, agent, session),
        id=entry.id if entry else None,
        status=entry.status if entry else EntryStatus.DRAFT,
        title=shown.said(locale).title if shown else "",
        slug=entry.slug if entry else "",
        revision=entry.revision if entry else 0,
        values=typed.values,
        topics=topics,
        districts=[
            Choice(value=one.slug, name=one.name, chosen=one.slug == typed.values.get("district"))
            for one in await districts(session)
        ],
        picture_url=f"/agent/entries/{entry.id}/picture" if entry and picture else "",
        case_reference=case.reference if case else "",
        source_url=entry.source_url if entry else "",
        publish_at=entry.publish_at if entry else None,
        published_at=entry.published_at if entry else None,
        corrected_at=entry.corrected_at if entry else None,
        withdrawn_at=entry.withdrawn_at if entry else None,
        missing=missing if entry else [],
        sms_added=f"{context.settings.town}:  {url}",
        campaigns=[campaign_line(one) for one in await campaigns_of_entry(session, entry.id)]
        if entry
        else [],
        errors=[FieldError(field, message) for field, message in errors],
    )


def campaign_line(row: CampaignRow) -> CampaignLine:
    return CampaignLine(
        id=row.id,
        kind=row.kind,
        title=row.title,
        at=row.due_at,
        audience=row.audience,
        paused=row.paused_at is not None,
        withdrawn=row.withdrawn_at is not None,
    )
