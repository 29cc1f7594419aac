"""Building the page of one case."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

import citizens
from agent_api.answering import CallLine, ConsentLine
from agent_api.context import Context
from agent_api.desk.entries import entries_of
from agent_api.desk.frame import desk_of
from agent_api.moments import shown_moment
from agent_api.viewing import Sought
from agent_api.views import CasePage, Draft, Entry
from cases import (
    Agent,
    CallbackRow,
    CaseRecord,
    CaseRow,
    CaseStatus,
    Way,
    consents_of,
    list_queues,
    open_callbacks,
    phone_of,
    read_case,
    wanted_of,
    ways_of,
)
from cases.consents import ASKED
from cases.procedures import CaseForm, filed_forms, form_of_case, say
from cases.procedures.definition import Status
from cases.reading import texts_of_pages
from core.i18n import N_, translator
from notify import Medium, deliveries_of_case, stopped

MAX_QUERY = 200  # characters
CALL_WITHIN = timedelta(hours=1)
"""What is proposed for a call-back."""
ASKS_FOR_PASSWORD = N_(
    "Hello,\n\nwe cannot open the document “%(name)s” that you sent us: it is protected by a "
    "password. Please send it again without a password, or tell us the password.\n\nKind regards"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A case with all that its page needs."""

    record: CaseRecord
    queues: Mapping[str, str]
    """Names by slug."""
    entries: list[Entry]


async def read(
    session: AsyncSession,
    agent: Agent,
    reference: str,
    *,
    after: int = 0,
    query: str = "",
    locale: str = "",
) -> Shown:
    """Raises NotThere. ``after`` leaves out of the entries what the agent has seen; ``query`` is
    what documents are searched for; in ``locale`` forms are shown (empty: as the agent reads)."""
    record = await read_case(session, agent, reference, with_html=False)
    queues = dict(await list_queues(session))
    deliveries = await deliveries_of_case(session, record.case.id)
    hits = await _hits(session, record, Sought(query))
    forms = await filed_forms(
        session,
        [message.message for message in record.messages],
        locale or agent.language,
        hidden=True,
    )
    entries = entries_of(record, deliveries, queues, after=after, hits=hits, forms=forms)
    return Shown(record, queues, entries)


async def page_of(
    request: Request,
    context: Context,
    agent: Agent,
    session: AsyncSession,
    reference: str,
    draft: Draft | None = None,
) -> CasePage:
    query = request.query_params.get("q", "")[:MAX_QUERY]
    locale = context.pages.locale_of(request)
    shown = await read(session, agent, reference, query=query, locale=locale)
    case, queue = shown.record.case, shown.record.queue
    consents = (await consents_of(session, [case.id])).get(case.id, {})
    soon = context.clock() + CALL_WITHIN
    form = await form_of_case(session, case.id)
    phone = phone_of(case)
    end = _end_of(form)
    sms_stopped = bool(phone and await stopped(session, Medium.SMS, [phone]))
    takes_sms = context.telephone and not sms_stopped
    ways = [way for way in ways_of(case, consents) if way.name != "sms" or takes_sms]
    return CasePage(
        desk=await desk_of(request, context, agent, session),
        reference=case.reference,
        subject=case.subject,
        status=case.status,
        channel=case.channel,
        queue=queue.slug,
        queue_name=queue.name,
        claimed_by=shown.record.claimed_by,
        claimed_by_me=case.claimed_by == agent.id,
        sender_name=case.sender_name,
        sender_address=case.sender_address,
        sender_phone=case.sender_phone,
        sender_trust=case.sender_trust,
        received_at=case.received_at,
        due_at=case.due_at,
        version=case.version,
        sequence=case.event_count,
        queues=list(shown.queues.items()),
        reply_to=next((way.to for way in ways if _is_named(way, case)), ""),
        ways=ways,
        sms_stopped=sms_stopped,
        postal_address=await _postal_address(session, case),
        callback_phone=phone,
        call_soon=shown_moment(soon, context.letterhead.zone),
        callbacks=[_call(one, context.clock()) for one in await open_callbacks(session, case.id)],
        proposals=form.proposals(locale) if form else (),
        wanted=[row.name for row in await wanted_of(session, case.id)],
        has_wallet=await context.wallets.owner_of(session, case) is not None,
        may_write=form is None or form.procedure.comments.agent,
        end_label=say(end.label, locale) if end else "",
        end_explanation=say(end.explanation, locale) if end else "",
        consents=_consents(case, consents, sms_stopped=sms_stopped),
        entries=shown.entries,
        draft=draft or _request_for_password(shown.record, request.query_params.get("ask", "")),
        query=query,
    )


def _end_of(form: CaseForm | None) -> Status | None:
    """The words that its procedure has for the end, as far as the citizen sees them."""
    statuses = form.procedure.statuses if form else ()
    shown = (one for one in statuses if one.status == CaseStatus.CLOSED and one.visible)
    return next(shown, None)


def _consents(case: CaseRow, known: Mapping[str, bool], *, sms_stopped: bool) -> list[ConsentLine]:
    places = {
        "email": case.sender_address if "@" in case.sender_address else "",
        "sms": phone_of(case),
    }
    return [
        ConsentLine(
            medium=medium,
            to=places[medium],
            answer="" if medium not in known else "yes" if known[medium] else "no",
            is_stopped=medium == "sms" and sms_stopped,
        )
        for medium in ASKED
    ]


def _is_named(way: Way, case: CaseRow) -> bool:
    """Whether the reply box names where the answer goes: not while it may well be a letter."""
    return way.name == "email" or (way.name == "sms" and case.channel in way.natural_for)


async def _postal_address(session: AsyncSession, case: CaseRow) -> str:
    """The case's own; else what is known of its citizen."""
    if case.postal_address or case.citizen_id is None:
        return case.postal_address
    known = await citizens.citizen_of(session, case.citizen_id)
    return known.postal_address if known else ""


def _call(row: CallbackRow, now: datetime) -> CallLine:
    return CallLine(
        id=row.id,
        phone=row.phone,
        reason=row.reason,
        due_at=row.due_at,
        is_late=row.due_at < now,
        tries=row.tries,
        requested_by=row.requested_by,
    )


async def _hits(session: AsyncSession, record: CaseRecord, sought: Sought) -> dict[UUID, int]:
    """On how many pages of each document stands what was searched for."""
    if not sought:
        return {}
    texts = await texts_of_pages(session, record.documents)
    return {
        document_id: sum(sought.count(text) > 0 for text in pages)
        for document_id, pages in texts.items()
    }


def _request_for_password(record: CaseRecord, document_id: str) -> Draft | None:
    """A reply in the citizen's language that asks for what a locked document needs."""
    locked = next((one for one in record.documents if str(one.id) == document_id), None)
    if locked is None:
        return None
    text = translator(record.case.language)(ASKS_FOR_PASSWORD)
    return Draft(action="replies", text=text % {"name": locked.name})
