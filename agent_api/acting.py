"""From the name of an action to the action: the same for the pages and for the API."""

from sqlalchemy.ext.asyncio import AsyncSession

from agent_api.context import Context
from agent_api.views import Action
from cases import Actions, Agent, CaseRow
from core.tracing import span


async def act(
    session: AsyncSession,
    context: Context,
    agent: Agent,
    reference: str,
    action: Action,
    version: int | None,
    *,
    text: str = "",
    queue: str = "",
) -> CaseRow:
    """Carry out an action on a case in the caller's transaction; returns the case as it is then.

    Raises
    ------
    NotThere, Conflict, BadInput
        As the actions of :class:`cases.Actions` do.
    """
    actions = Actions(session, context.clock, agent, context.settings.smtp_hostname)
    with span(f"act {action}"):
        match action:
            case "replies":
                return await actions.reply(reference, version, text)
            case "notes":
                return await actions.note(reference, version, text)
            case "claim":
                return await actions.claim(reference, version)
            case "move":
                return await actions.move(reference, version, queue)
            case "close":
                return await actions.close(reference, version, text)
            case "reopen":
                return await actions.reopen(reference, version)
