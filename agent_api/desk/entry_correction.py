"""A correction before it is published: how it will be read. Nothing of it is kept; the page carries
what was typed, to be published or changed once more."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from agent_api.context import Context
from agent_api.desk.entry_preview import EXAMPLE, in_language
from agent_api.desk.frame import desk_of, speech
from agent_api.entry_form import Typed
from agent_api.entry_views import EntryPreviewPage, TypedCorrection
from cases import Agent
from core.i18n import LOCALES
from feeds import entry_for


async def show_correction(
    request: Request,
    context: Context,
    agent: Agent,
    entry_id: UUID,
    typed: Typed,
    revision: int,
    *,
    pictured: bool,
) -> Response:
    """``pictured``: whether a picture came along, which will have to be chosen again."""
    words, why = typed.words(), speech(request, context)(EXAMPLE)
    urgent = typed.values.get("urgent") == "on"
    async with context.database.read() as session:
        entry = await entry_for(session, entry_id)
        page = EntryPreviewPage(
            desk=await desk_of(request, context, agent, session),
            id=entry_id,
            urgent=urgent,
            place=typed.values.get("place", ""),
            languages=[
                in_language(context, entry, one, words[one], why=why, urgent=urgent)
                for one in LOCALES
                if one in words
            ],
            correction=TypedCorrection(
                revision=revision,
                values={name: value for name, value in typed.values.items() if value},
                topics=[str(one) for one in typed.topic_ids],
                lacks_picture=pictured,
            ),
        )
    return context.pages.render(request, "desk/entry_preview.html", page)
