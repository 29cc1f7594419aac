"""From the name of an action to the action: the same for the pages and for the API."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

import citizens
from agent_api.answering import Answer
from agent_api.context import Context
from agent_api.moments import read_moment
from agent_api.views import Action
from cases import Actions, Agent, Callbacks, CaseRow, case_for
from cases.procedures import form_of_case
from cases.wanted import wanted_names
from core.errors import NotNow
from core.i18n import N_
from core.text import clean_line
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
    answer: Answer | None = None,
    wanted: Sequence[str] = (),
    fulfilled: bool = True,
) -> CaseRow:
    """Carry out an action on a case in the caller's transaction; returns the case as it is then.

    Programs, which fill in no ``answer``, name the documents that they ask for in ``wanted``.

    Raises
    ------
    NotThere, Conflict, BadInput
        As the actions of :class:`cases.Actions` do.
    """
    hostname, sends_sms = context.settings.smtp_hostname, context.telephone
    actions = Actions(session, context.clock, agent, hostname, sends_sms)
    with span(f"act {action}"):
        match action:
            case "replies":
                return await _answer(
                    session,
                    context,
                    actions,
                    reference,
                    version,
                    text,
                    answer or Answer(wanted="\n".join(map(clean_line, wanted))),
                )
            case "notes":
                return await actions.note(reference, version, text)
            case "claim":
                return await actions.claim(reference, version)
            case "move":
                return await actions.move(reference, version, queue)
            case "close":
                return await actions.close(reference, version, text, fulfilled=fulfilled)
            case "reopen":
                return await actions.reopen(reference, version)


async def _check_may_write(session: AsyncSession, agent: Agent, reference: str) -> None:
    """Raises NotNow where the procedure has its agents write nothing."""
    case = await case_for(session, agent, reference)
    form = await form_of_case(session, case.id)
    if form is not None and not form.procedure.comments.agent:
        raise NotNow(N_("In this procedure agents do not write to the citizen."))


async def _answer(
    session: AsyncSession,
    context: Context,
    actions: Actions,
    reference: str,
    version: int | None,
    text: str,
    answer: Answer,
) -> CaseRow:
    """By the way that the agent chose; programs answer by the most natural one."""
    await _check_may_write(session, actions.agent, reference)
    if answer.way == "callback":
        due_at = read_moment(answer.due, context.letterhead.zone)
        callbacks = Callbacks(session, context.clock, actions.agent)
        return await callbacks.request(reference, version, answer.phone, text, due_at)
    case = await actions.reply(
        reference,
        version,
        text,
        way=answer.way,
        postal_address=answer.postal,
        wanted=wanted_names(answer.wanted),
    )
    if answer.way == "letter" and case.citizen_id:
        await citizens.move_house(session, case.citizen_id, case.postal_address)
    return case
