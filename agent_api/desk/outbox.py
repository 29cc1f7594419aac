"""Mail to citizens: what went out, what could not, and what is kept here for lack of a server."""

from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import In
from agent_api.desk.entries import shown_status
from agent_api.desk.frame import desk_of
from agent_api.outbox_views import OutboxLine, OutboxMailPage, OutboxPage
from core.web import mail_frame
from notify import DeliveryItem, lift_suppression, list_outbox, outbox_mail, shown, suppression

routes = APIRouter(prefix="/agent/outbox")


@routes.get("")
async def outbox(request: Request, context: In, agent: DeskAgent, cursor: str = "") -> Response:
    async with context.database.read() as session:
        found = await list_outbox(session, agent, cursor=cursor)
        page = OutboxPage(
            desk=await desk_of(request, context, agent, session),
            mails=[_line(item) for item in found.items],
            is_kept=not context.settings.smarthost,
            cursor=cursor,
            next=found.next or "",
        )
    return context.pages.render(request, "desk/outbox.html", page)


@routes.get("/{delivery_id}")
async def mail(request: Request, context: In, agent: DeskAgent, delivery_id: UUID) -> Response:
    async with context.database.read() as session:
        found = await outbox_mail(session, agent, delivery_id)
        page = OutboxMailPage(
            desk=await desk_of(request, context, agent, session),
            mail=_line(found.item),
            sender=found.headers.get("From", ""),
            headers=_headers(found.raw),
            text=found.text,
            has_html=bool(found.html),
            is_suppressed=bool(await suppression(session, found.item.recipient, found.item.medium)),
        )
    return context.pages.render(request, "desk/outbox_mail.html", page)


@routes.post("/{delivery_id}/allow", dependencies=[Depends(own_signed_form)])
async def allow(context: In, agent: DeskAgent, delivery_id: UUID) -> Response:
    """The mailbox is there again, the agent says: what is written next is sent."""
    async with context.database.begin() as session:
        item = (await outbox_mail(session, agent, delivery_id)).item
        await lift_suppression(
            session, context.clock, agent, address=item.recipient, medium=item.medium
        )
    return RedirectResponse(f"/agent/outbox/{delivery_id}", 303)


@routes.get("/{delivery_id}/html")
async def html(context: In, agent: DeskAgent, delivery_id: UUID) -> Response:
    """For the frame; we wrote it, and it is framed all the same."""
    async with context.database.read() as session:
        found = await outbox_mail(session, agent, delivery_id)
    return mail_frame(shown(found.html), context.pages.static)


def _line(item: DeliveryItem) -> OutboxLine:
    return OutboxLine(
        id=item.id,
        reference=item.reference,
        kind=item.kind,
        to=item.recipient,
        subject=item.subject,
        status=shown_status(item),
        error=item.last_error,
        in_doubt=item.in_doubt > 0,
        at=item.sent_at or item.created_at,
        by=item.sender if item.failed_over else "",
    )


def _headers(raw: bytes) -> list[tuple[str, str]]:
    """As they go over the wire, unfolded (RFC 5322, section 2.2.3)."""
    section = raw.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    lines = section.decode("utf-8", "replace").split("\r\n")
    return [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
