"""Who is calling: a call with the citizen behind its number and their open cases."""

from collections.abc import Sequence
from uuid import UUID

import phonenumbers
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

import citizens
from agent_api.call_views import CallCard
from agent_api.context import Context
from cases import Agent
from cases.calling import CallItem, OpenCase, calls_of, open_cases_of
from citizens import CitizenRow

CLOSED = "guichet_closed_card"
"""The cookie that says so: its card would be gone in a few minutes anyway."""


async def cards_of(
    session: AsyncSession, context: Context, agent: Agent, page: str, closed: str = ""
) -> list[CallCard]:
    """What the agent's telephone has now; who sits at none costs no query.

    The call that the page itself is about, by its address, needs no card there; ``closed`` is the
    id of the ended call whose card the agent has closed.
    """
    if not agent.extension:
        return []
    items = await calls_of(session, agent, context.clock)
    shown = [one for one in items if one.is_going_on or str(one.call.id) != closed]
    return await with_citizens(
        session, agent, [one for one in shown if str(one.call.id) not in page]
    )


def closed_card(request: Request) -> str:
    """The id of the call whose card was closed in this browser; empty for none."""
    return request.cookies.get(CLOSED, "")


async def with_citizens(
    session: AsyncSession, agent: Agent, items: Sequence[CallItem]
) -> list[CallCard]:
    numbers = {item.call.number for item in items if item.call.number.startswith("+")}
    known = await citizens.known(session, numbers) if numbers else {}
    names = await _names(session, set(known.values()))
    cases = await open_cases_of(session, agent, set(known.values()))
    return [_card(item, known, names, cases) for item in items]


async def _names(session: AsyncSession, ids: set[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    query = select(CitizenRow.id, CitizenRow.name).where(CitizenRow.id.in_(ids))
    return dict((await session.execute(query)).all())


def _card(
    item: CallItem,
    known: dict[str, UUID],
    names: dict[UUID, str],
    cases: dict[UUID, list[OpenCase]],
) -> CallCard:
    call = item.call
    citizen = known.get(call.number)
    return CallCard(
        id=call.id,
        state=call.state,
        is_going_on=item.is_going_on,
        outgoing=call.outgoing,
        number=shown_number(call.number),
        dial=call.number,
        name=names.get(citizen, "") if citizen else "",
        cases=cases.get(citizen, ()) if citizen else (),
        queue=item.queue,
        queue_name=item.queue_name,
        agent_name=item.agent_name,
        extension=call.extension,
        started_at=call.started_at,
        seconds=call.seconds,
        reference=item.reference,
        version=call.version,
    )


def shown_number(number: str) -> str:
    """E.164 with the spaces that people write; any other as it is."""
    if not number.startswith("+"):
        return number
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
