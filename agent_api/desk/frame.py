"""What stands around every page of the desk, and what an action leaves there to be read."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from agent_api.context import Context
from agent_api.desk.call_cards import cards_of, closed_card
from agent_api.views import Desk
from cases import Agent
from cases.access import (
    edits_procedures,
    hands_in,
    sees_quarantine,
    sees_trail,
    serves,
    writes_entries,
)
from cases.telephone import sets_up_telephone
from core.i18n import N_, translator
from ingest.quarantine import count_open
from notify import count_failed, count_waiting_letters

RECENT = timedelta(days=7)
"""For so long the menu counts a mail that could not be sent."""

DONE = {
    "claim": N_("You have claimed the case."),
    "move": N_("The case has been moved."),
    "notes": N_("The note has been added."),
    "replies": N_("The reply is on its way."),
    "letter": N_("The letter waits to be printed."),
    "callback": N_("The call is on the list."),
    "consents": N_("What the citizen agreed to is written down."),
    "called": N_("What came of the call is written down."),
    "close": N_("The case is closed."),
    "accepted": N_("The change is in the form. The citizen is told."),
    "refused": N_("The form stays as it was. The citizen is told."),
    "deposited": N_("The document is in the citizen's wallet. They are told."),
    "reopen": N_("The case is open again."),
    "pages": N_("The pages have been changed."),
    "telephone": N_("The telephone's menu has been changed."),
    "call": N_("The call is linked with the case."),
    "extension": N_("Your extension is saved."),
    "retry": N_("It is being tried again. If it fails once more, it comes back here."),
    "saved": N_("The change is saved."),
    "published": N_("Published: citizens use this version from now on."),
    "disabled": N_("Citizens do not see this procedure any more."),
    "enabled": N_("Citizens see this procedure again."),
    "imported": N_("Imported as a working copy: look at it, then publish it."),
    "draft": N_("The draft is saved."),
    "announced": N_("Published: everybody reads it, and subscribers are told."),
    "scheduled": N_("It is published by itself at the moment that you chose."),
    "unscheduled": N_("It is a draft again."),
    "corrected": N_("The correction is published."),
    "withdrawn": N_("Withdrawn: its page says so, and nobody else is told of it."),
    "topic": N_("The topic is saved."),
    "feed": N_("The feed is saved. It is read in a moment."),
    "stopped": N_("Stopped: what is not sent yet waits."),
    "resumed": N_("It goes on."),
    "resent": N_("What had failed is being sent again."),
    "file": N_("It is being filed; the case appears in the inbox in a moment."),
}
"""What is read after an action, by ``?done=`` of the page that it leads to."""


async def desk_of(request: Request, context: Context, agent: Agent, session: AsyncSession) -> Desk:
    done = DONE.get(request.query_params.get("done", ""), "")
    since = context.clock() - RECENT
    return Desk(
        agent_name=agent.name,
        quarantine_count=await count_open(session) if sees_quarantine(agent) else None,
        hands_in=hands_in(agent),
        sets_up_telephone=context.telephone and sets_up_telephone(agent),
        serves=serves(agent),
        letter_count=await count_waiting_letters(session, agent) if serves(agent) else 0,
        edits_procedures=edits_procedures(agent),
        writes_entries=writes_entries(agent),
        failed_count=await count_failed(session, agent, since),
        notice=speech(request, context)(done) if done else "",
        sees_trail=sees_trail(agent),
        has_exchange=context.settings.has_exchange or context.telephone,
        extension=agent.extension,
        calls=await cards_of(session, context, agent, request.url.path, closed_card(request)),
    )


def speech(request: Request, context: Context) -> Callable[[str], str]:
    """``gettext`` in the language of the page."""
    return translator(context.pages.locale_of(request))
