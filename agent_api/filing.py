"""A case that an agent opens for a citizen on the telephone."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

import citizens
from agent_api import trail
from agent_api.context import Context
from cases import Agent, CaseMessageRow, CaseRow, Opening, open_case
from cases.access import call_for, queue_for
from cases.actions import MAX_TEXT
from cases.calling import link
from core.errors import BadInput
from core.i18n import N_
from core.ids import derived_id
from core.references import new_reference
from core.text import clean_line, clean_text
from ingest import ChannelName, publish
from ingest.models import MessageRow
from router import Calendar

MAX_NAME = 200  # characters


@dataclass(frozen=True, slots=True)
class Asked:
    """What the citizen asks for, as the agent has written it down."""

    subject: str
    text: str
    queue: str
    name: str = ""


async def open_for_call(
    session: AsyncSession, context: Context, agent: Agent, call_id: UUID, version: int, asked: Asked
) -> CaseRow:
    """Open a case that the call is linked with, in the caller's transaction.

    The same form again, which ``version`` of the call names, opens none. Raises NotThere when the
    agent may not see the call, BadInput when what was asked is no case.
    """
    subject, text = clean_line(asked.subject), clean_text(asked.text).strip()
    if not subject:
        raise BadInput(N_("Say in a few words what the call is about."), where="subject")
    if len(text) > MAX_TEXT:
        raise BadInput(N_("The text is too long."), where="text")
    call = await call_for(session, agent, call_id, to_change=True)
    queue = await queue_for(session, asked.queue)
    message_id = derived_id(call.id, f"filed:{agent.id}:{version}")
    known = await session.scalar(_of_message(message_id))
    if known is not None:
        return known
    number = call.number if call.number.startswith("+") else ""
    now = context.clock()
    message = MessageRow(
        id=message_id,
        direction="in",
        channel=ChannelName.PHONE,
        sender_name=clean_line(asked.name)[:MAX_NAME],
        sender_address=number,
        subject=subject,
        text=text,
        received_at=now,
        details={"call": str(call.id), "by": agent.name},
    )
    session.add(message)
    await session.flush()  # what is not said of it has its defaults then
    opening = Opening(
        reference=new_reference(secrets.choice),
        queue=queue,
        citizen_id=await _citizen(session, message, context),
        mailbox=queue.mailbox or context.settings.main_mailbox,
        language=context.settings.language,
        fingerprint="",
        due_at=_calendar(context).due(now, queue.service_level),
    )
    opened = open_case(session, message, opening)
    await session.flush()
    await publish(session, [opened])
    case = (await session.scalars(_of_message(message_id))).one()
    trail.record(
        session, context, agent, "case.opened", "case", case.reference, {"call": str(call.id)}
    )
    await link(session, context.clock, agent, call, case)
    return case


def _of_message(message_id: UUID) -> Select[CaseRow]:
    return (
        select(CaseRow)
        .join(CaseMessageRow, CaseMessageRow.case_id == CaseRow.id)
        .where(CaseMessageRow.message_id == message_id)
    )


async def _citizen(session: AsyncSession, message: MessageRow, context: Context) -> UUID | None:
    """The one behind the number, who is entered if nobody is; None when it is withheld."""
    number = message.sender_address
    if not number:
        return None
    known = await citizens.known(session, [number])
    if number not in known:
        newcomer = (number, message.sender_name, context.settings.language)
        await citizens.enter(session, [newcomer], message.received_at)
    return known.get(number) or citizens.newcomer(number)


def _calendar(context: Context) -> Calendar:
    return Calendar(context.settings.holidays, context.settings.time_zone)
